// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"sync"
	"time"
)

// bucket is a token bucket: burst at once, then rate a second.
type bucket struct {
	now         func() time.Time
	burst, rate float64

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newBucket(now func() time.Time, burst, rate float64) *bucket {
	return &bucket{now: now, burst: burst, rate: rate, left: burst, at: now()}
}

func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = min(b.burst, b.left+passed*b.rate)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func (b *bucket) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left+b.now().Sub(b.at).Seconds()*b.rate >= b.burst
}

// buckets is one bucket a remote address and one for all of them, so that many addresses guess no faster than a few.
type buckets struct {
	now         func() time.Time
	burst, rate float64
	all         *bucket

	mu   sync.Mutex
	each map[string]*bucket
}

func newBuckets(now func() time.Time, burst, rate float64) *buckets {
	return &buckets{
		now: now, burst: burst, rate: rate,
		all: newBucket(now, 10*burst, 10*rate), each: map[string]*bucket{},
	}
}

func (b *buckets) take(remote string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := b.each[remote]
	if mine == nil {
		b.sweep()
		mine = newBucket(b.now, b.burst, b.rate)
		b.each[remote] = mine
	}
	return mine.take() && b.all.take()
}

// sweep forgets addresses that have all their tokens again.
func (b *buckets) sweep() {
	if len(b.each) < 1024 {
		return
	}
	for remote, each := range b.each {
		if each.full() {
			delete(b.each, remote)
		}
	}
	if len(b.each) >= 1024 { // a flood from everywhere: the bucket for all holds it
		clear(b.each)
	}
}
