// SPDX-License-Identifier: Apache-2.0

package load

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/cmd/rig/box"
	"redbench/edge"
)

func prompt(event, id, name string, at time.Time) box.Message {
	m := box.Message{Type: "prompt", ID: id, Event: event, Arrived: at}
	m.Who.Name = name
	return m
}

func TestLedgerCounts(t *testing.T) {
	start := time.Now()
	l := NewLedger()
	for _, event := range []string{"a", "b", "c", "d"} {
		l.expect(event, start, "Maya")
	}
	l.Heard(prompt("a", "1", "Maya", start.Add(3*time.Millisecond)))
	l.Heard(prompt("a", "1", "Maya", start.Add(9*time.Millisecond))) // replaced in place
	l.Heard(prompt("b", "2", "Maya", start))
	l.Heard(prompt("b", "3", "Maya", start)) // a second prompt for one card
	l.Heard(prompt("c", "4", "Zoë", start))  // somebody else's name
	l.Heard(prompt("x", "5", "Maya", start)) // from nowhere
	l.Heard(box.Message{Type: "farewell", Event: "d"})
	l.acked(true)
	l.acked(false)
	if l.Prompts != 3 || l.Doubled != 1 || l.Wrong != 1 || l.Foreign != 1 || l.Lost() != 1 || l.Sent != 1 || l.Unacked != 1 {
		t.Errorf("counted %+v, lost %d", l, l.Lost())
	}
	if got := l.Delays()[0]; got != 3*time.Millisecond {
		t.Errorf("the first prompt took %s, want 3ms", got)
	}
	for _, want := range []string{"1 lost", "1 doubled", "1 with the wrong", "1 that no card"} {
		if !strings.Contains(l.Problem(), want) {
			t.Errorf("%q does not tell of %q", l.Problem(), want)
		}
	}
}

func TestACleanLedgerHasNoProblem(t *testing.T) {
	l := NewLedger()
	l.expect("a", time.Now(), "Maya")
	l.Heard(prompt("a", "1", "Maya", time.Now()))
	if l.Problem() != "" {
		t.Error(l.Problem())
	}
}

func TestALaneHasOneCustomerAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Store: "s", Rate: rapid.Float64Range(1, 500).Draw(t, "rate"), Events: "visits", Round: "r"}
		for i := range rapid.IntRange(1, 30).Draw(t, "lanes") {
			o.Lanes = append(o.Lanes, string(rune('a'+i)))
		}
		visits := make([]Visit, rapid.IntRange(1, 80).Draw(t, "visits"))
		steps := schedule(o, visits)
		if len(steps) != 3*len(visits) {
			t.Fatalf("%d steps for %d visits", len(steps), len(visits))
		}
		next := map[string]edge.EventType{}
		for i, s := range steps {
			if i > 0 && s.at < steps[i-1].at {
				t.Fatal("steps are out of order")
			}
			want := next[s.lane]
			if want == "" {
				want = edge.LoyaltyPresented
			}
			if s.event.Type != want {
				t.Fatalf("lane %s: %s where %s is due: two customers at once", s.lane, s.event.Type, want)
			}
			next[s.lane] = map[edge.EventType]edge.EventType{edge.LoyaltyPresented: edge.CheckoutStarted,
				edge.CheckoutStarted: edge.CheckoutCompleted, edge.CheckoutCompleted: edge.LoyaltyPresented}[want]
		}
	})
}

func TestSpread(t *testing.T) {
	var delays []time.Duration
	for i := range 1000 {
		delays = append(delays, time.Duration(i+1)*time.Millisecond)
	}
	s := SpreadOf(append(delays, time.Hour))
	if s.Count != 1001 || s.P50 < 499 || s.P50 > 503 || s.P99 < 985 || s.P99 > 995 || s.Max < 59_900 {
		t.Errorf("got %+v", s)
	}
}
