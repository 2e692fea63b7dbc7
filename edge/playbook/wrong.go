// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// wrongThing is what a condition calls a thing that was taken for usual, where others were facts.
const wrongThing = "thing"

// putRight is how long after it was called wrong a thing is worth a question.
const putRight = 60 * 24 * time.Hour

// wrongs takes in what was called wrong: the latest is what may be asked about. It opens at the next visit.
func (c *chooser) wrongs() {
	for _, each := range c.in.Profile.Denied {
		if each.At.After(c.wrong) && !c.thisVisit(each.At) && c.in.Now.Sub(each.At) <= putRight {
			c.wrong = each.At
			c.m.vars.Wrong = wrongVar{Kind: string(each.Kind), Days: memory.DaysSince(each.At, c.in.Now)}
			if each.SKU != "" {
				c.m.vars.Wrong.Kind = wrongThing
			}
		}
	}
}

// toPutRight reports whether a rule may ask about what was called wrong: once for each time.
func (c *chooser) toPutRight(r *rule) bool { return !c.wrong.IsZero() && !c.lastBy(r).After(c.wrong) }

// deniedThing reports whether a cashier called a thing wrong. It is not named for as long as what was told would be used: a
// year.
func (c *chooser) deniedThing(sku string) bool {
	return slices.ContainsFunc(c.in.Profile.Denied, func(d edge.Denied) bool {
		return d.SKU != "" && d.SKU == sku && c.in.Now.Sub(d.At) <= ages
	})
}

// deniedFact reports whether a cashier called a fact wrong.
func deniedFact(all []edge.Denied, id string) bool {
	return slices.ContainsFunc(all, func(d edge.Denied) bool { return d.Fact != "" && d.Fact == id })
}
