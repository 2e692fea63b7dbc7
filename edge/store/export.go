// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"

	"redbench/edge"
	"redbench/edge/seal"
)

// How many customers are read at one moment: of some a visit a day is kept.
const (
	customersPage = 500
	visitsPage    = 20
)

// exporting is an export under way. It reads a page at one moment and hands its rows on after that: a file that is written slowly must
// not hold the journal, which would grow with every tap and keep what was forgotten meanwhile. Whoever came after the beginning,
// and what she bought since, is not in it.
type exporting struct {
	*Store
	ctx      context.Context
	progress func(edge.ExportProgress)
	each     int // customers of a page
	report   edge.ExportReport

	lastRef, lastVisit int64 // at the beginning
}

// exported is one customer of a page.
type exported struct {
	row    stateRow
	person person
	key    *seal.Customer
}

// ExportCustomers gives each customer as rows that ImportCustomers takes back, in the order in which they became known. Consent is
// in a row where it was stated, and not where it was assumed: read back, it must not become her word.
func (s *Store) ExportCustomers(ctx context.Context, put func(edge.CustomerRow) error, progress func(edge.ExportProgress)) (edge.ExportReport, error) {
	x := &exporting{Store: s, ctx: ctx, progress: progress, each: customersPage}
	var rows []edge.CustomerRow
	err := x.pages(func(w *work, p exported) error {
		row, err := x.customer(w, p)
		rows = append(rows, row)
		return err
	}, func() error {
		for _, row := range rows {
			if err := put(row); err != nil {
				return err
			}
		}
		rows = rows[:0]
		return nil
	})
	if err != nil {
		return x.report, fmt.Errorf("exporting customers: %w", err)
	}
	return x.report, nil
}

// ExportVisits gives each line of each customer's visits as ImportVisits takes it back, customer by customer. Strangers' visits are
// nobody's, and in no file.
func (s *Store) ExportVisits(ctx context.Context, put func(edge.VisitRow) error, progress func(edge.ExportProgress)) (edge.ExportReport, error) {
	x := &exporting{Store: s, ctx: ctx, progress: progress, each: visitsPage}
	var rows []edge.VisitRow
	err := x.pages(func(w *work, p exported) (err error) {
		rows, err = x.visits(w, p, rows)
		return err
	}, func() error {
		for _, row := range rows {
			if err := put(row); err != nil {
				return err
			}
			x.report.Rows++
		}
		rows = rows[:0]
		return nil
	})
	if err != nil {
		return x.report, fmt.Errorf("exporting visits: %w", err)
	}
	return x.report, nil
}

// pages hands each customer to one, and calls after behind each page.
func (x *exporting) pages(one func(*work, exported) error, after func() error) error {
	if err := x.begin(); err != nil {
		return err
	}
	for last, more := int64(0), true; more; {
		err := x.page(func(w *work) error {
			page, err := x.people(w, last)
			if err != nil {
				return err
			}
			more = len(page) == x.each
			for _, p := range page {
				last = p.row.ref
				if err := one(w, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = after()
		}
		if err == nil {
			err = x.ctx.Err()
		}
		if err != nil {
			return err
		}
		if x.progress != nil {
			x.progress(edge.ExportProgress{Done: int(last), Of: int(x.lastRef)})
		}
	}
	return nil
}

func (x *exporting) begin() error {
	return x.page(func(w *work) error {
		return w.tx.QueryRowContext(w.ctx, `SELECT (SELECT coalesce(max(ref), 0) FROM customers), (SELECT coalesce(max(visit), 0) FROM visits)`).
			Scan(&x.lastRef, &x.lastVisit)
	})
}

func (x *exporting) page(do func(*work) error) error {
	tx, err := x.read.BeginTx(context.WithoutCancel(x.ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return do(x.newWork(x.ctx, tx))
}

func (x *exporting) people(w *work, after int64) (page []exported, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT `+stateColumns+` FROM customers c WHERE c.ref > ? AND c.ref <= ? ORDER BY c.ref LIMIT ?`,
		after, x.lastRef, x.each)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var p exported
		if err = rows.Scan(p.row.places()...); err != nil {
			break
		}
		if len(p.row.id) != 16 {
			err = errRecord
			break
		}
		if p.key, err = x.opt.Seal.Unwrap([16]byte(p.row.id), p.row.wrapped); err != nil {
			break
		}
		if p.person, err = openPerson(p.key, p.row.sealed); err != nil {
			break
		}
		page = append(page, p)
	}
	return page, closed(rows, err)
}

func (x *exporting) customer(w *work, p exported) (row edge.CustomerRow, err error) {
	row = edge.CustomerRow{Chain: p.person.chain, Name: p.person.name, Say: p.person.say, Address: p.person.address,
		Language: p.person.language, Since: moment(p.row.since)}
	x.report.Customers++
	if row.Chain == "" {
		x.report.Nameless++
	}
	stamps, err := unpackStamps(p.row.stamps, x.usual(p.row.consentAt))
	if err != nil {
		return row, err
	}
	if stamps.rank(edge.FieldConsent) >= edge.RankTold {
		row.Consent = edge.Consent(p.row.consent)
	}
	facts, err := w.openFacts(edge.CustomerRef(p.row.ref), p.key)
	if err != nil {
		return row, err
	}
	for _, f := range facts {
		if f.private || f.until != 0 || f.closed != 0 {
			x.report.LeftOut++
			continue
		}
		fact := edge.FactText{Kind: edge.FactKind(f.kind)}
		var toldTo, place string
		if err := unpackTexts(f.plain, &fact.Text, &fact.Date, &toldTo, &place); err != nil {
			return row, err
		}
		row.Facts = append(row.Facts, fact)
	}
	return row, nil
}

func (x *exporting) visits(w *work, p exported, out []edge.VisitRow) ([]edge.VisitRow, error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT at, checkout, currency, lines FROM visits WHERE customer = ? AND visit <= ? ORDER BY at, checkout`,
		p.row.ref, x.lastVisit)
	if err != nil {
		return out, err
	}
	var bought [][]line
	var heads []edge.VisitRow
	for rows.Next() {
		head := edge.VisitRow{Identifier: edge.Identifier{Kind: edge.KindCustomer, Value: p.person.chain}}
		var at int64
		var packed []byte
		var lines []line
		if err = rows.Scan(&at, &head.Checkout, &head.Currency, &packed); err == nil {
			lines, err = unpackLines(packed, -1)
		}
		if err != nil {
			break
		}
		head.At = moment(at)
		heads, bought = append(heads, head), append(bought, lines)
	}
	if err := closed(rows, err); err != nil || len(heads) == 0 {
		return out, err
	}
	x.report.Customers++
	if p.person.chain == "" {
		x.report.Nameless++
	}
	for i, head := range heads { // one statement at a time on a transaction's connection
		x.report.Visits++
		if len(bought[i]) == 0 {
			x.report.Empty++
		}
		for _, l := range bought[i] {
			it, err := x.items.number(w.ctx, w.tx, l.item)
			if err != nil {
				return out, err
			}
			head.Item = edge.Item{SKU: it.sku, Name: it.name, Quantity: l.quantity, AmountMinor: l.amount}
			if it.sku == it.name {
				head.Item.SKU = "" // a till sent its name alone
			}
			out = append(out, head)
		}
	}
	return out, nil
}
