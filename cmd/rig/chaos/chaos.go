// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/office"
	"redbench/cmd/rig/process"
)

// Options say what is to run.
type Options struct {
	Programs process.Programs
	Dir      string // an empty directory on a real disk
	Seed     uint64
	For      time.Duration // how long blows fall
	Boxes    int           // 0: two
	Office   []string      // head office's command line, in place of Programs.Office's
}

// shop is a box, its line and its tills.
type shop struct {
	box   *box.Box
	proxy *Proxy
	tills []*till
}

// world is all that runs.
type world struct {
	o      Options
	random *rand.Rand
	office *office.Office
	shops  []*shop
	forgot []string // names of those who asked to be forgotten
	report Report
}

// Run runs one schedule. Its report may be of a run in which something was lost: see Report.Problems.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if o.Boxes == 0 {
		o.Boxes = 2
	}
	w := &world{o: o, random: rand.New(rand.NewPCG(o.Seed, 3)), report: newReport(o.Seed)}
	defer func() {
		w.end()
		if err != nil {
			err = fmt.Errorf("seed %d: %w%s", o.Seed, err, w.tails())
		}
	}()
	if err := w.open(ctx); err != nil {
		return w.report, fmt.Errorf("opening the chain: %w", err)
	}
	selling, stop := context.WithCancel(ctx)
	defer stop()
	w.sell(selling, ctx)
	err = w.blows(ctx)
	stop()
	if err = errors.Join(err, w.heal(ctx)); err != nil {
		return w.report, err
	}
	return w.report, w.check(ctx)
}

func (w *world) end() {
	for _, s := range w.shops {
		s.box.Kill()
		if s.proxy != nil {
			s.proxy.Close()
		}
	}
	if w.office != nil {
		w.office.Kill()
	}
}

func (w *world) tails() string {
	var out strings.Builder
	for _, s := range w.shops {
		fmt.Fprintf(&out, "\nthe log of %s ends:\n%s", s.box.Store(), s.box.LogTail())
	}
	if w.office != nil {
		fmt.Fprintf(&out, "\nhead office's log ends:\n%s", process.Tail(w.office.Log()))
	}
	return out.String()
}

// open starts head office and the boxes, each enrolled by way of its proxy and with the chain's customers.
func (w *world) open(ctx context.Context) (err error) {
	o := office.Options{Binary: w.o.Programs.Office, Dir: filepath.Join(w.o.Dir, "office"), Serve: w.o.Office}
	if w.office, err = office.Start(ctx, o); err != nil {
		return err
	}
	customers := filepath.Join(w.o.Dir, "customers.csv")
	if err := writeCustomers(customers); err != nil {
		return err
	}
	for i := range w.o.Boxes {
		s := &shop{}
		s.box, err = box.Start(ctx, box.Options{Binary: w.o.Programs.Box, Dir: filepath.Join(w.o.Dir, fmt.Sprint("box-", i)),
			Store: fmt.Sprint("store-", i), Extra: "[privacy]\nloyalty_prefixes = [\"2912\"]\n", Fixed: true})
		if err != nil {
			return err
		}
		w.shops = append(w.shops, s)
		if s.proxy, err = NewProxy(w.office.Address(), w.o.Seed+uint64(i)); err != nil {
			return err
		}
		if _, err := s.box.Import(ctx, "customers", customers); err != nil {
			return err
		}
		if err := w.office.Join(ctx, s.box, "https://"+s.proxy.Address()); err != nil {
			return err
		}
	}
	return nil
}

// blows lets one thing after the other go wrong until the time is over.
func (w *world) blows(ctx context.Context) error {
	until := time.Now().Add(w.o.For)
	outside, clear := context.WithDeadline(ctx, until)
	var weather sync.WaitGroup
	defer func() { clear(); weather.Wait() }()
	for i, s := range w.shops {
		weather.Go(func() { s.weather(outside, rand.New(rand.NewPCG(w.o.Seed, uint64(1000+i)))) })
	}
	forgets := []time.Time{time.Now().Add(w.o.For / 3), time.Now().Add(2 * w.o.For / 3)}
	for now := time.Now(); now.Before(until); now = time.Now() {
		if len(forgets) > 0 && now.After(forgets[0]) {
			forgets = forgets[1:]
			if err := w.forget(ctx, len(forgets) == 0); err != nil {
				return err
			}
		}
		if err := w.blow(ctx); err != nil {
			return err
		}
		if err := pause(ctx, w.random, 50, 900); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) blow(ctx context.Context) error {
	s := w.shops[w.random.IntN(len(w.shops))]
	switch w.random.IntN(7) {
	case 0, 1, 2:
		w.report.BoxKills++
		s.box.Kill()
		return errors.Join(pause(ctx, w.random, 0, 400), s.box.Start(ctx))
	case 3, 4, 5:
		w.report.OfficeKills++
		w.office.Kill()
		return errors.Join(pause(ctx, w.random, 0, 400), w.office.Start(ctx))
	}
	w.report.Stops++
	return errors.Join(s.box.Stop(), w.office.Stop(), w.office.Start(ctx), s.box.Start(ctx))
}

// weather lets the line of one box be as bad as it gets, until the context ends.
func (s *shop) weather(ctx context.Context, random *rand.Rand) {
	faults := Faults()
	for ctx.Err() == nil {
		_ = pause(ctx, random, 200, 1200) // an end of the context ends the loop
		s.proxy.Do(faults[random.IntN(len(faults))])
		_ = pause(ctx, random, 300, 1500)
		s.proxy.Heal()
	}
}

// pause waits for a random time, in milliseconds.
func pause(ctx context.Context, random *rand.Rand, from, to int) error {
	timer := time.NewTimer(time.Duration(from+random.IntN(to-from)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forget orders somebody to be forgotten: at head office, or in a store.
func (w *world) forget(ctx context.Context, atOffice bool) error {
	i := len(w.forgot)
	w.forgot = append(w.forgot, name(i))
	if atOffice {
		return w.office.JSON(ctx, &struct{}{}, "forget", "--yes", card(i))
	}
	s := w.shops[w.random.IntN(len(w.shops))]
	return s.box.JSON(ctx, &struct{}{}, "forget", "--yes", card(i))
}

// settledWithin bounds how long everything may take to arrive once nothing goes wrong any more.
const settledWithin = 90 * time.Second

// heal starts the boxes once more, so that nobody waits for a back-off, waits until nobody has anything to tell any more,
// and kills head office once more.
func (w *world) heal(ctx context.Context) error {
	for _, s := range w.shops { // a till goes on until it was told that what it published is stored
		for _, t := range s.tills {
			if err := t.wait(ctx); err != nil {
				return err
			}
		}
	}
	for _, s := range w.shops {
		if err := errors.Join(s.box.Stop(), s.box.Start(ctx)); err != nil {
			return err
		}
	}
	patient, cancel := context.WithTimeout(ctx, settledWithin)
	defer cancel()
	if err := process.Until(patient, 100*time.Millisecond, w.settled); err != nil {
		return fmt.Errorf("settling: %w", err)
	}
	w.office.Kill() // what it said is durable must be, in this very moment
	return w.office.Start(ctx)
}

func (w *world) settled(ctx context.Context) error {
	for _, s := range w.shops {
		status, err := s.box.Status(ctx)
		if err != nil {
			return err
		}
		if status.HQ == nil {
			return fmt.Errorf("%s is not enrolled", s.box.Store())
		}
		if b := status.HQ.Backlog; b.Records > 0 || b.Orders > 0 || b.Offering {
			return fmt.Errorf("%s still has %+v to tell: %s", s.box.Store(), b, status.HQ.Error)
		}
	}
	owed, err := w.office.Owing(ctx)
	if err == nil && len(owed) > 0 {
		err = fmt.Errorf("receipts are owed: %+v", owed)
	}
	return err
}
