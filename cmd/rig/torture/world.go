// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// world is one schedule under way.
type world struct {
	ctx  context.Context
	rng  *rand.Rand
	dir  string
	dirs int
	out  io.Writer // nil: nobody watches
	log  *slog.Logger
	bug  bug
	now  time.Time // what no clock in it knows

	rough  roughness
	calm   bool // the faults have stopped
	people []*person
	office *office
	boxes  []*machine
	copies []boxCopy
	late   []*sent // calls that are still on their way
	ledger ledger
	reader *reader

	watching bool // tell also who knows whom
	step     int
	troubles []string // of rounds after the faults had stopped
	failure  error    // the first thing that must not be
}

// roughness is what may happen in one schedule, and how often. Each schedule draws its own: a fault that drowns in others
// is found where it is alone.
type roughness struct {
	steps   int
	line    float64       // of calls that go wrong
	cuts    float64       // of transactions at which the power fails
	skew    time.Duration // how wrong clocks are
	outbox  int64         // bytes that an outbox may have; 0: as many as it likes
	weights []int         // of each of the steps
}

func newWorld(ctx context.Context, seed uint64, plant bug, without []string, out io.Writer) (*world, error) {
	dir, err := workDir()
	if err != nil {
		return nil, err
	}
	w := &world{ctx: ctx, rng: rand.New(rand.NewPCG(seed, 0x7265646265)), dir: dir, out: out, bug: plant,
		log: slog.New(slog.DiscardHandler), now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	if out != nil {
		w.log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: untimed}))
	}
	w.ledger = newLedger()
	w.rough = w.drawRoughness(without)
	if w.plants(bugSummaryTwice) {
		w.rough.outbox, w.rough.line = 300, 0.4 // or there is hardly a sum
	}
	w.makePeople(2 + w.rng.IntN(7))
	if err := w.open(); err != nil {
		return nil, err
	}
	return w, nil
}

// untimed leaves real time out of what is told, so that a schedule tells the same each time.
func untimed(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func (w *world) drawRoughness(without []string) roughness {
	r := roughness{steps: 20 + w.rng.IntN(80)}
	if w.chance(0.8) {
		r.line = 0.4 * w.rng.Float64()
	}
	if w.chance(0.6) {
		r.cuts = 0.05 * w.rng.Float64()
	}
	r.skew = []time.Duration{0, time.Second, 20 * time.Minute, 100 * 24 * time.Hour}[w.rng.IntN(4)]
	if w.chance(0.2) {
		r.outbox = 500 + w.rng.Int64N(3000)
	}
	for _, s := range steps() {
		weight := s.weight
		switch w.rng.IntN(4) {
		case 0:
			weight = 0
		case 1:
			weight *= 3
		}
		if s.always && weight == 0 {
			weight = s.weight
		}
		if slices.Contains(without, s.name) {
			weight = 0
		}
		r.weights = append(r.weights, weight)
	}
	return r
}

func (w *world) open() error {
	var err error
	if w.office, err = newOffice(w); err != nil {
		return err
	}
	w.reader = newReader()
	for n := range 1 + w.rng.IntN(4) {
		m, err := newMachine(w, fmt.Sprintf("store%d", n))
		if err != nil {
			return err
		}
		w.boxes = append(w.boxes, m)
		if w.chance(0.75) {
			w.say("%s is enrolled", m.name)
			m.enrol()
		}
	}
	return nil
}

func (w *world) close() {
	for _, m := range w.boxes {
		m.close()
	}
	if w.office != nil {
		w.office.close()
	}
	_ = os.RemoveAll(w.dir)
}

// newDir gives a fresh directory's name.
func (w *world) newDir(name string) string {
	w.dirs++
	return filepath.Join(w.dir, fmt.Sprintf("%s-%d", name, w.dirs))
}

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

func pick[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

// say tells whoever watches.
func (w *world) say(format string, args ...any) {
	if w.out != nil {
		_, _ = fmt.Fprintf(w.out, "%3d %s  %s\n", w.step, w.now.Format("02 15:04:05"), fmt.Sprintf(format, args...))
	}
}

// fail notes what must not be; the first one counts.
func (w *world) fail(format string, args ...any) {
	if w.failure == nil {
		w.failure = fmt.Errorf("step %d: %s", w.step, fmt.Sprintf(format, args...))
	}
	w.say("WRONG: "+format, args...)
}

// cut reports whether the power fails here.
func (w *world) cut() bool { return !w.calm && w.rough.cuts > 0 && w.chance(w.rough.cuts) }
