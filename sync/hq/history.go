// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// A database that was put back from a backup gives out positions anew at which cursors out there already stand. So its
// history is cut into lives: each process that gives out a position begins one, with a random token and the position where
// it begins. A cursor names the life that it was written in. One of a life that this database never had, or from behind
// the place where the next life began, tells of a history that was lost: the database is an older copy.

// life is one part of the history.
type life struct {
	n     uint64 // counts lives; 0: before the first
	start int64  // the last position that was given out before it
	token [8]byte
}

// knownLives is how many of the last lives are known by their tokens, in a ring.
const knownLives = 4096

const valueLife = "life" // the current one; the ring's have a number behind it

func ringName(n uint64) string { return fmt.Sprintf("%s.%d", valueLife, n%knownLives) }

func (l life) bytes() []byte {
	out := binary.BigEndian.AppendUint64(nil, l.n)
	out = binary.BigEndian.AppendUint64(out, uint64(l.start))
	return append(out, l.token[:]...)
}

// life reads what was kept under a name; the zero life where nothing was.
func (w *work) life(name string) (l life, err error) {
	value, err := w.tx.Value(name)
	if err != nil || value == nil {
		return l, err
	}
	if len(value) != 24 {
		return l, fmt.Errorf("reading the value %q: it has %d bytes", name, len(value))
	}
	l.n, l.start = binary.BigEndian.Uint64(value), int64(binary.BigEndian.Uint64(value[8:]))
	copy(l.token[:], value[16:])
	return l, nil
}

// live begins this process's life, before the first position after last is given out.
func (w *work) live(last int64) error {
	if w.alive.Load() {
		return nil
	}
	l, err := w.life(valueLife)
	if err != nil {
		return err
	}
	l.n, l.start, w.begins = l.n+1, last, true
	_, _ = rand.Read(l.token[:]) // never fails
	return errors.Join(w.tx.PutValue(valueLife, l.bytes()), w.tx.PutValue(ringName(l.n), l.bytes()))
}

// had reports whether this database's history has a life up to a position.
func (w *work) had(l life, pos int64) (bool, error) {
	current, err := w.life(valueLife)
	if err != nil {
		return false, err
	}
	upto, err := w.number(valuePos)
	if err != nil || l.n > current.n || pos > upto {
		return false, err
	}
	same, err := w.life(ringName(l.n))
	if err != nil || same.n == l.n && same.token != l.token {
		return false, err
	}
	next, err := w.life(ringName(l.n + 1))
	return next.n != l.n+1 || pos <= next.start, err
}

// lost says that a cursor of ours tells of a history that this database does not have.
type lost struct{ epoch string }

func (l *lost) Error() string {
	return "a cursor from a history that was lost: an older copy was put back"
}
func (l *lost) Unwrap() error { return ErrCursor }

// noticed begins anew where an error proves that an older copy was put back. Only what this head office has signed proves
// that: nobody can have the whole chain begin anew by making a cursor up.
func (h *HQ) noticed(ctx context.Context, err error) error {
	proof, is := errors.AsType[*lost](err)
	if !is {
		return err
	}
	return errors.Join(err, h.update(ctx, "", func(w *work) error {
		if epoch, err := w.epoch(); err != nil || epoch != proof.epoch {
			return err // noticed before
		}
		return w.beginAnew("a cursor is ahead of the database")
	}))
}

// beginAnew begins another history, since an older copy was put back.
func (w *work) beginAnew(why string) error {
	w.opt.Log.Warn("head office was put back from an older copy: every store begins anew, and offers again what it holds", "because", why)
	return errors.Join(w.newEpoch(), w.putNumber(valueAnew, w.now.UnixMicro()))
}

// anewFor is how long after a new beginning credentials that are ahead of the database prove nothing new: boxes that were
// away come back one by one.
const anewFor = 100 * 24 * time.Hour

// aheadOf begins anew since a store has credentials that this database never gave out.
func (w *work) aheadOf(store string) error {
	last, err := w.number(valueAnew)
	if err != nil || last != 0 && w.now.Sub(time.UnixMicro(last)) < anewFor {
		return err
	}
	return w.beginAnew("the credentials of store " + store + " are newer than the database")
}

// Marker tells how far the database was at some moment. It is kept in a file beside the database, so that a copy of the
// database alone that is put back is noticed at once.
type Marker struct {
	Life  uint64 `json:"life"`
	Token string `json:"token"`
	Pos   int64  `json:"pos"`
}

// Marker is how far the database is now.
func (h *HQ) Marker(ctx context.Context) (m Marker, err error) {
	err = h.view(ctx, "", func(w *work) error {
		l, err := w.life(valueLife)
		if err != nil {
			return err
		}
		m.Life, m.Token = l.n, hex.EncodeToString(l.token[:])
		m.Pos, err = w.number(valuePos)
		return err
	})
	if err != nil {
		return Marker{}, fmt.Errorf("reading how far head office is: %w", err)
	}
	return m, nil
}

// Opened compares the database with the marker that was found beside it; nil: there was none that could be read. It begins
// anew, and says so, where the database is older than the marker, or came here without one.
func (h *HQ) Opened(ctx context.Context, m *Marker) (anew bool, err error) {
	err = h.update(ctx, "", func(w *work) error {
		why, err := w.behind(m)
		if anew = why != ""; err == nil && anew {
			err = w.beginAnew(why)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("comparing the database with its marker: %w", err)
	}
	return anew, nil
}

// behind tells why the database is taken for an older copy; empty: it is not.
func (w *work) behind(m *Marker) (why string, err error) {
	l := life{}
	if m != nil {
		l.n = m.Life
		if token, err := hex.DecodeString(m.Token); err != nil || copy(l.token[:], token) != len(l.token) {
			m = nil
		}
	}
	if m == nil {
		if l, err = w.life(valueLife); l.n == 0 { // nothing was ever given out
			return "", err
		}
		return "no marker is beside the database", err
	}
	had, err := w.had(l, m.Pos)
	if err != nil || had {
		return "", err
	}
	return "the marker beside the database is ahead of it", nil
}
