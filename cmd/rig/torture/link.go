// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"

	"redbench/edge"
	"redbench/sync/downlink"
	"redbench/sync/link"
)

func (m *machine) joinDown(gate *link.Gate) (err error) {
	m.down, err = downlink.New(downlink.Options{Store: m.rec, Link: m.client, Gate: gate, Now: m.now, Log: m.w.log})
	if err != nil {
		return err
	}
	// As the daemon does at each start: what an enrolment or an offer had begun goes on.
	if err := m.rec.StartOutbox(m.w.ctx); err != nil {
		return m.unlessCut(err)
	}
	return m.unlessCut(m.up.Resume(m.w.ctx))
}

// unlessCut: whoever's power went out while it started is started again.
func (m *machine) unlessCut(err error) error {
	if m.dead {
		return nil
	}
	return err
}

// enrol makes a machine one of the chain's, as `redbench enroll` does; a power cut on the way, or an answer that is lost,
// costs a new code.
func (m *machine) enrol() {
	w := m.w
	for try := 0; try < 50 && !m.tryEnrol(); try++ {
		w.say("%s: enrolling again", m.name)
	}
	if !m.enrolled() {
		w.fail("%s cannot be enrolled", m.name)
	}
}

func (m *machine) tryEnrol() bool {
	w := m.w
	if m.dead {
		m.restart()
	}
	var code string
	err := w.office.ask("adding a store", func(ctx context.Context) (err error) {
		code, err = w.office.hq.AddStore(ctx, m.store, nil)
		return err
	})
	if err != nil {
		w.fail("a store cannot be added: %v", err)
		return true
	}
	got, err := link.Enrol(w.ctx, link.EnrolOptions{URL: "http://hq.test", Insecure: true, Code: code, Store: m.store,
		Keys: m.seal.OwnKeys(), Transport: line{m}, Now: m.now})
	if err != nil {
		w.say("%s: enrolling: %v", m.name, err)
		return false
	}
	for _, step := range []func() error{
		func() error { return m.seal.Adopt(got.Chain) },
		func() error { return got.Credentials.Save(m.dir) },
		func() error { return m.rec.StartOutbox(w.ctx) },
		func() error { return m.rec.Offer(w.ctx, nil) },
		func() error { return m.join(got.Credentials) },
	} {
		if err := m.rec.around("a step of enrolling", step); err != nil {
			w.say("%s: enrolling: %v", m.name, err)
			return false
		}
	}
	m.share(got)
	return true
}

// share gives the credentials to the machines that are the same store: head office knows one of each.
func (m *machine) share(got link.Enrolled) {
	for _, other := range m.w.boxes {
		if other == m || other.store != m.store {
			continue
		}
		for other.dead {
			other.restart()
		}
		err := errors.Join(other.seal.Adopt(got.Chain), got.Credentials.Save(other.dir), other.db.StartOutbox(m.w.ctx))
		if err == nil && !other.enrolled() {
			err = other.rec.Offer(m.w.ctx, nil)
		}
		if err == nil {
			err = other.join(got.Credentials)
		}
		if err != nil && !other.dead {
			m.w.fail("%s cannot be enrolled as %s was: %v", other.name, m.name, err)
		}
	}
}

// round is what the daemon's loops do in a while: ask for changes, tell how the box is, send what waits.
func (m *machine) round() {
	m.ask()
	if m.w.chance(0.5) {
		m.tell()
	}
	for range 1 + m.w.rng.IntN(3) {
		m.send()
	}
}

// ready reports whether a machine is enrolled, and starts it again where its power had gone out.
func (m *machine) ready() bool {
	for m.dead {
		m.restart()
	}
	return m.enrolled()
}

func (m *machine) ask() {
	if m.ready() {
		m.hear("asking", m.down.Round(m.w.ctx, 0))
	}
}

func (m *machine) send() (more bool) {
	if !m.ready() {
		return false
	}
	err := m.up.Resume(m.w.ctx)
	if err == nil {
		more, err = m.up.Round(m.w.ctx)
	}
	m.hear("sending", err)
	return more
}

func (m *machine) tell() {
	if m.ready() {
		m.hear("telling", m.up.Tell(m.w.ctx))
	}
}

// hear looks at what came of a round. Only a link that went wrong, or a power cut, may make it fail.
func (m *machine) hear(what string, err error) {
	if err == nil || m.dead {
		return
	}
	m.w.say("%s: %s: %v", m.name, what, err)
	if m.w.calm && m.revoked(err) {
		m.w.say("%s is enrolled anew", m.name)
		m.enrol()
		return
	}
	if m.w.calm {
		m.w.troubles = append(m.w.troubles, m.name+": "+what+": "+err.Error())
	}
}

func (m *machine) revoked(err error) bool { return errors.Is(err, link.ErrRevoked) }

// lookup asks head office for a card that the machine does not know.
func (m *machine) lookup(id edge.Identifier) {
	if !m.ready() {
		return
	}
	hashes := m.db.LookupHashes(id)
	if len(hashes) == 0 {
		return
	}
	found, err := m.down.Lookup(m.w.ctx, hashes)
	if err != nil {
		m.w.say("%s: looking a card up: %v", m.name, err)
		return
	}
	ref, err := m.rec.TakeFound(m.w.ctx, found)
	m.w.say("%s: somebody is found: %d, %v", m.name, ref, err)
	if err != nil && !m.dead && !errors.Is(err, edge.ErrNotFound) { // she was forgotten here meanwhile
		m.w.fail("%s cannot keep whom head office found: %v", m.name, err)
	}
}
