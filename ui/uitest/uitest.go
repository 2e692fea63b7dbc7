// SPDX-License-Identifier: Apache-2.0

// Package uitest holds what tests and screenshots of the screens need: a store of paired screens and a cashier's ear in
// memory, and a real browser.
package uitest

import (
	"context"
	"slices"
	"sync"
	"time"

	"redbench/edge"
)

// Screens is a ui.ScreenStore in memory.
type Screens struct {
	Now func() time.Time // nil: time.Now

	mu     sync.Mutex
	tokens map[[32]byte]string
	byID   map[string]edge.Screen
}

// AddScreen keeps a screen under its token's hash.
func (s *Screens) AddScreen(_ context.Context, screen edge.Screen, token [32]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.tokens, s.byID = map[[32]byte]string{}, map[string]edge.Screen{}
	}
	s.tokens[token], s.byID[screen.ID] = screen.ID, screen
	return nil
}

// ScreenByToken finds a screen, or gives edge.ErrNotFound.
func (s *Screens) ScreenByToken(_ context.Context, token [32]byte) (edge.Screen, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	screen, ok := s.byID[s.tokens[token]]
	if !ok {
		return edge.Screen{}, edge.ErrNotFound
	}
	return screen, nil
}

// Screens lists all, oldest first.
func (s *Screens) Screens(context.Context) ([]edge.Screen, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]edge.Screen, 0, len(s.byID))
	for _, each := range s.byID {
		list = append(list, each)
	}
	slices.SortFunc(list, func(a, b edge.Screen) int { return a.Paired.Compare(b.Paired) })
	return list, nil
}

// RevokeScreen forgets a screen.
func (s *Screens) RevokeScreen(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byID[id]; !ok {
		return edge.ErrNotFound
	}
	delete(s.byID, id)
	return nil
}

// TouchScreen notes that a screen came.
func (s *Screens) TouchScreen(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	screen, ok := s.byID[id]
	if !ok {
		return edge.ErrNotFound
	}
	screen.Expires = time.Time{}
	screen.Seen = time.Now()
	if s.Now != nil {
		screen.Seen = s.Now()
	}
	s.byID[id] = screen
	return nil
}

// Told is one word and the lane it came from.
type Told struct {
	Lane string
	Word edge.Word
}

// Cashier is a ui.Cashier that remembers what it was told.
type Cashier struct {
	// Answer decides; nil takes every word.
	Answer func(lane string, w edge.Word) error

	mu   sync.Mutex
	told []Told
	wake chan struct{}
}

// Tell keeps the word, unless Answer refuses it.
func (c *Cashier) Tell(_ context.Context, lane string, w edge.Word) error {
	if c.Answer != nil {
		if err := c.Answer(lane, w); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, Told{lane, w})
	if c.wake != nil {
		close(c.wake)
		c.wake = nil
	}
	return nil
}

// Words gives all that was told so far.
func (c *Cashier) Words() []Told {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.told)
}

// Wait gives the first word that matches, waiting for it until ctx ends.
func (c *Cashier) Wait(ctx context.Context, match func(edge.Word) bool) (edge.Word, error) {
	for {
		c.mu.Lock()
		for _, each := range c.told {
			if match(each.Word) {
				c.mu.Unlock()
				return each.Word, nil
			}
		}
		if c.wake == nil {
			c.wake = make(chan struct{})
		}
		wake := c.wake
		c.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return edge.Word{}, ctx.Err()
		}
	}
}
