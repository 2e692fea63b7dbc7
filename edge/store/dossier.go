// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// Dossier gives everything that is held of a customer, as it is at one moment. Errors are as Profile's. What cannot be told to be
// hers (sealed payloads in quarantine) is not in it.
func (s *Store) Dossier(ctx context.Context, id edge.Identifier) (d edge.Dossier, err error) {
	profile, err := s.Profile(ctx, id)
	if err != nil {
		return d, err
	}
	tx, err := s.read.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return d, fmt.Errorf("reading a customer: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	w := s.newWork(ctx, tx)
	ref := profile.Customer.Ref
	key, err := w.key(w.ctx, tx, ref)
	if err != nil {
		return d, err
	}
	d = edge.Dossier{Made: s.opt.Now().UTC(), Identifiers: []edge.DossierIdentifier{}, Facts: []edge.DossierFact{},
		Visits: []edge.DossierVisit{}, Prompts: []edge.DossierPrompt{}, Merges: []edge.DossierMerge{}}
	for _, part := range []func(*edge.Dossier, edge.CustomerRef, *seal.Customer) error{w.whoSheIs, w.whatSheTold, w.whatSheBought,
		w.whatWasLearnt, w.whatWasSaid} {
		if err := part(&d, ref, key.Customer); err != nil {
			return d, fmt.Errorf("reading all of a customer: %w", err)
		}
	}
	if d.Learnt != nil {
		d.Learnt.Said = profile.Said
	}
	return d, nil
}

func (w *work) whoSheIs(d *edge.Dossier, ref edge.CustomerRef, key *seal.Customer) error {
	var sealed []byte
	var consentAt int64
	err := w.tx.QueryRowContext(w.ctx, `SELECT sealed, consent_at FROM customers WHERE ref = ?`, int64(ref)).Scan(&sealed, &consentAt)
	if err != nil {
		return err
	}
	p, err := openPerson(key, sealed)
	if err != nil {
		return err
	}
	state, err := w.customerState(ref)
	if err != nil {
		return err
	}
	d.ID, d.Also, d.Consent, d.ConsentAt = state.ID, state.Also, state.Consent(), moment(consentAt)
	d.Chain, d.Name, d.Say, d.Address, d.Language = p.chain, p.name, p.say, p.address, p.language
	for _, i := range state.Identifiers {
		d.Identifiers = append(d.Identifiers, edge.DossierIdentifier{Kind: edge.IdentifierKind(i.Kind), Hash: hex.EncodeToString(i.Sum)})
	}
	var since int64
	if err := w.tx.QueryRowContext(w.ctx, `SELECT since FROM customers WHERE ref = ?`, int64(ref)).Scan(&since); err != nil {
		return err
	}
	d.Since = moment(since)
	merges, err := w.mergesOf(ref, key)
	for _, m := range merges {
		d.Merges = append(d.Merges, edge.DossierMerge{ID: uuidText(m.id), At: moment(m.at)})
	}
	return err
}

func (w *work) whatSheTold(d *edge.Dossier, ref edge.CustomerRef, key *seal.Customer) error {
	facts, err := w.openFacts(ref, key)
	if err != nil {
		return err
	}
	for _, f := range facts {
		out := edge.DossierFact{ID: f.id.String(), Kind: edge.FactKind(f.kind), Private: f.private, At: moment(f.at), Until: moment(f.until),
			Shown: moment(f.shown), Closed: moment(f.closed)}
		if err := unpackTexts(f.plain, &out.Text, &out.Date, &out.ToldTo, &out.Place); err != nil {
			return err
		}
		d.Facts = append(d.Facts, out)
	}
	return nil
}

func (w *work) whatSheBought(d *edge.Dossier, ref edge.CustomerRef, _ *seal.Customer) error {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT at, store, lane, checkout, total, currency, lines FROM visits WHERE customer = ? ORDER BY at, checkout`, int64(ref))
	if err != nil {
		return err
	}
	var bought [][]line
	for rows.Next() {
		var v edge.DossierVisit
		var at int64
		var packed []byte
		err = rows.Scan(&at, &v.Store, &v.Lane, &v.Checkout, &v.Total, &v.Currency, &packed)
		var lines []line
		if err == nil {
			lines, err = unpackLines(packed, -1)
		}
		if err != nil {
			break
		}
		v.At = moment(at)
		d.Visits, bought = append(d.Visits, v), append(bought, lines)
	}
	if err := closed(rows, err); err != nil {
		return err
	}
	for i := range d.Visits { // one statement at a time on a transaction's connection
		if d.Visits[i].Items, err = w.itemsOf(w.ctx, w.tx, bought[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) whatWasLearnt(d *edge.Dossier, ref edge.CustomerRef, _ *seal.Customer) error {
	m, err := w.learnt(ref)
	if err != nil || m.person.Visits == 0 {
		return err
	}
	d.Learnt = &edge.DossierLearnt{Visits: m.person.Visits, First: moment(m.person.First), Last: moment(m.person.Last), Days: m.pace.rhythm.Days,
		Stage: m.pace.standing.Stage, Habits: []edge.DossierHabit{}}
	rows, err := w.tx.QueryContext(w.ctx, `SELECT i.sku, i.name, h.times, h.last FROM habits h JOIN items i USING (item) WHERE h.customer = ?
		ORDER BY h.logw DESC`, int64(ref))
	if err != nil {
		return err
	}
	for rows.Next() {
		var h edge.DossierHabit
		var last int64
		if err = rows.Scan(&h.SKU, &h.Name, &h.Times, &last); err != nil {
			break
		}
		h.Last = moment(last)
		d.Learnt.Habits = append(d.Learnt.Habits, h)
	}
	return closed(rows, err)
}

func (w *work) whatWasSaid(d *edge.Dossier, ref edge.CustomerRef, key *seal.Customer) error {
	prompts, err := w.openPrompts(ref, key)
	if err != nil {
		return err
	}
	for _, p := range prompts {
		lines, err := decodeLines(p.plain)
		if err != nil {
			return err
		}
		out := edge.DossierPrompt{Lines: map[string]string{}}
		for name, l := range lines {
			out.Lines[name] = l.Text
		}
		if u, err := uuid.FromBytes(p.id); err == nil {
			out.ID = u.String()
		}
		if err := w.whatCameOf(&out, p.id); err != nil {
			return err
		}
		d.Prompts = append(d.Prompts, out)
	}
	slices.SortStableFunc(d.Prompts, func(a, b edge.DossierPrompt) int { return a.At.Compare(b.At) })
	return nil
}

func (w *work) whatCameOf(p *edge.DossierPrompt, id []byte) error {
	var at int64
	if err := w.tx.QueryRowContext(w.ctx, `SELECT at FROM prompts WHERE id = ?`, id).Scan(&at); err != nil {
		return err
	}
	p.At = moment(at)
	rows, err := w.tx.QueryContext(w.ctx, `SELECT kind, line, at FROM outcomes WHERE prompt = ? ORDER BY at`, id)
	if err != nil {
		return err
	}
	for rows.Next() {
		var o edge.DossierOutcome
		if err = rows.Scan(&o.Kind, &o.Line, &at); err != nil {
			break
		}
		o.At = moment(at)
		p.Outcomes = append(p.Outcomes, o)
	}
	return closed(rows, err)
}

// closed ends reading, and gives the first error.
func closed(rows *sql.Rows, err error) error {
	if err == nil {
		err = rows.Err()
	}
	if e := rows.Close(); err == nil {
		err = e
	}
	return err
}
