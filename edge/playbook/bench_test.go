// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"strings"
	"testing"

	"redbench/edge"
)

// What one tap costs: the default playbook of 40 rules, a stranger, a customer with two facts, and one with twelve.
func BenchmarkChoose(b *testing.B) {
	p := Default()
	busy := maya()
	for i, kind := range append(edge.FactKinds, edge.FactInterest) {
		busy.Profile.Facts = append(busy.Profile.Facts, told(fmt.Sprint("f", i), kind, "Something that was told to us", day))
	}
	for _, in := range []struct {
		name string
		in   Input
	}{{"stranger", Input{Now: morning, Language: "en"}}, {"two facts", maya()}, {"fourteen facts", busy}} {
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
