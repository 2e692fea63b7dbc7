// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/link"
)

// kinship is what the keys of a replaced state are to those of a backup.
type kinship int

const (
	stranger kinship = iota // nothing, or nobody can tell
	chained                 // another box's of the same chain: one that was installed anew, and enrolled
	same                    // the same box's
)

// keepCredentials gives the restored state what the replaced one has from head office, where both are of one chain: an older
// token may be void by now, and the store's code may have been used up. Of the same box it has the keys, too: they only grow.
// Another box's keys open nothing of the backup.
func keepCredentials(dir, state, storeID string) (kinship, error) {
	if _, err := os.Stat(filepath.Join(state, seal.KeyFile)); err != nil {
		return stranger, nil // and to open them would make some
	}
	present, err := seal.Open(state)
	if err != nil {
		return stranger, nil // knownErasures tells
	}
	ours, err := seal.Open(dir)
	if err != nil {
		return stranger, err
	}
	kin := kinOf(ours, present)
	switch {
	case kin == same && !covers(present, ours):
		return kin, nil // a copy from before the backup: what it has is older
	case kin == same:
		err = takeKeys(dir, state)
	case kin == chained:
		chain, _ := present.Chain() // the later one
		err = ours.Adopt(chain)
	}
	if err != nil || kin == stranger || !enrolledAs(state, storeID) {
		return kin, err // its own credentials, if it has any
	}
	now, err := link.Load(state)
	if err != nil {
		return kin, err
	}
	return kin, now.Save(dir)
}

// covers reports whether keys have all identifier keys of others, which are the same box's.
func covers(keys, of *seal.Box) bool {
	id := edge.Identifier{Kind: edge.KindCard, Value: "0"}
	has := keys.Hashes(id)
	return !slices.ContainsFunc(of.Hashes(id), func(h seal.Hash) bool { return !slices.Contains(has, h) })
}

func kinOf(ours, present *seal.Box) kinship {
	if ours.Fingerprint() == present.Fingerprint() {
		return same
	}
	a, was := ours.Chain()
	b, is := present.Chain()
	if was && is && sameOffice(a, b) {
		return chained
	}
	return stranger
}

// sameOffice reports whether keys are one head office's, whatever boxes it has heard of.
func sameOffice(a, b edge.ChainKeys) bool {
	return bytes.Equal(a.Tombstone, b.Tombstone) && bytes.Equal(a.Playbook, b.Playbook)
}

// enrolledAs reports whether a state directory holds credentials of a store.
func enrolledAs(dir, storeID string) bool {
	c, err := link.Load(dir)
	return err == nil && c.Store == storeID
}
