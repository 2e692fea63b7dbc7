// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"time"

	"redbench/sync/hq"
)

// rounds is how many it may take after the last fault until everybody has heard everything.
const rounds = 40

// settle ends all faults, brings everybody up, and lets them talk until nobody has anything to say.
func (w *world) settle() {
	w.say("-- calm")
	for len(w.late) > 0 {
		w.arrive()
	}
	w.calm = true
	w.office.skew = 0 // of two machines of one store whose clocks are months apart, each renews its token for ever
	for _, m := range w.boxes {
		m.skew = 0
	}
	if w.office.dead {
		w.office.restart()
	}
	for _, m := range w.boxes {
		if m.dead {
			m.restart()
		}
		m.enrolOnce()
	}
	for n := range rounds {
		w.troubles = nil
		before := w.state()
		for _, m := range w.boxes {
			w.now = w.now.Add(time.Second)
			m.ask()
			w.watchPeople()
			m.upkeep()
			m.tell()
			for range 200 {
				if !m.send() {
					break
				}
			}
		}
		if w.failure != nil {
			return
		}
		if after := w.state(); n > 2 && len(w.troubles) == 0 && after == before && w.quiet() {
			w.say("quiet after %d rounds", n+1)
			return
		}
	}
	for _, m := range w.boxes {
		backlog, err := m.db.Backlog(w.ctx)
		w.say("%s: backlog %+v, %v", m.name, backlog, err)
	}
	w.fail("there is no end to it: %v", w.troubles)
}

// worldState is what stays the same when nobody has anything to say.
type worldState string

func (w *world) state() (all worldState) {
	for _, m := range w.boxes {
		place, err := m.db.Place(w.ctx)
		if err != nil {
			w.fail("reading the place of %s: %v", m.name, err)
		}
		cursor, _, err := m.db.Cursor(w.ctx)
		if err != nil {
			w.fail("reading the cursor of %s: %v", m.name, err)
		}
		all += worldState(place.Box + "|" + cursor + "\n")
	}
	return all
}

func (w *world) quiet() bool {
	for _, m := range w.boxes {
		backlog, err := m.db.Backlog(w.ctx)
		if err != nil {
			w.fail("reading the backlog of %s: %v", m.name, err)
		}
		if backlog.Records > 0 || backlog.Orders > 0 || backlog.Offering {
			return false
		}
	}
	var owing []hq.OwedErasure
	err := w.office.ask("asking who owes", func(ctx context.Context) (err error) {
		owing, err = w.office.hq.Owing(ctx)
		return err
	})
	if err != nil {
		w.fail("who owes cannot be asked: %v", err)
	}
	return len(owing) == 0
}
