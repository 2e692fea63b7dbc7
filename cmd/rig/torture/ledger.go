// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"fmt"

	"redbench/edge"
)

// ledger is what really happened, as no machine can know it.
type ledger struct {
	visits      map[string]*visit // by checkout: each is used once in the whole world
	order       []*visit
	mayConflict map[string]bool // ids of boxes of which head office may rightly say that they are copies
	taken       map[string]bool // checkouts that head office took for the first time
	lastTaken   map[outboxKey]int
	facts       int  // that were told
	loses       bool // some disk was restored from a copy, or cloned: what rests twice may be told twice in a sum
	boxLost     bool // it was a box's
	officeLost  bool // it was head office's
}

// visit is one checkout that a till was told is kept.
type visit struct {
	n        int
	checkout string
	by       *machine
	person   *person // nil: a stranger
	known    bool    // the box knew her then
	attached bool    // she was told later
	mayMiss  bool    // only a disk that was lost had it
}

func newLedger() ledger {
	return ledger{visits: map[string]*visit{}, mayConflict: map[string]bool{}, taken: map[string]bool{}, lastTaken: map[outboxKey]int{}}
}

func (l *ledger) add(m *machine, p *person) *visit {
	v := &visit{n: len(l.order), checkout: fmt.Sprintf("C%05d", len(l.order)), by: m, person: p}
	l.order = append(l.order, v)
	l.visits[v.checkout] = v
	return v
}

// sentBy sees a batch that was taken up to a number, and whether its visits come in the order in which they happened.
func (l *ledger) sentBy(w *world, key outboxKey, records []edge.Record, upto uint64) {
	w.say("head office has %d of box %s of %s, who sent %d to %d", upto, key.box, key.store, records[0].Seq, records[len(records)-1].Seq)
	for _, r := range records {
		if r.Seq > upto || r.Visit == nil || l.taken[r.Visit.Checkout] {
			continue
		}
		v := l.visits[r.Visit.Checkout]
		if v == nil {
			w.fail("a visit %q was sent that nobody made", r.Visit.Checkout)
			return
		}
		l.taken[v.checkout] = true
		if last, any := l.lastTaken[key]; any && v.n < last && !v.attached && !l.loses {
			w.fail("visit %s of %s comes after a later one", v.checkout, key.store)
		}
		l.lastTaken[key] = max(v.n, l.lastTaken[key])
	}
}

// elsewhere reports whether a visit is on any machine's disk.
func (w *world) onSomeDisk(checkout string) bool {
	for _, m := range w.boxes {
		if m.has[checkout] {
			return true
		}
	}
	return false
}
