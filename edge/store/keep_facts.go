// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// What stays of a customer when her key changes has to be opened before and sealed anew after.

// left is what stays.
type left struct {
	facts  []openFact
	visits []int64
}

// openFact is a row of facts with its texts opened.
type openFact struct {
	id                       uuid.UUID
	kind                     string
	plain                    []byte
	private                  bool
	until, at, shown, closed int64
	stamps                   []byte
}

// leftOf reads what stays of a customer who took something back: what she told since, when she wants to be remembered now.
// What she bought until then stays as a stranger's.
func (w *work) leftOf(ref edge.CustomerRef, key *seal.Customer, now edge.CustomerState) (l left, err error) {
	if now.Consent() != edge.ConsentRemember {
		return l, nil
	}
	facts, err := w.openFacts(ref, key)
	if err != nil {
		return l, err
	}
	for _, f := range facts {
		state, err := w.factState(f.id.String())
		if err != nil {
			return l, err
		}
		if state.Learnt().After(now.Unlearnt) {
			l.facts = append(l.facts, f)
		}
	}
	visits, err := w.visitsOf(ref)
	if err != nil {
		return l, err
	}
	for _, v := range visits {
		if v.at > now.Unlearnt.Wall {
			l.visits = append(l.visits, v.number)
		}
	}
	return l, nil
}

// putBack writes what stays under the new key, and learns from it anew. It is told again: what waited to be told of her
// was taken back with the rest.
func (w *work) putBack(ref edge.CustomerRef, key *seal.Customer, l left) error {
	for _, f := range l.facts {
		if err := errors.Join(w.putOpenFact(ref, key, f), w.tell(edge.RecordFact, ref, f.id[:], nil)); err != nil {
			return err
		}
	}
	for _, number := range l.visits {
		var store string
		var id int
		err := w.tx.QueryRowContext(w.ctx, `UPDATE visits SET customer = ? WHERE visit = ? RETURNING store, coalesce(length(id), -1)`,
			int64(ref), number).Scan(&store, &id)
		if err == nil && !elsewhere(store, w.opt.StoreID, id) {
			w.tellOf(told{kind: edge.RecordVisit, customer: ref, ref: number, again: toldAgain})
		}
		if err != nil {
			return fmt.Errorf("keeping a visit: %w", err)
		}
	}
	if len(l.visits) == 0 {
		return nil
	}
	return w.learnAnew(ref)
}

func (w *work) openFacts(ref edge.CustomerRef, key *seal.Customer) (facts []openFact, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id, kind, sealed, private, until, at, shown, closed, stamps FROM facts WHERE customer = ?`, int64(ref))
	if err != nil {
		return nil, fmt.Errorf("reading facts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, sealed []byte
		var f openFact
		if err := rows.Scan(&id, &f.kind, &sealed, &f.private, &f.until, &f.at, &f.shown, &f.closed, &f.stamps); err != nil {
			return nil, fmt.Errorf("reading facts: %w", err)
		}
		if len(id) != 16 {
			return nil, errRecord
		}
		f.id = uuid.UUID(id)
		if f.plain, err = key.Open("fact "+f.id.String(), sealed); err != nil {
			return nil, err
		}
		facts = append(facts, f)
	}
	return facts, rows.Err()
}

// putOpenFact writes a fact under a customer's key. One that is there is replaced.
func (w *work) putOpenFact(ref edge.CustomerRef, key *seal.Customer, f openFact) error {
	err := w.exec(`INSERT OR REPLACE INTO facts (customer, id, kind, sealed, private, until, at, shown, closed, stamps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(ref), f.id[:], f.kind, key.Seal("fact "+f.id.String(), f.plain), f.private, f.until, f.at, f.shown, f.closed, f.stamps)
	if err != nil {
		return fmt.Errorf("keeping a fact: %w", err)
	}
	return nil
}
