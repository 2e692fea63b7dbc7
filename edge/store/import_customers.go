// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
)

// customerChunk is how many rows are sorted together.
const customerChunk = 100_000

// customerImport is one import under way.
type customerImport struct {
	*Store
	ctx       context.Context
	opt       edge.ImportOptions
	report    edge.ImportReport
	now       int64 // of the chunk under way
	stamp     edge.Stamp
	guessed   []byte // stamps at rest of a row of which nothing was stated
	stated    []byte // of a customer whose consent was
	forgotten map[[32]byte]bool
	done      edge.ImportProgress
	leftOut   int // line of the first row whose facts were left out; 0: none
}

// ImportCustomers takes customers in, row by row. An error among the rows that is an *edge.BadRow is counted and skipped;
// any other ends the import. What was taken in before stays, and the same rows may come again: they change nothing.
//
// A row's customer is the chain's id where it names one; else she is who has the identifier already, or somebody new. An
// identifier that rows with different ids name belongs to all of them, and so to nobody at a tap. An empty field changes
// nothing. A fact is only ever added, and only with consent to be remembered.
// A row that lowers her consent takes back what the lower one does not cover, as Forget does.
func (s *Store) ImportCustomers(ctx context.Context, rows iter.Seq2[edge.CustomerRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	if o.Consent == "" {
		o.Consent = edge.ConsentRemember
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	im := &customerImport{Store: s, ctx: ctx, opt: o}
	read := chunks(ctx, rows, customerChunk, func(r edge.CustomerRow) int64 { return r.Read })
	for g := range s.hashAhead(ctx, read) {
		if err := im.chunk(g); err != nil {
			return im.result(fmt.Errorf("importing customers: %w", err))
		}
	}
	s.scrubIfOwed(ctx)
	return im.result(ctx.Err())
}

func (im *customerImport) result(err error) (edge.ImportReport, error) {
	tidy(&im.report)
	if im.leftOut > 0 {
		// One line for all of them, the last: these rows are no bad rows, and must not crowd those out.
		im.report.Problems = append(im.report.Problems, edge.BadRow{Line: im.leftOut,
			Reason: fmt.Sprintf("facts are kept only with consent %s; left out from this row on, %d in all", edge.ConsentRemember, im.report.FactsLeftOut)})
	}
	return im.report, err
}

// hashed is a chunk whose identifiers are hashed.
type hashed struct {
	*chunk[edge.CustomerRow]
	chain      [][]seal.Hash // a row: nil where it has none
	identifier [][]seal.Hash
}

// hashAhead hashes the next chunk while the one before is written.
func (s *Store) hashAhead(ctx context.Context, in <-chan *chunk[edge.CustomerRow]) <-chan *hashed {
	out := make(chan *hashed)
	go func() {
		defer close(out)
		for c := range in {
			h := s.hashChunk(c)
			select {
			case out <- h:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (s *Store) hashChunk(c *chunk[edge.CustomerRow]) *hashed {
	h := &hashed{chunk: c, chain: make([][]seal.Hash, len(c.rows)), identifier: make([][]seal.Hash, len(c.rows))}
	for i, r := range c.rows {
		if r.Chain != "" {
			h.chain[i] = s.opt.Seal.Hashes(edge.Identifier{Kind: edge.KindCustomer, Value: r.Chain})
		}
		if r.Identifier.Value != "" {
			h.identifier[i] = s.opt.Seal.Hashes(r.Identifier)
		}
	}
	return h
}

// chunk takes one chunk in. The lock keeps what was looked up true until it is written; between chunks a customer can
// be forgotten.
func (im *customerImport) chunk(h *hashed) error {
	im.admin.Lock()
	defer im.admin.Unlock()
	for _, bad := range h.bad {
		im.report.AddBad(bad)
	}
	im.begin()
	if err := im.loadForgotten(); err != nil {
		return err
	}
	people := im.gather(h)
	if err := im.resolve(people); err != nil {
		return err
	}
	if err := im.prepare(people); err != nil {
		return err
	}
	err := im.write(people, h.done)
	if slices.ContainsFunc(people, func(p *newcomer) bool { return p.lowered }) {
		err = errors.Join(err, im.eraseLowered())
	}
	if err != nil {
		return err
	}
	im.count(people)
	im.done = h.done
	progress(im.opt, im.done)
	return h.err
}

// begin takes the moment of a chunk. What is imported is a guess, as far as it is to be believed, but for consent that a
// row states.
func (im *customerImport) begin() {
	now := im.Store.opt.Now()
	im.now, im.stamp = now.UnixMicro(), im.clock.Next(now)
	stamps := rowStamps{rest: mark{At: im.stamp}, of: map[string]mark{}}
	im.guessed = packStamps(stamps, im.usual(im.now))
	stamps.of[edge.FieldConsent] = mark{At: im.stamp, Rank: edge.RankTold}
	im.stated = packStamps(stamps, im.usual(im.now))
}

// eraseLowered cuts the journal back, also when writing stopped halfway. One that is being read at the moment does not
// end the import: upkeep cuts it back within seconds.
func (im *customerImport) eraseLowered() error {
	err := im.cutBack(im.ctx)
	if errors.Is(err, ErrLingers) {
		im.Store.opt.Log.Warn("a lower consent was imported", "error", ErrLingers)
		return nil
	}
	return err
}

// count books the chunk's rows. Of several rows that make one new customer the first made her, the others added.
func (im *customerImport) count(people []*newcomer) {
	for _, p := range people {
		n := len(p.lines)
		switch {
		case p.bad != "":
			for _, line := range p.lines {
				im.report.AddBad(edge.BadRow{Line: line, Reason: p.bad})
			}
			continue
		case p.isNew:
			im.report.New++
			im.report.Changed += n - 1
		case p.changes():
			im.report.Changed += n
		default:
			im.report.Unchanged += n
		}
		im.report.Rows += n
		im.countLeftOut(p)
	}
}

func (im *customerImport) countLeftOut(p *newcomer) {
	if p.leftOut == 0 {
		return
	}
	im.report.FactsLeftOut += p.leftOut
	if first := slices.Min(p.lines); im.leftOut == 0 || first < im.leftOut {
		im.leftOut = first
	}
}
