// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"

	"redbench/edge"
)

// An import works in chunks. Inserting by hash goes to a place in the table that nobody can foresee; a chunk that is
// sorted by hash first goes through the table from left to right instead, and writes each page once and not once a row.
// The larger the chunk, the more rows share a page; memory bounds it.

// chunk is a stretch of a file.
type chunk[R any] struct {
	rows []R
	bad  []edge.BadRow
	done edge.ImportProgress // after it
	err  error               // that ended the file here
}

// chunks reads rows ahead in a goroutine of its own, so that parsing and writing share two cores. The goroutine ends with
// the file, or with ctx.
func chunks[R any](ctx context.Context, rows iter.Seq2[R, error], size int, read func(R) int64) <-chan *chunk[R] {
	out := make(chan *chunk[R], 1)
	go func() {
		defer close(out)
		next := &chunk[R]{rows: make([]R, 0, size)}
		send := func() bool {
			full := next
			next = &chunk[R]{rows: make([]R, 0, size), done: full.done}
			select {
			case out <- full:
				return true
			case <-ctx.Done():
				return false
			}
		}
		for row, err := range rows {
			bad, isBad := errors.AsType[*edge.BadRow](err)
			switch {
			case isBad:
				next.bad = append(next.bad, *bad)
			case err != nil:
				next.err = err
				send()
				return
			default:
				next.rows = append(next.rows, row)
				next.done.Bytes = read(row)
			}
			next.done.Rows++
			if len(next.rows)+len(next.bad) >= size && !send() {
				return
			}
		}
		if len(next.rows)+len(next.bad) > 0 {
			send()
		}
	}()
	return out
}

// parallel runs f over 0 to n-1 on every core, and returns the first error.
func parallel(n int, f func(i int) error) error {
	workers := min(runtime.GOMAXPROCS(0), n)
	errs := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				if errs[w] = f(i); errs[w] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// tidy puts the listed bad rows into the order of the file.
func tidy(r *edge.ImportReport) {
	slices.SortFunc(r.Problems, func(a, b edge.BadRow) int { return cmp.Compare(a.Line, b.Line) })
}

func progress(o edge.ImportOptions, p edge.ImportProgress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}
