// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"time"

	"redbench/edge"
)

const day = 24 * time.Hour

// What a stage asks for. Rising is slow: each stage wants several times the evidence of the one before.
const (
	familiarVisits = 3 // a rhythm can be seen; with a fact that she told, two will do
	familiarTold   = 2
	familiarGap    = 120 * day

	regularVisits = 8
	regularSpan   = 60 * day
	regularGap    = 60 * day
	regularKnown  = 2 // told facts and named habits together

	honouredVisits = 30
	honouredSpan   = 365 * day
	honouredGap    = 35 * day
	honouredKnown  = 3
)

// Stage says how well the store knows her at now: a ceiling on familiarity. It rises with the number, steadiness and
// length of her visits and with what is known of her, and falls by one when she is long away (see [LongAway]) and by
// two when she is away twice as long. Without consent, or without a record, she is a stranger; with consent to be
// recognised only, nothing is learnt and she stays new. What she spends has no say.
//
// The profile does not tell which stage she had before, so hysteresis lies in the evidence: counts and spans only
// grow, the mean gap moves by a fraction at each visit, and an absence has to be long before anything falls.
func Stage(p edge.Profile, now time.Time) edge.Stage {
	switch {
	case p.Customer.Ref == edge.Stranger:
		return edge.StageStranger
	case p.Customer.Consent == edge.ConsentRecognise:
		return edge.StageNew
	case p.Customer.Consent != edge.ConsentRemember:
		return edge.StageStranger
	}
	rank := earned(p).Rank() - fallen(p, now)
	return edge.Stages[max(rank, edge.StageNew.Rank())]
}

// earned is the stage that her visits so far have earned, as of the last one.
func earned(p edge.Profile) edge.Stage {
	span := p.Last.At.Sub(p.First)
	known := len(p.Facts)
	for _, h := range p.Usual {
		if Named(h) {
			known++
		}
	}
	steady := func(visits int, atLeast, gap time.Duration) bool {
		return p.Visits >= visits && span >= atLeast && p.Gap > 0 && p.Gap <= gap
	}
	switch {
	case steady(honouredVisits, honouredSpan, honouredGap) && known >= honouredKnown:
		return edge.StageHonoured
	case steady(regularVisits, regularSpan, regularGap) && known >= regularKnown:
		return edge.StageRegular
	case steady(familiarVisits, 0, familiarGap):
		return edge.StageFamiliar
	case p.Visits >= familiarTold && len(p.Facts) > 0:
		return edge.StageFamiliar
	}
	return edge.StageNew
}

// fallen is by how many stages an absence lowers what was earned.
func fallen(p edge.Profile, now time.Time) int {
	if p.Last.At.IsZero() {
		return 0
	}
	away, long := now.Sub(p.Last.At), long(p.Gap)
	switch {
	case away <= long:
		return 0
	case away <= 2*long:
		return 1
	}
	return 2
}
