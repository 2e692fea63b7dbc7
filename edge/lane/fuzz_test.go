// SPDX-License-Identifier: Apache-2.0

package lane_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/lane"
)

func FuzzDecode(f *testing.F) {
	p := &player{now: noon}
	for _, in := range []any{card(maya), started("7"), suspended("7"), card(omar, "8"), card(maya, "8"), completed("8"), pause(5)} {
		p.play(in)
		data, err := p.state.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"phase":"serving"}`))
	f.Add([]byte(`{"shown":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"done":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := lane.Decode(data)
		if err != nil {
			if s.Phase != lane.Idling || s.Holder != (lane.Holder{}) {
				t.Fatal("a refused state holds somebody")
			}
			return
		}
		// Whatever was accepted keeps its meaning, and moves without harm.
		again, err := roundTrip(s)
		if err != nil {
			t.Fatalf("accepted, but not after a round trip: %v", err)
		}
		if fmt.Sprint(again.Current()) != fmt.Sprint(s.Current()) {
			t.Fatalf("%v became %v", s.Current(), again.Current())
		}
		moved, _ := s.Step(lane.Forgotten{Customer: s.Holder.Customer, At: noon}, lane.Timing{})
		if _, err := roundTrip(moved); err != nil {
			t.Fatalf("a step from an accepted state: %v", err)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct{ name, data, want string }{
		{"no JSON", `{`, "not the JSON of a state"},
		{"another JSON", `{"phase":7}`, "not the JSON of a state"},
		{"an unknown phase", `{"phase":"sleeping"}`, "unknown phase"},
		{"somebody at an idle lane", `{"holder":{"customer":7}}`, "somebody is left at an idle lane"},
		{"a checkout without its id", `{"phase":"serving","until":"2026-11-22T12:00:00Z"}`, "without a checkout"},
		{"a phase without an end", `{"phase":"greeted"}`, "never ends"},
		{"a prompt without id", `{"phase":"greeted","until":"2026-11-22T12:00:00Z","shown":"2026-11-22T12:00:00Z"}`, "without id"},
		{"too many parked", `{"parked":[` + strings.Repeat(`{"checkout":"7","why":"suspended"},`, 16) + `{"checkout":"8","why":"suspended"}]}`, "too many"},
		{"an unknown reason", `{"parked":[{"checkout":"7","why":"lost"}]}`, "unknown reason"},
		{"too large", strings.Repeat(" ", 70_000), "more than 65536"},
	} {
		if _, err := lane.Decode([]byte(test.data)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.want)
		}
	}
}

// A state from before these had a moment is read; what has none is too old to be anybody's.
func TestDecodeTakesStatesWithoutMoments(t *testing.T) {
	s, err := lane.Decode([]byte(`{"phase":"serving","checkout":"9","until":"2026-11-22T12:10:00Z","holder":{"customer":2},
		"parked":[{"checkout":"7","customer":1,"why":"suspended"}],"done":[{"checkout":"8","stranger":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := &player{now: noon, state: s}
	for _, each := range []step{
		{completed("9"), "visit 2 of 9, farewell 2"}, {completed("7"), "visit 0 of 7, farewell 0"}, {started("8"), "greet 0 at 8"},
	} {
		if got := words(p.play(each.in)); got != each.want {
			t.Errorf("%+v: %q, want %q", each.in, got, each.want)
		}
	}
}

func TestAttachTakesOnlyTheVisitThatItMeans(t *testing.T) {
	p := &player{now: noon}
	p.play(started("7"))
	visit := p.play(completed("7"))[0].(lane.Visit)
	again, err := roundTrip(p.state)
	if err != nil {
		t.Fatal(err)
	}
	p.state = again
	if attach, ok := p.play(card(maya, "7"))[0].(lane.Attach); !ok || !attach.After.Equal(visit.At) {
		t.Errorf("%+v, want it to be of the visit at %v", attach, visit.At)
	}
}

// A state has a bound, however long a lane runs.
func TestStateStaysSmall(t *testing.T) {
	p := &player{now: noon}
	for i := range 1000 {
		id := fmt.Sprintf("%064d", i)
		p.play(card(edge.CustomerRef(i), id))
		if i%3 == 0 {
			p.play(suspended(id))
		} else {
			p.play(completed(id))
		}
	}
	data, err := p.state.Encode()
	if err != nil || len(data) > 12<<10 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if len(p.state.Parked) != 16 || len(p.state.Done) != 32 {
		t.Errorf("%d parked and %d done are kept", len(p.state.Parked), len(p.state.Done))
	}
	t.Logf("%d bytes", len(data))
}

func TestStepLeavesTheFormerStateAlone(t *testing.T) {
	p := &player{now: noon}
	for i := range 40 {
		p.play(card(maya, fmt.Sprint(i)))
		p.play(suspended(fmt.Sprint(i)))
	}
	before, _ := p.state.Encode()
	for _, in := range []lane.Input{
		lane.Forgotten{Customer: maya, At: noon},
		lane.Till{Event: edge.Event{Type: edge.CheckoutResumed, Checkout: "39"}, At: noon},
		lane.Till{Event: edge.Event{Type: edge.CheckoutCompleted, Checkout: "38"}, At: noon},
		lane.Till{Event: edge.Event{Type: edge.LoyaltyPresented, Checkout: "37"}, Customer: omar, At: noon},
	} {
		p.state.Step(in, lane.Timing{})
		if after, _ := p.state.Encode(); string(after) != string(before) {
			t.Fatalf("%T changed the state that it began from", in)
		}
	}
}

func BenchmarkStepAndEncode(b *testing.B) {
	p := &player{now: noon}
	for i := range 40 {
		p.play(started(fmt.Sprint(i)))
		p.play(completed(fmt.Sprint(i)))
	}
	in := lane.Till{Event: edge.Event{ID: "event", Type: edge.LoyaltyPresented, Time: noon}, Customer: maya, Prompt: "prompt", At: noon.Add(time.Hour)}
	for b.Loop() {
		s, _ := p.state.Step(in, lane.Timing{})
		if _, err := s.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
