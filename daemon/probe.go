// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/serve"
)

const (
	// probeWithin is how long a test event may take: a prompt that late is none.
	probeWithin = 8 * time.Second
	// probeEvery is how long a test event that came through is believed: one costs a sync of the disk.
	probeEvery = 10 * time.Second
	// brokerWithin is how long an outside broker may take to bring a test event back, so that there is time left to find
	// out whether it is the box or the broker.
	brokerWithin = 3 * time.Second
	// longestWriting is how long a transaction, or a database that is written anew, is believed to be work. It is killed
	// no sooner: what is begun anew at each start never ends.
	longestWriting = 30 * time.Minute
)

// probeScreen is the box's own screen.
type probeScreen interface {
	Prompt(ctx context.Context, event string) error
	Close()
}

// prober sends test events from the tills to a screen, one at a time.
type prober struct {
	serve   *serve.Service
	tills   probedTills
	screen  func(context.Context) (probeScreen, error)
	writing func() (since time.Time) // when the transaction under way began; zero: none is
	gone    func() string            // which address that is listened on is no longer this machine's; empty: none

	turn chan struct{} // a place for the one under way; one that is stuck never leaves it

	mu    sync.Mutex
	under *trip
	last  *finding
	heard bool // a test event came back by the broker, since the start
}

// probedTills is how test events come in.
type probedTills interface {
	Probe(ctx context.Context, topic string, payload []byte) error
	Connected() bool
	outside() bool
	full() bool // nobody else is let in
}

// finding is what a test event found.
type finding struct {
	control.ProbeReport
	excused map[string]string // what failed though starting anew would mend nothing, by step: why
}

// sound reports whether all is well that starting the box anew might mend.
func (f *finding) sound() bool {
	for _, step := range f.Steps {
		if step.Error != "" && f.excused[step.Name] == "" {
			return false
		}
	}
	return true
}

func (f *finding) failed(step string) bool {
	for _, each := range f.Steps {
		if each.Name == step {
			return each.Error != ""
		}
	}
	return false
}

// trouble tells in a sentence what is wrong; empty: nothing.
func (f *finding) trouble() string {
	step := f.Failed()
	switch {
	case step.Error == "":
		return ""
	case f.excused[step.Name] != "":
		return fmt.Sprintf("the box's test event: %s: %s (%s)", step.Name, step.Error, f.excused[step.Name])
	}
	return fmt.Sprintf("the box's test event did not come through: %s: %s", step.Name, step.Error)
}

// ask gives the last finding if it is good and fresh, and else sends another test event: whoever mends something wants
// to see it.
func (p *prober) ask(ctx context.Context) *finding {
	if last := p.lately(); last != nil && last.OK && time.Since(last.At) < probeEvery {
		return last
	}
	return p.send(ctx)
}

// lately is the last finding; nil: there was none yet.
func (p *prober) lately() *finding {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// send sends one test event and tells what it found, within probeWithin and whatever is stuck.
func (p *prober) send(ctx context.Context) *finding {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return p.keep(p.stuck())
	}
	t := &trip{prober: p, probe: p.serve.NewProbe(), began: time.Now(), own: map[string]serve.Reached{}, excused: map[string]string{}}
	p.mu.Lock()
	p.under = t
	p.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer func() { <-p.turn }()
		defer close(ended)
		t.travel(ctx)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return p.keep(t.finding())
}

// stuck is the finding while an earlier test event is still under way, beyond its time.
func (p *prober) stuck() *finding {
	p.mu.Lock()
	t := p.under
	p.mu.Unlock()
	return t.finding()
}

func (p *prober) keep(f *finding) *finding {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = f
	for _, step := range f.Steps {
		p.heard = p.heard || step.Name == edge.StepMQTT && step.Error == ""
	}
	return f
}

func (p *prober) wasHeard() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard
}

// probeScreen connects the box's own screen.
func (a *App) probeScreen(ctx context.Context) (probeScreen, error) {
	screen, err := a.screens.Probe(ctx)
	if err != nil {
		return nil, err // not a *ui.ProbeScreen that is nil
	}
	return screen, nil
}

// goneAddress is the first of the addresses listened on that is not this machine's any more: its network went away, and a
// start would only find that it cannot listen.
func goneAddress(listened ...string) string {
	for _, each := range listened {
		host, _, err := net.SplitHostPort(each)
		if err != nil {
			continue // an outside broker is not listened for
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return host
		}
		_ = l.Close()
	}
	return ""
}
