// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"redbench/edge"
	"redbench/sync/link"
	"redbench/sync/wire"
)

// Enrolled is what an enrolment made.
type Enrolled struct {
	Store  string
	Serial uint64 // for its token
	Chain  edge.ChainKeys
}

// ErrCode says that a one-time code is unknown, used, too old, or another store's.
var ErrCode = errors.New("the code is wrong, used or too old")

// Enrol uses up a one-time code. The store's former credentials are void then. It owes the receipt of every erasure there
// ever was and that it gave none for: a box that worked alone for months may hold anybody.
func (h *HQ) Enrol(ctx context.Context, r wire.EnrolRequest) (Enrolled, error) {
	code, err := link.ParseCode(r.Code)
	if err != nil {
		return Enrolled{}, fmt.Errorf("enrolling: %w", ErrCode)
	}
	var made Enrolled
	err = h.update(ctx, "", func(w *work) error {
		known, err := w.tx.Code(code.Sum())
		if errors.Is(err, edge.ErrNotFound) { // a box that lost the answer asks again
			made, err = w.repeated(code.Sum(), r)
			return err
		}
		if err == nil && (known.Store != r.Store || !w.now.Before(known.Expires)) {
			return ErrCode
		}
		if err != nil {
			return err
		}
		if made, err = w.enrol(r); err != nil {
			return err
		}
		return w.remember(code.Sum(), r, made.Serial)
	})
	if err != nil {
		return Enrolled{}, fmt.Errorf("enrolling: %w", err)
	}
	return made, nil
}

func (w *work) enrol(r wire.EnrolRequest) (made Enrolled, err error) {
	row, err := w.tx.StoreRow(r.Store)
	if err != nil {
		return made, err
	}
	news, err := w.keepKeys(&row, r.Keys)
	if err != nil {
		return made, err
	}
	row.Enrolled, row.Revoked, row.Code = w.now.UTC(), time.Time{}, time.Time{}
	row.Last++
	row.Serial, row.Next = row.Last, 0
	if row.Playbook, err = w.assigned(row.ID); err != nil {
		return made, err
	}
	if err := errors.Join(w.tx.PutStore(row), w.tx.DeleteCodes(row.ID, w.now), w.oweAll(row.ID)); err != nil {
		return made, err
	}
	if err := w.tellNewcomer(row); err != nil {
		return made, err
	}
	if news {
		others, err := w.enrolled()
		if err != nil {
			return made, err
		}
		if err := w.tellAll(edge.ChangeKeys, others...); err != nil {
			return made, err
		}
	}
	chain, err := w.chainKeys()
	return Enrolled{Store: row.ID, Serial: row.Serial, Chain: chain}, err
}

// tellNewcomer notes what a store is to be told that is no customer's.
func (w *work) tellNewcomer(row StoreRow) error {
	settings, err := w.settings()
	if err != nil {
		return err
	}
	if settings.Version > 0 {
		if err := w.tellAll(edge.ChangeSettings, row.ID); err != nil {
			return err
		}
	}
	if row.Playbook > 0 {
		return w.tellAll(edge.ChangePlaybook, row.ID)
	}
	return nil
}

// oweAll notes that a store owes the receipt of every erasure that it has not given one for: a box that enrols again, and
// keeps its cursor, is not told of those again.
func (w *work) oweAll(store string) error {
	return errors.Join(w.tx.OweNothing(store), w.tx.OweAll(store, w.now.UnixMicro()))
}

// enrolled are the stores that have credentials.
func (w *work) enrolled() (ids []string, err error) {
	rows, err := w.tx.Stores()
	for _, r := range rows {
		if !r.Enrolled.IsZero() && r.Revoked.IsZero() {
			ids = append(ids, r.ID)
		}
	}
	return ids, err
}

func (row StoreRow) keysLabel() string { return "keys of store " + row.ID }

// keepKeys adds a box's own keys to those that the store's boxes had, and tells whether any is new.
func (w *work) keepKeys(row *StoreRow, keys []edge.Key) (news bool, err error) {
	have, err := w.keysOf(*row)
	if err != nil {
		return false, err
	}
	chain := w.opt.Keys.ChainKeys().Identifiers
	for _, k := range keys {
		same := func(o edge.Key) bool { return sameKey(o, k) }
		if slices.ContainsFunc(chain, same) || slices.ContainsFunc(have, same) {
			continue
		}
		have, news = append(have, k), true
	}
	if !news {
		return false, nil
	}
	plain, err := json.Marshal(have)
	if err != nil {
		return false, err
	}
	row.Keys = w.opt.Keys.SealOwn(row.keysLabel(), plain)
	return true, nil
}

func (w *work) keysOf(row StoreRow) (keys []edge.Key, err error) {
	if row.Keys == nil {
		return nil, nil
	}
	plain, err := w.opt.Keys.OpenOwn(row.keysLabel(), row.Keys)
	if err != nil {
		return nil, damaged(err)
	}
	return keys, json.Unmarshal(plain, &keys)
}

// sameKey compares the bytes, too: else a store could hide another's key behind one of the same id.
func sameKey(a, b edge.Key) bool { return a.ID == b.ID && bytes.Equal(a.Key, b.Key) }

// elsewhere are the keys of all boxes that worked alone once, each once.
func (w *work) elsewhere() (all []edge.Key, err error) {
	rows, err := w.tx.Stores()
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		keys, err := w.keysOf(row)
		if w.leaveOut("the keys of store "+row.ID, err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if !slices.ContainsFunc(all, func(o edge.Key) bool { return sameKey(o, k) }) {
				all = append(all, k)
			}
		}
	}
	return all, nil
}

// chainKeys are what every box gets.
func (w *work) chainKeys() (edge.ChainKeys, error) {
	keys := w.opt.Keys.ChainKeys()
	var err error
	keys.Elsewhere, err = w.elsewhere()
	return keys, err
}

// ErrRevoked says that credentials hold no longer, or never did.
var ErrRevoked = errors.New("these credentials hold no longer")

// Authenticate reports whether the serial of a token that head office signed holds for a store, else ErrRevoked. The first
// use of a new one voids the former. One that is ahead of the database was given out after the backup that was put back: it
// holds.
func (h *HQ) Authenticate(ctx context.Context, store string, serial uint64) error {
	var row StoreRow
	err := h.opt.Store.View(ctx, func(tx Tx) (err error) {
		row, err = tx.StoreRow(store)
		return err
	})
	switch {
	case err != nil && !errors.Is(err, edge.ErrNotFound):
		return fmt.Errorf("checking the credentials of store %q: %w", store, err)
	case serial == 0 || !row.holds(serial):
		return ErrRevoked
	case serial == row.Serial:
		return nil
	}
	err = h.update(ctx, "", func(w *work) error {
		row, err := w.tx.StoreRow(store)
		if err != nil && !errors.Is(err, edge.ErrNotFound) {
			return err
		}
		if !row.holds(serial) {
			return ErrRevoked
		}
		if serial > row.Last {
			row.ID = store
			return w.takeAhead(row, serial)
		}
		row.Serial, row.Next = serial, 0
		return w.tx.PutStore(row)
	})
	if err != nil {
		return fmt.Errorf("taking the new credentials of store %q: %w", store, err)
	}
	return nil
}

// holds reports whether a serial that was signed here is in use, or given out and not used yet, or ahead of the database.
func (row StoreRow) holds(serial uint64) bool {
	return row.Revoked.IsZero() && (serial == row.Serial || serial == row.Next || serial > row.Last)
}

// takeAhead takes credentials that are ahead of the database, of a store that it may not even know: an older copy was put
// back. A store that enrolled since then owes what any newcomer owes.
func (w *work) takeAhead(row StoreRow, serial uint64) error {
	isNew := row.Enrolled.IsZero()
	row.Serial, row.Next, row.Last = serial, 0, serial
	if isNew {
		row.Enrolled, row.Code = w.now.UTC(), time.Time{}
		if row.Added.IsZero() {
			row.Added = row.Enrolled
		}
		var err error
		if row.Playbook, err = w.assigned(row.ID); err != nil {
			return err
		}
	}
	if err := errors.Join(w.needEpoch(), w.tx.PutStore(row), w.aheadOf(row.ID)); err != nil || !isNew {
		return err
	}
	return errors.Join(w.tx.DeleteCodes(row.ID, w.now), w.oweAll(row.ID), w.tellNewcomer(row))
}

// Rotate gives the serial of a store's next token, in place of one that was given out and never used.
func (h *HQ) Rotate(ctx context.Context, store string) (serial uint64, err error) {
	err = h.update(ctx, "", func(w *work) error {
		row, err := w.tx.StoreRow(store)
		if err != nil {
			return err
		}
		if row.Serial == 0 || !row.Revoked.IsZero() {
			return ErrRevoked
		}
		row.Last++
		row.Next = row.Last
		serial = row.Next
		return w.tx.PutStore(row)
	})
	if err != nil {
		return 0, fmt.Errorf("making new credentials for store %q: %w", store, err)
	}
	return serial, nil
}

// Secret gives 32 random bytes that are made once for a purpose and rest sealed: the key that tokens are signed with.
func (h *HQ) Secret(ctx context.Context, purpose string) (secret []byte, err error) {
	label := "secret " + purpose
	err = h.update(ctx, "", func(w *work) error {
		sealed, err := w.tx.Value(label)
		if err != nil {
			return err
		}
		if sealed != nil {
			secret, err = w.opt.Keys.OpenOwn(label, sealed)
			return err
		}
		secret = make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
		return w.tx.PutValue(label, w.opt.Keys.SealOwn(label, secret))
	})
	if err != nil {
		return nil, fmt.Errorf("reading the secret for %s: %w", purpose, err)
	}
	return secret, nil
}

// Restored begins another history: it is called once after the database was put back from a backup, so that stores and
// readers of the feed, whose cursors stand at positions that will be given out anew, begin again.
func (h *HQ) Restored(ctx context.Context) error {
	if err := h.update(ctx, "", func(w *work) error { return w.beginAnew("somebody said so") }); err != nil {
		return fmt.Errorf("beginning anew after a backup was restored: %w", err)
	}
	return nil
}
