// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"redbench/edge"
	"redbench/edge/mqtt"
)

const (
	// announceEvery is the least time between two messages on box/quarantine: a till gone wild must not make the box
	// one, too.
	announceEvery = time.Second
	announceQueue = 16
)

// announcer tells on MQTT how the box is, and what it refused.
type announcer struct {
	store, version, run string
	queue               chan edge.Refused
	end                 chan struct{}
	ended               sync.WaitGroup

	mu      sync.Mutex
	to      tills
	skipped int
}

func newAnnouncer(store, version, run string) *announcer {
	return &announcer{store: store, version: version, run: run, queue: make(chan edge.Refused, announceQueue), end: make(chan struct{})}
}

// boxStatus is the payload of box/status.
type boxStatus struct {
	State   string `json:"state"` // online, offline
	Store   string `json:"store"`
	Version string `json:"version"`
	Run     string `json:"run"`
}

// boxQuarantine is the payload of box/quarantine. It holds nothing of the refused payload.
type boxQuarantine struct {
	ID      string    `json:"id"`
	Topic   string    `json:"topic"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	Skipped int       `json:"skipped,omitempty"` // refused since the last message, and not told one by one
}

func (a *announcer) status(state string) []byte {
	return mustJSON(boxStatus{State: state, Store: a.store, Version: a.version, Run: a.run})
}

// online tells that the box hears.
func (a *announcer) online() {
	if to := a.target(); to != nil {
		_ = to.Publish(mqtt.StatusTopic(a.store), true, a.status("online")) // told again at the next connection
	}
}

// refused queues a refusal to be told; it never blocks.
func (a *announcer) refused(r edge.Refused) {
	select {
	case a.queue <- r:
	default:
		a.mu.Lock()
		a.skipped++
		a.mu.Unlock()
	}
}

func (a *announcer) target() tills {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.to
}

// start tells what is refused, no faster than one a second.
func (a *announcer) start(to tills) {
	a.mu.Lock()
	a.to = to
	a.mu.Unlock()
	a.ended.Go(func() {
		pace := time.NewTicker(announceEvery)
		defer pace.Stop()
		for {
			select {
			case <-a.end:
				return
			case r := <-a.queue:
				a.tell(to, r)
			}
			select {
			case <-a.end:
				return
			case <-pace.C:
			}
		}
	})
}

func (a *announcer) tell(to tills, r edge.Refused) {
	a.mu.Lock()
	skipped := a.skipped
	a.skipped = 0
	a.mu.Unlock()
	_ = to.Publish(mqtt.QuarantineTopic(a.store), false, // best effort: quarantine itself holds it
		mustJSON(boxQuarantine{ID: r.ID, Topic: r.Topic, Reason: r.Reason, At: r.At.UTC(), Skipped: skipped}))
}

func (a *announcer) stop(context.Context) error {
	close(a.end)
	a.ended.Wait()
	return nil
}

// mustJSON encodes a struct of plain fields, which cannot go wrong.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
