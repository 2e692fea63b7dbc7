// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/load"
	"redbench/edge/simulate"
)

const patience = 10 * time.Second // how long after a round's last card its prompt may still come

// lanes are the tills and screens of the live measurement.
type lanes struct {
	names  []string
	tills  *load.Tills
	ledger atomic.Pointer[load.Ledger]
	close  []func() error
	next   int // visits used so far
}

func (l *lanes) hear(m box.Message) {
	if ledger := l.ledger.Load(); ledger != nil {
		ledger.Heard(m)
	}
}

// prompts measures cards while head office is away and while the month drains, in turn, on the state as it was before.
func (r *rig) prompts(ctx context.Context, report *Report) (err error) {
	if err := r.restore(os.Rename); err != nil {
		return err
	}
	l, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, c := range l.close {
			err = errors.Join(err, c())
		}
	}()
	var delays [2][]time.Duration // without, with
	var p99s [2][]float64         // of their rounds
	var problems []string
	var arrived, seconds float64
	for round := range 2*r.o.Rounds + 1 { // the first is not counted
		draining := round%2 == 0 && round > 0
		if err := r.connect(ctx, draining); err != nil {
			return err
		}
		one, err := r.round(ctx, l, round)
		if err != nil {
			return err
		}
		if problem := one.problem(draining); problem != "" {
			problems = append(problems, fmt.Sprintf("round %d: %s", round, problem))
		}
		spread := load.SpreadOf(one.ledger.Delays())
		r.say("prompts, draining %t: p50 %.2f ms, p99 %.2f ms, %d records left", draining, spread.P50, spread.P99, one.left)
		with := 0
		if draining {
			with, arrived, seconds = 1, arrived+one.arrived, seconds+one.took.Seconds()
		}
		if round > 0 {
			delays[with] = append(delays[with], one.ledger.Delays()...)
			p99s[with] = append(p99s[with], spread.P99)
		}
	}
	report.Beside = arrived / max(seconds, 1e-9)
	report.Without, report.With = load.SpreadOf(delays[0]), load.SpreadOf(delays[1])
	report.WithoutP99, report.WithP99 = middle(p99s[0]), middle(p99s[1])
	report.P99Ratio = report.WithP99 / max(report.WithoutP99, 1e-9)
	report.Problem = strings.Join(problems, "; ")
	return nil
}

// middle is the median of rounds. A disk that stands still for a second, as it does now and then whatever the box does, spoils
// the 99th percentile of all cards, on either side, but only one round of many.
func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// open starts the box at an outside broker, with a till and a screen on each lane.
func (r *rig) open(ctx context.Context) (*lanes, error) {
	l := &lanes{}
	broker, stop, err := load.Mosquitto(r.dir)
	if err != nil {
		return l, err
	}
	l.close = append(l.close, stop)
	r.box, err = box.Configure(box.Options{Binary: r.bin.Box, Dir: r.part("box"), Store: storeID, Extra: r.extra(), Broker: broker})
	if err != nil {
		return l, err
	}
	if err := r.box.Start(ctx); err != nil {
		return l, err
	}
	for i := range r.month.lanes {
		l.names = append(l.names, fmt.Sprint("L", 1+i))
	}
	for _, lane := range l.names {
		screen, err := r.box.Screen(ctx, lane, l.hear)
		if err != nil {
			return l, err
		}
		l.close = append(l.close, screen.Close)
	}
	if l.tills, err = load.Connect(broker, "drain-", l.names); err != nil {
		return l, err
	}
	l.close = append(l.close, func() error { l.tills.Close(); return nil })
	return l, nil
}

// connect lets head office be there or not. When it is, records flow before it returns.
func (r *rig) connect(ctx context.Context, on bool) error {
	if !on {
		return r.office.Stop()
	}
	before, err := r.arrived(ctx)
	if err != nil {
		return err
	}
	if err := r.office.Start(ctx); err != nil {
		return err
	}
	return r.until(ctx, 6*time.Minute, func(ctx context.Context) error {
		now, err := r.arrived(ctx)
		if err == nil && now == before {
			err = errors.New("records do not flow")
		}
		return err
	})
}

// round is what came of one.
type round struct {
	ledger  *load.Ledger
	left    int     // records that wait after it
	arrived float64 // records meanwhile
	took    time.Duration
}

// problem says what is wrong with the round, or nothing.
func (r round) problem(draining bool) string {
	switch problem := r.ledger.Problem(); {
	case problem != "":
		return problem
	case draining && r.left == 0:
		return "all had arrived before its end; more --records are needed"
	case draining && r.arrived == 0:
		return "no record arrived meanwhile"
	}
	return ""
}

// round sends one round of visits.
func (r *rig) round(ctx context.Context, l *lanes, number int) (one round, err error) {
	length := r.o.Round
	if number == 0 {
		length = min(length, 5*time.Second)
	}
	var visits []load.Visit
	for range int(r.o.Rate * length.Seconds()) {
		visits = append(visits, r.month.visit(l.next))
		l.next++
	}
	one.ledger = load.NewLedger()
	l.ledger.Store(one.ledger)
	began := time.Now()
	before, err := r.arrived(ctx)
	if err != nil {
		return one, err
	}
	err = l.tills.Run(ctx, load.Options{Store: storeID, Lanes: l.names, Rate: r.o.Rate, Events: "visits", Round: fmt.Sprint("drain-", number),
		Currency: simulate.Currency}, visits, one.ledger, patience)
	if err != nil {
		return one, err
	}
	after, err := r.arrived(ctx)
	if err != nil {
		return one, err
	}
	one.took, one.arrived = time.Since(began), after-before
	status, err := r.box.Status(ctx)
	if err != nil || status.HQ == nil {
		return one, errors.Join(err, errors.New("the box does not say how much waits"))
	}
	one.left = status.HQ.Backlog.Records
	return one, nil
}
