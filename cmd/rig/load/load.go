// SPDX-License-Identifier: Apache-2.0

// Package load sends visits to a broker in an open loop and measures how long each card takes to the screen: from the
// moment at which it was meant to be sent, so that a slow system cannot make the load wait for it and look fast.
package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"redbench/cmd/rig/box"
	"redbench/edge"
	"redbench/edge/simulate"
)

// Visit is one customer at a lane: the card, and what she buys.
type Visit struct {
	Card  string // the identifier
	Name  string // what the prompt must say
	Items []edge.Item
}

// Options shape a round.
type Options struct {
	Store    string
	Lanes    []string
	Rate     float64 // visits a second, over all lanes
	Events   string  // "visits": card, started, completed; "cards": the card alone
	Round    string  // letters that make this round's ids new
	Currency string
}

// step is one message of the schedule.
type step struct {
	at    time.Duration
	lane  string
	event simulate.Event
	visit int // whose card it is; -1: no card
}

// schedule lays the visits out over the lanes: each lane has one customer at a time, and is free again before its next.
// Within its turn each message comes a little by chance, the same each time: people do not step up in time with each
// other, and in a regular schedule every card would meet the same other messages.
func schedule(o Options, visits []Visit) []step {
	between := time.Duration(float64(time.Second) / o.Rate)
	turn := between * time.Duration(len(o.Lanes)) // from one customer to the next on a lane
	random := rand.New(rand.NewPCG(1, uint64(len(visits))))
	within := func(part float64) time.Duration { // of the turn
		return time.Duration((part + .15*random.Float64()) * float64(turn))
	}
	var steps []step
	for i, v := range visits {
		lane := o.Lanes[i%len(o.Lanes)]
		source := "/till/" + lane
		at := time.Duration(i) * between
		id := fmt.Sprintf("%s-%d", o.Round, i)
		checkout := "k-" + id
		steps = append(steps, step{at + within(0), lane, simulate.Event{ID: id + "-card", Source: source, Type: edge.LoyaltyPresented,
			Data: simulate.Presented{Identifier: v.Card, Kind: edge.KindCard, Method: "tap"}}, i})
		if o.Events == "cards" {
			continue
		}
		steps = append(steps,
			step{at + within(.3), lane, simulate.Event{ID: id + "-start", Source: source, Type: edge.CheckoutStarted,
				Data: simulate.Checkout{Checkout: checkout, Cashier: "jo"}}, -1},
			step{at + within(.7), lane, simulate.Event{ID: id + "-done", Source: source, Type: edge.CheckoutCompleted,
				Data: completed(o, checkout, v.Items)}, -1})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	return steps
}

func completed(o Options, checkout string, items []edge.Item) simulate.Completed {
	done := simulate.Completed{Checkout: checkout, Items: items, Currency: o.Currency}
	for _, item := range items {
		done.Total += item.AmountMinor
	}
	return done
}

// Tills are the MQTT connections of the lanes.
type Tills struct{ byLane map[string]mqtt.Client }

// Connect opens one connection for each lane, named by prefix.
func Connect(broker, prefix string, lanes []string) (*Tills, error) {
	t := &Tills{map[string]mqtt.Client{}}
	for _, lane := range lanes {
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID(prefix + lane).SetOrderMatters(false))
		if token := client.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Close()
			return nil, fmt.Errorf("connecting till %s to %s: %w", lane, broker, token.Error())
		}
		t.byLane[lane] = client
	}
	return t, nil
}

// Close hangs up.
func (t *Tills) Close() {
	for _, client := range t.byLane {
		client.Disconnect(250)
	}
}

// Run sends the visits at their moments and waits, at most patience after the last, until every card has its prompt.
func (t *Tills) Run(ctx context.Context, o Options, visits []Visit, ledger *Ledger, patience time.Duration) error {
	steps := schedule(o, visits)
	start := time.Now().Add(100 * time.Millisecond)
	for _, s := range steps {
		if s.visit >= 0 {
			ledger.expect(s.event.ID, start.Add(s.at), visits[s.visit].Name)
		}
	}
	var acks sync.WaitGroup
	for _, s := range steps {
		if err := sleepUntil(ctx, start.Add(s.at)); err != nil {
			return err
		}
		topic := simulate.Timed{Store: o.Store, Lane: s.lane, Event: s.event}.Topic()
		token := t.byLane[s.lane].Publish(topic, 1, false, s.event.Payload(time.Now()))
		acks.Go(func() { ledger.acked(token.WaitTimeout(patience) && token.Error() == nil) })
	}
	ledger.await(ctx, patience)
	acks.Wait()
	return ctx.Err()
}

func sleepUntil(ctx context.Context, at time.Time) error {
	left := time.Until(at)
	if left <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(left):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ledger holds every card against the prompts that came of it.
type Ledger struct {
	mu       sync.Mutex
	open     map[string]expected // by the card's event id
	done     map[string]expected
	all      chan struct{}
	delays   []time.Duration
	Sent     int // messages that the broker acknowledged
	Unacked  int
	Prompts  int // that name one of our cards
	Doubled  int // further prompts for the same card, other than a replacement in place
	Wrong    int // prompts with another name than the card's
	Foreign  int // prompts for an event that is no card of ours
	Remember int // prompts with a remember line
	Do       int // prompts with a do line
	Wrongs   []string
}

type expected struct {
	at     time.Time
	name   string
	prompt string // id of the prompt that answered
}

// NewLedger makes an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{open: map[string]expected{}, done: map[string]expected{}, all: make(chan struct{}, 1)}
}

func (l *Ledger) expect(event string, at time.Time, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[event] = expected{at: at, name: name}
}

func (l *Ledger) acked(ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ok {
		l.Sent++
	} else {
		l.Unacked++
	}
}

// Heard takes what a screen received.
func (l *Ledger) Heard(m box.Message) {
	if m.Type != "prompt" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, again := l.done[m.Event]; again {
		if before.prompt != m.ID {
			l.Doubled++
		}
		l.check(before, m)
		return
	}
	e, ours := l.open[m.Event]
	if !ours {
		l.Foreign++
		return
	}
	delete(l.open, m.Event)
	e.prompt = m.ID
	l.done[m.Event] = e
	l.Prompts++
	l.delays = append(l.delays, m.Arrived.Sub(e.at))
	if m.Remember != nil {
		l.Remember++
	}
	if m.Do != nil {
		l.Do++
	}
	l.check(e, m)
	if len(l.open) == 0 {
		select {
		case l.all <- struct{}{}:
		default:
		}
	}
}

func (l *Ledger) check(e expected, m box.Message) {
	if m.Who.Name == e.name {
		return
	}
	l.Wrong++
	if len(l.Wrongs) < 10 {
		l.Wrongs = append(l.Wrongs, fmt.Sprintf("lane %s: a prompt for %q where %q stood", m.Lane, m.Who.Name, e.name))
	}
}

// await returns when every card has its prompt, or after patience.
func (l *Ledger) await(ctx context.Context, patience time.Duration) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		l.mu.Lock()
		left := len(l.open)
		l.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-l.all:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// Lost counts the cards without a prompt.
func (l *Ledger) Lost() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// Delays gives, for each card that was answered, the time from when it was to be sent until the screen had its prompt.
func (l *Ledger) Delays() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.delays)
}

// Problem says what is wrong with the count, or nothing.
func (l *Ledger) Problem() string {
	lost := l.Lost()
	l.mu.Lock()
	defer l.mu.Unlock()
	if lost+l.Doubled+l.Wrong+l.Foreign+l.Unacked == 0 {
		return ""
	}
	return fmt.Sprintf("%d lost, %d doubled, %d with the wrong customer, %d that no card caused, %d events not acknowledged. %s",
		lost, l.Doubled, l.Wrong, l.Foreign, l.Unacked, strings.Join(l.Wrongs, "; "))
}

// One sends a single visit slowly: her card, the checkout's start, then, once her prompt is there, whatever meanwhile
// does, and the completed checkout.
func (t *Tills) One(ctx context.Context, o Options, lane string, n int, v Visit, ledger *Ledger, meanwhile func() error) error {
	o.Lanes, o.Rate, o.Round = []string{lane}, 1, fmt.Sprintf("%s-%d", o.Round, n)
	steps := schedule(o, []Visit{v})
	last := len(steps) - 1
	for i, s := range steps {
		if i == last {
			ledger.await(ctx, 10*time.Second)
			if err := meanwhile(); err != nil {
				return err
			}
		}
		if s.visit >= 0 {
			ledger.expect(s.event.ID, time.Now(), v.Name)
		}
		topic := simulate.Timed{Store: o.Store, Lane: lane, Event: s.event}.Topic()
		token := t.byLane[lane].Publish(topic, 1, false, s.event.Payload(time.Now()))
		ledger.acked(token.WaitTimeout(10*time.Second) && token.Error() == nil)
	}
	return ctx.Err()
}
