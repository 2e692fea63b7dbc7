// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"redbench/edge"
)

// ErrCursor says that a cursor is not one of ours.
var ErrCursor = errors.New("not a cursor of this head office")

// cursor is how far a store was told. It is opaque to everybody else.
type cursor struct {
	epoch    string // the history of the database that the positions are of
	erasures int64
	changes  int64
	full     int64 // up to here what the store itself has told is told, too: it began with nothing
	life     life  // that it was written in
}

// text writes a cursor for a store, signed: one that tells of a history which the database does not have proves that an
// older copy was put back, and that nobody may make up.
func (h *HQ) text(store string, c cursor) string {
	text := fmt.Sprintf("2.%s.%d.%d.%d.%d.%x", c.epoch, c.erasures, c.changes, c.full, c.life.n, c.life.token)
	return text + "." + h.signed(store, text)
}

// signed is the signature of a cursor's text. The feed's are of no store.
func (h *HQ) signed(store, text string) string {
	mac := h.opt.Keys.Digest([]byte("cursor"), []byte(store), []byte(text))
	return hex.EncodeToString(mac[:])
}

// parts cuts a signed text into its parts, which are numbers but the second and the last; the signature is taken off.
func (h *HQ) parts(store, text, kind string, n int) (c cursor, numbers []int64, err error) {
	end := strings.LastIndexByte(text, '.')
	if end < 0 || !hmac.Equal([]byte(text[end+1:]), []byte(h.signed(store, text[:end]))) {
		return c, nil, ErrCursor
	}
	parts := strings.Split(text[:end], ".")
	if len(parts) != n || parts[0] != kind {
		return c, nil, ErrCursor
	}
	c.epoch = parts[1]
	token, err := hex.DecodeString(parts[n-1])
	if err != nil || len(c.epoch) != epochLength || copy(c.life.token[:], token) != len(c.life.token) {
		return c, nil, ErrCursor
	}
	for _, part := range parts[2 : n-1] {
		number, err := parsePos(part)
		if err != nil {
			return c, nil, err
		}
		numbers = append(numbers, number)
	}
	c.life.n = uint64(numbers[len(numbers)-1])
	return c, numbers, nil
}

// parseCursor reads what text wrote; the zero cursor for an empty text.
func (h *HQ) parseCursor(store, text string) (cursor, error) {
	if text == "" {
		return cursor{}, nil
	}
	c, numbers, err := h.parts(store, text, "2", 7)
	if err != nil {
		return cursor{}, err
	}
	c.erasures, c.changes, c.full = numbers[0], numbers[1], numbers[2]
	return c, nil
}

func parsePos(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, ErrCursor
	}
	return n, nil
}

const epochLength = 8

// epoch names the history of the database. A restored backup begins another one (Restored), since it gives out positions
// anew that cursors out there already stand at.
func (w *work) epoch() (string, error) {
	value, err := w.tx.Value(valueEpoch)
	if value == nil {
		return noEpoch, err
	}
	return string(value), err
}

// noEpoch stands for the time before anything was given out.
const noEpoch = "00000000"

// needEpoch makes the first epoch.
func (w *work) needEpoch() error {
	have, err := w.epoch()
	if err != nil || have != noEpoch {
		return err
	}
	return w.newEpoch()
}

// newEpoch takes a position, so that whoever waits for changes looks again.
func (w *work) newEpoch() error {
	_, err := w.next()
	return errors.Join(err, w.tx.PutValue(valueEpoch, []byte(strings.ReplaceAll(uuid.NewString(), "-", "")[:epochLength])))
}

// begun gives where to go on from a cursor: at the beginning when it is empty. One of another history, or beyond all that was
// ever given out, fails with ErrCursor: its owner then knows that what it has told may be lost here. The life that it gives
// is the current one.
func (w *work) begun(c cursor) (cursor, error) {
	epoch, err := w.epoch()
	if err != nil {
		return c, err
	}
	if c.epoch == "" {
		if c.full, err = w.number(valuePos); err != nil {
			return c, err
		}
		c.epoch = epoch
	} else if err := w.ours(c, epoch); err != nil {
		return c, err
	}
	c.life, err = w.life(valueLife)
	return c, err
}

// ours fails with ErrCursor for a cursor that is not of this database's history.
func (w *work) ours(c cursor, epoch string) error {
	if c.epoch != epoch {
		return ErrCursor
	}
	if w.store != "" {
		row, err := w.tx.StoreRow(w.store)
		if err == nil && max(c.full, c.changes) < row.Dropped {
			err = ErrCursor
		}
		if err != nil && !errors.Is(err, edge.ErrNotFound) {
			return err
		}
	}
	had, err := w.had(c.life, max(c.erasures, c.changes, c.full))
	if err == nil && !had {
		err = &lost{epoch}
	}
	return err
}
