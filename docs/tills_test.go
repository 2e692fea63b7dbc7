// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
	"redbench/edge/simulate"
)

const aStore = "store-1"

func decoder(t testing.TB) *adapt.Decoder {
	t.Helper()
	d, err := adapt.New(adapt.Options{Store: aStore, Guard: guard.New([]string{"6001"})})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// topics gives the last levels of the topics that a message is documented on.
func (d *document) topics(t testing.TB, message string) (list []string) {
	for _, channel := range []string{"loyalty", "checkout"} {
		if slices.Contains(d.names(t, "channels", channel, "messages"), message) {
			list = append(list, channel)
		}
	}
	return list
}

func decode(t testing.TB, d *adapt.Decoder, topic string, body []byte) (edge.Event, error) {
	return d.Decode(edge.Message{Topic: "redbench/v1/" + aStore + "/3/" + topic, Payload: body, Arrived: time.Now()})
}

func tillExamples(t testing.TB, d *document) (list []example) {
	for _, each := range edge.EventTypes {
		list = append(list, d.examples(t, string(each))...)
	}
	return list
}

func TestTillExamplesDecodeOnTheirTopicsOnly(t *testing.T) {
	d, box := open(t), decoder(t)
	for _, e := range tillExamples(t, d) {
		on := d.topics(t, e.message)
		for _, topic := range []string{"loyalty", "checkout"} {
			event, err := decode(t, box, topic, e.body())
			if documented := slices.Contains(on, topic); documented != (err == nil) {
				t.Errorf("%s on …/%s: documented %t, and the box says %v", e, topic, documented, err)
			}
			if err == nil && string(event.Type) != e.message {
				t.Errorf("%s is decoded as %s", e, event.Type)
			}
		}
	}
}

// The schema and the decoder must agree on what is wrong, field by field: what is required, what may be null, how long
// a text may be.
func TestSchemaAndDecoderAgree(t *testing.T) {
	d, box := open(t), decoder(t)
	tried := 0
	for _, e := range tillExamples(t, d) {
		topic := d.topics(t, e.message)[0]
		for _, changed := range variants(e) {
			tried++
			schema := d.checkPublished(t, e.message, changed.body())
			_, err := decode(t, box, topic, changed.body())
			if (schema == nil) != (err == nil) {
				t.Errorf("%s\nthe schema says: %v\nthe box says: %v", changed, schema, err)
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d variants", tried)
	}
}

// odd are values that a field may be given in place of its own.
var odd = []any{
	nil, true, 7, 1.5, -1, json.Number("1e6"), json.Number("1000001"), json.Number("-1000001"), json.Number("1000000000001"),
	"", " ", "x", "1.0", "EUR", "eur", "card", "tap", "a\tb",
	strings.Repeat("é", 128), strings.Repeat("é", 129), strings.Repeat("é", 256), strings.Repeat("é", 257),
	strings.Repeat("é", 512), strings.Repeat("é", 513),
	"2026-11-22", "2026-11-22T09:30:00", "2026-11-22T09:30:00+01:00", "application/json", "text/plain", "application/JSON; charset=utf-8",
	[]any{}, []any{"x"}, map[string]any{}, map[string]any{"deeper": 1},
}

// variants gives copies of an example with one field away, odd or new in each, at any depth.
func variants(e example) (list []example) {
	var inside func(path []string, object map[string]any)
	inside = func(path []string, object map[string]any) {
		note := func(name string, value any, f func(map[string]any)) {
			changed := e.with(func(payload map[string]any) { f(reach(payload, path)) })
			changed.name += fmt.Sprintf(" with %s = %.40v", strings.Join(append(slices.Clone(path), name), "."), value)
			list = append(list, changed)
		}
		note("something_new", "x", func(o map[string]any) { o["something_new"] = "x" })
		for _, name := range slices.Sorted(maps.Keys(object)) {
			note(name, "absent", func(o map[string]any) { delete(o, name) })
			for _, value := range odd {
				if beyondSchema(name, value) {
					continue
				}
				note(name, value, func(o map[string]any) { o[name] = value })
			}
			if deeper, ok := object[name].(map[string]any); ok {
				inside(append(slices.Clone(path), name), deeper)
			}
			if items, ok := object[name].([]any); ok && len(items) > 0 {
				for field := range items[0].(map[string]any) {
					note(name+"[0]."+field, "absent", func(o map[string]any) {
						delete(o[name].([]any)[0].(map[string]any), field)
					})
				}
			}
		}
	}
	inside(nil, e.payload)
	return list
}

// beyondSchema names the few things that only the prose of the document says: no control characters in texts, and
// integers without an exponent (which JSON Schema cannot tell from 1000000).
func beyondSchema(name string, value any) bool {
	text, _ := value.(string)
	return strings.Contains(text, "\t") || strings.HasSuffix(name, "_minor") && value == json.Number("1e6")
}

func TestASimulatedDayValidates(t *testing.T) {
	d, box := open(t), decoder(t)
	doors := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	chain := simulate.NewChain(11, doors)
	said := map[string]int{}
	for _, each := range simulate.Day(simulate.DayOptions{Chain: chain, Seed: 4, Open: doors, Store: aStore, Lanes: []string{"1", "2"}}) {
		body, message := each.Event.Payload(each.At), string(each.Event.Type)
		said[message]++
		if err := d.check(t, message, body); err != nil {
			t.Fatalf("%s at %s: %v", message, each.At, err)
		}
		if !slices.Contains(d.topics(t, message), each.Topic()[strings.LastIndex(each.Topic(), "/")+1:]) {
			t.Fatalf("%s is sent on %s", message, each.Topic())
		}
		if _, err := box.Decode(edge.Message{Topic: each.Topic(), Payload: body}); err != nil {
			t.Fatalf("%s at %s: %v", message, each.At, err)
		}
	}
	if len(said) < len(edge.EventTypes)-1 || said[string(edge.LoyaltyPresented)] < 50 {
		t.Errorf("a day said only %v", said)
	}
}
