// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"redbench/edge"
	"redbench/edge/store"
)

// rows draws what a customer file says of a person.
func (w *world) rows(p *person, consent edge.Consent) []edge.CustomerRow {
	row := edge.CustomerRow{Line: 1, Chain: p.chain, Identifier: pick(w, p.cards), Consent: consent}
	if consent != edge.ConsentNone {
		row.Name = fmt.Sprintf("%s-%c", p.name(), 'a'+w.rng.IntN(4))
	}
	if w.chance(0.3) {
		row.Language = pick(w, []string{"de", "en", "tr"})
	}
	if w.chance(0.3) && consent != edge.ConsentNone && consent != edge.ConsentRecognise {
		w.ledger.facts++
		row.Facts = []edge.FactText{{Kind: edge.FactInterest, Text: fmt.Sprintf("%s-%d of %s", factMark, w.ledger.facts, p.name())}}
	}
	if consent.Valid() && consent != edge.ConsentNone {
		p.said = true
	}
	rows := []edge.CustomerRow{row}
	if p.chain != "" && p.shared != nil && w.chance(0.5) {
		rows = append(rows, edge.CustomerRow{Line: 2, Chain: p.chain, Identifier: *p.shared})
	}
	return rows
}

func seq(rows []edge.CustomerRow) iter.Seq2[edge.CustomerRow, error] {
	return func(yield func(edge.CustomerRow, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// stated draws whether a row states a consent, and which.
func (w *world) stated() edge.Consent {
	if w.chance(0.6) {
		return ""
	}
	return pick(w, []edge.Consent{edge.ConsentRemember, edge.ConsentRemember, edge.ConsentRecognise})
}

func (m *machine) importSomebody() {
	p := m.w.somebody()
	m.take(p, m.w.rows(p, m.w.stated()))
}

// changeConsent lowers or raises what a customer allows, in her own words.
func (m *machine) changeConsent() {
	p := m.w.somebody()
	m.take(p, m.w.rows(p, pick(m.w, []edge.Consent{edge.ConsentNone, edge.ConsentRecognise, edge.ConsentRemember})))
}

func (m *machine) take(p *person, rows []edge.CustomerRow) {
	p.alone = p.alone || !m.enrolled()
	m.w.say("%s: a file says of %s: %q, consent %q", m.name, p.name(), rows[0].Name, rows[0].Consent)
	report, err := m.db.ImportCustomers(m.w.ctx, seq(rows), edge.ImportOptions{})
	if err != nil {
		m.w.fail("an import at %s: %v", m.name, err)
	}
	for _, problem := range report.Problems {
		m.w.say("%s: %v", m.name, problem.Reason)
	}
}

// forget forgets somebody at a machine, which orders it everywhere.
func (m *machine) forget() {
	p := m.w.somebody()
	id := pick(m.w, p.ids())
	var gone store.Forgotten
	tried := false
	err := m.do("forgetting", func(ctx context.Context) (err error) {
		gone, err = m.rec.Forget(ctx, id)
		if errors.Is(err, errCut) && gone.Ref != edge.Stranger {
			tried = true // it was done before the power went out
		}
		return err
	})
	m.w.say("%s: %s is forgotten (%s): %s, %v", m.name, p.name(), id.Kind, gone.ID, err)
	switch {
	case err == nil, tried && errors.Is(err, edge.ErrNotFound):
		p.forgets++
		m.forgot = append(m.forgot, p)
	case !errors.Is(err, edge.ErrNotFound) && !errors.Is(err, edge.ErrAmbiguous):
		m.w.fail("forgetting at %s: %v", m.name, err)
	}
}

// meet looks a card up that the machine does not know.
func (m *machine) meet() {
	p := m.w.somebody()
	ref, id := m.ref(p)
	if ref == edge.Stranger {
		m.lookup(id)
	}
}

func (w *world) importAtOffice() {
	p := w.somebody()
	rows := w.rows(p, w.stated())
	w.say("head office: a file says of %s: %q, consent %q", p.name(), rows[0].Name, rows[0].Consent)
	err := w.office.ask("an import", func(ctx context.Context) error {
		_, err := w.office.hq.ImportCustomers(ctx, seq(rows), edge.ImportOptions{})
		return err
	})
	if err != nil {
		w.fail("an import at head office: %v", err)
	}
}

func (w *world) forgetAtOffice() {
	p := w.somebody()
	id := pick(w, p.ids())
	w.say("head office: %s is forgotten (%s)", p.name(), id.Kind)
	err := w.office.ask("forgetting", func(ctx context.Context) error {
		_, err := w.office.hq.Forget(ctx, id)
		return err
	})
	if err == nil {
		p.forgets++
	} else if !errors.Is(err, edge.ErrAmbiguous) {
		w.fail("forgetting at head office: %v", err)
	}
}
