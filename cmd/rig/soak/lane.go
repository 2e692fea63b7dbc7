// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"redbench/cmd/rig/box"
	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/simulate"
)

// lane is one till with its screen, through all days. Nobody is a customer of two lanes.
type lane struct {
	name     string
	store    string
	url      string // of its screen's socket
	token    string
	clock    *clock
	ledger   *ledger
	random   *rand.Rand
	mqtt     *mqtt.Till
	screen   *box.Screen
	products []simulate.Product
	people   []int // who comes here
	number   int   // of visits so far

	mu     sync.Mutex
	expect string // the card that is at the till
	prompt string // that answered it
	got    chan box.Message
}

// promptWithin is how long a card may wait for its prompt: as long as a broker takes to come back. After ten seconds none is shown.
const promptWithin = 9 * time.Second

// look connects the lane's screen anew.
func (l *lane) look(ctx context.Context) (err error) {
	if l.screen != nil {
		_ = l.screen.Close() // as a screen whose power is cut
	}
	here := make(chan struct{})
	welcome := sync.OnceFunc(func() { close(here) })
	if l.screen, err = box.Watch(ctx, l.url, l.token, l.name, func(m box.Message) { welcome(); l.heard(m) }); err != nil {
		return err
	}
	select { // what is on the lane before that comes with the welcome
	case <-here:
		return nil
	case <-time.After(promptWithin):
		return fmt.Errorf("the screen of lane %s was not welcomed", l.name)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) heard(m box.Message) {
	if m.Type != "prompt" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case m.Event != l.expect: // what a screen is shown when it comes
	case l.prompt == "":
		l.prompt = m.ID
		l.got <- m
	case m.ID != l.prompt:
		l.ledger.note(func(s *Sold) { s.Doubled++ })
	}
}

// sell serves n customers within a time.
func (l *lane) sell(ctx context.Context, n int, within time.Duration) error {
	begin := time.Now()
	for i := range n {
		select {
		case <-time.After(time.Until(begin.Add(within * time.Duration(i) / time.Duration(n)))):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := l.visit(ctx); err != nil {
			return fmt.Errorf("lane %s: %w", l.name, err)
		}
	}
	return nil
}

// visit is a card, more often than not, and a checkout, which now and then is given up, told twice, or cannot be read.
func (l *lane) visit(ctx context.Context) error {
	l.number++
	id := fmt.Sprintf("%s-%d", l.name, l.number)
	if l.random.IntN(10) < 7 {
		if err := l.card(ctx, id, l.people[l.random.IntN(len(l.people))]); err != nil {
			return err
		}
	}
	if err := l.say(ctx, id+"-start", edge.CheckoutStarted, simulate.Checkout{Checkout: id, Cashier: "jo"}); err != nil {
		return err
	}
	switch dice := l.random.IntN(100); {
	case dice < 3:
		return l.say(ctx, id+"-end", edge.CheckoutCancelled, simulate.Checkout{Checkout: id, Reason: "customer left"})
	case dice < 4:
		if err := l.refused(ctx); err != nil {
			return err
		}
	}
	if err := l.say(ctx, id+"-end", edge.CheckoutCompleted, l.completed(id)); err != nil {
		return err
	}
	l.ledger.told(id)
	return nil
}

func (l *lane) completed(id string) simulate.Completed {
	done := simulate.Completed{Checkout: id, Currency: simulate.Currency}
	for range 1 + l.random.IntN(3) {
		p := l.products[l.random.IntN(len(l.products))]
		done.Items = append(done.Items, edge.Item{SKU: p.SKU, Name: p.Name, Quantity: 1, AmountMinor: p.Minor})
		done.Total += p.Minor
	}
	return done
}

// card shows a card, waits for its prompt, and says something to it now and then.
func (l *lane) card(ctx context.Context, id string, who int) error {
	want := l.ledger.nameOf(who)
	l.mu.Lock()
	l.expect, l.prompt = id+"-card", ""
	l.mu.Unlock()
	if err := l.say(ctx, id+"-card", edge.LoyaltyPresented, simulate.Presented{Identifier: card(who), Kind: edge.KindCard, Method: "tap"}); err != nil {
		return err
	}
	select {
	case m := <-l.got:
		l.ledger.prompted(m, want, l.ledger.nameOf(who))
		return l.answer(m, id)
	case <-time.After(promptWithin):
		l.mu.Lock()
		defer l.mu.Unlock()
		l.expect = ""
		l.ledger.wrong("lane %s: no prompt for %s", l.name, id)
		l.ledger.note(func(s *Sold) { s.Lost++ })
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// answer is a verdict on a line, or a note.
func (l *lane) answer(m box.Message, id string) error {
	dice := l.random.IntN(100)
	var word map[string]any
	switch {
	case dice < 10 && m.Remember != nil:
		word = map[string]any{"type": "feedback", "prompt": m.ID, "line": "remember", "verdict": "used"}
	case dice < 20 && m.Do != nil:
		word = map[string]any{"type": "feedback", "prompt": m.ID, "line": "do", "verdict": []string{"used", "not-now", "wrong"}[l.random.IntN(3)]}
	case dice < 22 && m.Who.Name != "":
		word = map[string]any{"type": "note", "prompt": m.ID, "kind": "interest", "text": "Keeps bees"}
	default:
		return nil
	}
	word["id"] = "w-" + id
	l.ledger.note(func(s *Sold) { s.Words++ })
	return l.screen.Send(word)
}

func (l *lane) refused(ctx context.Context) error {
	l.ledger.note(func(s *Sold) { s.Refused++ })
	return l.mqtt.Publish(ctx, "redbench/v1/"+l.store+"/"+l.name+"/checkout", []byte(`{"specversion":"1.0", this is no event`))
}

// say publishes an event, in one of fifty cases once more.
func (l *lane) say(ctx context.Context, id string, kind edge.EventType, data any) error {
	event := simulate.Event{ID: id, Source: "/till/" + l.name, Type: kind, Data: data}
	topic := simulate.Timed{Store: l.store, Lane: l.name, Event: event}.Topic()
	payload := event.Payload(l.clock.now())
	l.ledger.note(func(s *Sold) { s.Events++ })
	err := l.mqtt.Publish(ctx, topic, payload)
	if err == nil && l.random.IntN(50) == 0 {
		l.ledger.note(func(s *Sold) { s.Again++ })
		err = l.mqtt.Publish(ctx, topic, payload)
	}
	return err
}
