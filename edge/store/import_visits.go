// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"redbench/edge"
)

// visitChunk is how many rows are sorted together: by customer, so that each one's memory is read and written once.
const visitChunk = 100_000

// visitKey tells visits of a file apart.
type visitKey struct {
	who      edge.Identifier
	at       int64
	checkout string
}

// toldVisit is a visit of a chunk: all its rows.
type toldVisit struct {
	visitKey
	visit edge.Visit
	lines []int
}

// visitImport is one import of visits under way.
type visitImport struct {
	*Store
	ctx    context.Context
	opt    edge.ImportOptions
	report edge.ImportReport
	open   *toldVisit // the last visit of the chunk before: its rows may go on
	done   edge.ImportProgress
}

// ImportVisits takes visits in, a line of a receipt a row. Errors among the rows are as in ImportCustomers. The rows of
// one visit stand together; a visit that is known changes nothing, and is a bad row when it is known with other lines.
// Visits may come in any order, and teach the same in each.
func (s *Store) ImportVisits(ctx context.Context, rows iter.Seq2[edge.VisitRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	im := &visitImport{Store: s, ctx: ctx, opt: o}
	err := im.run(chunks(ctx, rows, visitChunk, func(r edge.VisitRow) int64 { return r.Read }))
	tidy(&im.report)
	if err != nil {
		return im.report, fmt.Errorf("importing visits: %w", err)
	}
	return im.report, nil
}

func (im *visitImport) run(read <-chan *chunk[edge.VisitRow]) error {
	for c := range read {
		for _, bad := range c.bad {
			im.report.AddBad(bad)
		}
		told := im.gather(c.rows)
		if c.err == nil && len(told) > 0 {
			im.open = told[len(told)-1]
			told = told[:len(told)-1]
		}
		if err := im.take(told, c.done); err != nil {
			return err
		}
		if c.err != nil {
			return c.err
		}
	}
	if err := im.ctx.Err(); err != nil {
		return err
	}
	if im.open == nil {
		return nil
	}
	return im.take([]*toldVisit{im.open}, im.done)
}

// gather brings the rows of each visit together, in the order of the file.
func (im *visitImport) gather(rows []edge.VisitRow) []*toldVisit {
	var told []*toldVisit
	byKey := make(map[visitKey]*toldVisit, len(rows)/8)
	if im.open != nil {
		told = append(told, im.open)
		byKey[im.open.visitKey] = im.open
		im.open = nil
	}
	for i := range rows {
		r := &rows[i]
		key := visitKey{r.Identifier, micros(r.At), r.Checkout}
		v := byKey[key]
		if v == nil {
			v = &toldVisit{visitKey: key, visit: edge.Visit{At: r.At, Checkout: r.Checkout}}
			byKey[key] = v
			told = append(told, v)
		}
		v.lines = append(v.lines, r.Line)
		v.visit.Items = append(v.visit.Items, r.Item)
		v.visit.Total.Minor += r.Item.AmountMinor
		if r.Currency != "" {
			v.visit.Total.Currency = r.Currency
		}
	}
	return told
}

// take writes visits, each customer's together.
func (im *visitImport) take(told []*toldVisit, done edge.ImportProgress) error {
	im.admin.Lock()
	defer im.admin.Unlock()
	good, err := im.resolve(im.past(told))
	if err != nil {
		return err
	}
	slices.SortFunc(good, func(a, b *toldVisit) int {
		return cmp.Or(cmp.Compare(a.visit.Customer, b.visit.Customer), cmp.Compare(a.at, b.at), cmp.Compare(a.checkout, b.checkout))
	})
	var of [][]*toldVisit
	for len(good) > 0 {
		n := slices.IndexFunc(good, func(v *toldVisit) bool { return v.visit.Customer != good[0].visit.Customer })
		if n < 0 {
			n = len(good)
		}
		of, good = append(of, good[:n]), good[n:]
	}
	// What a transaction books counts only once it is committed.
	var booked []booking
	err = im.steps(im.ctx, len(of), 1, func(w *work, from, _ int) error {
		if im.opt.Progress != nil {
			im.opt.Progress(between(im.done, done, from, len(of)))
		}
		b, err := w.told(of[from])
		booked = append(booked[:min(from, len(booked))], b)
		return err
	})
	for _, b := range booked {
		im.book(b)
	}
	if err != nil {
		return err
	}
	im.done = done
	progress(im.opt, done)
	return nil
}

// ahead is how far a visit's moment may lie before the box's clock: tills' clocks and zones differ.
const ahead = 24 * time.Hour

// past leaves out visits of the future: one slip in a year would make all that is learnt of a customer wait for it. And those
// that are too old to be kept: a file that is read again must not teach what it taught before.
func (im *visitImport) past(told []*toldVisit) []*toldVisit {
	now := im.Store.opt.Now().Add(ahead)
	from := im.visitsFrom()
	return slices.DeleteFunc(told, func(v *toldVisit) bool {
		switch {
		case v.visit.At.After(now):
			im.bad(v, "the visit lies in the future")
		case v.at < from:
			im.bad(v, "the visit is older than visits are kept ([privacy] visits_days)")
		default:
			return false
		}
		return true
	})
}

// booking is what came of one customer's visits.
type booking struct {
	fresh, known []*toldVisit
	differ       []*toldVisit
}

func (im *visitImport) book(b booking) {
	for _, v := range b.fresh {
		im.report.Rows += len(v.lines)
		im.report.New += len(v.lines)
	}
	for _, v := range b.known {
		im.report.Rows += len(v.lines)
		im.report.Unchanged += len(v.lines)
	}
	for _, v := range b.differ {
		im.bad(v, "this visit is known with other lines; the rows of one visit have to stand together")
	}
}

func (im *visitImport) bad(v *toldVisit, reason string) {
	for _, line := range v.lines {
		im.report.AddBad(edge.BadRow{Line: line, Reason: reason})
	}
}

// resolve finds the customers, and books the visits of those whose visits cannot be kept.
func (im *visitImport) resolve(told []*toldVisit) (good []*toldVisit, err error) {
	type answer struct {
		ref    edge.CustomerRef
		reason string
	}
	known := map[edge.Identifier]answer{}
	for _, v := range told {
		a, asked := known[v.who]
		if !asked {
			if a.ref, a.reason, err = im.whose(v.who); err != nil {
				return nil, err
			}
			known[v.who] = a
		}
		if a.reason != "" {
			im.bad(v, a.reason)
			continue
		}
		v.visit.Customer = a.ref
		good = append(good, v)
	}
	return good, nil
}

// whose finds a customer, or the reason why nothing is kept of her visits.
func (im *visitImport) whose(id edge.Identifier) (ref edge.CustomerRef, reason string, err error) {
	ref, err = im.find(im.ctx, id)
	switch {
	case errors.Is(err, edge.ErrNotFound):
		return 0, "no customer has this identifier; import the customers first", nil
	case errors.Is(err, edge.ErrAmbiguous):
		return 0, ambiguousRow, nil
	case err != nil:
		return 0, "", err
	}
	key, err := im.key(im.ctx, im.read, ref)
	if err == nil && key.consent != edge.ConsentRemember {
		return 0, "this customer has not agreed to be remembered, so nothing is kept", nil
	}
	return ref, "", err
}

// told writes one customer's visits and learns from those that are new.
func (w *work) told(visits []*toldVisit) (b booking, err error) {
	w.importing = true
	var learn []visitRow
	for _, v := range visits {
		row, isNew, err := w.insertVisit(v.visit)
		if err != nil {
			return b, err
		}
		if isNew {
			if err := w.attributeVisit(v.visit.Customer, v.who, row.number); err != nil {
				return b, err
			}
			w.tellOf(told{kind: edge.RecordVisit, customer: v.visit.Customer, ref: row.number})
			b.fresh = append(b.fresh, v)
			learn = append(learn, row)
			continue
		}
		same, err := w.sameLines(v, row)
		if err != nil {
			return b, err
		}
		if same {
			b.known = append(b.known, v)
		} else {
			b.differ = append(b.differ, v)
		}
	}
	if len(learn) == 0 {
		return b, nil
	}
	return b, w.learn(visits[0].visit.Customer, learn)
}

func (w *work) sameLines(v *toldVisit, row visitRow) (bool, error) {
	var packed []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT lines FROM visits WHERE customer = ? AND at = ? AND checkout = ?`,
		int64(v.visit.Customer), v.at, v.checkout).Scan(&packed)
	return string(packed) == string(packLines(row.lines)), err
}
