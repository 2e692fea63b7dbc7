// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"math"
	"time"

	"redbench/edge"
)

// How verdicts shift what is chosen. What a cashier says of a line (used or confirmed: yes; not now or wrong: no; nothing
// at all teaches nothing) is counted for its rule, with this customer and at this store. The chance that the rule is
// welcome is the mean of a Beta distribution:
//
//	store:    (12 + yes) / (16 + yes + no)       before anything is known, three of four
//	customer: (4·store + yes) / (4 + yes + no)   with her, a store's experience weighs as four verdicts
//
// Counts fade by half in sixty days (edge.TallyHalf) after the latest verdict, so that a rule which rests comes back by itself: refused
// three times, after five weeks; and if it is refused again, later each time.
const (
	priorYes, priorNo = 12, 4
	storeWeighs       = 4
	storeMost         = 40 // a store's counts weigh at most as so many verdicts, or a rule would never come back
	goodEnough        = .5 // below an even chance to be welcome a rule rests: silence is better
	reach             = 10 // a rule's priority moves by at most so much either way
)

// welcome is how likely a rule is to be welcome, and why.
type welcome struct {
	chance float64
	own    edge.Tally
	store  edge.Tally
}

// welcome finds a rule's chance. Where nothing was counted it is that of a rule of which nothing is known.
func (c *chooser) welcome(r *rule) welcome {
	w := welcome{own: tally(c.in.Profile.Tallies, r.name), store: tally(c.in.Tallies, r.name)}
	yes, no := faded(w.store, storeMost, c.in.Now)
	store := (priorYes + yes) / (priorYes + priorNo + yes + no)
	yes, no = faded(w.own, math.MaxInt32, c.in.Now)
	w.chance = (storeWeighs*store + yes) / (storeWeighs + yes + no)
	return w
}

func tally(all []edge.Tally, rule string) edge.Tally {
	for i := range all {
		if all[i].Rule == rule {
			return all[i]
		}
	}
	return edge.Tally{}
}

// faded is what verdicts still weigh; however many, no more than so many fresh ones.
func faded(t edge.Tally, most float64, now time.Time) (yes, no float64) {
	if t.At.IsZero() {
		return 0, 0
	}
	yes, no = float64(max(0, t.Used)), float64(max(0, t.NotNow)+max(0, t.Wrong))
	weight := math.Exp2(-max(0, float64(now.Sub(t.At))/float64(edge.TallyHalf)))
	if all := yes + no; all > most {
		weight *= most / all
	}
	return yes * weight, no * weight
}

// shift is by how much a chance moves a priority.
func (w welcome) shift() int {
	usual := float64(priorYes) / (priorYes + priorNo)
	return int(math.Round((w.chance - usual) * reach / (1 - usual)))
}

// why tells where a chance comes from.
func (w welcome) why() string {
	return fmt.Sprintf("with her: used %d, not now %d, wrong %d of %d shown; at this store: used %d, not now %d, wrong %d of %d shown",
		w.own.Used, w.own.NotNow, w.own.Wrong, w.own.Shown, w.store.Used, w.store.NotNow, w.store.Wrong, w.store.Shown)
}

// counted reports whether there is anything to heed.
func (c *chooser) counted() bool { return len(c.in.Profile.Tallies)+len(c.in.Tallies) > 0 }

// heeds reports whether verdicts may move a rule: they have no say on what protects her, nor on how she is greeted.
func (r *rule) heeds() bool { return r.line == lineRemember || r.line == lineDo || r.line == lineAsk }
