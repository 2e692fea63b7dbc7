// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// commit gives an entry to a machine, and again until it is told that it rests, as tills and screens do.
func (m *machine) commit(what string, e edge.Entry) {
	if m.w.plants(bugTillTooEarly) && m.w.chance(0.2) {
		m.w.say("PLANTED: %s says that %s rests, and it does not", m.name, what)
		return
	}
	err := m.do(what, func(ctx context.Context) error {
		results, err := m.rec.Commit(ctx, []edge.Entry{e})
		if err == nil && (results[0] == edge.Failed || results[0] == edge.Conflict) {
			return fmt.Errorf("%s cannot be kept: %v", what, results[0])
		}
		return err
	})
	if err != nil {
		m.w.fail("%s at %s: %v", what, m.name, err)
	}
}

// visit is a checkout: a known customer's, a stranger's, or of one whose card comes afterwards.
func (m *machine) visit() {
	w := m.w
	var p *person
	var ref edge.CustomerRef
	if w.chance(0.8) {
		p = w.somebody()
		ref, _ = m.ref(p)
	}
	v := w.ledger.add(m, p)
	v.known = ref != edge.Stranger
	v.attached = v.known && w.chance(0.2)
	at := m.now()
	lane := w.lane()
	visit := edge.Visit{Customer: ref, At: at, Store: m.store, Lane: lane, Checkout: v.checkout, Total: edge.Money{Minor: 250, Currency: "EUR"},
		Items: []edge.Item{{SKU: pick(w, []string{"tea", "oat", "bun"}), Name: "Something", Quantity: 1, AmountMinor: 250}}}
	if v.attached {
		visit.Customer = edge.Stranger
	}
	event := w.seenEvent(lane, at)
	w.say("%s: visit %s of %s", m.name, v.checkout, who(p, ref))
	if ref != edge.Stranger && w.chance(0.6) {
		m.prompt(ref)
	}
	m.commit("a visit", edge.Entry{Event: event, Visit: &visit})
	m.has[v.checkout] = true
	if w.chance(0.1) { // the till did not hear that it was kept
		m.commit("a visit told again", edge.Entry{Event: event, Visit: &visit})
	}
	if !v.attached {
		return
	}
	for range w.rng.IntN(3) {
		m.send()
	}
	for m.dead {
		m.restart()
	}
	m.commit("a card after the checkout", edge.Entry{Event: w.seenEvent(lane, m.now()), Attach: &edge.Attach{Lane: lane, Checkout: v.checkout,
		Customer: ref, After: at.Add(-time.Minute)}})
}

func (w *world) seenEvent(lane string, at time.Time) *edge.SeenEvent {
	return &edge.SeenEvent{Key: w.eventKey(), Type: edge.CheckoutCompleted, Lane: lane, At: at}
}

func who(p *person, ref edge.CustomerRef) string {
	switch {
	case p == nil:
		return "a stranger"
	case ref == edge.Stranger:
		return p.name() + ", whom nobody knows here"
	}
	return p.name()
}

func newUUID(w *world) (id uuid.UUID) {
	// Version 7 with the world's time: ids that boxes make sort by when they were made, and so do these.
	fresh := uuid.Must(uuid.NewV7())
	copy(id[:], fresh[:8])
	for i := 8; i < 16; i++ {
		id[i] = byte(w.rng.Uint32())
	}
	id[8] = id[8]&0x3f | 0x80
	return id
}

// prompt is shown, with a line on a fact where there is one, and sometimes somebody has a word on it.
func (m *machine) prompt(ref edge.CustomerRef) {
	w := m.w
	p := edge.Prompt{ID: w.uuid(), Customer: ref, Do: &edge.Line{Text: "Start the tea", Why: "usual"}}
	fact := m.fact(ref)
	if fact != "" {
		p.Remember = &edge.Line{Text: factMark, Fact: fact, Why: "told"}
	}
	m.commit("a prompt", edge.Entry{Prompt: &p})
	word := w.uuid()
	m.commit("that it was seen", edge.Entry{Word: word, Outcome: &edge.Outcome{Word: word, Prompt: p.ID, Kind: "seen", At: m.now()}})
	if fact == "" || w.chance(0.6) {
		return
	}
	word = w.uuid()
	e := edge.Entry{Word: word, Outcome: &edge.Outcome{Word: word, Prompt: p.ID, Kind: "confirmed", Line: "remember", At: m.now()}, Renew: fact}
	if w.chance(0.5) {
		e.Outcome.Kind, e.Renew, e.Close = "wrong", "", &edge.CloseFact{ID: fact, At: m.now()}
	}
	m.commit("a verdict", e)
	m.words = append(m.words, word)
}

// fact gives an open fact of a customer, if there is one.
func (m *machine) fact(ref edge.CustomerRef) string {
	profile, err := m.db.ProfileOf(m.w.ctx, ref)
	if err != nil && !errors.Is(err, edge.ErrNotFound) {
		m.w.fail("a profile at %s: %v", m.name, err)
	}
	if len(profile.Facts) == 0 {
		return ""
	}
	return pick(m.w, profile.Facts).ID
}

// note keeps what a customer told.
func (m *machine) note() {
	w := m.w
	p := w.somebody()
	ref, _ := m.ref(p)
	if ref == edge.Stranger {
		return
	}
	w.ledger.facts++
	word := w.uuid()
	fact := edge.Fact{ID: w.uuid(), Customer: ref, Kind: pick(w, []edge.FactKind{edge.FactInterest, edge.FactComplaint, edge.FactPerson}),
		Text: fmt.Sprintf("%s-%d of %s", factMark, w.ledger.facts, p.name()), ToldTo: "Jo", Place: m.store, At: m.now(), Private: w.chance(0.1)}
	w.say("%s: a note on %s: %s", m.name, p.name(), fact.ID)
	m.commit("a note", edge.Entry{Word: word, Fact: &fact})
	m.words = append(m.words, word)
}

// word resolves a fact, or takes it for wrong.
func (m *machine) word() {
	w := m.w
	ref, _ := m.ref(w.somebody())
	if ref == edge.Stranger {
		return
	}
	fact := m.fact(ref)
	if fact == "" {
		return
	}
	word := w.uuid()
	w.say("%s: fact %s is resolved", m.name, fact)
	m.commit("a fact that is resolved", edge.Entry{Word: word, Close: &edge.CloseFact{ID: fact, At: m.now()}})
	m.words = append(m.words, word)
}

// undo takes a word back.
func (m *machine) undo() {
	if len(m.words) == 0 {
		return
	}
	w := m.w
	word := pick(w, m.words)
	w.say("%s: a word is taken back", m.name)
	m.commit("an undo", edge.Entry{Word: w.uuid(), Withdraw: word})
}
