// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/store"
)

// script is all that one box tells, in its order.
type script struct {
	store, box string
	records    []edge.Record
}

// teller makes up what one box tells.
type teller struct {
	t      *rapid.T
	keys   *seal.Box
	store  string
	stamps *edge.Clock
	mine   []edge.CustomerState
	facts  *[]edge.FactState // of all boxes
	visits []edge.VisitState
}

func (p *teller) stamp() edge.Stamp {
	skew := rapid.Int64Range(-3, 3).Draw(p.t, "clock")
	return p.stamps.Next(noon.Add(time.Duration(skew) * time.Hour))
}

// customer shares cards with other boxes' customers. A card belongs to one of two people of whom the chain may know one.
func (p *teller) customer() edge.CustomerState {
	if len(p.mine) > 0 && rapid.Bool().Draw(p.t, "again") {
		i := rapid.IntRange(0, len(p.mine)-1).Draw(p.t, "which")
		s := p.mine[i]
		s.Fields = s.Fields.Merge(nil)
		field := rapid.SampledFrom([]string{edge.FieldName, edge.FieldSay, edge.FieldLanguage}).Draw(p.t, "field")
		s.Fields.Tell(field, rapid.SampledFrom([]string{"a", "b", ""}).Draw(p.t, "value"), p.stamp(), edge.Rank(rapid.IntRange(0, 2).Draw(p.t, "rank")))
		p.mine[i] = s
		return s
	}
	who := rapid.IntRange(0, 1).Draw(p.t, "who")
	s := edge.CustomerState{ID: newID(), Fields: edge.Fields{}}
	for _, n := range rapid.SliceOfN(rapid.IntRange(0, 2), 1, 2).Draw(p.t, "cards") {
		h := p.keys.Hashes(card(10*who + n))[0]
		s = s.Merge(edge.CustomerState{Identifiers: []edge.IdentifierHash{{Key: h.Key, Sum: h.Sum[:], Kind: edge.KindCard}}})
	}
	s.Fields = edge.Fields{}
	s.Fields.Tell(edge.FieldConsent, string(edge.ConsentRemember), p.stamp(), edge.RankTold)
	if rapid.Bool().Draw(p.t, "chain") {
		s.Fields.Tell(edge.FieldChain, fmt.Sprint("C", who), p.stamp(), edge.RankGuess)
	}
	p.mine = append(p.mine, s)
	return s
}

func (p *teller) next(n int) any {
	if len(p.mine) == 0 {
		return p.customer()
	}
	hers := rapid.SampledFrom(p.mine).Draw(p.t, "hers").ID
	switch rapid.IntRange(0, 4).Draw(p.t, "kind") {
	case 0:
		return p.customer()
	case 1:
		return p.fact(hers)
	case 2:
		return p.visit(hers, n)
	case 3:
		return outcome(hers, fmt.Sprint(p.store, rapid.IntRange(0, 2).Draw(p.t, "prompt")), "seen")
	}
	return nil
}

func (p *teller) fact(hers string) edge.FactState {
	if len(*p.facts) > 0 && rapid.Bool().Draw(p.t, "known fact") {
		f := rapid.SampledFrom(*p.facts).Draw(p.t, "fact")
		f.Fields = f.Fields.Merge(nil)
		f.Fields.Tell(rapid.SampledFrom([]string{edge.FieldText, edge.FieldClosed}).Draw(p.t, "field"), "x", p.stamp(), edge.RankCorrected)
		if rapid.IntRange(0, 5).Draw(p.t, "gone") == 0 {
			f.Gone, f.Fields = true, nil
		}
		return f
	}
	f := edge.FactState{ID: newID(), Customer: hers, Kind: edge.FactInterest, Fields: edge.Fields{}}
	f.Fields.Tell(edge.FieldText, rapid.SampledFrom([]string{"a", "b"}).Draw(p.t, "text"), p.stamp(), edge.RankTold)
	*p.facts = append(*p.facts, f)
	return f
}

func (p *teller) visit(hers string, n int) edge.VisitState {
	if len(p.visits) > 0 && rapid.Bool().Draw(p.t, "attached later") {
		v := rapid.SampledFrom(p.visits).Draw(p.t, "visit")
		if v.Customer == "" {
			v.Customer = p.mine[0].ID
		}
		return v
	}
	v := edge.VisitState{ID: fmt.Sprint(p.store, n), At: noon.Add(time.Duration(n) * time.Minute), Checkout: fmt.Sprint(n)}
	if rapid.Bool().Draw(p.t, "card shown") {
		v.Customer = hers
	}
	p.visits = append(p.visits, v)
	return v
}

func drawScripts(t *rapid.T, keys *seal.Box) (all []script) {
	var facts []edge.FactState
	for _, store := range []string{"harbour", "station", "airport"} {
		p := &teller{t: t, keys: keys, store: store, stamps: edge.NewClock(store, edge.Stamp{}), facts: &facts}
		s := script{store: store, box: newID()}
		for i := range rapid.IntRange(1, 10).Draw(t, "records") {
			r := told(p.next(i))[0]
			r.Prev, r.Seq, r.ID, r.At = uint64(i), uint64(i+1), newID(), noon
			s.records = append(s.records, r)
		}
		all = append(all, s)
	}
	return all
}

// deliver sends every box's records in batches that are cut anywhere, come again, and are interleaved by chance.
func deliver(t *rapid.T, o *hq.HQ, scripts []script) {
	upto := make([]int, len(scripts))
	open := []int{0, 1, 2}
	for len(open) > 0 {
		i := rapid.SampledFrom(open).Draw(t, "box")
		s := scripts[i]
		from := rapid.IntRange(0, upto[i]).Draw(t, "from") // the answer to what came before may have been lost
		to := rapid.IntRange(from, len(s.records)).Draw(t, "to")
		ack, err := o.Take(t.Context(), s.store, s.box, s.records[from:to])
		if err != nil {
			t.Fatal(err)
		}
		if want := max(upto[i], to); ack.Upto != uint64(want) {
			t.Fatalf("acknowledged up to %d, want %d", ack.Upto, want)
		}
		upto[i] = int(ack.Upto)
		if upto[i] == len(s.records) {
			open = slices.DeleteFunc(open, func(n int) bool { return n == i })
		}
	}
}

// outcomeOf is all that is known in the end, by id, without what depends on the order of arrival.
func outcomeOf(t *rapid.T, o *hq.HQ) map[string]any {
	items, _, err := o.Feed(t.Context(), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for _, i := range items {
		id := i.Kind + " "
		var what any
		switch {
		case i.Customer != nil:
			id, what = id+i.Customer.ID, *i.Customer
		case i.Fact != nil:
			id, what = id+i.Fact.ID, *i.Fact
		case i.Visit != nil:
			id, what = id+i.Visit.ID, *i.Visit
		case i.Outcome != nil:
			id, what = id+i.Outcome.ID, *i.Outcome
		}
		if _, twice := out[id]; twice {
			t.Fatalf("%s is known twice", id)
		}
		out[id] = what
	}
	return out
}

// TestAnyOrderOfArrivalEndsInTheSameState, each thing once: batches of three boxes, interleaved by chance, cut anywhere and
// sent again.
func TestAnyOrderOfArrivalEndsInTheSameState(t *testing.T) {
	keys, err := seal.OpenChain(t.TempDir())
	must(t, err)
	rapid.Check(t, func(t *rapid.T) {
		scripts := drawScripts(t, keys)
		var outcomes []map[string]any
		for range 2 {
			o, done := quickOffice(t, keys)
			deliver(t, o, scripts)
			outcomes = append(outcomes, outcomeOf(t, o))
			done()
		}
		if diff := cmp.Diff(outcomes[0], outcomes[1]); diff != "" {
			t.Fatalf("two orders of arrival end differently:\n%s", diff)
		}
		visits := map[string]bool{}
		for _, s := range scripts {
			for _, r := range s.records {
				if r.Visit != nil {
					visits["visit "+r.Visit.ID] = true
				}
			}
		}
		for id := range visits {
			if outcomes[0][id] == nil {
				t.Fatalf("%s is lost", id)
			}
		}
	})
}

// quickOffice is one on a file system in memory, where there is one: syncing is held elsewhere.
func quickOffice(t *rapid.T, keys *seal.Box) (*hq.HQ, func()) {
	dir, err := os.MkdirTemp(memory(), "hq")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Upkeep: -1})
	if err != nil {
		t.Fatal(err)
	}
	o, err := hq.New(hq.Options{Store: db, Keys: keys, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return o, func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
}

func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}
