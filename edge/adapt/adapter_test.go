// SPDX-License-Identifier: Apache-2.0

package adapt_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
)

const posLog = `<?xml version="1.0" encoding="ISO-8859-1"?>
<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><Transaction>
  <WorkstationID>7</WorkstationID><SequenceNumber>4711</SequenceNumber><EndDateTime>2026-11-22T09:30:00+01:00</EndDateTime>
  <RetailTransaction Status="Finished">
    <LineItem><Sale><ItemID>4006381333931</ItemID><Description>Caff` + "\xe8" + `</Description><Quantity>2</Quantity><ExtendedAmount>3.78</ExtendedAmount></Sale></LineItem>
    <LineItem><Sale><ItemID>96385074</ItemID><Description>Pane</Description><Quantity>0.4</Quantity><ExtendedAmount>1.20</ExtendedAmount></Sale></LineItem>
    <LineItem><Tender><Card><PrimaryAccountNumber>4111111111111111</PrimaryAccountNumber></Card></Tender></LineItem>
    <Total TotalType="TransactionGrandAmount">4.98</Total>
  </RetailTransaction></Transaction></POSLog>`

const posLogProgram = `.POSLog.Transaction as $t | {
  id: ("poslog-" + $t.SequenceNumber), type: "redbench.checkout.completed", time: $t.EndDateTime, lane: $t.WorkstationID,
  data: {checkout: $t.SequenceNumber, currency: "EUR", total_minor: ($t.RetailTransaction.Total["#text"] | tonumber * 100 | round),
    items: [$t.RetailTransaction.LineItem[] | .Sale | select(.) | {sku: .ItemID, name: .Description,
      quantity: (.Quantity | tonumber), amount_minor: (.ExtendedAmount | tonumber * 100 | round)}]}}`

func TestAdapters(t *testing.T) {
	adapters := []adapt.Adapter{
		{Name: "scanner", Topic: "pos/{store}/{lane}/scan", Format: "text",
			Program: `{type: "redbench.loyalty.presented", data: {identifier: ., kind: "card", method: "scan"}}`},
		{Name: "acme", Topic: "acme/+/json", Format: "json",
			Program: `.events[] | {id: .no, type: "redbench.checkout.started", time: .at, data: {checkout: .receipt}}`},
		{Name: "hook", Topic: "hook/#", Format: "form",
			Program: `select(.event == "card") | {lane: .till, type: "redbench.loyalty.presented", data: {identifier: .tag[0], kind: "app"}}`},
		{Name: "poslog", Topic: "poslog", Format: "xml", DropCards: true, Program: posLogProgram},
		{Name: "strict-poslog", Topic: "strict", Format: "xml", Program: posLogProgram},
		{Name: "leaky", Topic: "leaky", Format: "xml", DropCards: true,
			Program: `{lane: "1", type: "redbench.loyalty.presented", data: {kind: "card", identifier: .POSLog.Transaction.RetailTransaction.LineItem[2].Tender.Card.PrimaryAccountNumber}}`},
		{Name: "slow", Topic: "slow", Format: "text", Program: `def f: f; f`},
		{Name: "many", Topic: "many", Format: "text", Program: `range(1e6) | {}`},
		{Name: "broken", Topic: "broken", Format: "text", Program: `error("it said " + .)`},
		{Name: "wrong", Topic: "wrong", Format: "text", Program: `.`},
		{Name: "partly", Topic: "partly/+", Format: "text", Program: `[{type: "redbench.shift.started"}, {type: "nonsense"}]`},
		{Name: "vendor-on-our-topic", Topic: "redbench/v1/{store}/{lane}/loyalty", Format: "json", Program: `{type: "redbench.shift.ended", data: {cashier: .who}}`},
	}
	d := decoder(t, adapters...)
	for _, test := range []struct {
		topic, payload, lane string
		want                 []string // lane, id, type and what else
		code                 string
	}{
		{"pos/s1/3/scan", "\x026001002003004\r\n", "", []string{"3 scanner-0- redbench.loyalty.presented 6001002003004"}, ""},
		{"pos/s1/3/scan", "6001002003004", "4", nil, "lane"},
		{"pos/s1/box/scan", "6001002003004", "", nil, "lane"},
		{"pos/s2/3/scan", "6001002003004", "", nil, "topic"},
		{"pos/s1/3/scan", "4111111111111111", "", nil, "card-number"},
		{"acme/5/json", `{"events":[{"no":"a1","at":"2026-11-22T09:30:00Z","receipt":"r1"},{"no":"a2","at":"2026-11-22T09:30:00Z","receipt":"r2"}]}`, "",
			[]string{"5 a1 redbench.checkout.started r1", "5 a2 redbench.checkout.started r2"}, ""},
		{"acme/5/json", `{"events":[{"no":"a1","at":"2026-11-22T09:30:00Z","receipt":"r1"},{"no":"a2","at":"yesterday"}]}`, "", nil, "time"},
		{"acme/5/json", `{"events":[`, "", nil, "json"},
		{"acme/5/json", `{"a":1,"a":2}`, "", nil, "json"},
		{"acme/5/json", `{"events":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "", nil, "depth"},
		{"hook/x/y", `event=card&till=9&tag=Ma%C3%AFa&tag=2`, "", []string{"9 hook-0- redbench.loyalty.presented Maïa"}, ""},
		{"hook/x/y", `event=weather&till=9`, "", []string{}, ""},
		{"hook/x/y", `event=card&till=9&tag=%FF&tag=2`, "", nil, "text"},
		{"hook/x/y", `event=card&tag=1&tag=2`, "", nil, "lane"},
		{"hook/x/y", `event=card&tag=1&tag=2`, "6", []string{"6 hook-0- redbench.loyalty.presented 1"}, ""},
		{"poslog", posLog, "", []string{"7 poslog-4711 redbench.checkout.completed 4711 Caffè Pane"}, ""},
		{"strict", posLog, "", nil, "card-number"},
		{"leaky", posLog, "", nil, "card-number"},
		{"poslog", strings.Replace(posLog, "4.98</Total>", "</Total>", 1), "", nil, "card-number"}, // refused for another reason, not to be kept all the same
		{"poslog", "<a>", "", nil, "text"},
		{"poslog", strings.Repeat("<a>", 100), "", nil, "depth"},
		{"poslog", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, "", nil, "text"},
		{"slow", "x", "1", nil, "adapter"},
		{"many", "x", "1", nil, "too-large"},
		{"broken", "secret", "1", nil, "adapter"},
		{"wrong", "secret", "1", nil, "adapter"},
		{"partly/1", "secret", "", nil, "type"},
		{"redbench/v1/s1/2/loyalty", `{"who":"jo"}`, "", []string{"2 vendor-on-our-topic-0- redbench.shift.ended jo"}, ""},
	} {
		t.Run(test.topic+" "+test.code, func(t *testing.T) {
			events, err := d.DecodeAll(edge.Message{Topic: test.topic, Payload: []byte(test.payload), Lane: test.lane, Arrived: arrived})
			var rejection *adapt.Rejection
			if errors.As(err, &rejection) && rejection.Code != test.code || err == nil && test.code != "" {
				t.Fatalf("got %v, want code %q", err, test.code)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the rejection quotes the payload: %v", err)
			}
			if err == nil && len(events) != len(test.want) {
				t.Fatalf("got %d events, want %d", len(events), len(test.want))
			}
			for i, e := range events {
				got := []string{e.Lane, e.ID, string(e.Type), e.Identifier.Value + e.Checkout + e.Cashier}
				for _, item := range e.Items {
					got = append(got, item.Name)
				}
				for j, want := range strings.Fields(test.want[i]) {
					if j >= len(got) || got[j] != want && !(strings.HasSuffix(want, "-0-") && strings.HasPrefix(got[j], want)) {
						t.Errorf("got %v, want %s", got, test.want[i])
						break
					}
				}
			}
		})
	}
}

func TestMadeIDs(t *testing.T) {
	const tap, done = `{"type":"redbench.loyalty.presented","data":{"kind":"card","identifier":"6001002003004"}}`,
		`{"type":"redbench.checkout.completed","data":{"checkout":"c1","items":[],"total_minor":1,"currency":"EUR"}}`
	const dated = `{"time":"2026-11-22T09:30:00Z","type":"redbench.shift.ended"}`
	// It outlives the decoder, as the box's does.
	digest := func(parts ...[]byte) [16]byte {
		sum := sha256.Sum256(bytes.Join(parts, []byte("/")))
		return [16]byte(sum[:16])
	}
	decode := func(topic, payload string, later time.Duration) edge.Event {
		t.Helper()
		d, err := adapt.New(adapt.Options{Store: "s1", Guard: guard.New(nil), Digest: digest,
			Adapters: []adapt.Adapter{{Name: "a", Topic: "pos/+/scan", Format: "json", Program: "."}}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := d.Decode(edge.Message{Topic: topic, Payload: []byte(payload), Arrived: arrived.Add(later)})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, test := range map[string]struct {
		payload     string
		same, other time.Duration // how much later it is still the same event; another one
	}{
		"a tap":               {tap, 0, time.Minute},
		"a checkout's end":    {done, 0, 7 * time.Hour},
		"what tells its time": {dated, 1000 * time.Hour, 0},
	} {
		first := decode("pos/1/scan", test.payload, 0)
		again := decode("pos/1/scan", test.payload, test.same)
		if again.ID != first.ID || string(adapt.Canonical(again)) != string(adapt.Canonical(first)) {
			t.Errorf("%s: a redelivery after a restart is another event", name)
		}
		if test.other > 0 && decode("pos/1/scan", test.payload, test.other).ID == first.ID {
			t.Errorf("%s: still the same after %v", name, test.other)
		}
		if decode("pos/2/scan", test.payload, 0).ID == first.ID || decode("pos/1/scan", test.payload+" ", 0).ID == first.ID {
			t.Errorf("%s: another message is the same event", name)
		}
		if first.Undated == (name == "what tells its time") {
			t.Errorf("%s: undated is %v", name, first.Undated)
		}
	}
	// A redelivery within the window has another moment of arrival: the same event all the same.
	later := 0
	for i := range 100 {
		payload := done + strings.Repeat(" ", i)
		a, b := decode("pos/1/scan", payload, 0), decode("pos/1/scan", payload, 5*time.Minute)
		if a.ID == b.ID && string(adapt.Canonical(a)) == string(adapt.Canonical(b)) {
			later++
		}
	}
	if later < 95 || later == 100 { // one in 72 crosses a border, each its own
		t.Errorf("%d of 100 checkouts are the same after five minutes", later)
	}
}

// TestSourceIsTheTills: two tills may number their events alike.
func TestSourceIsTheTills(t *testing.T) {
	d := decoder(t, adapt.Adapter{Name: "acme", Topic: "acme/{lane}", Format: "json", Program: `{id: .no, type: "redbench.shift.ended", time: "2026-11-22T09:30:00Z"}`},
		adapt.Adapter{Name: "own", Topic: "own", Format: "json", Program: `{id: "1", source: "/till", lane: .lane, type: "redbench.shift.ended", time: $arrived}`})
	for _, test := range []struct {
		topic, payload, source, lane string
		undated                      bool
	}{
		{"acme/3", `{"no":"1"}`, "/adapter/acme/3", "3", false},
		{"acme/4", `{"no":"1"}`, "/adapter/acme/4", "4", false},
		{"own", `{"lane":7}`, "/till", "7", true},
	} {
		e, err := d.Decode(edge.Message{Topic: test.topic, Payload: []byte(test.payload), Arrived: arrived})
		if err != nil || e.Source != test.source || e.Lane != test.lane || e.Undated != test.undated {
			t.Errorf("%s: got %+v, %v", test.topic, e, err)
		}
	}
}

func TestAdapterWithholdsWhatIsTooLarge(t *testing.T) {
	d := decoder(t, adapt.Adapter{Name: "text", Topic: "pos/{lane}", Format: "text", Program: "empty"})
	_, err := d.DecodeAll(edge.Message{Topic: "pos/1", Payload: bytes.Repeat([]byte("x"), adapt.DefaultMaxSize+1), Arrived: arrived})
	var rejection *adapt.Rejection
	if !errors.As(err, &rejection) || rejection.Code != adapt.CodeTooLarge || !rejection.Withhold {
		t.Errorf("got %+v", rejection)
	}
}

func TestTry(t *testing.T) {
	options := adapt.Options{Store: "s1", Guard: guard.New(nil)}
	a := adapt.Adapter{Name: "acme", Topic: "acme/{store}/+/json", Format: "json",
		Program: `{type: "redbench.loyalty.presented", data: {identifier: .card, kind: .kind}}`}
	trial, err := adapt.Try(a, options, edge.Message{Payload: []byte(`{"card":"17","kind":"card","secret":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if trial.Topic != "acme/s1/1/json" || trial.Rejected != "" || len(trial.Outputs) != 1 || len(trial.Events) != 1 || trial.Events[0].Lane != "1" {
		t.Errorf("got %+v", trial)
	}
	trial, err = adapt.Try(a, options, edge.Message{Payload: []byte(`{"card":"17"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(trial.Rejected, "kind") || len(trial.Outputs) != 1 || trial.Events != nil {
		t.Errorf("got %+v", trial)
	}
	trial, err = adapt.Try(a, options, edge.Message{Topic: "elsewhere", Payload: []byte(`{}`)})
	if err != nil || !strings.HasPrefix(trial.Rejected, "topic") {
		t.Errorf("got %+v, %v", trial, err)
	}
	a.Program = "{"
	if _, err := adapt.Try(a, options, edge.Message{}); err == nil {
		t.Error("a program that does not compile is accepted")
	}
}

func TestFilter(t *testing.T) {
	for topic, want := range map[string]string{"pos/{store}/{lane}/x": "pos/s1/+/x", "a/#": "a/#", "pos/+": "pos/+"} {
		if got := (adapt.Adapter{Topic: topic}).Filter("s1"); got != want {
			t.Errorf("%s: %s, want %s", topic, got, want)
		}
	}
}
