// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"redbench/edge/seal"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
)

// errCut is what everybody hears of whom the power went out.
var errCut = errors.New("the power went out")

// office is head office: its directory, and what runs on it.
type office struct {
	w       *world
	dir     string
	skew    time.Duration
	dead    bool // the power went out; nothing answers until it is opened again
	db      *hqstore.Store
	seal    *seal.Box
	hq      *hq.HQ
	api     *hq.API
	handler http.Handler

	upto   map[outboxKey]uint64 // what was committed of each outbox, as this disk has it
	copies []officeCopy
	marked time.Time     // when the marker beside the database was written last
	noted  chan struct{} // a transaction that writes is over
}

type outboxKey struct{ store, box string }

func newOffice(w *world) (*office, error) {
	o := &office{w: w, dir: w.newDir("hq"), upto: map[outboxKey]uint64{}, noted: make(chan struct{}, 1)}
	return o, o.open()
}

func (o *office) now() time.Time { return o.w.now.Add(o.skew) }

func (o *office) open() (err error) {
	if o.seal, err = seal.OpenChain(o.dir); err != nil {
		return err
	}
	o.db, err = hqstore.Open(o.w.ctx, hqstore.Options{Dir: o.dir, Fingerprint: o.seal.Fingerprint(), Log: o.w.log, Now: o.now, Upkeep: -1})
	if err != nil {
		return err
	}
	o.dead = false
	store := &officeStore{Store: o.db, o: o}
	o.hq, err = hq.New(hq.Options{Store: store, Keys: o.seal, Now: o.now, Log: o.w.log})
	if err != nil {
		return err
	}
	calm := o.w.calm
	o.w.calm = true // a start that the power ends is only another start
	defer func() { o.w.calm = calm }()
	if err := o.compare(); err != nil {
		return err
	}
	if o.api, err = hq.NewAPI(o.w.ctx, o.hq, hq.APIOptions{Log: o.w.log, Now: o.now, Insecure: true}); err != nil {
		return err
	}
	o.handler = o.api.Handler()
	return nil
}

func (o *office) close() {
	if o.db == nil {
		return
	}
	o.api.Close()
	_ = o.hq.Close()
	_ = o.db.Close()
	o.db = nil
}

// restart starts again with what was on the disk.
func (o *office) restart() {
	o.w.say("head office starts again")
	o.reopenFrom(o.dir)
}

// reopenFrom starts with a copy of a directory.
func (o *office) reopenFrom(dir string) { o.reopenWith(dir, nil) }

// reopenWith starts with a copy of a directory, and another marker beside the database where one is given.
func (o *office) reopenWith(dir string, mark []byte) {
	o.api.Close()
	_ = o.hq.Close() // what goes on behind an answer is not cut, so that the copy is of one moment
	fresh := o.w.newDir("hq")
	if err := copyDir(fresh, dir); err != nil {
		o.w.fail("copying head office's disk: %v", err)
	}
	if mark != nil {
		if err := os.WriteFile(filepath.Join(fresh, markFile), mark, 0o600); err != nil {
			o.w.fail("leaving the marker where it is: %v", err)
		}
	}
	old := o.dir
	o.close()
	_ = os.RemoveAll(old)
	o.dir = fresh
	if err := o.open(); err != nil {
		o.w.fail("head office does not start again: %v", err)
	}
}

// ask does something at head office by hand, again and again until the power lasts.
func (o *office) ask(what string, f func(ctx context.Context) error) error {
	for {
		if o.dead {
			o.restart()
		}
		err := f(o.w.ctx)
		if !o.dead {
			if err != nil {
				o.w.say("%s: %v", what, err)
			}
			return err
		}
	}
}

// officeStore lets the power fail around transactions, and knows what was committed.
type officeStore struct {
	hq.Store
	o *office
}

func (s *officeStore) Update(ctx context.Context, f func(tx hq.Tx) error) error {
	w := s.o.w
	defer s.o.note()
	if s.o.dead {
		return errCut
	}
	if w.cut() {
		w.say("head office: the power goes out before a commit")
		s.o.dead = true
		return errCut
	}
	seen := &officeTx{o: s.o, upto: map[outboxKey]uint64{}}
	lose := w.plants(bugAckBeforeDurable) && w.chance(0.1)
	err := s.Store.Update(ctx, func(tx hq.Tx) error {
		seen.Tx = tx
		err := f(seen)
		if err == nil && lose && len(seen.upto) > 0 {
			return errCut
		}
		return err
	})
	if lose && errors.Is(err, errCut) {
		w.say("PLANTED: head office says that it is durable, and it is not")
		return nil
	}
	if err != nil {
		return err
	}
	maps.Copy(s.o.upto, seen.upto)
	if w.cut() {
		w.say("head office: the power goes out after a commit")
		s.o.dead = true
		return errCut
	}
	return nil
}

func (s *officeStore) View(ctx context.Context, f func(tx hq.Tx) error) error {
	if s.o.dead {
		return errCut
	}
	return s.Store.View(ctx, func(tx hq.Tx) error { return f(&officeTx{Tx: tx, o: s.o, upto: map[outboxKey]uint64{}}) })
}

// Whom a lookup has found is noted behind the answer, in a transaction of its own. Here one thing happens at a time, or a schedule
// would not be the same again.

func (o *office) note() {
	select {
	case o.noted <- struct{}{}:
	default:
	}
}

func (o *office) unnoted() {
	select {
	case <-o.noted:
	default:
	}
}

func (o *office) whenNoted() {
	select {
	case <-o.noted:
	case <-o.w.ctx.Done():
	}
}
