// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// Unmerged says what became of taking a merge back.
type Unmerged struct {
	Kept, Other     edge.CustomerRef
	KeptID, OtherID string
	Lanes           []string // where the last card of hers was one that is Other's again
}

// Unmerge takes a merge back: of the customer who has an identifier become two, as they were, and what was learnt since
// is with whom it was learnt, by the identifier that was shown. Where that is not known (a field that was stated, an
// identifier that came since) it stays with who was kept. other is the id of who was merged into her, which may be empty
// where it was one. Errors are as Merge's.
func (s *Store) Unmerge(ctx context.Context, keep edge.Identifier, other string) (Unmerged, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	out, err := s.unmerge(ctx, keep, other)
	if err != nil {
		return Unmerged{}, fmt.Errorf("taking a merge back: %w", err)
	}
	return out, nil
}

func (s *Store) unmerge(ctx context.Context, keep edge.Identifier, other string) (out Unmerged, err error) {
	switch {
	case s.locked.Load():
		return out, edge.ErrLocked
	case s.outbox.on.Load():
		return out, edge.Refuse(refusedOffice, "this box belongs to a head office, which has told every store that the two are one, and parts nobody: "+
			"forget her (redbench forget), and import the two anew, each with the chain's own id and a consent column")
	}
	if out.Kept, err = s.living(ctx, keep); err != nil {
		return out, &WhoError{Kept: true, Err: err}
	}
	_, err = s.taking(ctx, func(a *applying) error { return a.unmerge(&out, other) })
	s.scrubAside(ctx)
	return out, err
}

// parting is a merge that is being taken back.
type parting struct {
	*Unmerged
	row    mergeRow
	rows   []mergeRow // all of hers
	mine   edge.CustomerState
	hers   edge.CustomerState
	learns bool // she wants to be remembered, and what was learnt of her is hers again

	facts   []openFact
	prompts []openPrompt
	said    spoken
}

// parted moves what is somebody's (?2) again from who was kept (?1), by a merge (?3).
var parted = [...]string{
	`UPDATE identifiers SET customer = ?2 WHERE customer = ?1 AND hash IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'identifier')`,
	`UPDATE held SET customer = ?2 WHERE customer = ?1 AND hash IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'identifier')`,
	`INSERT INTO identifiers (hash, customer, key) SELECT hash, ?2, key FROM identifiers
		WHERE customer = ?1 AND hash IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'shared')`,
	`INSERT INTO held (customer, hash, kind) SELECT ?2, hash, kind FROM held
		WHERE customer = ?1 AND hash IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'shared')`,
}

// partedVisits moves her visits, as parted does.
var partedVisits = [...]string{
	`UPDATE visits SET customer = ?2 WHERE customer = ?1 AND visit IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'visit')`,
	`UPDATE OR IGNORE visits SET customer = ?2 WHERE customer IS NULL AND visit IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'twin')`,
}

func (a *applying) unmerge(out *Unmerged, other string) error {
	p := &parting{Unmerged: out}
	if err := a.openParting(p, other); err != nil {
		return err
	}
	ids := [2]uuid.UUID{uuid.MustParse(p.mine.ID), uuid.MustParse(p.hers.ID)}
	var keys [2]*seal.Customer
	var wrapped [2][]byte
	for i := range keys {
		var err error
		if keys[i], wrapped[i], err = a.opt.Seal.NewCustomerKey(ids[i]); err != nil {
			return err
		}
	}
	// Both have new keys: nobody reads any more what was sealed while they were one.
	a.destroyed = true
	if err := errors.Join(a.wipe(p.Kept), a.exec(`DELETE FROM aliases WHERE id = ?`, ids[1][:])); err != nil {
		return err
	}
	var err error
	if p.Other, err = a.insertCustomer(ids[1], wrapped[1]); err != nil {
		return err
	}
	a.customers++
	if err := a.putParted(p, keys); err != nil {
		return err
	}
	if err := errors.Join(a.putCustomer(p.Kept, p.mine, keys[0], wrapped[0]), a.putCustomer(p.Other, p.hers, keys[1], wrapped[1])); err != nil {
		return err
	}
	return errors.Join(a.learnAnew(p.Kept), a.learnAnew(p.Other))
}

// openParting reads all that has to be sealed anew, and who the two are.
func (a *applying) openParting(p *parting, other string) error {
	key, err := a.key(a.ctx, a.tx, p.Kept)
	if err != nil {
		return err
	}
	if p.rows, err = a.mergesOf(p.Kept, key.Customer); err != nil {
		return err
	}
	now, err := a.customerState(p.Kept)
	if err != nil {
		return err
	}
	if p.row, err = which(p.rows, other); err != nil {
		return err
	}
	p.mine, p.hers = ownState(now, p.rows), p.row.then.Other
	for _, row := range p.rows {
		if row.number != p.row.number && !row.parent.Valid && row.then != nil {
			p.mine = row.then.with(p.mine)
		}
	}
	p.KeptID, p.OtherID, p.learns = p.mine.ID, p.hers.ID, p.hers.Consent() == edge.ConsentRemember
	if p.facts, err = a.openFacts(p.Kept, key.Customer); err != nil {
		return err
	}
	if p.prompts, err = a.openPrompts(p.Kept, key.Customer); err != nil {
		return err
	}
	if p.said, err = a.saidOf(p.Kept, key.Customer); err != nil {
		return err
	}
	p.Lanes, err = a.lanesOf(p)
	return err
}

// which finds the merge that is to be taken back.
func which(rows []mergeRow, other string) (mergeRow, error) {
	var can []mergeRow
	for _, row := range rows {
		named := other != "" && other == uuidText(row.id)
		switch {
		case row.parent.Valid && named:
			return row, edge.Refuse(refusedWhich, "she was merged into somebody who was merged since: take that later merge back first")
		case row.then == nil && (named || other == ""):
			return row, edge.Refuse(refusedLearnt, "this merge cannot be taken back: what it takes was not kept")
		case !row.parent.Valid && (named || other == ""):
			can = append(can, row)
		}
	}
	switch {
	case len(can) == 0 && other != "":
		return mergeRow{}, edge.Refuse(refusedNone, "nobody with that id was merged into her, or it cannot be taken back any more")
	case len(can) == 0:
		return mergeRow{}, edge.Refuse(refusedNone, "nobody was merged into her, or it cannot be taken back any more: "+
			"what it takes goes when she takes back that she is remembered")
	case len(can) > 1:
		return mergeRow{}, edge.Refuse(refusedWhich, "several were merged into her: name one by --id; redbench customer show lists them")
	}
	return can[0], nil
}

// lanesOf are the lanes where the last card of hers came with the merge.
func (a *applying) lanesOf(p *parting) (lanes []string, err error) {
	rows, err := a.tx.QueryContext(a.ctx, `SELECT lane FROM carded WHERE customer = ? AND merge = ? ORDER BY lane`, int64(p.Kept), p.row.number)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var lane string
		if err := rows.Scan(&lane); err != nil {
			return nil, err
		}
		lanes = append(lanes, lane)
	}
	return lanes, rows.Err()
}

// putParted gives each of the two what is hers, under the keys of who was kept and who was merged.
func (a *applying) putParted(p *parting, keys [2]*seal.Customer) error {
	queries := parted[:]
	if p.learns {
		queries = slices.Concat(queries, partedVisits[:])
	}
	for _, query := range queries {
		if err := a.exec(query, int64(p.Kept), int64(p.Other), p.row.number); err != nil {
			return fmt.Errorf("giving back what is hers: %w", err)
		}
	}
	came, err := a.came(p.row.number)
	if err != nil {
		return err
	}
	whose := func(what string, id []byte) (edge.CustomerRef, *seal.Customer) {
		if p.learns && came[what+string(id)] {
			return p.Other, keys[1]
		}
		return p.Kept, keys[0]
	}
	for _, f := range p.facts {
		ref, key := whose("fact", f.id[:])
		if err := a.putOpenFact(ref, key, f); err != nil {
			return err
		}
	}
	for _, each := range p.prompts {
		ref, key := whose("prompt", each.id)
		if err := a.putPrompt(ref, key, each); err != nil {
			return err
		}
	}
	return errors.Join(a.putPartedSaid(p, keys, came), a.putPartedMerges(p, keys))
}

// came is what a merge brought of facts and prompts: what it is, and its id.
func (a *applying) came(number int64) (map[string]bool, error) {
	rows, err := a.tx.QueryContext(a.ctx, `SELECT what, ref FROM lineage WHERE merge = ? AND what IN ('fact', 'prompt')`, number)
	if err != nil {
		return nil, fmt.Errorf("reading a merge: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]bool{}
	for rows.Next() {
		var what string
		var id []byte
		if err := rows.Scan(&what, &id); err != nil {
			return nil, err
		}
		out[what+string(id)] = true
	}
	return out, rows.Err()
}

// putPartedSaid gives each what was said to her, and what was said since to either: that nothing is repeated matters more
// than to whom of them it was said. Of a fact only who has it keeps that it was said.
func (a *applying) putPartedSaid(p *parting, keys [2]*seal.Customer, came map[string]bool) error {
	since := func(hers bool) spoken {
		return spoken{Said: slices.DeleteFunc(slices.Clone(p.said.Said), func(s edge.Said) bool {
			return s.At.UnixMicro() <= p.row.at || s.Fact != "" && came["fact"+string(idKey(s.Fact))] != hers
		})}
	}
	mine := joinSaid(p.row.then.KeepSaid, since(false))
	for _, row := range p.rows {
		if row.number != p.row.number && !row.parent.Valid && row.then != nil {
			mine = joinSaid(mine, row.then.OtherSaid)
		}
	}
	var hers spoken
	if p.learns {
		hers = joinSaid(p.row.then.OtherSaid, since(true))
	}
	return errors.Join(a.putSaid(p.Kept, keys[0], mine), a.putSaid(p.Other, keys[1], hers))
}

// putPartedMerges gives each the merges that are hers, and ends this one.
func (a *applying) putPartedMerges(p *parting, keys [2]*seal.Customer) error {
	hers := map[int64]bool{p.row.number: true}
	for _, row := range slices.Backward(p.rows) { // what came along is older than what it came with
		hers[row.number] = hers[row.number] || row.parent.Valid && hers[row.parent.Int64]
	}
	for _, row := range p.rows {
		var err error
		switch {
		case row.number == p.row.number:
		case !hers[row.number]:
			err = a.putMerge(p.Kept, keys[0], row)
		default:
			if row.parent.Int64 == p.row.number {
				row.parent.Valid = false
			}
			err = errors.Join(a.putMerge(p.Other, keys[1], row),
				a.exec(`UPDATE carded SET customer = ? WHERE customer = ? AND merge = ?`, int64(p.Other), int64(p.Kept), row.number))
		}
		if err != nil {
			return err
		}
	}
	for _, id := range p.hers.Also {
		if err := a.exec(`UPDATE aliases SET customer = ? WHERE id = ?`, int64(p.Other), idKey(id)); err != nil {
			return err
		}
	}
	return errors.Join(
		a.exec(`DELETE FROM carded WHERE customer = ? AND merge = ?`, int64(p.Kept), p.row.number),
		a.exec(`DELETE FROM lineage WHERE merge = ?`, p.row.number),
		a.exec(`DELETE FROM merges WHERE number = ?`, p.row.number))
}
