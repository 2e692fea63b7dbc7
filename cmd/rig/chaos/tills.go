// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/simulate"
)

const (
	people = 40 // customers of the chain, known to each box
	lanes  = 3  // of a box
)

func card(i int) string { return fmt.Sprintf("2912%09d", i) }

func name(i int) string { return fmt.Sprintf("Quirina Vanterpool-%d", i) }

func writeCustomers(file string) error {
	var out strings.Builder
	out.WriteString("customer,identifier,kind,name,consent,fact.preference\n")
	for i := range people {
		fmt.Fprintf(&out, "C-%d,%s,card,%s,remember,A table by the window\n", i, card(i), name(i))
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
		return fmt.Errorf("writing customers: %w", err)
	}
	return nil
}

// till sells on one lane, one customer after the other.
type till struct {
	store, lane string
	random      *rand.Rand
	mqtt        *mqtt.Till
	stored      []string // keys of the checkouts that it was told are stored, in their order
	ended       chan error
}

// sell opens the tills. They begin no new checkout once selling has ended, and finish what they have begun.
func (w *world) sell(selling, finishing context.Context) {
	for i, s := range w.shops {
		for lane := range lanes {
			t := &till{store: s.box.Store(), lane: fmt.Sprint("L", lane), ended: make(chan error, 1),
				random: rand.New(rand.NewPCG(w.o.Seed, uint64(100*i+lane)))}
			s.tills = append(s.tills, t)
			address := s.box.Tills() // it stays the same over the box's lives
			go func() { t.ended <- t.run(selling, finishing, address) }()
		}
	}
}

func (t *till) wait(ctx context.Context) error {
	select {
	case err := <-t.ended:
		t.ended <- err
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *till) run(selling, finishing context.Context, broker string) (err error) {
	t.mqtt, err = mqtt.NewTill(mqtt.TillOptions{Broker: broker, ClientID: t.store + t.lane})
	if err != nil {
		return err
	}
	defer func() { _ = t.mqtt.Close() }()
	for n := 0; selling.Err() == nil; n++ {
		if err := t.visit(finishing, n); err != nil {
			return fmt.Errorf("till %s of %s: %w", t.lane, t.store, err)
		}
		select {
		case <-selling.Done():
		case <-time.After(time.Duration(20+t.random.IntN(60)) * time.Millisecond):
		}
	}
	return nil
}

// visit is a card, more often than not, and a completed checkout.
func (t *till) visit(ctx context.Context, n int) error {
	checkout := fmt.Sprintf("c-%s-%s-%d", t.store, t.lane, n)
	if who := t.random.IntN(2 * people); who < people+people/2 {
		data := simulate.Presented{Identifier: card(who), Kind: edge.KindCard, Method: "tap", Checkout: checkout}
		if err := t.publish(ctx, checkout+"-card", edge.LoyaltyPresented, data); err != nil {
			return err
		}
	}
	items := []edge.Item{{SKU: fmt.Sprint(t.random.IntN(200)), Name: "Tea", Quantity: 1, AmountMinor: 250}}
	done := simulate.Completed{Checkout: checkout, Items: items, Total: 250, Currency: "EUR"}
	if err := t.publish(ctx, checkout+"-done", edge.CheckoutCompleted, done); err != nil {
		return err
	}
	t.stored = append(t.stored, key(t.store, t.lane, checkout))
	return nil
}

func (t *till) publish(ctx context.Context, id string, kind edge.EventType, data any) error {
	event := simulate.Event{ID: id, Source: "/till/" + t.lane, Type: kind, Data: data}
	topic := simulate.Timed{Store: t.store, Lane: t.lane, Event: event}.Topic()
	return t.mqtt.Publish(ctx, topic, event.Payload(time.Now()))
}

// key names a checkout of the chain.
func key(store, lane, checkout string) string { return store + "/" + lane + "/" + checkout }
