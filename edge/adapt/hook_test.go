// SPDX-License-Identifier: Apache-2.0

package adapt_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
)

var hookNow = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func hook(t testing.TB, program string) *adapt.Hook {
	t.Helper()
	h, err := adapt.NewHook("orders", "json", program, adapt.Options{Guard: guard.New(nil)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

const checkIn = `{store: .branch, lane: .desk, id: .event, time: .at, type: "redbench.loyalty.presented", data: {identifier: .member, kind: "app"}}`

func TestAHookNamesStoreAndLane(t *testing.T) {
	got, err := hook(t, checkIn).Events([]byte(`{"branch":"harbour","desk":3,"event":"e1","at":"2026-11-22T09:29:58Z","member":"M-1","secret":"x"}`), hookNow)
	if err != nil {
		t.Fatal(err)
	}
	want := []edge.Event{{ID: "e1", Source: "/webhook/orders", Store: "harbour", Lane: "3", Type: edge.LoyaltyPresented, Arrived: hookNow,
		Time: hookNow.Add(-2 * time.Second), Identifier: edge.Identifier{Kind: edge.KindApp, Value: "M-1"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := string(adapt.Write(got[0])); strings.Contains(text, "secret") || strings.Contains(text, "branch") {
		t.Errorf("more than the contract names: %s", text)
	}
}

func TestWhatAHookRefuses(t *testing.T) {
	for name, each := range map[string]struct{ program, body, code string }{
		"a payment card":             {`empty`, `{"x":"4111 1111 1111 1111"}`, adapt.CodeCardNumber},
		"one that the program makes": {`{store:"a",lane:"1",type:"redbench.loyalty.presented",data:{identifier:(.a+.b),kind:"card"}}`, `{"a":"411111111","b":"1111111"}`, adapt.CodeCardNumber},
		"no store":                   {checkIn, `{"desk":"3"}`, adapt.CodeStore},
		"a store that climbs":        {checkIn, `{"branch":"../a","desk":"3"}`, adapt.CodeStore},
		"no lane":                    {checkIn, `{"branch":"a"}`, adapt.CodeLane},
		"the box's own lane":         {checkIn, `{"branch":"a","desk":"box"}`, adapt.CodeLane},
		"a program that fails":       {`.a.b`, `{"a":"x"}`, adapt.CodeAdapter},
		"no JSON":                    {checkIn, `{`, adapt.CodeJSON},
		"no identifier":              {checkIn, `{"branch":"a","desk":"1","event":"e"}`, adapt.CodeField},
		"too large":                  {`empty`, `"` + strings.Repeat("x", adapt.DefaultMaxSize) + `"`, adapt.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := hook(t, each.program).Events([]byte(each.body), hookNow)
			var rejection *adapt.Rejection
			if !errors.As(err, &rejection) || rejection.Code != each.code || len(events) > 0 {
				t.Errorf("%+v, %v", events, err)
			}
		})
	}
	if events, err := hook(t, `empty`).Events([]byte(`{}`), hookNow); err != nil || len(events) > 0 {
		t.Errorf("what concerns nobody: %+v, %v", events, err)
	}
}

// Without an id and a time the same body is the same event within its window, as with an adapter.
func TestAHookMakesIDs(t *testing.T) {
	h := hook(t, `{store: "a", lane: "1", type: "redbench.checkout.started", data: {checkout: .c}}`)
	id := func(body string) string {
		t.Helper()
		events, err := h.Events([]byte(body), hookNow)
		if err != nil || len(events) != 1 || !events[0].Undated {
			t.Fatalf("%+v, %v", events, err)
		}
		return events[0].ID
	}
	first, again := id(`{"c":"1"}`), id(`{"c":"1"}`)
	if first != again || first == id(`{"c":"2"}`) {
		t.Error("ids that do not follow the body")
	}
}

// What is written is read again as the same, for every type.
func TestWrittenEventsAreReadAgain(t *testing.T) {
	d, err := adapt.New(adapt.Options{Store: "a", Guard: guard.New(nil)})
	if err != nil {
		t.Fatal(err)
	}
	item := edge.Item{SKU: "s", Name: "Bread", Quantity: -1.5, AmountMinor: -3}
	for _, kind := range edge.EventTypes {
		event := edge.Event{ID: "i", Source: "/s", Store: "a", Lane: "3", Type: kind, Time: hookNow, Arrived: hookNow}
		switch kind {
		case edge.LoyaltyPresented:
			event.Identifier, event.Method, event.Checkout = edge.Identifier{Kind: edge.KindCard, Value: "60"}, "tap", "c"
		case edge.CheckoutItem:
			event.Checkout, event.Item = "c", item
		case edge.CheckoutCompleted:
			event.Checkout, event.Items, event.Total = "c", []edge.Item{item}, edge.Money{Minor: 0, Currency: "EUR"}
		case edge.CheckoutCancelled:
			event.Checkout, event.Reason = "c", "no"
		case edge.CheckoutStarted:
			event.Checkout, event.Cashier = "c", "jo"
		case edge.ShiftStarted, edge.ShiftEnded:
			event.Cashier = "jo"
		default:
			event.Checkout = "c"
		}
		text := adapt.Write(event)
		got, err := d.Decode(edge.Message{Topic: adapt.Topic("a", "3", text), Payload: text, Arrived: hookNow})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(event, got); diff != "" {
			t.Errorf("%s:\n%s", kind, diff)
		}
	}
}

// Whatever a vendor sends: no panic, and what is accepted is read again by a box.
func FuzzHook(f *testing.F) {
	f.Add([]byte(`{"store":"a","lane":"1","id":"e","type":"redbench.loyalty.presented","data":{"identifier":"6","kind":"card"}}`))
	f.Add([]byte(`[{"store":1,"lane":2,"type":"redbench.checkout.completed","data":{"checkout":"c","items":[],"total_minor":0,"currency":"EUR"}}]`))
	h := hook(f, `.`)
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := h.Events(body, hookNow)
		if err != nil {
			return
		}
		for _, e := range events {
			d, err := adapt.New(adapt.Options{Store: e.Store, Guard: guard.New(nil), MaxSize: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			text := adapt.Write(e)
			got, err := d.Decode(edge.Message{Topic: adapt.Topic(e.Store, e.Lane, text), Payload: text})
			if err != nil || got.Lane != e.Lane || got.ID != e.ID {
				t.Fatalf("%v\n%s", err, text)
			}
		}
	})
}
