// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redbench/edge"
)

// toy is a head office that does no more than merge: it joins who shares an id or an identifier, keeps facts of those who
// want to be remembered, and takes back what consent does not cover.
type toy struct {
	clock  *edge.Clock
	now    func() time.Time
	people []*edge.CustomerState
	facts  map[string]edge.FactState
}

func (h *toy) stamp() edge.Stamp { return h.clock.Next(h.now()) }

func (h *toy) see(fields edge.Fields, more ...edge.Stamp) {
	for _, r := range fields {
		more = append(more, r.At)
	}
	for _, stamp := range more {
		h.clock.See(stamp)
	}
}

func idsIn(c edge.CustomerState) []string { return append([]string{c.ID}, c.Also...) }

func sameOne(a, b edge.CustomerState) bool {
	for _, id := range idsIn(a) {
		if slices.Contains(idsIn(b), id) {
			return true
		}
	}
	for _, i := range a.Identifiers {
		for _, o := range b.Identifiers {
			if string(i.Sum) == string(o.Sum) {
				return true
			}
		}
	}
	return false
}

func (h *toy) customer(c edge.CustomerState) {
	h.see(c.Fields, c.Unlearnt)
	merged := c.Merge(edge.CustomerState{})
	h.people = slices.DeleteFunc(h.people, func(p *edge.CustomerState) bool {
		if !sameOne(*p, merged) {
			return false
		}
		merged = merged.Merge(*p)
		return true
	})
	h.people = append(h.people, &merged)
	if merged.Consent() != edge.ConsentRemember && merged.Consent() != edge.ConsentRecognise {
		merged.Fields.TakeBack(h.stamp(), edge.NameFields...)
	}
	if merged.Consent() != edge.ConsentRemember && len(h.of(&merged)) > 0 {
		merged.Unlearnt = h.stamp()
	}
	for id := range h.of(&merged) {
		if !h.facts[id].Learnt().After(merged.Unlearnt) {
			delete(h.facts, id)
		}
	}
}

// of are the facts of a person, without those that were deleted.
func (h *toy) of(p *edge.CustomerState) map[string]edge.FactState {
	out := map[string]edge.FactState{}
	for id, f := range h.facts {
		if !f.Gone && slices.Contains(idsIn(*p), f.Customer) {
			out[id] = f
		}
	}
	return out
}

func (h *toy) fact(f edge.FactState) {
	h.see(f.Fields)
	if before, is := h.facts[f.ID]; is {
		h.facts[f.ID] = before.Merge(f)
		return
	}
	if f.Gone {
		h.facts[f.ID] = f
		return
	}
	for _, p := range h.people {
		if !slices.Contains(idsIn(*p), f.Customer) || !f.Learnt().After(p.Unlearnt) {
			continue
		}
		if p.Consent() != edge.ConsentRemember {
			p.Unlearnt = h.stamp() // whoever has it has to hear that it is void
			return
		}
		h.facts[f.ID] = f
	}
}

// page is everything, as it is now.
func (h *toy) page() edge.Page {
	var what []any
	for _, id := range slices.Sorted(maps.Keys(h.facts)) {
		what = append(what, h.facts[id])
	}
	for _, p := range h.people {
		what = append(what, p.Merge(edge.CustomerState{}))
	}
	return page("cursor", what...)
}

// all merges what every box knew after each of its own edits, as it was: nothing of it may get lost on the way.
type all struct {
	people  []edge.CustomerState
	facts   map[string]edge.FactState
	lowered bool // somebody took something back
}

// edited takes in what a box knows of a card now.
func (a *all) edited(t testing.TB, b *till, card string) {
	t.Helper()
	p, err := b.Profile(t.Context(), cardOf(card))
	if err != nil {
		return
	}
	state, facts := b.view(t, edge.CustomerState{ID: p.Customer.ID})
	a.people = append(a.people, state)
	for id, f := range facts {
		if before, is := a.facts[id]; is {
			f = before.Merge(f)
		}
		a.facts[id] = f
	}
}

// lost tells what of it head office does not have.
func (a *all) lost(h *toy) (what []string) {
	for _, p := range h.people {
		var want edge.Fields
		for _, c := range a.people {
			if sameOne(c, *p) {
				want = want.Merge(c.Fields)
			}
		}
		for name, r := range want {
			names := slices.Contains(edge.NameFields, name) && a.lowered
			if got := p.Fields[name]; !names && got != r {
				what = append(what, fmt.Sprintf("%s: %+v, want %+v", name, got, r))
			}
		}
	}
	for id, f := range a.facts {
		if got := h.facts[id]; !a.lowered && !got.Gone && !cmp.Equal(got.Fields, f.Fields) {
			what = append(what, fmt.Sprintf("fact %s: %+v, want %+v", id, got.Fields, f.Fields))
		}
	}
	return what
}

// till is a box of the chain.
type till struct {
	*Store
	clock *clock
}

// up sends what waits, some of it perhaps twice, and an answer may be lost.
func (b *till) up(t testing.TB, h *toy, twice, lost bool) (sent int) {
	t.Helper()
	place, err := b.Place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	records, err := b.Pending(t.Context(), place.Acked, 0, 0)
	if err != nil || len(records) == 0 {
		if err != nil {
			t.Fatal(err)
		}
		return 0
	}
	last := records[len(records)-1].Seq
	if err := b.Trying(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if twice {
		records = append(records, records...)
	}
	for _, r := range records {
		switch {
		case r.Customer != nil:
			h.customer(*r.Customer)
		case r.Fact != nil:
			h.fact(*r.Fact)
		}
	}
	if !lost {
		if err := b.Acknowledged(t.Context(), place.Box, last); err != nil {
			t.Fatal(err)
		}
	}
	return len(records)
}

func (b *till) down(t testing.TB, p edge.Page) {
	t.Helper()
	if _, err := b.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// view is what a box knows of a person of head office: her state, and her facts by id.
func (b *till) view(t testing.TB, p edge.CustomerState) (edge.CustomerState, map[string]edge.FactState) {
	t.Helper()
	var state edge.CustomerState
	facts := map[string]edge.FactState{}
	err := b.working(t.Context(), func(w *work) error {
		var ids [][]byte
		for _, id := range idsIn(p) {
			ids = append(ids, idKey(id))
		}
		refs, err := w.byIDs(ids)
		if err != nil || len(refs) != 1 {
			return fmt.Errorf("%d customers are %v: %v", len(refs), idsIn(p), err)
		}
		if state, err = w.customerState(refs[0]); err != nil {
			return err
		}
		rows, err := w.tx.Query(`SELECT lower(hex(id)) FROM facts WHERE customer = ?`, int64(refs[0]))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			f, err := w.factState(id)
			if err != nil {
				return err
			}
			f.Customer = ""
			facts[f.ID] = f
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return state, facts
}

// TestEveryStoreComesToTheSame: boxes whose clocks disagree by hours edit the same customers offline, and hear of each
// other late, twice, and out of order. When all have heard of all, all know the same.
func TestEveryStoreComesToTheSame(t *testing.T) {
	hq := office(t)
	var boxes []*till
	for i, skew := range []time.Duration{0, -2 * time.Hour, 3 * time.Hour} {
		c := newClock()
		c.add(skew)
		s := enrol(t, openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now; o.StoreID = fmt.Sprint("store", i) }), hq)
		boxes = append(boxes, &till{Store: s, clock: c})
	}
	people := 0
	rapid.Check(t, func(rt *rapid.T) {
		h := &toy{clock: edge.NewClock("hq", edge.Stamp{}), now: newClock().Now, facts: map[string]edge.FactState{}}
		for _, b := range boxes {
			b.up(t, &toy{clock: h.clock, now: h.now, facts: map[string]edge.FactState{}}, false, false) // of the last schedule
		}
		people++
		cards := []string{fmt.Sprint("a", people), fmt.Sprint("b", people)}
		var notes, words []string
		var pages []edge.Page
		every := &all{facts: map[string]edge.FactState{}}
		note := func(b *till, card string) {
			if p, err := b.Profile(t.Context(), cardOf(card)); err == nil {
				notes, words = append(notes, newID()), append(words, newID())
				commit(t, b.Store, edge.Entry{Word: words[len(words)-1], Fact: &edge.Fact{ID: notes[len(notes)-1], Customer: p.Customer.Ref,
					Kind: edge.FactPraise, Text: "kind", At: b.clock.Now(), Place: b.opt.StoreID}})
			}
		}
		if rapid.Bool().Draw(rt, "known everywhere") {
			importCustomers(t, boxes[0].Store, "identifier,name\n"+cards[0]+",Ada\n")
			note(boxes[0], cards[0])
			boxes[0].up(t, h, false, false)
			pages = append(pages, h.page())
			for _, b := range boxes {
				b.down(t, pages[0])
			}
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			b := boxes[rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(rt, "box")]
			card := cards[rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(rt, "card")]
			b.clock.add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "seconds")) * time.Second)
			what := rapid.SampledFrom([]string{"name", "consent", "note", "note", "close", "confirm", "undo", "both", "up", "up", "down", "down", "late"}).Draw(rt, "what")
			switch what {
			case "name":
				importCustomers(t, b.Store, "identifier,name\n"+card+","+rapid.SampledFrom([]string{"Ada", "Bea"}).Draw(rt, "name")+"\n")
			case "consent":
				consent := rapid.SampledFrom([]string{"none", "recognise", "remember"}).Draw(rt, "consent")
				every.lowered = every.lowered || consent != "remember"
				importCustomers(t, b.Store, "identifier,consent\n"+card+","+consent+"\n")
			case "both": // one card and the other turn out to be one person's
				importCustomers(t, b.Store, fmt.Sprintf("customer,identifier\nc%d,%s\nc%d,%s\n", people, cards[0], people, cards[1]))
			case "note":
				note(b, card)
			case "close", "confirm", "undo":
				if len(notes) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(notes)-1).Draw(rt, "which")
				e := map[string]edge.Entry{"close": {Close: &edge.CloseFact{ID: notes[i], At: b.clock.Now()}}, "confirm": {Renew: notes[i]}, "undo": {Withdraw: words[i]}}[what]
				e.Word = newID()
				commit(t, b.Store, e)
			case "up":
				b.up(t, h, rapid.Bool().Draw(rt, "twice"), rapid.Bool().Draw(rt, "lost"))
			case "down":
				pages = append(pages, h.page())
				b.down(t, pages[len(pages)-1])
			case "late":
				if len(pages) > 0 {
					b.down(t, pages[rapid.IntRange(0, len(pages)-1).Draw(rt, "page")])
				}
			}
			if !slices.Contains([]string{"up", "down", "late"}, what) {
				every.edited(t, b, cards[0])
				every.edited(t, b, cards[1])
			}
		}
		for rounds := 0; ; rounds++ {
			sent := 0
			for _, b := range boxes {
				sent += b.up(t, h, false, false)
			}
			for _, b := range boxes {
				b.down(t, h.page())
			}
			// The first page that a box hears may make it tell something: it is quiet once nobody has to say to a page.
			if sent == 0 && rounds > 0 {
				break
			}
			if rounds == 10 {
				rt.Fatal("they do not stop telling each other")
			}
		}
		if lost := every.lost(h); lost != nil {
			rt.Fatalf("lost:\n%s", strings.Join(lost, "\n"))
		}
		for _, p := range h.people {
			want := map[string]edge.FactState{}
			for id, f := range h.of(p) {
				f.Customer = ""
				want[id] = f
			}
			for i, b := range boxes {
				state, facts := b.view(t, *p)
				if !sameState(state, *p) {
					rt.Fatalf("box %d knows her otherwise (-head office +box):\n%s", i, cmp.Diff(*p, state))
				}
				if d := cmp.Diff(want, facts); d != "" {
					rt.Fatalf("box %d knows otherwise of her (-head office +box):\n%s", i, d)
				}
				if p.Consent() != edge.ConsentRemember && len(facts) > 0 || p.Consent() == edge.ConsentNone && strings.Contains(fmt.Sprint(p.Fields), "Ada") {
					rt.Fatalf("her consent is %s: %+v %+v", p.Consent(), p, facts)
				}
			}
		}
	})
}
