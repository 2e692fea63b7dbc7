// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"

	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/store"
)

func (r record) merge(ctx context.Context, req control.MergeRequest) (store.Merged, control.MergeReport, error) {
	two := r.store.MergeUndoably
	if req.ForGood {
		two = r.store.Merge
	}
	m, err := two(ctx, req.Keep, req.Other)
	if err != nil {
		return m, control.MergeReport{}, explainWho(err)
	}
	return m, control.MergeReport{Customer: m.ID, Merged: m.Other, Consent: m.Consent, Unlearnt: m.Unlearnt, Undo: m.Undo, Told: r.enrolled()}, nil
}

func (r record) unmerge(ctx context.Context, req control.UnmergeRequest) (store.Unmerged, control.UnmergeReport, error) {
	u, err := r.store.Unmerge(ctx, req.Keep, req.ID)
	if err != nil {
		return u, control.UnmergeReport{}, explainWho(err)
	}
	return u, control.UnmergeReport{Customer: u.KeptID, Parted: u.OtherID}, nil
}

// explainWho tells which of two identifiers is the trouble, without repeating it.
func explainWho(err error) error {
	var who *store.WhoError
	if !errors.As(err, &who) {
		return err
	}
	which := "the second identifier"
	if who.Kept {
		which = "the first identifier"
	}
	switch {
	case errors.Is(err, edge.ErrNotFound):
		return said{which + ": nobody here is known by it (is its kind right?)", edge.ErrNotFound}
	case errors.Is(err, edge.ErrAmbiguous):
		return said{which + " belongs to more than one customer; name her by the chain's own id", edge.ErrAmbiguous}
	}
	return err
}

// said is an error in words for a person at the box, with the meaning that errors.Is finds.
type said struct {
	text    string
	meaning error
}

func (s said) Error() string { return s.text }
func (s said) Unwrap() error { return s.meaning }
