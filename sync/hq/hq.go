// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// Keys are head office's keys, a *seal.Box of seal.OpenChain: its identifier keys and its tombstone key are the chain's.
type Keys interface {
	// Hashes are an identifier under each of the chain's keys, the current one first; HashesEverywhere also under those of
	// boxes that worked alone once, which KnowElsewhere tells.
	Hashes(edge.Identifier) []seal.Hash
	HashesEverywhere(edge.Identifier) []seal.Hash
	KnowElsewhere([]edge.Key) error
	// Tombstone is an identifier's under the chain's tombstone key, by its value; TombstoneOf by a hash of it.
	Tombstone(edge.Identifier) [32]byte
	TombstoneOf(seal.Hash) [32]byte

	NewCustomerKey(id [16]byte) (*seal.Customer, []byte, error)
	Unwrap(id [16]byte, wrapped []byte) (*seal.Customer, error)
	SealOwn(label string, plain []byte) []byte
	OpenOwn(label string, sealed []byte) ([]byte, error)
	// Digest is keyed, so that what is kept of a vendor's event tells nothing.
	Digest(parts ...[]byte) [16]byte

	// ChainKeys are what a box gets at enrolment, without Elsewhere.
	ChainKeys() edge.ChainKeys
	// SignPlaybook signs an edge.Published's message.
	SignPlaybook(message []byte) []byte
}

var _ Keys = (*seal.Box)(nil)

// Options are what a head office is made of.
type Options struct {
	Store Store
	Keys  Keys
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: slog.Default()
}

// HQ is a head office. It is safe for concurrent use.
type HQ struct {
	opt   Options
	wake  wake
	alive atomic.Bool // this process has begun its life in the history of the database

	searching sync.Mutex // one search for the forgotten at a time
	reminded  reminded

	mu      sync.Mutex
	closing bool
	running sync.WaitGroup // what goes on after an answer was given
}

// New makes a head office of its options.
func New(o Options) (*HQ, error) {
	if o.Store == nil || o.Keys == nil {
		return nil, errors.New("making a head office: it needs a store and keys")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &HQ{opt: o}, nil
}

// Close waits for what is still being written. It does not close the store.
func (h *HQ) Close() error {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	h.running.Wait()
	return nil
}

// Ready reports whether the store can be read.
func (h *HQ) Ready(ctx context.Context) error {
	return h.opt.Store.View(ctx, func(tx Tx) error {
		_, err := tx.Value(valuePos)
		return err
	})
}
