// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"redbench/edge"
)

// visitRows are the rows of one visit, which stand together.
type visitRows struct {
	who   edge.Identifier
	visit edge.VisitState
	lines []int
	read  int64
}

// ImportVisits takes visits in, a line of a receipt a row; the rows of one visit stand together. A visit that is known
// changes nothing, and is a bad row when it is known with other lines. The same rows may come again.
func (h *HQ) ImportVisits(ctx context.Context, rows iter.Seq2[edge.VisitRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	var report edge.ImportReport
	err := chunks(gather(rows), importChunk, &report, func(chunk []*visitRows) error {
		booked := report
		err := h.update(ctx, "", func(w *work) error {
			booked = report
			for _, v := range chunk {
				if err := w.importVisit(v, &booked); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			report = booked
			progress(o, edge.ImportProgress{Rows: report.Rows, Bytes: chunk[len(chunk)-1].read})
		}
		return err
	})
	if err != nil {
		return report, fmt.Errorf("importing visits: %w", err)
	}
	return report, nil
}

// gather brings the rows of each visit together.
func gather(rows iter.Seq2[edge.VisitRow, error]) iter.Seq2[*visitRows, error] {
	return func(yield func(*visitRows, error) bool) {
		var open *visitRows
		for r, err := range rows {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if open != nil && !open.has(r) {
				if !yield(open, nil) {
					return
				}
				open = nil
			}
			if open == nil {
				open = &visitRows{who: r.Identifier, visit: edge.VisitState{At: r.At, Checkout: r.Checkout}}
			}
			open.add(r)
		}
		if open != nil {
			yield(open, nil)
		}
	}
}

func (v *visitRows) has(r edge.VisitRow) bool {
	return v.who == r.Identifier && v.visit.At.Equal(r.At) && v.visit.Checkout == r.Checkout
}

func (v *visitRows) add(r edge.VisitRow) {
	v.lines = append(v.lines, r.Line)
	v.read = r.Read
	v.visit.Items = append(v.visit.Items, r.Item)
	v.visit.Total.Minor += r.Item.AmountMinor
	if r.Currency != "" {
		v.visit.Total.Currency = r.Currency
	}
}

func (v *visitRows) bad(report *edge.ImportReport, reason string) {
	for _, line := range v.lines {
		report.AddBad(edge.BadRow{Line: line, Reason: reason})
	}
}

func (w *work) importVisit(v *visitRows, report *edge.ImportReport) error {
	number, reason, err := w.visitor(v)
	if err != nil {
		return err
	}
	if reason != "" {
		v.bad(report, reason)
		return nil
	}
	same, known, err := w.knownVisit(number, v.visit)
	switch {
	case err != nil:
		return err
	case known && !same:
		v.bad(report, "this visit is known with other lines; the rows of one visit have to stand together")
		return nil
	case known:
		report.Unchanged += len(v.lines)
	default:
		report.New += len(v.lines)
		if err := w.add(Entity{Kind: EntityVisit, ID: visitKey("", newID()), Number: number, At: v.visit.At.UnixMicro()}, v.visit); err != nil {
			return err
		}
	}
	report.Rows += len(v.lines)
	return nil
}

// visitor finds whose visit it was, or why nothing is kept of it.
func (w *work) visitor(v *visitRows) (number int64, reason string, err error) {
	numbers, err := w.having(v.who)
	if err != nil {
		return 0, "", err
	}
	switch len(numbers) {
	case 0:
		return 0, "no customer has this identifier; import the customers first", nil
	case 1:
	default:
		return 0, ambiguousRow, nil
	}
	p, err := w.person(numbers[0])
	switch {
	case err != nil:
		return 0, "", err
	case p.state.Consent() != edge.ConsentRemember:
		return 0, "this customer has not agreed to be remembered, so nothing is kept", nil
	case v.visit.At.UnixMicro() <= w.keptAfter(p):
		return 0, "this customer took back what was learnt until then, so nothing is kept", nil
	}
	return p.number, "", nil
}

// knownVisit reports whether a customer's visit is known, and with the same lines.
func (w *work) knownVisit(number int64, v edge.VisitState) (same, known bool, err error) {
	if err := w.flush(); err != nil { // the rows before may have told it
		return false, false, err
	}
	all, err := w.tx.EntitiesAt(number, EntityVisit, v.At.UnixMicro())
	if err != nil {
		return false, false, err
	}
	for _, e := range all {
		var have edge.VisitState
		if err := json.Unmarshal(e.Body, &have); err != nil {
			return false, false, fmt.Errorf("reading a visit: %w", err)
		}
		if have.Checkout == v.Checkout {
			return slices.Equal(have.Items, v.Items), true, nil
		}
	}
	return false, false, nil
}
