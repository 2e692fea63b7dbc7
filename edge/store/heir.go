// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"redbench/edge"
	"redbench/edge/backup"
)

// A record that is found where a backup is put back need not be the one that the backup was made of: a package that was just
// installed has begun an empty one. What such a one does not know of says nothing about who was forgotten.

// metaUnseen are the ids of boxes, packed as former ones are, of whose erasures this record has not heard to the end: it was put
// back where nobody knew them.
const metaUnseen = "unseen"

// lineage is what tells of a record whether it goes on from where another was.
type lineage struct {
	keys   []byte // fingerprint
	box    []byte
	former []byte // packed
	unseen []byte // packed
	stamp  edge.Stamp
}

// Unrelated tells why the record of a state directory does not know of every erasure since a backup was made, which lies unpacked
// in another; empty: it does. Its keys' fingerprint, its box ids and its last stamp tell.
func Unrelated(ctx context.Context, state, unpacked string) (why string, err error) {
	here, err := lineageOf(ctx, backup.OpenBeside(filepath.Join(state, File)))
	if err != nil {
		return "", err
	}
	was, err := lineageOf(ctx, backup.OpenStill(filepath.Join(unpacked, File)))
	if err != nil {
		return "", err
	}
	switch {
	case !bytes.Equal(here.keys, was.keys):
		return "the record that was here has other keys than the backup: it is another box's, or was begun anew since", nil
	case !bytes.Equal(here.box, was.box) && !holdsID(here.former, was.box):
		return "the record that was here was begun anew since the backup was made", nil
	case holdsID(here.unseen, was.box):
		return "the record that was here was itself put back without knowing it", nil
	case was.stamp.After(here.stamp):
		return "the record that was here is from before the backup", nil
	}
	return "", nil
}

func lineageOf(ctx context.Context, db *sql.DB) (l lineage, err error) {
	defer func() { err = errors.Join(err, db.Close()) }()
	for name, into := range map[string]*[]byte{"keys": &l.keys, metaBox: &l.box, metaFormer: &l.former, metaUnseen: &l.unseen} {
		err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(into)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return l, fmt.Errorf("reading whose record it is: %w", err)
		}
	}
	text, err := metaText(ctx, db, metaStamp)
	if err == nil && text != "" {
		l.stamp, err = edge.ParseStamp(text)
	}
	if err != nil {
		return l, fmt.Errorf("reading whose record it is: %w", err)
	}
	return l, nil
}

// holdsID reports whether packed ids have one among them.
func holdsID(packed, id []byte) bool {
	return slices.ContainsFunc(slices.Collect(slices.Chunk(packed, 16)), func(each []byte) bool { return bytes.Equal(each, id) })
}

// Unseen notes that this record, as a box that it was until now, does not know who was forgotten since: no backup of that box can
// be put back later on its word. Nobody is named until head office, where there is one, has told whom to forget.
func (s *Store) Unseen(ctx context.Context) error {
	err := s.working(ctx, func(w *work) error {
		p, err := w.place(w.ctx, w.tx)
		if err != nil {
			return err
		}
		return errors.Join(w.putMeta(metaAskFirst, 1), w.putMeta(metaUnseen, w.former(append(p.Former, p.Box))))
	})
	if err != nil {
		return fmt.Errorf("noting that head office is to be asked first: %w", err)
	}
	return nil
}
