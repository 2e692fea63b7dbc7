// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// ErrCursor says that a cursor is not one of ours.
var ErrCursor = errors.New("not a cursor of this head office")

// cursor is how far a store was told. It is opaque to everybody else.
type cursor struct {
	epoch    string // the history of the database that the positions are of
	erasures int64
	changes  int64
	full     int64 // up to here what the store itself has told is told, too: it began with nothing
}

func (c cursor) String() string {
	return fmt.Sprintf("1.%s.%d.%d.%d", c.epoch, c.erasures, c.changes, c.full)
}

// parseCursor reads what String wrote; the zero cursor for an empty text.
func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return c, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) != 5 || parts[0] != "1" || len(parts[1]) != epochLength {
		return c, ErrCursor
	}
	c.epoch = parts[1]
	for i, n := range []*int64{&c.erasures, &c.changes, &c.full} {
		if *n, err = parsePos(parts[2+i]); err != nil {
			return cursor{}, err
		}
	}
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

func (w *work) newEpoch() error {
	return w.tx.PutValue(valueEpoch, []byte(strings.ReplaceAll(uuid.NewString(), "-", "")[:epochLength]))
}

// begun gives where to go on from a cursor: at the beginning when it is empty. One of another history, or beyond all that was
// ever given out, fails with ErrCursor: its owner then knows that what it has told may be lost here.
func (w *work) begun(c cursor) (cursor, error) {
	epoch, err := w.epoch()
	if err != nil {
		return c, err
	}
	last, err := w.number(valuePos)
	if err != nil {
		return c, err
	}
	if c.epoch == epoch && max(c.erasures, c.changes, c.full) <= last {
		return c, nil
	}
	if c.epoch != "" {
		return c, ErrCursor
	}
	return cursor{epoch: epoch, full: last}, nil
}
