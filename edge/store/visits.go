// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
)

// visitRow is a visit at rest.
type visitRow struct {
	number   int64
	at       int64
	checkout string
	lines    []line
}

// byTime orders one customer's visits. Two at one moment are told apart by their checkouts, so that the order is the
// same in whatever order they came.
func byTime(a, b visitRow) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.checkout, b.checkout))
}

// visit keeps a completed checkout and learns from it.
func (w *work) visit(e *edge.Entry) error {
	if e.Visit == nil {
		return nil
	}
	v := *e.Visit
	wants, err := w.wants(v.Customer)
	if err != nil {
		return fmt.Errorf("keeping a visit: %w", err)
	}
	if !wants {
		v.Customer = edge.Stranger
	}
	row, isNew, err := w.insertVisit(v)
	if err != nil {
		return fmt.Errorf("keeping a visit: %w", err)
	}
	if !isNew {
		return nil
	}
	w.tellOf(told{kind: edge.RecordVisit, customer: v.Customer, ref: row.number})
	if v.Customer == edge.Stranger {
		return nil
	}
	return w.learn(v.Customer, []visitRow{row})
}

// wants reports whether a customer is known and wants to be remembered.
func (w *work) wants(ref edge.CustomerRef) (bool, error) {
	if ref == edge.Stranger {
		return false, nil
	}
	var consent string
	err := w.tx.QueryRowContext(w.ctx, `SELECT consent FROM customers WHERE ref = ?`, int64(ref)).Scan(&consent)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return edge.Consent(consent) == edge.ConsentRemember, err
}

// insertVisit writes a visit, unless the same customer (or, of a stranger, the same lane) has one of the same checkout
// and moment.
func (w *work) insertVisit(v edge.Visit) (row visitRow, isNew bool, err error) {
	row = visitRow{at: micros(v.At), checkout: v.Checkout, lines: make([]line, 0, len(v.Items))}
	if v.Customer == edge.Stranger {
		known, err := w.strangersVisit(v)
		if err != nil || known {
			return row, false, err
		}
	}
	for _, it := range v.Items {
		known, err := w.articles.article(w.ctx, w.tx, articleNumber(it), it.Name, !w.importing)
		if err != nil {
			return row, false, err
		}
		row.lines = append(row.lines, line{item: known.number, quantity: it.Quantity, amount: it.AmountMinor})
	}
	id, err := w.visitID(v)
	if err != nil {
		return row, false, err
	}
	result, err := w.tx.ExecContext(w.ctx, `INSERT INTO visits (customer, at, checkout, store, lane, total, currency, lines, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		nullable(v.Customer), row.at, v.Checkout, v.Store, v.Lane, v.Total.Minor, v.Total.Currency, packLines(row.lines), id)
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

// articleNumber is what tells an article from others; a till that sends names alone still teaches habits.
func articleNumber(it edge.Item) string {
	if it.SKU == "" {
		return it.Name
	}
	return it.SKU
}

func (w *work) strangersVisit(v edge.Visit) (known bool, err error) {
	var one int
	err = w.tx.QueryRowContext(w.ctx, `SELECT 1 FROM visits WHERE customer IS NULL AND lane <> '' AND lane = ? AND checkout = ? AND at = ? LIMIT 1`,
		v.Lane, v.Checkout, micros(v.At)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// attach gives the latest stranger's visit of a lane's checkout to its customer, and learns from it. An earlier one than
// After is of another day's checkout with the same number.
func (w *work) attach(e *edge.Entry) error {
	a := e.Attach
	if a == nil {
		return nil
	}
	wants, err := w.wants(a.Customer)
	if err != nil || !wants {
		return err
	}
	var row visitRow
	var packed []byte
	err = w.tx.QueryRowContext(w.ctx, `SELECT visit, at, checkout, lines FROM visits
		WHERE customer IS NULL AND lane <> '' AND lane = ? AND checkout = ? AND at >= ? ORDER BY at DESC LIMIT 1`,
		a.Lane, a.Checkout, micros(a.After)).
		Scan(&row.number, &row.at, &row.checkout, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding a checkout's visit: %w", err)
	}
	if row.lines, err = unpackLines(packed, -1); err != nil {
		return err
	}
	n, err := w.changed(`UPDATE OR IGNORE visits SET customer = ? WHERE visit = ?`, int64(a.Customer), row.number)
	if err != nil || n == 0 {
		return err
	}
	w.tellOf(told{kind: edge.RecordVisit, customer: a.Customer, ref: row.number, again: toldAgain})
	return w.learn(a.Customer, []visitRow{row})
}

// visitsOf reads all of a customer's visits in order of time.
func (w *work) visitsOf(customer edge.CustomerRef) ([]visitRow, error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT visit, at, checkout, lines FROM visits WHERE customer = ?`, int64(customer))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var visits []visitRow
	for rows.Next() {
		var v visitRow
		var packed sql.RawBytes
		if err := rows.Scan(&v.number, &v.at, &v.checkout, &packed); err != nil {
			return nil, err
		}
		if v.lines, err = unpackLines(packed, -1); err != nil {
			return nil, err
		}
		visits = append(visits, v)
	}
	slices.SortFunc(visits, byTime)
	return visits, rows.Err()
}
