// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"redbench/edge"
)

// importChunk is how many rows one transaction takes in: stores wait for it.
const importChunk = 500

const (
	ambiguousRow = "the identifier belongs to more than one customer; name the customer by the chain's id"
	forgottenRow = "this customer was forgotten; a row that states a new consent brings her back"
)

// chunks gives rows in chunks, without bad rows, which are counted at once. It ends at an error that is not about one row.
func chunks[R any](rows iter.Seq2[R, error], n int, report *edge.ImportReport, take func([]R) error) error {
	chunk := make([]R, 0, n)
	flush := func() error {
		if len(chunk) == 0 {
			return nil
		}
		err := take(chunk)
		chunk = chunk[:0]
		return err
	}
	for row, err := range rows {
		if bad, is := errors.AsType[*edge.BadRow](err); is {
			report.AddBad(*bad)
			continue
		}
		if err != nil {
			return errors.Join(flush(), err)
		}
		if chunk = append(chunk, row); len(chunk) == n {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// ImportCustomers takes customers in, as a store's import does: a row's customer is the chain's id where it names one, else
// who has the identifier already, or somebody new. An empty field changes nothing, a fact is only ever added, and only with
// consent to be remembered. What a person has told or mended stands above a row. The same rows may come again and change
// nothing; what was taken in before an error stays.
func (h *HQ) ImportCustomers(ctx context.Context, rows iter.Seq2[edge.CustomerRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	if o.Consent == "" {
		o.Consent = edge.ConsentRemember
	}
	var report edge.ImportReport
	leftOut := 0
	err := chunks(rows, importChunk, &report, func(chunk []edge.CustomerRow) error {
		booked := report
		err := h.update(ctx, "", func(w *work) error {
			booked = report
			for i := range chunk {
				r := customerImport{work: w, row: &chunk[i], assumed: o.Consent}
				if err := r.take(); err != nil {
					return err
				}
				r.book(&booked)
				if r.leftOut > 0 && leftOut == 0 {
					leftOut = r.row.Line
				}
			}
			return nil
		})
		if err == nil {
			last := chunk[len(chunk)-1]
			report = booked
			progress(o, edge.ImportProgress{Rows: report.Rows, Bytes: last.Read})
		}
		return err
	})
	if leftOut > 0 {
		report.Problems = append(report.Problems, edge.BadRow{Line: leftOut,
			Reason: fmt.Sprintf("facts are kept only with consent %s; left out from this row on, %d in all", edge.ConsentRemember, report.FactsLeftOut)})
	}
	if err != nil {
		return report, fmt.Errorf("importing customers: %w", err)
	}
	return report, nil
}

func progress(o edge.ImportOptions, p edge.ImportProgress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}

// customerImport is one row under way.
type customerImport struct {
	*work
	row     *edge.CustomerRow
	assumed edge.Consent

	bad            string // why the row cannot be used
	buried         bool   // something in it was a forgotten customer's, and is nobody's now
	isNew, changed bool
	leftOut        int // facts
}

func (r *customerImport) book(report *edge.ImportReport) {
	if r.bad != "" {
		report.AddBad(edge.BadRow{Line: r.row.Line, Reason: r.bad})
		return
	}
	report.Rows++
	report.FactsLeftOut += r.leftOut
	switch {
	case r.isNew:
		report.New++
	case r.changed:
		report.Changed++
	default:
		report.Unchanged++
	}
}

func (r *customerImport) take() error {
	known, err := r.find()
	if err != nil || r.bad != "" {
		return err
	}
	state, before := edge.CustomerState{ID: newID()}, edge.CustomerState{}
	if known != nil {
		state, before = known.state, known.state
	}
	r.isNew = known == nil
	if err := r.tellFields(&state); err != nil {
		return err
	}
	state = state.Merge(edge.CustomerState{Identifiers: r.identifiers()})
	p := known
	if r.isNew || !equal(normal(state), normal(before)) {
		if p, err = r.customer(state); err != nil {
			return err
		}
		if p == nil {
			r.bad = forgottenRow
			return nil
		}
		r.changed = !equal(p.state, before)
	}
	return r.takeFacts(p)
}

// identifiers are the row's, under the chain's current key.
func (r *customerImport) identifiers() (out []edge.IdentifierHash) {
	add := func(id edge.Identifier) {
		h := r.opt.Keys.Hashes(id)[0]
		out = append(out, edge.IdentifierHash{Key: h.Key, Sum: h.Sum[:], Kind: id.Kind})
	}
	if r.row.Identifier.Value != "" && (!r.buried || r.states()) {
		add(r.row.Identifier) // else a store that was told of it, and has not heard her say so, would refuse her
	}
	if r.row.Chain != "" {
		add(edge.Identifier{Kind: edge.KindCustomer, Value: r.row.Chain})
	}
	return out
}

// find gives the customer that a row is about; nil: she is new.
func (r *customerImport) find() (*person, error) {
	primary := r.row.Identifier
	if r.row.Chain != "" {
		primary = edge.Identifier{Kind: edge.KindCustomer, Value: r.row.Chain}
	}
	numbers, err := r.having(primary)
	if err != nil {
		return nil, err
	}
	if len(numbers) > 1 {
		r.bad = ambiguousRow
		return nil, nil
	}
	if r.buried, err = r.isBuried(); err != nil {
		return nil, err
	}
	if len(numbers) == 1 {
		return r.person(numbers[0])
	}
	if r.buried && !r.states() {
		r.bad = forgottenRow
	}
	return nil, nil // one whom the chain names now and who is known by her identifier alone is joined as from a store
}

// states reports whether the row states that she wants to be known.
func (r *customerImport) states() bool {
	return r.row.Consent != "" && r.row.Consent != edge.ConsentNone
}

func (r *customerImport) isBuried() (bool, error) {
	if any, err := r.anyBuried(); err != nil || !any {
		return false, err
	}
	tombstones, err := r.tombstones()
	if err != nil {
		return false, err
	}
	buried, err := r.tx.Buried(tombstones)
	return len(buried) > 0, err
}

// having is who has an identifier, under any of the chain's keys.
func (w *work) having(id edge.Identifier) ([]int64, error) {
	var sums [][]byte
	for _, h := range w.opt.Keys.Hashes(id) {
		sums = append(sums, h.Sum[:])
	}
	return w.owners(sums)
}

// tombstones are those that the row's identifiers would have, but for what somebody has now.
func (r *customerImport) tombstones() (out [][]byte, err error) {
	for _, id := range []edge.Identifier{r.row.Identifier, {Kind: edge.KindCustomer, Value: r.row.Chain}} {
		if id.Value == "" {
			continue
		}
		numbers, err := r.having(id)
		if err != nil {
			return nil, err
		}
		if len(numbers) > 0 {
			continue
		}
		var order edge.Erasure
		if err := r.entomb(&order, id); err != nil {
			return nil, err
		}
		out = append(out, order.Tombstones...)
	}
	return out, nil
}

// tellFields sets what the row says and the state does not: with one stamp, and below what a person has said.
func (r *customerImport) tellFields(s *edge.CustomerState) error {
	consent := edge.Register{Value: string(r.row.Consent), Rank: edge.RankTold}
	if r.row.Consent == "" {
		consent = edge.Register{Value: string(s.Consent())}
	}
	if consent.Value == "" {
		consent = edge.Register{Value: string(r.assumed)}
	}
	says := map[string]string{edge.FieldChain: r.row.Chain, edge.FieldConsent: consent.Value}
	if !r.row.Since.IsZero() {
		says[edge.FieldSince] = r.row.Since.UTC().Format(time.RFC3339)
	}
	if edge.Consent(consent.Value) != edge.ConsentNone {
		says[edge.FieldName], says[edge.FieldSay], says[edge.FieldAddress], says[edge.FieldLanguage] = r.row.Name, r.row.Say, r.row.Address, r.row.Language
	}
	var at edge.Stamp
	var err error
	s.Fields = s.Fields.Merge(nil) // a copy
	if s.Fields == nil {
		s.Fields = edge.Fields{}
	}
	for _, name := range slices.Sorted(maps.Keys(says)) {
		rank := edge.RankGuess
		if name == edge.FieldConsent {
			rank = consent.Rank
		}
		was := s.Fields[name]
		again := name == edge.FieldConsent && r.buried && r.states() // everybody has to know that she said it after that
		if says[name] == "" || was.Value == says[name] && was.Rank >= rank && !again {
			continue
		}
		if at.IsZero() {
			if at, err = r.stamp(); err != nil {
				return err
			}
		}
		after := edge.Register{Value: says[name], At: at, Rank: rank, Epoch: was.Epoch}
		s.Fields[name] = was.Merge(after)
	}
	return nil
}

// takeFacts adds the row's facts that she does not have, open or closed: one that a cashier closed as wrong must not come
// back with the next file.
func (r *customerImport) takeFacts(p *person) error {
	if len(r.row.Facts) == 0 {
		return nil
	}
	if p.state.Consent() != edge.ConsentRemember {
		r.leftOut = len(r.row.Facts)
		return nil
	}
	facts, err := r.allFacts(p)
	if err != nil {
		return err
	}
	for _, f := range r.row.Facts {
		has := slices.ContainsFunc(facts, func(h *fact) bool {
			its := edge.FactText{Kind: h.state.Kind, Text: h.state.Fields[edge.FieldText].Value, Date: h.state.Fields[edge.FieldDate].Value}
			return its.Kind == f.Kind && its.Written() == f.Written()
		})
		if has {
			continue
		}
		r.changed = true
		at, err := r.stamp()
		if err != nil {
			return err
		}
		s := edge.FactState{ID: newID(), Customer: p.state.ID, Kind: f.Kind, Fields: edge.Fields{}}
		s.Fields.Tell(edge.FieldText, f.Text, at, edge.RankGuess)
		if f.Date != "" {
			s.Fields.Tell(edge.FieldDate, f.Date, at, edge.RankGuess)
		}
		s.Fields.Tell(edge.FieldPlace, edge.PlaceImport, at, edge.RankGuess)
		s.Fields.Tell(edge.FieldHeld, r.now.UTC().Format(time.RFC3339), at, edge.RankGuess)
		if err := r.fact(s); err != nil {
			return err
		}
	}
	return nil
}
