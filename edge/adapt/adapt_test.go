// SPDX-License-Identifier: Apache-2.0

package adapt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
)

var (
	arrived = time.Date(2026, 11, 22, 9, 30, 1, 0, time.UTC)
	at      = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
)

func decoder(t testing.TB, adapters ...adapt.Adapter) *adapt.Decoder {
	t.Helper()
	d, err := adapt.New(adapt.Options{Store: "s1", Guard: guard.New([]string{"634004"}), Adapters: adapters})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// event writes a payload of a type, with data as given.
func event(kind, data string) string {
	return `{"specversion":"1.0","id":"e1","source":"/till/3","type":"redbench.` + kind + `","time":"2026-11-22T09:30:00Z","data":` + data + `}`
}

func topic(kind string) string {
	if strings.HasPrefix(kind, "loyalty") || strings.HasPrefix(kind, "shift") {
		return "redbench/v1/s1/3/loyalty"
	}
	return "redbench/v1/s1/3/checkout"
}

func message(kind, data string) edge.Message {
	return edge.Message{Topic: topic(kind), Payload: []byte(event(kind, data)), Arrived: arrived}
}

const oneItem = `{"sku":"4006381333931","name":"Caffè","quantity":1.5,"amount_minor":189}`

func TestDecode(t *testing.T) {
	coffee := edge.Item{SKU: "4006381333931", Name: "Caffè", Quantity: 1.5, AmountMinor: 189}
	for _, test := range []struct {
		kind, data string
		want       edge.Event
	}{
		{"loyalty.presented", `{"identifier":"6001002003004","kind":"card","method":"tap"}`,
			edge.Event{Identifier: edge.Identifier{Kind: edge.KindCard, Value: "6001002003004"}, Method: "tap"}},
		{"loyalty.presented", `{"identifier":"maya@example.org","kind":"email","method":null,"checkout":"c1","name":7,"items":"x"}`,
			edge.Event{Identifier: edge.Identifier{Kind: edge.KindEmail, Value: "maya@example.org"}, Checkout: "c1"}},
		{"loyalty.removed", `{}`, edge.Event{}},
		{"loyalty.removed", `null`, edge.Event{}},
		{"loyalty.removed", `{"checkout":"c1","customer_name":"Maya","deep":[{"a":[1,{"b":null}]}]}`, edge.Event{Checkout: "c1"}},
		{"checkout.started", `{"checkout":"c1","cashier":"jo"}`, edge.Event{Checkout: "c1", Cashier: "jo"}},
		{"checkout.item", `{"checkout":"c1","sku":"4006381333931","name":"Caff\u00e8","quantity":1.5,"amount_minor":189}`,
			edge.Event{Checkout: "c1", Item: coffee}},
		{"checkout.suspended", `{"checkout":"c1"}`, edge.Event{Checkout: "c1"}},
		{"checkout.resumed", `{"checkout":"c1"}`, edge.Event{Checkout: "c1"}},
		{"checkout.completed", `{"checkout":"c1","items":[` + oneItem + `],"total_minor":189,"currency":"EUR"}`,
			edge.Event{Checkout: "c1", Items: []edge.Item{coffee}, Total: edge.Money{Minor: 189, Currency: "EUR"}}},
		{"checkout.completed", `{"checkout":"c1","items":[],"total_minor":-5,"currency":"JPY"}`,
			edge.Event{Checkout: "c1", Items: []edge.Item{}, Total: edge.Money{Minor: -5, Currency: "JPY"}}},
		{"checkout.cancelled", `{"checkout":"c1","reason":"changed her mind"}`, edge.Event{Checkout: "c1", Reason: "changed her mind"}},
		{"shift.started", `{"cashier":"jo"}`, edge.Event{Cashier: "jo"}},
		{"shift.ended", `{}`, edge.Event{}},
	} {
		t.Run(test.kind, func(t *testing.T) {
			want := test.want
			want.ID, want.Source, want.Store, want.Lane = "e1", "/till/3", "s1", "3"
			want.Type, want.Time, want.Arrived = edge.EventType("redbench."+test.kind), at, arrived
			got, err := decoder(t).Decode(message(test.kind, test.data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeTolerates(t *testing.T) {
	payload := `{"traceparent":"00-x","data":{"kind":"card","identifier":"1","new_field":{"a":[]}},"subject":null,"time":"2026-11-22T10:30:00+01:00",` +
		`"type":"redbench.loyalty.presented","datacontenttype":"application/json; charset=utf-8","source":"/till/3","id":"e1","specversion":"1.0","lane":"9"}` + "\n"
	got, err := decoder(t).Decode(edge.Message{Topic: topic("loyalty"), Payload: []byte(payload), Retained: true, Lane: "3", Arrived: arrived})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := decoder(t).Decode(message("loyalty.presented", `{"identifier":"1","kind":"card"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Retained || got.Lane != "3" {
		t.Errorf("got %+v", got)
	}
	if a, b := adapt.Canonical(got), adapt.Canonical(plain); string(a) != string(b) {
		t.Errorf("the same event in another order is another event:\n%s\n%s", a, b)
	}
}

func TestCanonicalTellsEventsApart(t *testing.T) {
	seen := map[string]string{}
	for _, data := range []string{
		`{"checkout":"c1","items":[],"total_minor":1,"currency":"EUR"}`,
		`{"checkout":"c2","items":[],"total_minor":1,"currency":"EUR"}`,
		`{"checkout":"c1","items":[],"total_minor":2,"currency":"EUR"}`,
		`{"checkout":"c1","items":[],"total_minor":1,"currency":"CHF"}`,
		`{"checkout":"c1","items":[` + oneItem + `],"total_minor":1,"currency":"EUR"}`,
		`{"checkout":"c1","items":[` + oneItem + `,` + oneItem + `],"total_minor":1,"currency":"EUR"}`,
	} {
		got, err := decoder(t).Decode(message("checkout.completed", data))
		if err != nil {
			t.Fatal(err)
		}
		form := string(adapt.Canonical(got))
		if other, ok := seen[form]; ok {
			t.Errorf("%s and %s are one", data, other)
		}
		seen[form] = data
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := `{"identifier":"1","kind":"card"}`
	completed := func(items, rest string) string {
		return event("checkout.completed", `{"checkout":"c1","items":`+items+`,`+rest+`}`)
	}
	total := `"total_minor":1,"currency":"EUR"`
	item := func(change string) string { return event("checkout.item", `{"checkout":"c1",`+change+`}`) }
	without := func(attribute string) string {
		return strings.Replace(event("loyalty.presented", good), `"`+attribute+`":`, `"x`+attribute+`":`, 1)
	}
	with := func(old, new string) string { return strings.Replace(event("loyalty.presented", good), old, new, 1) }
	for _, test := range []struct {
		name, topic, payload string
		code, id             string
	}{
		{"no JSON", "", `card 17`, "json", ""},
		{"empty", "", ``, "json", ""},
		{"a list", "", `[` + event("loyalty.presented", good) + `]`, "json", ""},
		{"cut off", "", event("loyalty.presented", good)[:120], "json", "e1"},
		{"something after it", "", event("loyalty.presented", good) + `{}`, "json", "e1"},
		{"a key twice", "", with(`"source":`, `"source":"/till/4","source":`), "json", "e1"},
		{"a key twice in data", "", event("loyalty.presented", `{"identifier":"1","identifier":"2","kind":"card"}`), "json", "e1"},
		{"a key twice, by escapes", "", event("loyalty.presented", `{"identifier":"1","\u0069dentifier":"2","kind":"card"}`), "json", "e1"},
		{"a key twice in a dropped field", "", event("loyalty.presented", `{"x":{"a":1,"a":2},"identifier":"1","kind":"card"}`), "json", "e1"},
		{"a byte order mark", "", "\ufeff" + event("loyalty.presented", good), "json", ""},
		{"not a number", "", item(`"sku":"1","name":"a","quantity":NaN,"amount_minor":1`), "json", "e1"},
		{"Latin-1", "", event("loyalty.presented", "{\"identifier\":\"caf\xe9\",\"kind\":\"app\"}"), "text", "e1"},
		{"half a surrogate", "", event("loyalty.presented", `{"identifier":"\ud800","kind":"app"}`), "json", "e1"},
		{"a control character", "", event("loyalty.presented", `{"identifier":"a\u0000b","kind":"app"}`), "text", "e1"},
		{"a C1 control character", "", event("loyalty.presented", `{"identifier":"a\u0085b","kind":"app"}`), "text", "e1"},
		{"too deep", "", event("loyalty.presented", `{"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,"identifier":"1","kind":"card"}`), "depth", "e1"},
		{"too large", "", event("loyalty.presented", `{"x":"`+strings.Repeat("x", 64<<10)+`"}`), "too-large", ""},
		{"too many items", "", completed("["+strings.TrimSuffix(strings.Repeat(oneItem+",", 1001), ",")+"]", total), "too-large", ""},
		{"a long identifier", "", event("loyalty.presented", `{"identifier":"`+strings.Repeat("é", 257)+`","kind":"app"}`), "text", "e1"},
		{"a long id", "", with(`"e1"`, `"`+strings.Repeat("e", 257)+`"`), "text", ""},

		{"no specversion", "", without("specversion"), "field", "e1"},
		{"another specversion", "", with(`"1.0"`, `"0.3"`), "field", "e1"},
		{"no id", "", without("id"), "field", ""},
		{"an empty id", "", with(`"e1"`, `""`), "field", ""},
		{"a number as id", "", with(`"e1"`, `1`), "field", ""},
		{"no source", "", without("source"), "field", "e1"},
		{"no type", "", without("type"), "type", "e1"},
		{"another type", "", with("loyalty.presented", "loyalty.shown"), "type", "e1"},
		{"no time", "", without("time"), "time", "e1"},
		{"another time", "", with("2026-11-22T09:30:00Z", "22.11.2026 09:30"), "time", "e1"},
		{"a time without zone", "", with("09:30:00Z", "09:30:00"), "time", "e1"},
		{"a time as number", "", with(`"2026-11-22T09:30:00Z"`, "1763803800"), "time", "e1"},
		{"data that is XML", "", with(`"data":`, `"datacontenttype":"text/xml","data":`), "field", "e1"},
		{"base64", "", with(`"data":`, `"data_base64":"eA==","data":`), "field", "e1"},
		{"data that is text", "", event("loyalty.presented", `"x"`), "field", "e1"},

		{"no identifier", "", event("loyalty.presented", `{"kind":"card"}`), "field", "e1"},
		{"a blank identifier", "", event("loyalty.presented", `{"identifier":"  ","kind":"card"}`), "field", "e1"},
		{"a number as identifier", "", event("loyalty.presented", `{"identifier":17,"kind":"card"}`), "field", "e1"},
		{"no kind", "", event("loyalty.presented", `{"identifier":"1"}`), "field", "e1"},
		{"another kind", "", event("loyalty.presented", `{"identifier":"1","kind":"face"}`), "field", "e1"},
		{"another method", "", event("loyalty.presented", `{"identifier":"1","kind":"card","method":"guess"}`), "field", "e1"},
		{"no checkout", "", event("checkout.started", `{}`), "field", "e1"},
		{"no sku", "", item(`"name":"a","quantity":1,"amount_minor":1`), "field", "e1"},
		{"a quantity as text", "", item(`"sku":"1","name":"a","quantity":"1","amount_minor":1`), "field", "e1"},
		{"an infinite quantity", "", item(`"sku":"1","name":"a","quantity":1e999,"amount_minor":1`), "field", "e1"},
		{"half a cent", "", item(`"sku":"1","name":"a","quantity":1,"amount_minor":1.5`), "field", "e1"},
		{"a great amount", "", item(`"sku":"1","name":"a","quantity":1,"amount_minor":99999999999999999999`), "field", "e1"},
		{"no items", "", event("checkout.completed", `{"checkout":"c1",`+total+`}`), "field", "e1"},
		{"items that are no list", "", completed(`{}`, total), "field", "e1"},
		{"an item that is no object", "", completed(`[1]`, total), "field", "e1"},
		{"no total", "", completed(`[]`, `"currency":"EUR"`), "field", "e1"},
		{"no currency", "", completed(`[]`, `"total_minor":1`), "field", "e1"},
		{"another currency", "", completed(`[]`, `"total_minor":1,"currency":"Euro"`), "field", "e1"},

		{"another store", "redbench/v1/s2/3/loyalty", event("loyalty.presented", good), "store", "e1"},
		{"another topic", "redbench/v1/s1/3/other", event("loyalty.presented", good), "topic", "e1"},
		{"a longer topic", "redbench/v1/s1/3/loyalty/x", event("loyalty.presented", good), "topic", "e1"},
		{"a foreign topic", "elsewhere", event("loyalty.presented", good), "topic", "e1"},
		{"no lane", "redbench/v1/s1//loyalty", event("loyalty.presented", good), "lane", "e1"},
		{"a strange lane", "redbench/v1/s1/a b/loyalty", event("loyalty.presented", good), "lane", "e1"},
		{"the box's lane", "redbench/v1/s1/box/loyalty", event("loyalty.presented", good), "lane", "e1"},
		{"the topic of another type", "redbench/v1/s1/3/checkout", event("loyalty.presented", good), "topic", "e1"},

		{"a card", "", event("loyalty.presented", `{"identifier":"4111111111111111","kind":"card"}`), "card-number", "e1"},
		{"a card in a dropped field", "", event("loyalty.presented", `{"identifier":"1","kind":"card","x":[{"y":4111111111111111}]}`), "card-number", "e1"},
		{"a card in escapes", "", event("loyalty.presented", `{"identifier":"\u0034111\u00a01111\u00a01111\u00a01111","kind":"card"}`), "card-number", "e1"},
		{"a card as id", "", with(`"e1"`, `"4111111111111111"`), "card-number", ""},
		{"a card as key", "", event("loyalty.presented", `{"4111111111111111":1}`), "card-number", "e1"},
		{"a card in what is no JSON", "", `scan 4111 1111 1111 1111`, "card-number", ""},
		{"a card in what is too large", "", strings.Repeat(" ", 70<<10) + `4111111111111111`, "too-large", ""},
		{"a card on another store's topic", "redbench/v1/s2/3/loyalty", event("loyalty.presented", `{"x":"4111111111111111"}`), "card-number", "e1"},
		{"a card as topic", "redbench/v1/s1/4111111111111111/loyalty", event("loyalty.presented", good), "card-number", ""},
		{"a track", "", event("loyalty.presented", `{"identifier":";4111111111111111=27121010000?","kind":"card"}`), "track-data", "e1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			on := test.topic
			if on == "" {
				on = topic("loyalty")
				if strings.Contains(test.payload, "checkout.") {
					on = topic("checkout")
				}
			}
			_, err := decoder(t).Decode(edge.Message{Topic: on, Payload: []byte(test.payload), Arrived: arrived})
			var rejection *adapt.Rejection
			if !errors.As(err, &rejection) {
				t.Fatalf("got %v, want a rejection", err)
			}
			if rejection.Code != test.code || rejection.ID != test.id {
				t.Errorf("got code %q (%s), id %q; want code %q, id %q", rejection.Code, rejection.Detail, rejection.ID, test.code, test.id)
			}
			if looked := len(test.payload) <= adapt.DefaultMaxSize; rejection.Withhold == looked {
				t.Errorf("withhold is %v of %d bytes", rejection.Withhold, len(test.payload))
			}
			for _, secret := range []string{"4111", "1111", "caf", "till", "Caff"} {
				if strings.Contains(rejection.Detail, secret) {
					t.Errorf("the detail quotes the payload: %s", rejection.Detail)
				}
			}
			if want := strings.Contains(on, "/3/") && test.name != "a longer topic"; want != (rejection.Lane == "3") {
				t.Errorf("lane %q on %s", rejection.Lane, on)
			}
		})
	}
}

func TestDecodeRefusesAnotherTillsLane(t *testing.T) {
	msg := message("loyalty.presented", `{"identifier":"1","kind":"card"}`)
	msg.Lane = "4"
	var rejection *adapt.Rejection
	if _, err := decoder(t).Decode(msg); !errors.As(err, &rejection) || rejection.Code != adapt.CodeLane {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	g := guard.New(nil)
	adapter := adapt.Adapter{Name: "a", Topic: "pos/+", Format: "json", Program: "."}
	change := func(f func(*adapt.Adapter)) adapt.Options {
		changed := adapter
		f(&changed)
		return adapt.Options{Store: "s1", Guard: g, Adapters: []adapt.Adapter{changed}}
	}
	for name, options := range map[string]adapt.Options{
		"no store":        {Guard: g},
		"no guard":        {Store: "s1"},
		"no name":         change(func(a *adapt.Adapter) { a.Name = "" }),
		"no topic":        change(func(a *adapt.Adapter) { a.Topic = "" }),
		"another format":  change(func(a *adapt.Adapter) { a.Format = "yaml" }),
		"no program":      change(func(a *adapt.Adapter) { a.Program = "{" }),
		"unknown name":    change(func(a *adapt.Adapter) { a.Program = "$nobody" }),
		"the environment": change(func(a *adapt.Adapter) { a.Program = `input` }),
	} {
		if _, err := adapt.New(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	d := decoder(b)
	tap := edge.Message{Topic: topic("loyalty"), Payload: []byte(`{"specversion":"1.0","id":"01JD9ZK4M7Q2W8E5R1T6Y3U0PA","source":"/till/3",` +
		`"type":"redbench.loyalty.presented","time":"2026-11-22T09:30:00.123Z","datacontenttype":"application/json",` +
		`"data":{"identifier":"6001002003004","kind":"card","method":"tap","checkout":"2026-11-22-0003-000417"}}`)}
	items := strings.TrimSuffix(strings.Repeat(oneItem+",", 40), ",")
	basket := message("checkout.completed", fmt.Sprintf(`{"checkout":"c1","items":[%s],"total_minor":1,"currency":"EUR"}`, items))
	for name, msg := range map[string]edge.Message{"tap": tap, "forty items": basket} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.DecodeAll(msg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("canonical tap", func(b *testing.B) {
		e, err := d.Decode(tap)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			adapt.Canonical(e)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("redbench/v1/s1/3/loyalty", []byte(event("loyalty.presented", `{"identifier":"1","kind":"card"}`)))
	f.Add("redbench/v1/s1/3/checkout", []byte(event("checkout.completed", `{"checkout":"c1","items":[`+oneItem+`],"total_minor":1,"currency":"EUR"}`)))
	f.Add("pos/3/xml", []byte(`<a b="c">d<e/><e>f</e></a>`))
	f.Add("pos/3/form", []byte(`a=1&b=2&b=%C3%A9`))
	f.Add("pos/3/json", []byte(`{"a":[1,2,{"b":null}]}`))
	f.Add("pos/3/text", []byte("6001002003004\r\n"))
	d := decoder(f,
		adapt.Adapter{Name: "xml", Topic: "pos/{lane}/xml", Format: "xml", Program: anything},
		adapt.Adapter{Name: "form", Topic: "pos/{lane}/form", Format: "form", Program: anything},
		adapt.Adapter{Name: "json", Topic: "pos/{lane}/json", Format: "json", Program: anything},
		adapt.Adapter{Name: "text", Topic: "pos/{lane}/text", Format: "text", Program: anything},
	)
	g := guard.New([]string{"634004"})
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		events, err := d.DecodeAll(edge.Message{Topic: topic, Payload: payload, Arrived: arrived})
		var rejection *adapt.Rejection
		if err != nil && !errors.As(err, &rejection) {
			t.Fatalf("%T is not a rejection", err)
		}
		for _, each := range events {
			if what, found := g.Find(adapt.Canonical(each)); found {
				t.Errorf("a %s got through", what)
			}
			if !edge.ValidLane(each.Lane) || each.Store != "s1" || each.ID == "" || each.Time.IsZero() {
				t.Errorf("a half event got through: %+v", each)
			}
		}
	})
}

const anything = `{type: "redbench.loyalty.presented", data: {kind: "app", identifier: tojson}}`
