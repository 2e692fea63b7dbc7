// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

const (
	// metaModel is what the store's customers' habits have in common, as the model has learnt it.
	metaModel = "model"
	// lessonsEach is how many visits of one transaction the model learns from: under load, and of an import, it learns from a
	// sample.
	lessonsEach = 16
	// It is written when it has learnt so much, or something so long ago. What a crash loses of it does no harm.
	keptAfterLessons = 500
	keptAfter        = 10 * time.Minute
)

// model is the store's model of habits. Taps read it while visits are learnt.
type model struct {
	mu      sync.RWMutex
	learnt  *memory.Model
	lessons int // since it was written
	kept    time.Time
}

// teach lets the model learn from a visit, before her own memory does.
func (w *work) teach(p *memory.Person, at time.Time, bought []memory.Thing) {
	if w.lessons >= lessonsEach {
		return
	}
	w.lessons++
	m := &w.model
	m.mu.Lock()
	defer m.mu.Unlock()
	m.learnt.Learn(p, at, bought)
	m.lessons++
}

const (
	// usualThings is how many things that she may take now are told at a tap.
	usualThings = 8
	// tapThings is how many of her most usual things a tap looks at: what is beyond them is hardly ever probable enough to be
	// named, and each costs a microsecond.
	tapThings = 12
)

// packTap packs what a tap reads of her baskets. What cannot be read is left as it is: a tap sees that too.
func packTap(packed []byte) []byte {
	var p memory.Person
	if p.UnmarshalBinary(packed) != nil {
		return packed
	}
	p.Things = p.Things[:min(len(p.Things), tapThings)]
	short, err := p.MarshalBinary()
	if err != nil {
		return packed
	}
	return short
}

// usual gives the things that she may take now, the most probable first.
func (m *model) usual(p *memory.Person, now time.Time) []memory.Guess {
	m.mu.RLock()
	guesses := m.learnt.Usual(p, now)
	m.mu.RUnlock()
	slices.SortStableFunc(guesses, func(a, b memory.Guess) int { return cmp.Compare(b.P, a.P) })
	return guesses[:min(len(guesses), usualThings)]
}

// addUsual reads what is kept of her baskets into a profile. What cannot be read was kept by another version, and is computed
// anew at her next visit: until then nothing is usual.
func (s *Store) addUsual(ctx context.Context, db *sql.DB, p *edge.Profile, packed []byte, now time.Time) error {
	var person memory.Person
	if err := person.UnmarshalBinary(packed); err != nil {
		return nil
	}
	for _, g := range s.model.usual(&person, now.In(s.opt.Zone)) {
		it, err := s.items.number(ctx, db, g.Item)
		if err != nil {
			return err
		}
		p.Usual = append(p.Usual, edge.Habit{SKU: it.sku, Name: it.name, P: share(&person, g.Item), Today: g.P, Times: g.Times, Last: moment(g.Last)})
	}
	return nil
}

// share is how much of her recent baskets held a thing of her list.
func share(p *memory.Person, item int64) float64 {
	for i := range p.Things {
		if p.Things[i].Item == item {
			return memory.P(p.Things[i].LogW, p.Visits)
		}
	}
	return 0
}

// knowModel reads the model. What cannot be read is begun anew with the one that ships.
func (w *work) knowModel() error {
	w.model.learnt, w.model.kept = memory.NewModel(), w.opt.Now()
	var packed []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT value FROM meta WHERE name = ?`, metaModel).Scan(&packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		if err := w.model.learnt.UnmarshalBinary(packed); err != nil {
			w.opt.Log.Warn("the store's model of habits begins anew", "error", err)
			w.model.learnt = memory.NewModel()
		}
	}
	return err
}

// keepModel writes the model when it is due; always where at is zero.
func (s *Store) keepModel(ctx context.Context, at time.Time) error {
	packed, err := s.model.due(at)
	if err != nil || packed == nil {
		return err
	}
	err = s.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, metaModel, packed)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping the model of habits: %w", err)
	}
	return nil
}

// due packs the model if it is to be written, and counts it as written: should that not succeed, the next lessons bring it.
func (m *model) due(at time.Time) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lessons == 0 || !at.IsZero() && m.lessons < keptAfterLessons && at.Sub(m.kept).Abs() < keptAfter {
		return nil, nil
	}
	m.lessons, m.kept = 0, at
	return m.learnt.MarshalBinary()
}
