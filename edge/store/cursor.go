// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Where the next question for changes begins, and when the last one was answered.
const (
	metaCursor = "cursor"
	metaAsked  = "asked"
	metaLeft   = "left" // a cursor was given up, and none has come since

	metaAskFirst = "ask first" // nobody is named until head office was asked
)

// Cursor gives where the next question for changes begins ("" for the beginning), and when head office last answered
// one so that this box knows whom it has to forget; zero: never.
func (s *Store) Cursor(ctx context.Context) (cursor string, asked time.Time, err error) {
	if cursor, err = metaText(ctx, s.read, metaCursor); err != nil {
		return "", time.Time{}, err
	}
	text, err := metaText(ctx, s.read, metaAsked)
	if err != nil || text == "" {
		return cursor, time.Time{}, err
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("reading %s: %w", metaAsked, err)
	}
	return cursor, moment(at), nil
}

// StartOver makes the box ask for everything anew, and offer all that it holds: head office has another history than it
// had, so that it may have lost what this box has told it, and what others have told this box.
func (s *Store) StartOver(ctx context.Context) error {
	s.admin.Lock()
	defer s.admin.Unlock()
	err := s.working(ctx, func(w *work) error { return errors.Join(w.putMeta(metaCursor, ""), w.beginOffer()) })
	if err != nil {
		return fmt.Errorf("starting over with head office: %w", err)
	}
	return nil
}

// Asked remembers that head office answered a question for changes without any: nobody is to be forgotten of whom this
// box does not know.
func (s *Store) Asked(ctx context.Context, at time.Time) error {
	return s.freeing(ctx, func() error {
		return s.transact(ctx, func(tx *sql.Tx) error {
			w := s.newWork(ctx, tx)
			return errors.Join(w.asked(at), w.orderUnheard())
		})
	})
}

func (w *work) asked(at time.Time) error {
	return errors.Join(w.putAsked(at), w.exec(`DELETE FROM meta WHERE name = ?`, metaAskFirst))
}

func (w *work) putAsked(at time.Time) error {
	return w.putMeta(metaAsked, strconv.FormatInt(micros(at), 10))
}

// AsksFirst reports whether head office is still to be asked before anybody is named.
func (s *Store) AsksFirst(ctx context.Context) (bool, error) {
	n, err := metaNumber(context.WithoutCancel(ctx), s.read, metaAskFirst)
	return n != 0, err
}

// leaveCursor makes the box ask for everything anew. As long as it has no cursor it cannot notice that head office is put back to
// an older copy, so that what it had told, and was told, by the one that it gives up may be lost.
func (w *work) leaveCursor() error {
	had, err := metaText(w.ctx, w.tx, metaCursor)
	if err != nil || had == "" {
		return err
	}
	return errors.Join(w.putMeta(metaLeft, 1), w.putMeta(metaCursor, ""))
}

// firstCursor makes the box tell again, with its first cursor, what head office may have lost before: whom to forget, and
// everything where it had another cursor.
func (w *work) firstCursor() error {
	left, err := metaNumber(w.ctx, w.tx, metaLeft)
	if err != nil {
		return err
	}
	if left == 0 {
		return w.giveAgain()
	}
	return errors.Join(w.beginOffer(), w.exec(`DELETE FROM meta WHERE name = ?`, metaLeft))
}
