// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"bytes"
	"context"
	"errors"
	"runtime/pprof"
	"time"

	"redbench/edge/backup"
)

// patience is how many test events in a row may fail before the box is started anew.
const patience = 3

// errNotPrompting ends a box that its service manager does not watch: it starts it again.
var errNotPrompting = errors.New("test events do not come through from the tills to a screen; ending, to be started again")

// watched tells how often the box has to prove that it prompts, and whether the service manager waits for word of it. A box
// that nobody would start again is not watched: ending it would help nobody.
func (a *App) watched() (every time.Duration, told bool) {
	if within := watchdogWithin(); within > 0 {
		return within / patience, true
	}
	if a.Supervised || startedAgain() {
		return probeEvery, false
	}
	return 0, false
}

// watch sends test events for as long as the box runs, and has it started anew when they find that only this helps.
func (a *App) watch() {
	every, told := a.watched()
	if every == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{prober: a.prober, every: every, say: func(state string) { tellServiceManager(a.Log, state) }, note: a.noteProbe}
	if !told {
		w.end = a.endForNotPrompting
	}
	ended := make(chan struct{})
	go func() { defer close(ended); w.run(ctx) }()
	a.stops.add("test events", func(ctx context.Context) error {
		cancel()
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// watch feeds a service manager's watchdog.
type watch struct {
	*prober
	every time.Duration
	say   func(state string) // to the service manager
	note  func(f *finding, again bool)
	end   func() // nil: the service manager sees for itself that it is not told

	failed int    // in a row
	said   string // what is wrong, as it was said last
	spoke  bool
}

func (w *watch) run(ctx context.Context) {
	if away := !w.tills.Connected(); away { // an outside broker's first answer: nothing is wrong yet
		w.wait(ctx, brokerPatience, away)
	}
	for ctx.Err() == nil {
		away := !w.tills.Connected()
		w.once(ctx)
		w.wait(ctx, w.every, away)
	}
}

// brokerSeenEvery is how soon it is seen that a broker is back.
const brokerSeenEvery = 100 * time.Millisecond

// wait waits until the next test event is due: at once when a broker that was away is back, as whoever looks would else read
// for seconds that it is not.
func (w *watch) wait(ctx context.Context, most time.Duration, away bool) {
	due := time.NewTimer(most)
	defer due.Stop()
	look := time.NewTicker(brokerSeenEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-due.C:
			return
		case <-look.C:
			if away && w.tills.Connected() {
				return
			}
		}
	}
}

// once sends a test event, and tells the service manager that all is well if it is.
func (w *watch) once(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, min(probeWithin, w.every*8/10))
	defer cancel()
	f := w.send(within)
	if ctx.Err() != nil {
		return
	}
	w.tell(f)
	if f.sound() {
		w.failed = 0
		w.say("WATCHDOG=1")
		return
	}
	if w.failed++; w.failed == patience && w.end != nil {
		w.end()
	}
}

// tell says what is wrong, when that changes.
func (w *watch) tell(f *finding) {
	trouble := f.trouble()
	switch {
	case trouble == w.said && w.spoke && w.failed == 0:
		return
	case trouble == "":
		w.say("STATUS=Prompting: test events come through from the tills to a screen")
	default:
		w.say("STATUS=" + trouble)
	}
	w.note(f, trouble == w.said)
	w.said, w.spoke = trouble, true
}

// noteProbe logs what a test event found, once for as long as that lasts.
func (a *App) noteProbe(f *finding, again bool) {
	if f.sound() { // the version that runs does its work: the one before it is past
		if err := backup.Settled(a.Config.State.Dir); err != nil {
			a.Log.Error("upgrade", "error", err)
		}
	}
	switch {
	case f.trouble() == "":
		a.Log.Info("test events come through from the tills to a screen", "took", f.Took)
	case f.sound() && !again:
		a.Log.Warn(f.trouble())
	case !f.sound():
		a.Log.Error(f.trouble() + "; if this goes on, the box is started anew")
	}
}

// endForNotPrompting ends the process, and tells where it stands: nobody will be able to look then.
func (a *App) endForNotPrompting() {
	var where bytes.Buffer
	if pprof.Lookup("goroutine").WriteTo(&where, 1) == nil {
		a.Log.Error("where the process stands", "goroutines", where.String())
	}
	a.failed <- errNotPrompting
}
