// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redbench/cmd/rig/count"
	"redbench/cmd/rig/load"
	"redbench/cmd/rig/process"
	"redbench/sync/hq"
)

const (
	acknowledged = "redbench_sync_records_acknowledged_total"
	lookEach     = 50 * time.Millisecond
	drainWithin  = 15 * time.Minute
)

// drain lets head office and the box meet, and measures until everything has arrived.
func (r *rig) drain(ctx context.Context, report *Report) error {
	if err := errors.Join(r.office.Start(ctx), r.box.Start(ctx)); err != nil {
		return err
	}
	began, first, before, err := r.flows(ctx)
	if err != nil {
		return err
	}
	boxCPU, officeCPU := load.CPU(r.box.PID()), load.CPU(r.office.PID())
	last, all := first, before
	next := time.Now()
	err = r.until(ctx, drainWithin, func(ctx context.Context) error {
		arrived, err := r.arrived(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		if arrived > all {
			last, all = now, arrived
		}
		if now.After(next) {
			next = now.Add(5 * time.Second)
			r.say("draining: %.0f of %d, %.0f s", arrived, r.told.records, now.Sub(began).Seconds())
		}
		if arrived < float64(r.told.records) {
			return fmt.Errorf("%.0f of %d records arrived", arrived, r.told.records)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("draining: %w", err)
	}
	report.Seconds = last.Sub(first).Seconds()
	report.Rate = (all - before) / report.Seconds
	report.Ratio = report.Rate / report.Plain
	report.BoxCPU = perRecord(load.CPU(r.box.PID())-boxCPU, all-before)
	report.OfficeCPU = perRecord(load.CPU(r.office.PID())-officeCPU, all-before)
	report.Counted, err = r.compare(ctx)
	return errors.Join(err, r.box.Stop(), r.office.Stop())
}

func perRecord(d time.Duration, records float64) float64 {
	return float64(d.Microseconds()) / max(records, 1)
}

// flows waits until records arrive. It tells from when, and how many had by then.
func (r *rig) flows(ctx context.Context) (asked, first time.Time, arrived float64, err error) {
	asked = time.Now()
	err = r.until(ctx, 10*time.Minute, func(ctx context.Context) error {
		n, err := r.arrived(ctx)
		if err == nil && n == 0 {
			err = errors.New("no record has arrived yet")
		}
		first, arrived = time.Now(), n
		return err
	})
	return asked, first, arrived, err
}

func (r *rig) until(ctx context.Context, within time.Duration, done func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return process.Until(ctx, lookEach, done)
}

func (r *rig) arrived(ctx context.Context) (float64, error) {
	metrics, err := r.box.Metrics(ctx)
	return metrics[acknowledged], err
}

// compare reads head office's feed and holds it against what the outbox held.
func (r *rig) compare(ctx context.Context) (all count.Counted, err error) {
	arrived := map[class][]string{}
	err = r.office.Feed(ctx, func(item hq.FeedItem, _ []byte) error {
		in, id := entityOf(item.Customer, item.Fact, item.Visit, item.Outcome)
		arrived[in] = append(arrived[in], id)
		return nil
	})
	if err != nil {
		return all, err
	}
	for _, in := range []class{happened, customers, facts} {
		told := once(r.told.ids[in])
		counted := count.Once(told, arrived[in])
		if err := count.Control(told, arrived[in]); err != nil {
			return all, fmt.Errorf("%s: %w", in, err)
		}
		r.say("%s: %v", in, counted)
		all = all.And(counted)
	}
	return all, nil
}
