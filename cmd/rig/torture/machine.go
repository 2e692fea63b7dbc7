// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"
	"maps"
	"os"
	"time"

	"redbench/edge/seal"
	"redbench/edge/store"
	"redbench/sync/downlink"
	"redbench/sync/link"
	"redbench/sync/uplink"
)

// machine is one store's box: its directory, and what runs on it. A store has two when its disk was cloned.
type machine struct {
	w     *world
	name  string
	store string
	dir   string
	skew  time.Duration
	dead  bool

	seal   *seal.Box
	db     *store.Store
	rec    *boxStore
	client *link.Client
	up     *uplink.Uplink
	down   *downlink.Downlink

	has      map[string]bool    // checkouts of the visits on this disk
	met      map[*person]string // for whoever watches
	furthest string             // cursor that it ever had
	words    []string           // that cashiers had here, and may take back
	forgot   []*person          // who was ordered here to be forgotten
}

// boxCopy is a backup of a machine's directory.
type boxCopy struct {
	of  *machine
	dir string
	has map[string]bool
}

func newMachine(w *world, name string) (*machine, error) {
	m := &machine{w: w, name: name, store: name, dir: w.newDir(name), has: map[string]bool{}, met: map[*person]string{}}
	return m, m.open()
}

func (m *machine) now() time.Time { return m.w.now.Add(m.skew) }

// open starts what the daemon would.
func (m *machine) open() (err error) {
	m.dead = false
	if m.seal, err = seal.Open(m.dir); err != nil {
		return err
	}
	m.db, err = store.Open(m.w.ctx, store.Options{Dir: m.dir, StoreID: m.store, Seal: m.seal, Log: m.w.log, Now: m.now,
		Ballast: -1, Upkeep: -1, OutboxBytes: m.w.rough.outbox})
	if err != nil {
		return err
	}
	m.rec = &boxStore{Store: m.db, m: m}
	credentials, err := link.Load(m.dir)
	if errors.Is(err, link.ErrNotEnrolled) {
		m.client = nil
		return nil
	}
	if err != nil {
		return err
	}
	return m.join(credentials)
}

// join makes the two ways, as of a box that is enrolled.
func (m *machine) join(credentials link.Credentials) (err error) {
	m.client, err = link.New(link.Options{Credentials: credentials, Transport: line{m}, Insecure: true, Now: m.now,
		Keep: func(c link.Credentials) error { return c.Save(m.dir) }})
	if err != nil {
		return err
	}
	gate := link.NewGate()
	m.up, err = uplink.New(uplink.Options{Store: m.rec, Link: m.client, Gate: gate, Now: m.now, Log: m.w.log,
		Records: 1 + m.w.rng.IntN(40)})
	if err != nil {
		return err
	}
	return m.joinDown(gate)
}

func (m *machine) close() {
	if m.db == nil {
		return
	}
	_ = m.db.Close()
	m.db = nil
}

// enrolled reports whether the machine has credentials.
func (m *machine) enrolled() bool { return m.client != nil }

// restart starts again with what was on the disk when the power went out.
func (m *machine) restart() {
	m.w.say("%s starts again", m.name)
	m.reopenFrom(m.dir)
}

// reopenFrom starts with a copy of a directory. What the machine had of its own is gone.
func (m *machine) reopenFrom(dir string) {
	fresh := m.w.newDir(m.name)
	if err := copyDir(fresh, dir); err != nil {
		m.w.fail("copying the disk of %s: %v", m.name, err)
	}
	m.close()
	_ = os.RemoveAll(m.dir)
	m.dir = fresh
	if err := m.open(); err != nil {
		m.w.fail("%s does not start again: %v", m.name, err)
	}
}

// do does something on a machine, again and again until the power lasts. What f does must be safe to do twice.
func (m *machine) do(what string, f func(ctx context.Context) error) error {
	for try := 0; ; try++ {
		if m.dead {
			m.restart()
		}
		err := f(m.w.ctx)
		if !m.dead {
			if err != nil {
				m.w.say("%s: %s: %v", m.name, what, err)
			}
			return err
		}
	}
}

// back makes a copy of the machine's directory.
func (m *machine) backup() {
	c := boxCopy{of: m, dir: m.w.newDir(m.name + "-copy"), has: maps.Clone(m.has)}
	if err := copyDir(c.dir, m.dir); err != nil {
		m.w.fail("backing %s up: %v", m.name, err)
	}
	m.w.copies = append(m.w.copies, c)
}
