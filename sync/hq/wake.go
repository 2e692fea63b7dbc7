// SPDX-License-Identifier: Apache-2.0

package hq

import "sync"

// wake wakes who waits for something to tell a store.
type wake struct {
	mu    sync.Mutex
	waits map[string]chan struct{}
}

// listen gives a channel that is closed when the store has something new.
func (w *wake) listen(store string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.waits[store]
	if c == nil {
		if w.waits == nil {
			w.waits = map[string]chan struct{}{}
		}
		c = make(chan struct{})
		w.waits[store] = c
	}
	return c
}

func (w *wake) tell(stores map[string]bool) {
	if len(stores) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for store := range stores {
		if c := w.waits[store]; c != nil {
			close(c)
			delete(w.waits, store)
		}
	}
}
