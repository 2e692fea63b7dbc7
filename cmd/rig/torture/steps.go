// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"time"

	"redbench/edge"
)

// stepKind is one thing that can happen.
type stepKind struct {
	name   string
	weight int
	always bool // in every schedule
	do     func(w *world)
}

func steps() []stepKind {
	return []stepKind{
		{"visit", 24, true, onBox((*machine).visit)},
		{"round", 10, true, onBox((*machine).round)},
		{"import", 8, true, onBox((*machine).importSomebody)},
		{"note", 6, false, onBox((*machine).note)},
		{"word", 5, false, onBox((*machine).word)},
		{"undo", 3, false, onBox((*machine).undo)},
		{"consent", 3, false, onBox((*machine).changeConsent)},
		{"forget", 2, false, onBox((*machine).forget)},
		{"lookup", 4, false, onBox((*machine).meet)},
		{"ask", 3, false, onBox((*machine).ask)},
		{"send", 6, false, onBox(func(m *machine) { m.send() })},
		{"upkeep", 4, false, onBox((*machine).upkeep)},
		{"power", 2, false, onBox((*machine).restart)},
		{"clock", 3, false, (*world).turnClocks},
		{"time", 3, false, func(w *world) { w.now = w.now.Add(time.Duration(w.rng.IntN(72)) * time.Hour) }},
		{"enrol", 2, false, onBox((*machine).enrolOnce)},
		{"late", 4, false, (*world).arrive},

		{"backup", 3, false, onBox((*machine).backup)},
		{"restore", 2, false, (*world).restoreBox},
		{"clone", 1, false, (*world).cloneBox},

		{"hq import", 3, false, (*world).importAtOffice},
		{"hq forget", 2, false, (*world).forgetAtOffice},
		{"hq power", 1, false, func(w *world) { w.office.restart() }},
		{"hq backup", 2, false, (*world).backupOffice},
		{"hq restore", 1, false, (*world).restoreOffice},
		{"feed", 3, false, func(w *world) { w.reader.read(w) }},
	}
}

// onBox does something at one machine.
func onBox(f func(m *machine)) func(w *world) {
	return func(w *world) {
		m := pick(w, w.boxes)
		for m.dead {
			m.restart()
		}
		if w.failure == nil {
			f(m)
		}
	}
}

// run goes through the whole schedule.
func (w *world) run() error {
	kinds := steps()
	for w.step = 1; w.step <= w.rough.steps && w.failure == nil; w.step++ {
		w.now = w.now.Add(time.Duration(1+w.rng.IntN(90_000)) * time.Millisecond)
		w.office.markInTime()
		kind := kinds[w.draw(w.rough.weights)]
		w.say("-- %s", kind.name)
		kind.do(w)
		w.watchPeople()
	}
	if w.failure == nil {
		w.settle()
	}
	if w.failure == nil {
		w.check()
	}
	return w.failure
}

// draw gives a place in a list of weights.
func (w *world) draw(weights []int) int {
	sum := 0
	for _, weight := range weights {
		sum += weight
	}
	n := w.rng.IntN(sum)
	for i, weight := range weights {
		if n -= weight; n < 0 {
			return i
		}
	}
	return 0
}

// turnClocks sets the clock of one machine, or of head office, wrong or right.
func (w *world) turnClocks() {
	skew := time.Duration(0)
	if most := int64(w.rough.skew); most > 0 && w.chance(0.8) {
		skew = time.Duration(w.rng.Int64N(2*most) - most)
	}
	if w.chance(0.25) {
		w.say("head office's clock is %v off", skew)
		w.office.skew = skew
		return
	}
	m := pick(w, w.boxes)
	w.say("%s: the clock is %v off", m.name, skew)
	m.skew = skew
}

func (m *machine) enrolOnce() {
	if !m.enrolled() {
		m.enrol()
	}
}

func (m *machine) upkeep() {
	if err := m.db.Upkeep(m.w.ctx); err != nil {
		m.w.fail("upkeep of %s: %v", m.name, err)
	}
}

// restoreBox puts an older copy of a disk in the place of what is there.
func (w *world) restoreBox() {
	if len(w.copies) == 0 {
		return
	}
	c := pick(w, w.copies)
	m := c.of
	w.say("%s is restored from a copy", m.name)
	w.ledger.loses = true
	w.allowConflict(m)
	w.loseOrders(m)
	lost := m.has
	m.has = cloneSet(c.has)
	m.reopenFrom(c.dir)
	w.allowConflict(m)
	w.mourn(lost)
}

// mourn notes which visits may be missing now that a disk is gone.
func (w *world) mourn(lost map[string]bool) {
	there := w.office.visits()
	for checkout := range lost {
		if !w.onSomeDisk(checkout) && !there[checkout] {
			w.ledger.visits[checkout].mayMiss = true
		}
	}
}

// allowConflict notes that head office may rightly call this box a copy.
func (w *world) allowConflict(m *machine) {
	place, err := m.db.Place(w.ctx)
	if err != nil {
		w.fail("reading the place of %s: %v", m.name, err)
	}
	w.ledger.mayConflict[place.Box] = true
}

// cloneBox makes a second machine of a copy of a disk. Both are the same store.
func (w *world) cloneBox() {
	if len(w.boxes) > 5 {
		return
	}
	of := pick(w, w.boxes)
	for of.dead {
		of.restart()
	}
	w.ledger.loses = true
	w.allowConflict(of)
	m := &machine{w: w, name: of.name + "'", store: of.store, dir: w.newDir(of.name + "-clone"), skew: of.skew, has: cloneSet(of.has), met: map[*person]string{}}
	w.say("%s is a clone of %s", m.name, of.name)
	if err := copyDir(m.dir, of.dir); err != nil {
		w.fail("cloning %s: %v", of.name, err)
	}
	if err := m.open(); err != nil {
		w.fail("%s does not start: %v", m.name, err)
		return
	}
	w.boxes = append(w.boxes, m)
}

func cloneSet(set map[string]bool) map[string]bool {
	out := make(map[string]bool, len(set))
	for each := range set {
		out[each] = true
	}
	return out
}

// somebody draws a person.
func (w *world) somebody() *person { return pick(w, w.people) }

// ref finds a person at a machine by one of her cards, as a tap does.
func (m *machine) ref(p *person) (edge.CustomerRef, edge.Identifier) {
	ids := p.everything()
	id := pick(m.w, ids)
	tap, err := m.db.Tap(m.w.ctx, m.w.eventKey(), id)
	if err != nil {
		m.w.fail("a tap at %s: %v", m.name, err)
	}
	return tap.Profile.Customer.Ref, id
}

func (w *world) eventKey() (key edge.EventKey) {
	for i := range key {
		key[i] = byte(w.rng.Uint32())
	}
	return key
}

// uuids are made of the schedule's own randomness.
func (w *world) uuid() string { return newUUID(w).String() }

var lanes = []string{"1", "2"}

func (w *world) lane() string { return pick(w, lanes) }

// watchPeople tells when a machine comes to know somebody, or knows her no more. A card that is looked up may change
// something (its hash moves to the chain's key), so that this is not always done.
func (w *world) watchPeople() {
	if !w.watching {
		return
	}
	for _, m := range w.boxes {
		if m.dead {
			continue
		}
		for _, p := range w.people {
			profile, err := m.db.Profile(w.ctx, p.ids()[len(p.ids())-1])
			now := profile.Customer.ID
			if err != nil {
				now = "nobody"
			}
			if m.met[p] != now && (m.met[p] != "" || err == nil) {
				w.say("     %s knows %s as %s", m.name, p.name(), now)
			}
			m.met[p] = now
		}
	}
}
