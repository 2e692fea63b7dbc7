// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/google/uuid"

	"redbench/edge"
)

// takeFact takes in what head office says of a fact. One of a customer who is not known here, or does not want to be
// remembered, leaves nothing; nor does one that she took back since. A deleted one stays deleted.
func (a *applying) takeFact(f edge.FactState) error {
	a.seeAll(f.Fields)
	id, err := uuid.Parse(f.ID)
	if err != nil {
		return fmt.Errorf("a fact's id: %w", err)
	}
	if gone, err := isGone(a.ctx, a.tx, id[:]); err != nil || gone {
		return err
	}
	if f.Gone {
		return a.dropFact(id, f)
	}
	if !f.Kind.Valid() {
		return fmt.Errorf("fact %s is of an unknown kind", f.ID)
	}
	ref, unlearnt, err := a.whoseFact(f.Customer)
	if err != nil || ref == edge.Stranger {
		return err
	}
	return a.mergeFact(ref, unlearnt, id, f)
}

// whoseFact finds the customer of a fact by her id, and what of her is void; edge.Stranger where no fact may be kept.
func (a *applying) whoseFact(customer string) (edge.CustomerRef, edge.Stamp, error) {
	refs, err := a.byIDs([][]byte{idKey(customer)})
	if err != nil || len(refs) == 0 {
		return edge.Stranger, edge.Stamp{}, err
	}
	state, err := a.customerState(refs[0])
	if err != nil || state.Consent() != edge.ConsentRemember {
		return edge.Stranger, edge.Stamp{}, err
	}
	return refs[0], state.Unlearnt, nil
}

func (a *applying) mergeFact(ref edge.CustomerRef, unlearnt edge.Stamp, id uuid.UUID, f edge.FactState) error {
	local, err := a.factState(f.ID)
	known := err == nil
	if err != nil && !errors.Is(err, edge.ErrNotFound) {
		return err
	}
	merged := f
	if known {
		merged = local.Merge(f)
		if local.Kind == merged.Kind && reflect.DeepEqual(local.Fields, merged.Fields) {
			return nil
		}
		// Whose it is was said when it was told.
		if refs, err := a.byIDs([][]byte{idKey(local.Customer)}); err != nil || len(refs) != 1 {
			return err
		} else {
			ref = refs[0]
		}
	}
	if !merged.Learnt().After(unlearnt) {
		return nil
	}
	a.touch(ref)
	a.changed[ref] = struct{}{}
	return a.putFact(ref, id, merged)
}

// putFact writes a fact's row. When it was last shown stays as it is: each screen shows for itself.
func (w *work) putFact(ref edge.CustomerRef, id uuid.UUID, f edge.FactState) error {
	key, err := w.key(w.ctx, w.tx, ref)
	if err != nil {
		return err
	}
	value := func(name string) string { return f.Fields[name].Value }
	at := toldMicros(value(edge.FieldHeld))
	sealed := key.Seal("fact "+id.String(), packTexts(value(edge.FieldText), value(edge.FieldDate), value(edge.FieldToldTo), value(edge.FieldPlace)))
	err = w.exec(`INSERT INTO facts (customer, id, kind, sealed, private, until, at, shown, closed, stamps) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, sealed = excluded.sealed, private = excluded.private, until = excluded.until,
			at = excluded.at, closed = excluded.closed, stamps = excluded.stamps`,
		int64(ref), id[:], string(f.Kind), sealed, value(edge.FieldPrivate) != "", toldMicros(value(edge.FieldUntil)), at,
		toldMicros(value(edge.FieldClosed)), packStamps(marksOf(f.Fields, edge.Stamp{}), w.usual(at)))
	if err != nil {
		return fmt.Errorf("writing a fact: %w", err)
	}
	return nil
}

// dropFact takes a fact out, and remembers its id, so that a late word of it does not bring it back.
func (a *applying) dropFact(id uuid.UUID, f edge.FactState) error {
	var ref int64
	err := a.tx.QueryRowContext(a.ctx, `SELECT coalesce((SELECT customer FROM facts WHERE id = ?), 0)`, id[:]).Scan(&ref)
	if err != nil {
		return fmt.Errorf("deleting a fact: %w", err)
	}
	if ref != 0 {
		a.touch(edge.CustomerRef(ref))
		a.changed[edge.CustomerRef(ref)] = struct{}{}
	}
	for _, query := range []string{`UPDATE words SET fact = NULL WHERE fact = ?`, `UPDATE words SET closed = NULL WHERE closed = ?`, `DELETE FROM facts WHERE id = ?`} {
		if err := a.exec(query, id[:]); err != nil {
			return fmt.Errorf("deleting a fact: %w", err)
		}
	}
	if ref == 0 {
		if refs, err := a.byIDs([][]byte{idKey(f.Customer)}); err != nil {
			return err
		} else if len(refs) > 0 {
			ref = int64(refs[0])
		}
	}
	return a.markDeleted(id[:], edge.CustomerRef(ref), string(f.Kind))
}
