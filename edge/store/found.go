// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"redbench/edge"
)

// maxFoundVisits is how many visits are taken from head office for one customer: it sends her latest twenty.
const maxFoundVisits = 100

// TakeFound takes in a customer whom head office knows and this box never met, and gives her number. Her visits to other
// stores teach what they would have taught there; each counts once, and none is told to head office again. But she is, once: what
// head office notes with its answer, that this store is to hear of her from now on, may be lost in a crash. It gives
// edge.ErrNotFound for somebody who was forgotten, and the context's error where the store is busy for longer than that.
func (s *Store) TakeFound(ctx context.Context, f edge.Found) (edge.CustomerRef, error) {
	leave, err := s.admin.between(ctx)
	if err != nil {
		return edge.Stranger, fmt.Errorf("taking in whom head office knows: %w", err)
	}
	defer leave()
	var ref edge.CustomerRef
	_, err = s.taking(ctx, func(a *applying) (err error) {
		ref, err = a.takeFound(f)
		return err
	})
	if err != nil {
		return edge.Stranger, fmt.Errorf("taking in whom head office knows: %w", err)
	}
	return ref, nil
}

func (a *applying) takeFound(f edge.Found) (edge.CustomerRef, error) {
	before := a.customers
	ref, err := a.takeCustomer(f.Customer)
	if err != nil {
		return edge.Stranger, err
	}
	if ref == edge.Stranger {
		return edge.Stranger, edge.ErrNotFound
	}
	for _, fact := range f.Facts {
		if err := a.takeFact(fact); err != nil {
			return edge.Stranger, err
		}
	}
	if err := a.takeVisits(ref, f.Visits[:min(len(f.Visits), maxFoundVisits)]); err != nil {
		return edge.Stranger, err
	}
	if a.customers == before {
		return ref, nil
	}
	return ref, a.tell(edge.RecordCustomer, ref, nil, nil)
}

// takeVisits keeps visits that were told elsewhere, and learns from them.
func (a *applying) takeVisits(ref edge.CustomerRef, visits []edge.VisitState) error {
	state, err := a.customerState(ref)
	if err != nil || state.Consent() != edge.ConsentRemember {
		return err
	}
	var fresh []visitRow
	for _, v := range visits {
		if micros(v.At) <= state.Unlearnt.Wall {
			continue
		}
		row, isNew, err := a.insertFound(ref, v)
		if err != nil {
			return fmt.Errorf("keeping a visit: %w", err)
		}
		if isNew {
			fresh = append(fresh, row)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	slices.SortFunc(fresh, byTime)
	return a.learn(ref, fresh)
}

// insertFound writes a visit, unless she has one of the same checkout and moment. The name of an article that is known here
// stays: stores name things in their own words. The lane is not kept: no checkout of a lane here may be taken for this one.
// Its id is empty at rest, which says that head office knows it: also a visit of this very store, which comes to a box that
// begins anew, is not told again.
func (a *applying) insertFound(ref edge.CustomerRef, v edge.VisitState) (row visitRow, isNew bool, err error) {
	at := v.At.Truncate(time.Microsecond)
	row = visitRow{at: micros(at), checkout: v.Checkout, lines: make([]line, 0, len(v.Items))}
	for _, it := range v.Items {
		known, err := a.articles.article(a.ctx, a.tx, articleNumber(it), it.Name, false)
		if err != nil {
			return row, false, err
		}
		row.lines = append(row.lines, line{item: known.number, quantity: it.Quantity, amount: it.AmountMinor})
	}
	result, err := a.tx.ExecContext(a.ctx, `INSERT INTO visits (customer, at, checkout, store, lane, total, currency, lines, id)
		VALUES (?, ?, ?, ?, '', ?, ?, ?, x'') ON CONFLICT DO NOTHING`,
		int64(ref), row.at, v.Checkout, v.Store, v.Total.Minor, v.Total.Currency, packLines(row.lines))
	if err != nil {
		return row, false, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return row, false, err
	}
	row.number, err = result.LastInsertId()
	return row, true, err
}
