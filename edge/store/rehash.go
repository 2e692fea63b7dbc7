// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"sync"

	"redbench/edge"
)

// rehash gathers identifiers that were found under an older key at a tap, so that the next commit writes them under the
// current one: a chain that changes its key loses nobody who still comes.
type rehash struct {
	mu      sync.Mutex
	waiting []rehashed
}

type rehashed struct {
	id       edge.Identifier
	customer edge.CustomerRef
}

// maxRehash bounds what waits; the next tap asks again.
const maxRehash = 1024

func (r *rehash) add(id edge.Identifier, customer edge.CustomerRef) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) < maxRehash {
		r.waiting = append(r.waiting, rehashed{id, customer})
	}
}

func (r *rehash) take() []rehashed {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.waiting
	r.waiting = nil
	return list
}

// rehash moves what was found to the current key. Whoever came to share it since the tap keeps it where it is, and is
// found all the same (see rowOf).
func (w *work) rehash() error {
	for _, r := range w.again.take() {
		moved, err := w.rehashOne(r)
		if err == nil && moved {
			err = w.tell(edge.RecordCustomer, r.customer, nil, nil)
		}
		if err != nil {
			return fmt.Errorf("writing an identifier under the current key: %w", err)
		}
	}
	return nil
}

// rehashOne reports whether there was something under an older key.
func (w *work) rehashOne(r rehashed) (moved bool, err error) {
	hashes := w.opt.Seal.Hashes(r.id)
	for _, old := range hashes[1:] {
		n, err := w.changed(`UPDATE OR REPLACE identifiers SET hash = ?, key = ? WHERE hash = ? AND customer = ?`,
			hashes[0].Sum[:], hashes[0].Key, old.Sum[:], int64(r.customer))
		if err == nil && n > 0 {
			moved = true
			err = w.exec(`UPDATE OR REPLACE held SET hash = ? WHERE customer = ? AND hash = ?`, hashes[0].Sum[:], int64(r.customer), old.Sum[:])
			if err == nil {
				err = w.rehashLineage(r.customer, old.Sum[:], hashes[0].Sum[:])
			}
		}
		if err != nil {
			return false, err
		}
	}
	return moved, nil
}
