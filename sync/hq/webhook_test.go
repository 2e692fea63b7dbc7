// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/hq"
)

func (o *office) posted(store, id, card string) edge.Event {
	return edge.Event{ID: id, Source: "/webhook/shop", Store: store, Lane: "3", Type: edge.LoyaltyPresented, Time: o.clock.Now(),
		Identifier: edge.Identifier{Kind: edge.KindCard, Value: card}}
}

func (o *office) relays(want int, wantErr error, events ...edge.Event) {
	o.t.Helper()
	taken, err := o.Relay(o.t.Context(), "shop", events)
	if taken != want || !errors.Is(err, wantErr) {
		o.t.Errorf("taken %d, %v; want %d, %v", taken, err, want, wantErr)
	}
}

// atRest counts in which files of the database something stands, once everything is in the database itself.
func (o *office) atRest(text string) (n int) {
	o.t.Helper()
	must(o.t, o.db.Erase(o.t.Context()))
	files, err := filepath.Glob(filepath.Join(o.dir, "hq.db*"))
	must(o.t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		must(o.t, err)
		n += bytes.Count(data, []byte(text))
	}
	return n
}

func TestAVendorsEventIsToldOnceAndForgotten(t *testing.T) {
	o := newOffice(t)
	harbour, hill := o.enrolled("harbour", "hill")[0], o.enrolled("hill")[0]
	harbour.changes()
	hill.changes()
	first := o.posted("harbour", "e1", "6001002003004")
	o.relays(1, nil, first)
	o.relays(0, nil, first)
	other := first
	other.Identifier.Value = "6001002003005"
	o.relays(0, hq.ErrOtherEvent, other)
	elsewhere := first
	elsewhere.Store = "hill"
	o.relays(0, hq.ErrOtherEvent, elsewhere)
	o.relays(0, hq.ErrOtherEvent, o.posted("harbour", "e2", "7"), other) // all or none
	o.relays(1, nil, first, o.posted("hill", "e3", "8"))

	before := harbour.cursor
	o.clock.forward(90 * time.Second)
	for range 2 { // the answer may be lost
		harbour.cursor = before
		got := harbour.changes()
		if kinds(got) != "event" || got[0].Event.Lane != "3" || got[0].Event.Waited != 90_000 ||
			!bytes.Contains(got[0].Event.Payload, []byte(`"identifier":"6001002003004"`)) {
			t.Fatalf("%s %+v", kinds(got), got)
		}
	}
	if o.atRest("6001002003004") != 0 {
		t.Error("it rests in clear")
	}
	if o.atRest("harbour") == 0 {
		t.Fatal("the test does not see the database")
	}
	if got := hill.changes(); kinds(got) != "event" {
		t.Errorf("the other store got %s", kinds(got))
	}
	if got := harbour.changes(); len(got) != 0 { // and with this question its cursor has passed the event
		t.Errorf("again: %s", kinds(got))
	}
	harbour.cursor = ""
	if got := kinds(harbour.changes()); got != "" {
		t.Errorf("from the beginning: %s, though it was delivered", got)
	}
	o.relays(0, nil, first) // it is known all the same
	if got := harbour.changes(); len(got) != 0 {
		t.Errorf("after a redelivery: %s", kinds(got))
	}
}

func TestAnEventThatNobodyFetchesGoesAfterAWeek(t *testing.T) {
	o := newOffice(t)
	harbour := o.enrolled("harbour")[0]
	harbour.changes()
	e := o.posted("harbour", "e1", "6001002003004")
	o.relays(1, nil, e)
	o.clock.forward(7*24*time.Hour + time.Second)
	before := harbour.cursor
	if got := harbour.changes(); len(got) != 0 {
		t.Errorf("told after a week: %s", kinds(got))
	}
	must(t, o.Tidy(t.Context()))
	harbour.cursor = before
	if got := harbour.changes(); len(got) != 0 {
		t.Errorf("told after it was deleted: %s", kinds(got))
	}
	o.relays(0, nil, e)
	o.clock.forward(394 * 24 * time.Hour)
	must(t, o.Tidy(t.Context()))
	o.relays(1, nil, e)
}

func TestWhoHasNoBoxIsSentNothing(t *testing.T) {
	o := newOffice(t)
	o.enrolled("harbour")
	_, err := o.AddStore(t.Context(), "new", nil)
	must(t, err)
	o.relays(0, hq.ErrNoBox, o.posted("new", "e1", "6"))
	o.relays(0, hq.ErrNoBox, o.posted("unknown", "e2", "6"))
	o.relays(1, nil, o.posted("harbour", "e3", "6"))
	must(t, o.RevokeStore(t.Context(), "harbour"))
	o.relays(0, hq.ErrNoBox, o.posted("harbour", "e4", "6"))
}

func TestALongEventIsNotTaken(t *testing.T) {
	o := newOffice(t)
	o.enrolled("harbour")
	e := o.posted("harbour", "e1", "")
	e.Type, e.Checkout, e.Total.Currency = edge.CheckoutCompleted, "c", "EUR"
	for i := range 1000 {
		e.Items = append(e.Items, edge.Item{SKU: fmt.Sprintf("%0100d", i), Name: "Bread"})
	}
	o.relays(0, hq.ErrRelaySize, e)
}

func TestAWaitingBoxHearsAVendorsEventAtOnce(t *testing.T) {
	o := newOffice(t)
	harbour := o.enrolled("harbour")[0]
	harbour.changes()
	told := make(chan error, 1)
	go func() { told <- o.Wait(t.Context(), "harbour", harbour.cursor) }()
	o.relays(1, nil, o.posted("harbour", "e1", "6"))
	must(t, <-told)
	if got := harbour.changes(); kinds(got) != "event" {
		t.Errorf("%s", kinds(got))
	}
}
