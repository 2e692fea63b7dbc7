// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// What the box knows of itself, in the table meta.
const (
	metaBox    = "box"    // id of its outbox; with a new one head office counts from the beginning
	metaOrigin = "origin" // the first such id: it made whatever has no stamp of its own
	metaStamp  = "stamp"  // the latest hybrid logical time
	metaWall   = "wall"   // what the clock on the wall said then

	metaOutbox     = "outbox"     // the box is enrolled: what happens is told
	metaTried      = "tried"      // the highest seq that was ever sent
	metaFormer     = "former"     // ids of former boxes, sixteen bytes each
	metaAcked      = "acked"      // the highest seq that head office is known to have
	metaGaps       = "gaps"       // how many rows were taken out between those that wait
	metaSummarised = "summarised" // how many records were told as a sum, ever
	metaUnsure     = "unsure"     // up to which seq a former box id may have told what waits
	metaOffer      = "offer"      // how far everything that the box holds was put into the outbox
)

// backwards is how far the clock may go back over a restart before the box takes itself for a restored copy.
const backwards = time.Hour

// outbox is what is known of the outbox without asking the database.
type outbox struct {
	on      atomic.Bool   // it is written to
	tried   atomic.Uint64 // as metaTried
	lent    atomic.Uint64 // the highest seq that Pending has read: it may be on its way
	opened  uint64        // the last seq when the store was opened: in a restored copy those may have been sent, too
	pending sync.Mutex    // one Pending at a time
	changed chan struct{}
	acked   chan struct{}

	searched searched // by capOutbox alone
	sum      sum      // the last that was made; while writing
}

// know reads what the box knows of itself, and makes it at the first start. A box whose clock went far back is a copy
// from another time, perhaps beside the one that it was made from: it takes another id.
func (s *Store) know(ctx context.Context) error {
	s.outbox.changed, s.outbox.acked = make(chan struct{}, 1), make(chan struct{}, 1)
	return s.transact(ctx, func(tx *sql.Tx) error {
		w := s.newWork(ctx, tx)
		box, err := w.metaID(metaBox)
		if err != nil {
			return err
		}
		if s.origin, err = w.metaID(metaOrigin); err != nil {
			return err
		}
		last, err := w.lastStamp()
		if err != nil {
			return err
		}
		s.clock = edge.NewClock(box, last)
		if err := errors.Join(w.knowRules(), w.knowGaps(), w.knowModel()); err != nil {
			return err
		}
		owes, err := w.metaNumber(metaScrub)
		if err != nil {
			return err
		}
		if owes != 0 {
			s.scrub.OweUnknown()
		}
		on, err := w.metaNumber(metaOutbox)
		if err != nil {
			return err
		}
		tried, err := w.metaNumber(metaTried)
		if err != nil {
			return err
		}
		s.outbox.on.Store(on != 0)
		s.outbox.tried.Store(uint64(tried))
		place, err := s.place(w.ctx, tx)
		if err != nil {
			return err
		}
		s.outbox.opened = place.Last
		if _, err := w.drop(`seq <= coalesce((SELECT value FROM meta WHERE name = ?), 0)`, metaAcked); err != nil {
			return err
		}
		wall, err := w.metaNumber(metaWall)
		if err != nil || moment(wall).Sub(s.opt.Now()) <= backwards {
			return err
		}
		s.opt.Log.Warn("the clock went back since the last start; the box goes on as another one", "by", moment(wall).Sub(s.opt.Now()))
		return w.newBox()
	})
}

// metaID reads an id. The first start makes it: the origin is the first box.
func (w *work) metaID(name string) (string, error) {
	var id []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows) && name == metaOrigin:
		box, err := w.metaID(metaBox)
		if err != nil {
			return "", err
		}
		return box, w.putMeta(metaOrigin, idKey(box))
	case errors.Is(err, sql.ErrNoRows):
		fresh, err := uuid.NewV7()
		if err != nil {
			return "", fmt.Errorf("making the box's id: %w", err)
		}
		return fresh.String(), w.putMeta(name, fresh[:])
	case err != nil:
		return "", err
	}
	u, err := uuid.FromBytes(id)
	if err != nil {
		return "", errRecord
	}
	return u.String(), nil
}

func (w *work) metaNumber(name string) (n int64, err error) { return metaNumber(w.ctx, w.tx, name) }

// metaNumber reads a number; one that was never set is 0.
func metaNumber(ctx context.Context, q queryer, name string) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func (w *work) putMeta(name string, value any) error {
	return w.exec(`INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

func (w *work) lastStamp() (edge.Stamp, error) {
	var text string
	err := w.tx.QueryRowContext(w.ctx, `SELECT value FROM meta WHERE name = ?`, metaStamp).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.Stamp{}, nil
	}
	if err != nil {
		return edge.Stamp{}, err
	}
	return edge.ParseStamp(text)
}

// wallEach is how often a box to which nothing happens remembers what its clock said.
const wallEach = 15 * time.Minute

// lookAtClock remembers what the clock on the wall says, by which a copy from another time is known at its start. When head
// office was asked by a clock that ran ahead, that counts from now: else nothing would be locked for as long.
func (s *Store) lookAtClock(ctx context.Context) error {
	now := s.opt.Now()
	wall, err := metaNumber(ctx, s.read, metaWall)
	if err != nil {
		return fmt.Errorf("looking at the clock: %w", err)
	}
	_, asked, err := s.Cursor(ctx)
	if err != nil {
		return fmt.Errorf("looking at the clock: %w", err)
	}
	ahead, apart := asked.After(now.Add(wallEach)), now.Sub(moment(wall)).Abs() >= wallEach
	if !ahead && !apart {
		return nil
	}
	err = s.working(ctx, func(w *work) (err error) {
		if ahead {
			err = w.putAsked(now)
		}
		return errors.Join(err, w.putMeta(metaWall, now.UnixMicro()))
	})
	if err != nil {
		return fmt.Errorf("remembering what the clock says: %w", err)
	}
	return nil
}

// stamp makes a hybrid logical time, later than all that this box has made or seen. It is kept with the transaction.
func (w *work) stamp() edge.Stamp {
	w.stamped = true
	return w.clock.Next(w.opt.Now())
}

// see makes later stamps than one that another made, from now on and after a restart.
func (w *work) see(s edge.Stamp) {
	w.stamped = true
	w.clock.See(s)
}

// keepStamp makes the clock go on where it was after a restart.
func (w *work) keepStamp() error {
	if !w.stamped {
		return nil
	}
	return errors.Join(w.putMeta(metaStamp, w.clock.Last().String()), w.putMeta(metaWall, w.opt.Now().UnixMicro()))
}

// Place tells where the box's outbox stands.
func (s *Store) Place(ctx context.Context) (edge.Place, error) {
	p, err := s.place(context.WithoutCancel(ctx), s.read)
	if err != nil {
		return p, fmt.Errorf("reading where the outbox stands: %w", err)
	}
	return p, nil
}

// former packs the ids of former boxes, the latest ones.
func (w *work) former(boxes []string) (packed []byte) {
	for _, box := range boxes[max(0, len(boxes)-edge.MaxFormer):] {
		packed = append(packed, idKey(box)...)
	}
	return packed
}

func (s *Store) place(ctx context.Context, q queryer) (p edge.Place, err error) {
	var box, former []byte
	err = q.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name = ?), (SELECT value FROM meta WHERE name = ?),
		coalesce((SELECT value FROM meta WHERE name = ?), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)`,
		metaBox, metaFormer, metaAcked).Scan(&box, &former, &p.Acked, &p.Last)
	if err != nil {
		return p, err
	}
	for id := range slices.Chunk(former, 16) {
		u, err := uuid.FromBytes(id)
		if err != nil {
			return p, errRecord
		}
		p.Former = append(p.Former, u.String())
	}
	u, err := uuid.FromBytes(box)
	p.Box = u.String()
	return p, err
}

// NewBox gives the outbox another id, since head office knows of this one what this box does not: it was restored from
// a backup, or is one of two copies. Everything that waits is sent anew, each record with the id that it had. And
// everything is asked for anew: head office does not tell a store again what that store has told, unless it begins anew.
func (s *Store) NewBox(ctx context.Context) (edge.Place, error) {
	err := s.working(ctx, func(w *work) error { return w.newBox() })
	if err != nil {
		return edge.Place{}, fmt.Errorf("taking another box id: %w", err)
	}
	return s.Place(ctx)
}

// newBox leaves the numbers of the rows as they are: head office knows none of the new box, the first names none before
// it, and so they follow on each other as any do. What was tried stays so: head office may have it from the former box.
// And of what waits another copy of this box may have told it, so that no sum may count it, nor one that did so stand.
func (w *work) newBox() error {
	p, err := w.place(w.ctx, w.tx)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making the box's id: %w", err)
	}
	w.clock.Rename(id.String())
	w.stamped = true
	former := w.former(append(p.Former, p.Box))
	return errors.Join(w.putMeta(metaBox, id[:]), w.putMeta(metaFormer, former), w.putMeta(metaAcked, 0), w.leaveCursor(),
		w.putMeta(metaUnsure, int64(p.Last)), w.takeSumsBack(), w.keepStamp())
}
