// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Few values, so that they meet often.
func drawStamp(t *rapid.T) Stamp {
	return Stamp{Wall: rapid.Int64Range(0, 3).Draw(t, "wall"), Count: rapid.Uint32Range(0, 1).Draw(t, "count"),
		Origin: rapid.SampledFrom([]string{"a", "b", "hq"}).Draw(t, "origin")}
}

func drawFields(t *rapid.T, names ...string) Fields {
	var f Fields
	for _, name := range names {
		if !rapid.Bool().Draw(t, "has "+name) {
			continue
		}
		if f == nil {
			f = Fields{}
		}
		f[name] = Register{Value: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, name), At: drawStamp(t),
			Rank: Rank(rapid.IntRange(0, 2).Draw(t, "rank")), Epoch: rapid.Uint32Range(0, 1).Draw(t, "epoch")}
	}
	return f
}

func drawCustomer(t *rapid.T) CustomerState {
	c := CustomerState{ID: rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "id"),
		Fields: drawFields(t, FieldName, FieldSay, FieldConsent), Unlearnt: drawStamp(t)}
	for _, sum := range rapid.SliceOfN(rapid.SampledFrom([]string{"p", "q"}), 0, 2).Draw(t, "identifiers") {
		c.Identifiers = append(c.Identifiers, IdentifierHash{Key: 1, Sum: []byte(sum), Kind: KindCard})
	}
	return c.Merge(CustomerState{}) // in the form in which states travel
}

func drawFact(t *rapid.T) FactState {
	f := FactState{ID: "f", Customer: "1", Kind: FactInterest, Gone: rapid.IntRange(0, 4).Draw(t, "gone") == 0}
	if !f.Gone {
		f.Fields = drawFields(t, FieldText, FieldClosed, FieldPrivate)
	}
	return f
}

// joins checks what makes the order and the number of arrivals indifferent.
func joins[T any](t *rapid.T, merge func(a, b T) T, a, b, c T) {
	same := func(law string, x, y T) {
		if diff := cmp.Diff(x, y); diff != "" {
			t.Fatalf("merging is not %s:\n%s", law, diff)
		}
	}
	same("commutative", merge(a, b), merge(b, a))
	same("associative", merge(merge(a, b), c), merge(a, merge(b, c)))
	same("idempotent", merge(merge(a, b), b), merge(a, b))
	same("idempotent", merge(a, a), a)
}

func TestCustomersMergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		joins(t, CustomerState.Merge, drawCustomer(t), drawCustomer(t), drawCustomer(t))
	})
}

func TestFactsMergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { joins(t, FactState.Merge, drawFact(t), drawFact(t), drawFact(t)) })
}

// The control: a merge that takes what came last is found out.
func TestTheLawsFindAWrongMerge(t *testing.T) {
	lastWins := func(_, b FactState) FactState { return b }
	a := FactState{ID: "f", Fields: Fields{FieldText: {Value: "x"}}}
	b := FactState{ID: "f", Fields: Fields{FieldText: {Value: "y"}}}
	if cmp.Equal(lastWins(a, b), lastWins(b, a)) {
		t.Error("the wrong merge commutes")
	}
}

func TestWhatWinsAMerge(t *testing.T) {
	early, late := Stamp{Wall: 1, Origin: "a"}, Stamp{Wall: 2, Origin: "b"}
	cases := []struct {
		name       string
		a, b, want Register
	}{
		{"the later of two that were told", Register{Value: "x", At: late, Rank: RankTold}, Register{Value: "y", At: early, Rank: RankTold}, Register{Value: "x", At: late, Rank: RankTold}},
		{"a correction over a later guess", Register{Value: "x", At: early, Rank: RankCorrected}, Register{Value: "y", At: late, Rank: RankGuess}, Register{Value: "x", At: early, Rank: RankCorrected}},
		{"what was taken away later", Register{Value: "x", At: early, Rank: RankTold}, Register{Value: "", At: late, Rank: RankTold}, Register{Value: "", At: late, Rank: RankTold}},
	}
	for _, c := range cases {
		if got := c.a.Merge(c.b); got != c.want {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
	fact := FactState{ID: "f", Fields: Fields{FieldText: {Value: "x", At: late, Rank: RankCorrected}}}
	if got := fact.Merge(FactState{ID: "f", Gone: true}); !got.Gone || got.Fields != nil {
		t.Errorf("deletion does not win: %+v", got)
	}
	names := Fields{FieldName: {Value: "Maya", At: late, Rank: RankCorrected}}
	before := names.Merge(nil)
	names.TakeBack(late, NameFields...)
	if got := names.Merge(before); got[FieldName].Value != "" {
		t.Errorf("a name that was taken back is there again: %+v", got)
	}
	names.Tell(FieldName, "Maja", Stamp{Wall: 3, Origin: "b"}, RankGuess)
	if got := before.Merge(names); got[FieldName].Value != "Maja" {
		t.Errorf("a name that was told anew does not win over what was taken back: %+v", got)
	}
	two := Fields{FieldText: {Value: "x", At: early}}.Merge(Fields{FieldClosed: {Value: "now", At: late}})
	if len(two) != 2 {
		t.Errorf("two fields changed in two stores: %+v", two)
	}
}

func TestStampsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Stamp{Wall: rapid.Int64Range(0, maxWall).Draw(t, "wall"), Count: rapid.Uint32().Draw(t, "count"), Origin: "box"}
		o := Stamp{Wall: rapid.Int64Range(0, maxWall).Draw(t, "wall"), Count: rapid.Uint32().Draw(t, "count"), Origin: "box"}
		back, err := ParseStamp(s.String())
		if err != nil || back != s {
			t.Fatalf("%q: %+v, %v", s, back, err)
		}
		if (s.String() < o.String()) != (s.Compare(o) < 0) {
			t.Fatalf("%q and %q sort otherwise as texts", s, o)
		}
	})
}

func FuzzParseStamp(f *testing.F) {
	f.Add(Stamp{Wall: 1, Count: 2, Origin: "hq"}.String())
	f.Add("ffffffffffffff-00000000-x")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStamp(text)
		if err == nil && text != "" && s.String() != text {
			t.Errorf("%q reads as %q", text, s)
		}
	})
}

// A clock that runs back, or that another's far future has pushed on, still makes later stamps only.
func TestAClockNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewClock("a", Stamp{})
		last := Stamp{}
		for range 20 {
			now := time.UnixMicro(rapid.Int64Range(-5, maxWall+5).Draw(t, "now"))
			if rapid.Bool().Draw(t, "see") {
				c.See(Stamp{Wall: rapid.Int64Range(0, maxWall-100).Draw(t, "seen"), Count: rapid.Uint32().Draw(t, "count"), Origin: "b"})
				last = later(last, c.Last())
				continue
			}
			next := c.Next(now)
			if !next.After(last) {
				t.Fatalf("%v after %v", next, last)
			}
			last = next
		}
	})
}

// Whoever tells the last moment there is must not make others write stamps that nobody can read.
func TestAClockAtItsEndMakesStampsThatAreRead(t *testing.T) {
	c := NewClock("a", Stamp{})
	c.See(Stamp{Wall: maxWall, Count: math.MaxUint32, Origin: "b"})
	for range 3 {
		next := c.Next(time.Now())
		if back, err := ParseStamp(next.String()); err != nil || back != next {
			t.Errorf("%q: %+v, %v", next, back, err)
		}
	}
}

// TestClosingDoesNotBringBack: a fact is as old as what it says, whoever closed, confirmed or hid it since.
func TestClosingDoesNotBringBack(t *testing.T) {
	stamp := func(n int64) Stamp { return Stamp{Wall: n, Origin: "a"} }
	f := FactState{Fields: Fields{}}
	f.Fields.Tell(FieldText, "she sails", stamp(1), RankTold)
	f.Fields.Tell(FieldHeld, "2026-11-22T09:00:00Z", stamp(5), RankCorrected)
	f.Fields.Tell(FieldClosed, "2026-11-22T09:00:00Z", stamp(6), RankCorrected)
	if got := f.Learnt(); got != stamp(1) {
		t.Errorf("learnt at %v", got)
	}
	delete(f.Fields, FieldText)
	if got := f.Learnt(); got != stamp(5) {
		t.Errorf("without a text, learnt at %v", got)
	}
}
