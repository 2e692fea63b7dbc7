// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"strings"
	"testing"

	"redbench/edge"
)

// What one tap costs: the default playbook of 44 rules, a stranger, a customer with two facts, one with fourteen, and one with verdicts
// on every rule.
func BenchmarkChoose(b *testing.B) {
	p := Default()
	busy := maya()
	for i, kind := range append(edge.FactKinds, edge.FactInterest) {
		busy.Profile.Facts = append(busy.Profile.Facts, told(fmt.Sprint("f", i), kind, "Something that was told to us", day))
	}
	counted := maya()
	for _, l := range lines {
		for _, r := range p.rules[line(l)] {
			counted.Tallies = append(counted.Tallies, edge.Tally{Rule: r.name, Used: 2, NotNow: 1, At: morning})
		}
	}
	counted.Profile.Tallies = counted.Tallies[20:]
	for _, in := range []struct {
		name string
		in   Input
	}{{"stranger", Input{Now: morning, Language: "en"}}, {"two facts", maya()}, {"fourteen facts", busy}, {"two facts, verdicts", counted}} {
		b.Run(in.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Choose(in.in)
			}
		})
	}
}

// What more rules cost: the same customer with 40, 120 and 400 rules whose conditions all have to be looked at.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{0, 80, 360} {
		var more strings.Builder
		for i := range n {
			fmt.Fprintf(&more, "\n[[rule]]\nname = \"more-%d\"\nline = \"remember\"\npriority = 999\nwhen = 'visits > 1000 && weekday in [\"monday\", \"friday\"] || hour == 25'\n", i)
			for _, tag := range Default().languages {
				fmt.Fprintf(&more, "text.%s = \"{items}\"\nwhy.%s = \"{often}\"\n", tag, tag)
			}
		}
		p, err := parse(defaultFile+more.String(), "more.toml")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(p.Rules(), " rules"), func(b *testing.B) {
			in := maya()
			b.ReportAllocs()
			for b.Loop() {
				p.Choose(in)
			}
		})
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		Default()
	}
}
