// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
)

// joinAll makes one of the customers here whom head office knows to be one person, and gives her number, with the states
// that they had. The one who came more often is kept: less has to be learnt and sealed anew.
func (a *applying) joinAll(refs []edge.CustomerRef) (edge.CustomerRef, []edge.CustomerState, error) {
	states := make([]edge.CustomerState, len(refs))
	for i, ref := range refs {
		var err error
		if states[i], err = a.customerState(ref); err != nil {
			return edge.Stranger, nil, err
		}
	}
	if len(refs) == 1 {
		return refs[0], states, nil
	}
	into, err := a.mostVisited(refs)
	if err != nil {
		return edge.Stranger, nil, err
	}
	for _, from := range refs {
		if from == into {
			continue
		}
		if err := a.join(from, into); err != nil {
			return edge.Stranger, nil, fmt.Errorf("joining two customers: %w", err)
		}
	}
	return into, states, a.learnAnew(into)
}

func (w *work) mostVisited(refs []edge.CustomerRef) (best edge.CustomerRef, err error) {
	most := -1
	for _, ref := range refs {
		var n int
		if err := w.tx.QueryRowContext(w.ctx, `SELECT count(*) FROM visits WHERE customer = ?`, int64(ref)).Scan(&n); err != nil {
			return edge.Stranger, fmt.Errorf("counting visits: %w", err)
		}
		if n > most {
			best, most = ref, n
		}
	}
	return best, nil
}

// joining moves what is one customer's (?1) to another (?2). What both have stays once. Prompts, and what they said, do
// not move: they are sealed under the key that goes, and are of no use beyond repeating nothing.
var joining = [...]string{
	`UPDATE OR IGNORE identifiers SET customer = ?2 WHERE customer = ?1 AND hash IN (SELECT hash FROM held WHERE customer = ?1)`,
	`DELETE FROM identifiers WHERE customer = ?1 AND hash IN (SELECT hash FROM held WHERE customer = ?1)`,
	`UPDATE OR IGNORE held SET customer = ?2 WHERE customer = ?1`,
	`DELETE FROM held WHERE customer = ?1`,
	`UPDATE OR IGNORE visits SET customer = ?2 WHERE customer = ?1`,
	`DELETE FROM visits WHERE customer = ?1`,
	`INSERT INTO aliases (id, customer) SELECT id, ?2 FROM customers WHERE ref = ?1`,
	`UPDATE aliases SET customer = ?2 WHERE customer = ?1`,
	`UPDATE outbox SET customer = ?2 WHERE customer = ?1`,
	`UPDATE words SET prompt = NULL WHERE id IN (SELECT word FROM outcomes WHERE prompt IN (SELECT id FROM prompts WHERE customer = ?1))`,
	`DELETE FROM outcomes WHERE prompt IN (SELECT id FROM prompts WHERE customer = ?1)`,
	`DELETE FROM prompts WHERE customer = ?1`,
	`DELETE FROM said WHERE customer = ?1`,
	`DELETE FROM habits WHERE customer = ?1`,
	`DELETE FROM memory WHERE customer = ?1`,
	`DELETE FROM facts WHERE customer = ?1`,
	`UPDATE gone SET customer = ?2 WHERE customer = ?1`,
	`UPDATE merges SET customer = ?2, sealed = NULL WHERE customer = ?1`,
}

// join moves all that is from's to into, and takes from out. Who she is remains to be settled.
func (a *applying) join(from, into edge.CustomerRef) error {
	if err := a.flush(); err != nil { // what is to be told of her moves with the rest
		return err
	}
	old, err := a.key(a.ctx, a.tx, from)
	if err != nil {
		return err
	}
	key, err := a.key(a.ctx, a.tx, into)
	if err != nil {
		return err
	}
	facts, err := a.openFacts(from, old.Customer)
	if err != nil {
		return err
	}
	if err := a.leaves(from); err != nil {
		return err
	}
	for _, query := range joining {
		if err := a.exec(query, int64(from), int64(into)); err != nil {
			return err
		}
	}
	for _, f := range facts {
		if err := a.putOpenFact(into, key.Customer, f); err != nil {
			return err
		}
	}
	a.destroyed = true
	a.customers--
	a.joined[from] = into
	a.touch(into)
	return errors.Join(a.wipe(from), a.exec(`DELETE FROM customers WHERE ref = ?`, int64(from)))
}

// learnAnew makes a customer's memory from her visits alone.
func (w *work) learnAnew(ref edge.CustomerRef) error {
	w.touch(ref)
	old, err := w.learnt(ref)
	if sinks(err) {
		return fmt.Errorf("learning anew: %w", err)
	}
	if err != nil { // what is damaged is not needed
		old = &learnt{customer: ref}
	}
	visits, err := w.visitsOf(ref)
	if err != nil {
		return fmt.Errorf("learning anew: %w", err)
	}
	if len(visits) == 0 {
		w.moved(old.before, edge.Rhythm{})
		return errors.Join(w.exec(`DELETE FROM habits WHERE customer = ?`, int64(ref)), w.exec(`DELETE FROM memory WHERE customer = ?`, int64(ref)))
	}
	m := old.startOver()
	for _, v := range slices.All(visits) {
		if err := w.take(m, v); err != nil {
			return fmt.Errorf("learning anew: %w", err)
		}
	}
	return w.keep(m)
}
