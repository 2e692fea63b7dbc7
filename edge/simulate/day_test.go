// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redbench/edge"
)

// chainOf makes the chain once for all days: it takes longer than a day.
var chainOf = sync.OnceValue(func() *Chain { return NewChain(5, opening) })

func aDay(t *rapid.T) ([]Timed, DayOptions) {
	open := opening.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "hours")) * time.Hour)
	seed := rapid.Uint64().Draw(t, "seed")
	o := DayOptions{
		Chain:   chainOf(),
		Seed:    seed,
		Open:    open,
		Length:  time.Duration(rapid.IntRange(1, 5).Draw(t, "length")) * time.Hour,
		Store:   "harbour",
		Lanes:   []string{"1", "2", "3", "express"}[:rapid.IntRange(1, 4).Draw(t, "lanes")],
		Pace:    time.Duration(rapid.IntRange(50, 200).Draw(t, "pace")) * time.Second,
		Steady:  rapid.Bool().Draw(t, "steady"),
		Members: rapid.Float64Range(.1, 1).Draw(t, "members"),
	}
	return Day(o), o
}

// basketOf is what any event's data may hold.
type basketOf struct {
	Identifier string      `json:"identifier"`
	Kind       string      `json:"kind"`
	Checkout   string      `json:"checkout"`
	SKU        string      `json:"sku"`
	Quantity   float64     `json:"quantity"`
	Items      []edge.Item `json:"items"`
	Total      int64       `json:"total_minor"`
	Currency   string      `json:"currency"`
}

func dataOf(t *rapid.T, e Timed) basketOf {
	var got struct {
		SpecVersion, ID, Source, Type string
		Time                          time.Time
		Data                          basketOf
	}
	if err := json.Unmarshal(e.Event.Payload(e.At), &got); err != nil {
		t.Fatal(err)
	}
	if got.SpecVersion != "1.0" || got.ID == "" || got.Source == "" || !got.Time.Equal(e.At.Truncate(time.Millisecond)) {
		t.Fatalf("no CloudEvent: %+v", got)
	}
	return got.Data
}

func TestDayIsInOrderAndWithinItsHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day, o := aDay(t)
		ids := map[string]bool{}
		for i, e := range day {
			if i > 0 && e.At.Before(day[i-1].At) {
				t.Fatal("events are out of order")
			}
			if e.At.Before(o.Open) || e.At.After(o.Open.Add(o.Length+15*time.Minute)) {
				t.Fatalf("%s at %s, open from %s for %s", e.Event.Type, e.At, o.Open, o.Length)
			}
			if !slices.Contains(edge.EventTypes, e.Event.Type) {
				t.Fatalf("%q is no type of the contract", e.Event.Type)
			}
			if ids[e.Event.ID] != e.Repeat {
				t.Fatalf("event %d: repeat %t, but its id was seen: %t", i, e.Repeat, ids[e.Event.ID])
			}
			ids[e.Event.ID] = true
		}
	})
}

func TestCheckoutsAreWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day, _ := aDay(t)
		started, done, baskets := map[string]string{}, map[string]bool{}, map[string]float64{}
		for _, e := range day {
			data := dataOf(t, e)
			if e.Repeat {
				continue
			}
			switch e.Event.Type {
			case edge.CheckoutStarted:
				if started[data.Checkout] != "" {
					t.Fatalf("checkout %q started twice", data.Checkout)
				}
				started[data.Checkout] = e.Lane
			case edge.CheckoutItem, edge.CheckoutSuspended, edge.CheckoutResumed:
				if started[data.Checkout] != e.Lane || done[data.Checkout] {
					t.Fatalf("%s of a checkout that is not open on lane %s", e.Event.Type, e.Lane)
				}
				baskets[data.Checkout] += data.Quantity
			case edge.CheckoutCompleted, edge.CheckoutCancelled:
				if started[data.Checkout] != e.Lane || done[data.Checkout] {
					t.Fatalf("%s of a checkout that is not open on lane %s", e.Event.Type, e.Lane)
				}
				done[data.Checkout] = true
				checkTotals(t, e, data, baskets[data.Checkout])
			}
		}
	})
}

// checkTotals holds that a receipt adds up, and that it has what was scanned and perhaps a return.
func checkTotals(t *rapid.T, e Timed, data basketOf, scanned float64) {
	if e.Event.Type != edge.CheckoutCompleted {
		return
	}
	total, taken := int64(0), 0.0
	for _, item := range data.Items {
		total += item.AmountMinor
		if item.Quantity > 0 {
			taken += item.Quantity
		}
	}
	if total != data.Total || data.Currency != Currency || taken != scanned || len(data.Items) == 0 {
		t.Fatalf("receipt of %d adds up to %d; %g scanned, %g on it", data.Total, total, scanned, taken)
	}
}

func TestCardsAreTheCustomersOrUnknown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day, o := aDay(t)
		owner := map[string]string{}
		for _, p := range o.Chain.Customers {
			for _, id := range p.Identifiers {
				owner[id.Value] = p.ID
			}
		}
		for _, e := range day {
			if e.Event.Type == edge.LoyaltyPresented && owner[dataOf(t, e).Identifier] != e.Person {
				t.Fatalf("a card of %q is said to be of %q", owner[dataOf(t, e).Identifier], e.Person)
			}
		}
	})
}

func TestDayHasEverythingThatHappens(t *testing.T) {
	chain := NewChain(1, opening)
	day := Day(DayOptions{Chain: chain, Seed: 1, Open: opening, Store: "s", Lanes: []string{"1", "2", "3"}})
	kinds, repeats := map[edge.EventType]int{}, 0
	for _, e := range day {
		kinds[e.Event.Type]++
		if e.Repeat {
			repeats++
		}
	}
	for _, kind := range edge.EventTypes {
		if kinds[kind] == 0 {
			t.Errorf("no %s in a whole day", kind)
		}
	}
	if kinds[edge.CheckoutCompleted] >= kinds[edge.CheckoutStarted] || repeats == 0 {
		t.Errorf("nothing was left standing or sent twice: %v, %d", kinds, repeats)
	}
}

func TestDayFollowsFromSeedAndOpening(t *testing.T) {
	dayOf := func(seed uint64, open time.Time) []Timed {
		return Day(DayOptions{Chain: NewChain(seed, open), Seed: seed, Open: open, Store: "s", Lanes: []string{"1", "2"},
			Length: time.Hour})
	}
	if diff := cmp.Diff(dayOf(1, opening), dayOf(1, opening)); diff != "" {
		t.Errorf("the same day came out differently:\n%s", diff)
	}
	next := dayOf(1, opening.Add(24*time.Hour))
	if next[0].Event.ID == dayOf(1, opening)[0].Event.ID {
		t.Error("the next day has the same ids: a box would take its events for redeliveries")
	}
}
