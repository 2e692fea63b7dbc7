// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"redbench/cmd/rig/process"
	"redbench/daemon/control"
)

// hours are when people come: between them the clock is moved on, and nobody is at a till.
var hours = []time.Duration{9 * time.Hour, 13 * time.Hour, 18 * time.Hour}

// day is one day: people come three times, somebody is forgotten, a backup is made beside the tills, the broker starts anew, and
// screens come and go.
func (w *world) day(ctx context.Context, day int) error {
	midnight := w.began.AddDate(0, 0, day-1)
	// Before the clock moves on: the first visits of all become as old as visits are kept in the morning on which head office comes,
	// and what went by its age before there was one is nobody's to tell.
	if err := w.turn(ctx, day); err != nil {
		return fmt.Errorf("head office: %w", err)
	}
	for i, hour := range hours {
		if err := w.clock.to(ctx, midnight.Add(hour)); err != nil {
			return err
		}
		if err := together(ctx, w.hour(day, i)...); err != nil {
			return err
		}
		if err := w.committed(ctx); err != nil {
			return err
		}
	}
	if err := w.clock.to(ctx, midnight.Add(23*time.Hour)); err != nil {
		return err
	}
	select { // for the box to look after itself at night
	case <-time.After(10 * upkeep):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hour is what happens at the n-th of the hours.
func (w *world) hour(day, n int) []func(context.Context) error {
	beside := []func(context.Context) error{w.backup, func(ctx context.Context) error { return w.forget(ctx, day) }, w.restartBroker}
	work := []func(context.Context) error{}
	if n != 2 || day%3 == 0 {
		work = append(work, beside[n])
	}
	for _, l := range w.lanes {
		work = append(work, func(ctx context.Context) error {
			if err := l.look(ctx); err != nil {
				return err
			}
			return l.sell(ctx, w.o.Visits/len(hours)/lanes, w.o.Length/time.Duration(len(hours)))
		})
	}
	return work
}

// together does all at once, and ends all with the first that fails.
func together(ctx context.Context, work ...func(context.Context) error) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	errs := make([]error, len(work))
	var done sync.WaitGroup
	for i, do := range work {
		done.Go(func() {
			if errs[i] = do(ctx); errs[i] != nil {
				end()
			}
		})
	}
	done.Wait()
	return errors.Join(errs...)
}

func (w *world) backup(ctx context.Context) error {
	client, err := control.Dial(ctx, w.box.State())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if _, err = client.Backup(ctx, nil); err != nil {
		return fmt.Errorf("making a backup: %w", err)
	}
	return nil
}

// restartBroker lets the broker start anew while tills sell.
func (w *world) restartBroker(ctx context.Context) error {
	select {
	case <-time.After(w.o.Length / 12):
	case <-ctx.Done():
		return ctx.Err()
	}
	w.broker.Stop()
	return w.broker.Restart()
}

// committed waits until all that tills sent is stored, each event once.
func (w *world) committed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settledWithin)
	defer cancel()
	sold, _ := w.ledger.read()
	return process.Until(ctx, 20*time.Millisecond, func(ctx context.Context) error {
		values, err := w.box.Metrics(ctx)
		if err != nil {
			return err
		}
		fresh, refused := 0, 0
		for name, value := range values {
			switch {
			case strings.HasPrefix(name, "redbench_events_total") && strings.Contains(name, `outcome="new"`):
				fresh += int(value)
			case strings.HasPrefix(name, "redbench_events_refused_total"):
				refused += int(value)
			}
		}
		if fresh != sold.Events || refused != sold.Refused {
			return fmt.Errorf("the box counted %d events and refused %d, and tills sent %d and %d", fresh, refused, sold.Events, sold.Refused)
		}
		return nil
	})
}
