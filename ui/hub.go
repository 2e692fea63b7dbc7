// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"redbench/edge"
)

// maxScreens is how many connections a lane takes; more than a till can have, and an end to a page gone wild.
const maxScreens = 32

// hub holds what each lane shows and who watches.
type hub struct {
	idle    func() edge.Idle
	now     func() time.Time
	metrics *metrics

	mu     sync.RWMutex
	lanes  map[string]*laneView
	notice edge.Notice
	closed bool
}

// laneView is one lane's latest truth. Its lock orders everything that its screens are told.
type laneView struct {
	mu      sync.Mutex
	name    string
	seq     uint64
	current edge.Shown // Prompt, Farewell or Idle
	until   time.Time  // when current is over; zero: when something else comes
	paused  bool
	clients map[*client]struct{}
}

func newHub(idle func() edge.Idle, now func() time.Time, m *metrics) *hub {
	return &hub{idle: idle, now: now, metrics: m, lanes: map[string]*laneView{}}
}

func (h *hub) lane(name string) *laneView {
	h.mu.RLock()
	l := h.lanes[name]
	h.mu.RUnlock()
	if l != nil {
		return l
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.lanes[name]; l != nil {
		return l
	}
	l = &laneView{name: name, current: edge.Idle{}, clients: map[*client]struct{}{}}
	h.lanes[name] = l
	return l
}

func (h *hub) all() []*laneView {
	h.mu.RLock()
	defer h.mu.RUnlock()
	lanes := make([]*laneView, 0, len(h.lanes))
	for _, l := range h.lanes {
		lanes = append(lanes, l)
	}
	return lanes
}

// show is the hot path: one marshal, then one channel send a screen.
func (h *hub) show(lane string, what edge.Shown) {
	l := h.lane(lane)
	l.mu.Lock()
	defer l.mu.Unlock()
	body, kind := l.take(what, h.now())
	dropped := l.tell(prepare(body))
	if lane != edge.ProbeLane {
		h.metrics.shown(kind)
		h.metrics.dropped(dropped)
	}
}

// take makes what the lane's truth and gives the message that says so.
func (l *laneView) take(what edge.Shown, now time.Time) (message any, kind string) {
	if notice, ok := what.(edge.Notice); ok {
		return noticeMessage(notice), typeNotice
	}
	l.seq++
	switch what := what.(type) {
	case edge.Prompt:
		l.become(what, what.ShownFor, now)
		return promptMessage(what, l.seq, what.ShownFor), typePrompt
	case edge.Farewell:
		l.become(what, what.ShownFor, now)
		return farewellMessage(what, l.seq, what.ShownFor), typeFarewell
	case edge.Clear:
		l.become(edge.Idle{}, 0, now)
		l.paused = what.Reason == edge.ClearPaused
		return clearMessage(what, l.seq), typeClear
	case edge.Idle:
		l.become(what, 0, now)
		return idleMessage(what, l.seq, false), typeIdle
	default:
		panic("ui: unknown kind of Shown")
	}
}

func (l *laneView) become(what edge.Shown, shownFor time.Duration, now time.Time) {
	l.current, l.until, l.paused = what, time.Time{}, false
	if shownFor > 0 {
		l.until = now.Add(shownFor)
	}
}

// tell queues a message for every screen of the lane, and drops those that do not keep up.
func (l *laneView) tell(m []byte) (dropped int) {
	for c := range l.clients {
		if !c.offer(m) {
			delete(l.clients, c)
			c.drop(closeSlow)
			dropped++
		}
	}
	return dropped
}

// join puts a screen on its lane. Its hello stands in its queue before anything that is shown later.
func (h *hub) join(c *client, hello func(current any) any) bool {
	l := h.lane(c.lane)
	l.mu.Lock()
	defer l.mu.Unlock()
	h.mu.RLock() // under the lane's lock: whoever changes these tells the lane afterwards, and finds the screen there
	closed, notice := h.closed, h.notice
	h.mu.RUnlock()
	if closed || len(l.clients) >= maxScreens {
		return false
	}
	c.offer(prepare(hello(l.truth(h.now(), h.idle))))
	if notice.Text != "" {
		c.offer(prepare(noticeMessage(notice)))
	}
	l.clients[c] = struct{}{}
	h.metrics.connected(l.name, 1)
	return true
}

// truth is what a screen that comes now must show. A prompt carries only the time that is left to it, and one whose
// time is over is never shown again.
func (l *laneView) truth(now time.Time, idle func() edge.Idle) any {
	left := time.Duration(0)
	if !l.until.IsZero() {
		left = l.until.Sub(now)
	}
	if l.until.IsZero() || left > 0 {
		switch what := l.current.(type) {
		case edge.Prompt:
			return promptMessage(what, l.seq, left)
		case edge.Farewell:
			return farewellMessage(what, l.seq, left)
		}
	}
	l.current, l.until = edge.Idle{}, time.Time{} // a customer's card does not linger in memory either
	return idleMessage(idle(), l.seq, l.paused)
}

func (h *hub) leave(c *client) {
	l := h.lane(c.lane)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.clients, c)
	h.metrics.connected(l.name, -1)
}

func (h *hub) noticeAll(notice edge.Notice) {
	h.mu.Lock()
	h.notice = notice
	h.mu.Unlock()
	for _, l := range h.all() {
		h.show(l.name, notice)
	}
}

func (h *hub) dropScreen(id string) {
	h.dropWhere(closeRevoked, func(c *client) bool { return c.screen.ID == id })
}

func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.dropWhere(closeGoing, func(*client) bool { return true })
}

func (h *hub) dropWhere(why closing, match func(*client) bool) {
	for _, l := range h.all() {
		l.mu.Lock()
		for c := range l.clients {
			if match(c) {
				delete(l.clients, c)
				c.drop(why)
			}
		}
		l.mu.Unlock()
	}
}

func (h *hub) connected() []ConnectedScreen {
	found := []ConnectedScreen{}
	for _, l := range h.all() {
		if l.name == edge.ProbeLane {
			continue
		}
		l.mu.Lock()
		for c := range l.clients {
			found = append(found, ConnectedScreen{
				ID: c.screen.ID, Lane: c.lane, Name: c.screen.Name, Remote: c.remote, Since: c.since,
			})
		}
		l.mu.Unlock()
	}
	slices.SortFunc(found, func(a, b ConnectedScreen) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.ID, b.ID), a.Since.Compare(b.Since))
	})
	return found
}

// pausedLanes tells which lanes show no prompts now.
func (h *hub) pausedLanes() map[string]bool {
	paused := map[string]bool{}
	for _, l := range h.all() {
		l.mu.Lock()
		if l.paused {
			paused[l.name] = true
		}
		l.mu.Unlock()
	}
	return paused
}
