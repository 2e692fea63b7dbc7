// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"sync"
)

// admin is held by what adds, changes or takes out customers, so that an import may look first and write later. Somebody
// who stands at a till while she is looked up waits for one step of theirs at most, and no longer than she can.
type admin struct {
	long sync.Mutex    // who may hold it for long
	now  chan struct{} // one place: who holds it at the moment
}

func newAdmin() admin { return admin{now: make(chan struct{}, 1)} }

func (l *admin) Lock() {
	l.long.Lock()
	l.now <- struct{}{}
}

func (l *admin) Unlock() {
	<-l.now
	l.long.Unlock()
}

// aside lets through who comes by between, until back is called. Who holds it for long waits all the same.
func (l *admin) aside() (back func()) {
	<-l.now
	return func() { l.now <- struct{}{} }
}

// between holds it for a moment, until leave is called, or gives the context's error.
func (l *admin) between(ctx context.Context) (leave func(), err error) {
	select {
	case l.now <- struct{}{}:
		return func() { <-l.now }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
