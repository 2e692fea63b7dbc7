// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/load"
	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/simulate"
)

const (
	brokerAddress = "127.0.0.1:1883"
	screenAddress = "127.0.0.1:8787"
)

// ledger holds what tills were told is stored, and what screens showed.
type ledger struct {
	mu        sync.Mutex
	next      int // number of the next event, never used twice
	events    []event
	checkouts []string
	cards     map[string]*tapped // by event
	shown     []time.Time        // when prompts for our cards came
	delays    []time.Duration    // from each card to its prompt
	fresh     chan struct{}      // closed and made anew with each
	wrong     []string
}

// tapped is a card that was shown at a till.
type tapped struct {
	name  string // that its prompt must say
	at    time.Time
	shown bool
}

// event is how an event is known: by source and id.
type event struct{ source, id string }

func newLedger() *ledger {
	return &ledger{cards: map[string]*tapped{}, fresh: make(chan struct{})}
}

// number gives a number that nobody had.
func (l *ledger) number() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

func (l *ledger) expect(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cards[id] = &tapped{name: name, at: time.Now()}
}

func (l *ledger) acknowledged(e event, checkout string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
	if checkout != "" {
		l.checkouts = append(l.checkouts, checkout)
	}
}

// heard takes what a screen was told.
func (l *ledger) heard(m box.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	card := l.cards[m.Event]
	if m.Type != "prompt" || card == nil {
		return
	}
	if m.Who.Name != card.name && len(l.wrong) < 10 {
		l.wrong = append(l.wrong, fmt.Sprintf("lane %s: a prompt for %q where %q stood", m.Lane, m.Who.Name, card.name))
	}
	if card.shown { // a screen that came again
		return
	}
	card.shown = true
	l.shown = append(l.shown, m.Arrived)
	l.delays = append(l.delays, m.Arrived.Sub(card.at))
	close(l.fresh)
	l.fresh = make(chan struct{})
}

// prompts gives how many there were so far, and what is closed with the next.
func (l *ledger) prompts() (n int, next <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.shown), l.fresh
}

// gap is the longest time without a prompt since the n-th.
func (l *ledger) gap(n int) (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := n + 1; i < len(l.shown); i++ {
		longest = max(longest, l.shown[i].Sub(l.shown[i-1]))
	}
	return longest
}

// spread is how long the cards since the n-th prompt took to the screen.
func (l *ledger) spread(n int) load.Spread {
	l.mu.Lock()
	defer l.mu.Unlock()
	return load.SpreadOf(l.delays[n:])
}

// problem says whether a prompt named somebody else.
func (l *ledger) problem() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wrong) > 0 {
		return fmt.Errorf("wrong prompts: %v", l.wrong)
	}
	return nil
}

// till stands at a lane, in the machine's network.
type till struct {
	p    *proof
	lane string
	mqtt *mqtt.Till
}

func (p *proof) till(lane string) (*till, error) {
	client, err := mqtt.NewTill(mqtt.TillOptions{Broker: "tcp://" + brokerAddress, ClientID: "till-" + lane, Username: "till-" + lane,
		Password: secret, Dial: func(ctx context.Context) (net.Conn, error) { return p.m.Dial(ctx, "tcp", brokerAddress) }})
	if err != nil {
		return nil, err
	}
	return &till{p, lane, client}, nil
}

func (t *till) close() { _ = t.mqtt.Close() } // what it was told, it was told

// publish goes on until it is told that the event is stored, and writes that down.
func (t *till) publish(ctx context.Context, id string, kind edge.EventType, data any, checkout string) error {
	e := simulate.Event{ID: id, Source: "/till/" + t.lane, Type: kind, Data: data}
	topic := simulate.Timed{Store: storeID, Lane: t.lane, Event: e}.Topic()
	if err := t.mqtt.Publish(ctx, topic, e.Payload(time.Now())); err != nil {
		return err
	}
	t.p.ledger.acknowledged(event{e.Source, id}, checkout)
	return nil
}

// tap shows the card of the n-th customer.
func (t *till) tap(ctx context.Context, n int) error {
	id := fmt.Sprintf("card-%d", t.p.ledger.number())
	t.p.ledger.expect(id, name(n))
	return t.publish(ctx, id, edge.LoyaltyPresented, simulate.Presented{Identifier: card(n), Kind: edge.KindCard, Method: "tap"}, "")
}

// visit is a card and, after a while, a completed checkout.
func (t *till) visit(ctx context.Context, n int, while time.Duration) error {
	if err := t.tap(ctx, n); err != nil {
		return err
	}
	pause(ctx, while)
	checkout := fmt.Sprintf("k-%d", t.p.ledger.number())
	done := simulate.Completed{Checkout: checkout, Items: []edge.Item{{SKU: fmt.Sprint(n % 7), Name: "Tea", Quantity: 1, AmountMinor: 250}},
		Total: 250, Currency: "EUR"}
	return t.publish(ctx, "done-"+checkout, edge.CheckoutCompleted, done, checkout)
}

// pause waits, unless the context ends before.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// sell lets all lanes sell, so many events a second in all, until stop is called, which waits for what is under way.
func (p *proof) sell(ctx context.Context, rate float64) (stop func() error) {
	turn := time.Duration(float64(2*lanes) / rate * float64(time.Second)) // a visit is two events
	var tills sync.WaitGroup
	ended := make(chan struct{})
	problems := make(chan error, lanes)
	for i := range lanes {
		tills.Go(func() {
			t, err := p.till(lane(i))
			if err != nil {
				problems <- err
				return
			}
			defer t.close()
			next := time.Now().Add(turn * time.Duration(i) / lanes)
			for {
				select {
				case <-ended:
					return
				case <-time.After(time.Until(next)):
				}
				next = next.Add(turn)
				if err := t.visit(ctx, rand.IntN(p.people), turn/2); err != nil {
					problems <- err
					return
				}
			}
		})
	}
	return func() error {
		close(ended)
		tills.Wait()
		close(problems)
		return <-problems
	}
}
