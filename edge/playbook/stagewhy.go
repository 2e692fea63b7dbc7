// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"strings"

	"redbench/edge"
	"redbench/edge/memory"
)

// stageWhy tells the evidence that a stage rests on, for whoever asks why. What she spends is no part of it.
func (c *chooser) stageWhy() string {
	if !c.in.Explain {
		return ""
	}
	p := &c.in.Profile
	switch {
	case !c.in.Known || p.Customer.Ref == edge.Stranger:
		return "nobody is known by this card"
	case c.level == edge.ConsentNone:
		return "she has not agreed to be known"
	case c.level == edge.ConsentRecognise:
		return "she agreed to be greeted by name, and to nothing more"
	}
	named := 0
	for _, h := range p.Usual {
		if memory.Named(h) {
			named++
		}
	}
	all := []string{fmt.Sprintf("%d visits", p.Visits)}
	if p.Visits > 1 && p.Gap > 0 {
		all = append(all, fmt.Sprintf("over %d days, one in %.1f days", memory.DaysSince(p.First, p.Last.At), p.Gap.Hours()/24))
	}
	if c.days >= 0 {
		all = append(all, fmt.Sprintf("the last %d days ago", c.days))
	}
	all = append(all, fmt.Sprintf("%d facts told", len(c.facts)), fmt.Sprintf("%d things usual", named))
	if c.m.vars.LongAway {
		all = append(all, "long away by her own rhythm, which lowers it")
	}
	return strings.Join(all, "; ")
}
