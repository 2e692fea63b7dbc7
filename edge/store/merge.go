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

// Two records may turn out to be one person. Head office finds that out by the chain's own ids and tells (see join.go);
// here a person at the box says so. What she says can be taken back on a box that works alone (see unmerge.go).

// Merged says what became of a merge.
type Merged struct {
	From, Into edge.CustomerRef // so that the lanes can follow
	ID, Other  string           // our ids of who was kept, and of who was merged into her
	Consent    edge.Consent     // that counts for both now
	Unlearnt   bool             // one of them allowed less, or had taken back what was learnt: that is gone for good
	Undo       bool             // it can be taken back
}

// The refusals of Merge and Unmerge.
const (
	refusedSame      = "same-customer"
	refusedHousehold = "two-people"
	refusedNone      = "not-merged"
	refusedWhich     = "which"
	refusedLearnt    = "no-lineage"
	refusedOffice    = "head-office"

	// RefusedForGood is the refusal of MergeUndoably.
	RefusedForGood = "for-good"
)

// Merge makes everything of one customer another's: identifiers, visits, facts, prompts; her memory is learnt anew. Who is
// kept keeps what is told of her where both have a word for it, but for two things: the earlier day of joining counts,
// and of what the two allow the less, whenever it was said. Errors wrap edge.ErrNotFound or edge.ErrAmbiguous, in a
// *WhoError; edge.ErrLocked while the box is locked; or are an *edge.Refusal.
func (s *Store) Merge(ctx context.Context, keep, other edge.Identifier) (Merged, error) {
	return s.mergeTwo(ctx, keep, other, false)
}

// MergeUndoably is Merge that refuses, as RefusedForGood, what could not be taken back, and then changes nothing.
func (s *Store) MergeUndoably(ctx context.Context, keep, other edge.Identifier) (Merged, error) {
	return s.mergeTwo(ctx, keep, other, true)
}

func (s *Store) mergeTwo(ctx context.Context, keep, other edge.Identifier, undoably bool) (Merged, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	var out Merged
	refs, err := s.both(ctx, keep, other)
	if err == nil {
		s.lineages.Store(true) // before: an entry that comes next must follow
		out.Into, out.From = refs[0], refs[1]
		_, err = s.taking(ctx, func(a *applying) error {
			if err := a.merge(&out); err != nil || out.Undo || !undoably {
				return err
			}
			return refuseForGood(out)
		})
		s.scrubAside(ctx)
	}
	if err != nil {
		return Merged{}, fmt.Errorf("merging two customers: %w", err)
	}
	return out, nil
}

func refuseForGood(m Merged) error {
	if m.Unlearnt {
		return edge.Refuse(RefusedForGood, "nothing would take this merge back: one of the two allows less than the other, or has taken something back, and "+
			"what that does not cover is deleted")
	}
	return edge.Refuse(RefusedForGood, "nothing would take this merge back: head office is told, and every other store follows")
}

// WhoError tells which of two customers could not be found, and why.
type WhoError struct {
	Kept bool // the one who is to be kept
	Err  error
}

func (e *WhoError) Error() string {
	if e.Kept {
		return "the customer to keep: " + e.Err.Error()
	}
	return "the customer to merge into her: " + e.Err.Error()
}

// Unwrap gives the reason.
func (e *WhoError) Unwrap() error { return e.Err }

func (s *Store) both(ctx context.Context, keep, other edge.Identifier) (refs [2]edge.CustomerRef, err error) {
	if s.locked.Load() {
		return refs, edge.ErrLocked
	}
	for i, id := range []edge.Identifier{keep, other} {
		if refs[i], err = s.living(ctx, id); err != nil {
			return refs, &WhoError{Kept: i == 0, Err: err}
		}
	}
	if refs[0] == refs[1] {
		return refs, edge.Refuse(refusedSame, "both identifiers are the same customer's already")
	}
	return refs, nil
}

// living finds a customer as a tap does: one who was forgotten, and is found by an older key alone, is nobody.
func (s *Store) living(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error) {
	row, current, err := s.rowOf(ctx, s.read, id)
	if err == nil && !current {
		err = s.underOldKey(ctx, s.read, id, row)
	}
	return edge.CustomerRef(row.ref), err
}

// merging is a merge under way.
type merging struct {
	into, from      edge.CustomerRef
	keep, other     edge.CustomerState
	intoKey, oldKey *seal.Customer

	now    edge.CustomerState // who she is then
	chosen edge.Fields        // of what the two had different words for
}

func (a *applying) merge(out *Merged) error {
	m := &merging{into: out.Into, from: out.From}
	if err := a.open(m); err != nil {
		return err
	}
	a.asOne(m)
	number, err := a.noteMerge(m)
	if err == nil {
		err = errors.Join(a.movePrompts(m), a.moveSaid(m), a.moveMerges(m, number))
	}
	if err == nil {
		err = a.join(m.from, m.into)
	}
	if err == nil {
		err = a.learnAnew(m.into)
	}
	if err != nil {
		return err
	}
	if err := a.settle(m.into, []edge.CustomerState{m.keep, m.other}, m.now); err != nil {
		return err
	}
	out.ID, out.Other, out.Consent = m.keep.ID, m.other.ID, m.now.Consent()
	if out.Undo, err = a.canUnmerge(number); err != nil {
		return err
	}
	out.Unlearnt = !out.Undo && !a.outbox.on.Load()
	return a.tell(edge.RecordCustomer, m.into, nil, nil)
}

// open reads the two, and refuses to merge whom head office would keep apart: the box would take her for one, and every
// other store for two.
func (a *applying) open(m *merging) (err error) {
	if m.keep, err = a.customerState(m.into); err != nil {
		return err
	}
	if m.other, err = a.customerState(m.from); err != nil {
		return err
	}
	if a.outbox.on.Load() && twoChainIDs(m.keep, m.other) {
		return edge.Refuse(refusedHousehold, "each of the two has an id of the chain's own, so head office keeps them apart: "+
			"make them one in the chain's own records, and import her with the id that stays")
	}
	into, err := a.key(a.ctx, a.tx, m.into)
	if err != nil {
		return err
	}
	from, err := a.key(a.ctx, a.tx, m.from)
	m.intoKey, m.oldKey = into.Customer, from.Customer
	return err
}

// twoChainIDs reports whether two customers have different ids of the chain's own, as head office asks it: hashes under
// one key can be compared, and so can the ids themselves.
func twoChainIDs(a, b edge.CustomerState) bool {
	one, other := a.Fields[edge.FieldChain].Value, b.Fields[edge.FieldChain].Value
	if one != "" && other != "" {
		return one != other
	}
	sums := map[uint32]string{}
	for _, i := range slices.Concat(a.Identifiers, b.Identifiers) {
		if !isChain(i) {
			continue
		}
		if sum, is := sums[i.Key]; is && sum != string(i.Sum) {
			return true
		}
		sums[i.Key] = string(i.Sum)
	}
	return false
}

// asOne finds out who she is now. What was chosen of two different words is told by a person at the box: neither the next
// file nor another store's earlier word undoes it. Of the two consents the less counts.
func (a *applying) asOne(m *merging) {
	m.now, m.chosen = prefer(m.keep, m.other), edge.Fields{}
	for _, name := range chosenFields {
		r, mine, hers := m.now.Fields[name], m.keep.Fields[name], m.other.Fields[name]
		if differ(mine, hers) {
			m.chosen[name] = edge.Register{Value: r.Value, At: a.stamp(), Rank: max(mine.Rank, hers.Rank, edge.RankTold), Epoch: max(mine.Epoch, hers.Epoch)}
			m.now.Fields[name] = m.chosen[name]
		}
	}
	less := m.keep.Consent()
	if lowers(less, m.other.Consent()) {
		less = m.other.Consent()
	}
	if m.now.Consent() != less {
		rank := max(m.now.Fields[edge.FieldConsent].Rank, edge.RankTold)
		m.now.Fields.Tell(edge.FieldConsent, string(less), a.stamp(), rank)
	}
}

// chosenFields are those of which who is kept keeps her own, but for the day of joining, of which the earlier counts.
var chosenFields = []string{edge.FieldChain, edge.FieldSince, edge.FieldName, edge.FieldSay, edge.FieldAddress, edge.FieldLanguage}

// differ reports whether two have different words for one thing.
func differ(a, b edge.Register) bool { return a.Value != "" && b.Value != "" && a.Value != b.Value }

// prefer is two customers as one: of who is kept what she has of names and the chain's own id, the earlier day of joining,
// and of everything else what states merge to.
func prefer(keep, other edge.CustomerState) edge.CustomerState {
	now := keep.Merge(other)
	now.ID = keep.ID // her own id stays: her key is bound to it
	for _, name := range chosenFields {
		mine, hers := keep.Fields[name], other.Fields[name]
		switch {
		case mine.Value == "" || mine.Value == hers.Value: // the word that is the more to be believed
		case name == edge.FieldSince && hers.Value != "" && toldMicros(hers.Value) < toldMicros(mine.Value):
			now.Fields[name] = hers
		default:
			now.Fields[name] = mine
		}
	}
	return now
}

// movePrompts makes what was shown to her be what was shown to who is kept, so that a word on it still finds it.
func (a *applying) movePrompts(m *merging) error {
	prompts, err := a.openPrompts(m.from, m.oldKey)
	for i := 0; err == nil && i < len(prompts); i++ {
		err = a.putPrompt(m.into, m.intoKey, prompts[i])
	}
	return err
}

// moveSaid makes what was said to either what was said to her.
func (a *applying) moveSaid(m *merging) error {
	mine, err := a.saidOf(m.into, m.intoKey)
	if err != nil {
		return err
	}
	hers, err := a.saidOf(m.from, m.oldKey)
	if err != nil || len(hers.Said) == 0 {
		return err
	}
	return a.putSaid(m.into, m.intoKey, joinSaid(mine, hers))
}

// moveMerges makes who was merged into her before be merged into who is kept, by this merge.
func (a *applying) moveMerges(m *merging, number int64) error {
	rows, err := a.mergesOf(m.from, m.oldKey)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.number == number {
			continue
		}
		if !row.parent.Valid {
			row.parent.Int64, row.parent.Valid = number, true
		}
		if err := a.putMerge(m.into, m.intoKey, row); err != nil {
			return err
		}
	}
	return errors.Join(
		a.exec(`INSERT INTO carded (customer, lane, merge) SELECT DISTINCT ?2, lane, ?3 FROM carded WHERE customer = ?1`, int64(m.from), int64(m.into), number),
		a.exec(`UPDATE carded SET customer = ?2 WHERE customer = ?1`, int64(m.from), int64(m.into)))
}

// canUnmerge reports whether a merge left what it takes to take it back.
func (w *work) canUnmerge(number int64) (can bool, err error) {
	err = w.tx.QueryRowContext(w.ctx, `SELECT EXISTS (SELECT 1 FROM merges WHERE number = ? AND sealed IS NOT NULL)`, number).Scan(&can)
	return can, err
}

// uuidText is an id at rest as it is told.
func uuidText(id []byte) string {
	u, err := uuid.FromBytes(id)
	if err != nil {
		return ""
	}
	return u.String()
}
