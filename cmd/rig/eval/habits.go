// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"redbench/edge/memory"
)

// aims are what a set's guesses have to reach; 0 where nothing is asked.
type aims struct {
	recall, ndcg, precision, silence float64
}

// habitParts measure what is said of her usual things and of what is due.
func habitParts() []part {
	var all []part
	for _, of := range []struct {
		set string
		aims
	}{
		{"tafeng", aims{recall: .150, ndcg: .126}},
		{"coop_italy", aims{recall: .26, precision: .58}},
		{"uci_online_retail", aims{recall: .208, precision: .58}},
		{"dunnhumby_cj_79d", aims{recall: .138}},
		{"cafe_sample", aims{silence: .01}},
	} {
		all = append(all, part{of.set, "what is due", func(ctx context.Context, s *set) ([]measure, error) {
			return habits(ctx, s, of.aims)
		}})
	}
	return all
}

func habits(ctx context.Context, s *set, aim aims) ([]measure, error) {
	answers, err := replay(ctx, s, memory.NewModel(), func(c *customer, n int) bool {
		return askedFor(s, c, n) || aim.silence > 0 && n > 0
	})
	if err != nil {
		return nil, err
	}
	if len(answers) == 0 {
		return nil, errors.New("no customer has enough baskets to be asked for one")
	}
	var all []measure
	for _, group := range []string{"reported", "fitted"} {
		some := slices.DeleteFunc(slices.Clone(answers), func(a asking) bool { return a.c.fitted() != (group == "fitted") })
		if aim.silence > 0 {
			all = append(all, silence(some, aim.silence), tenths(some))
		} else {
			all = append(all, rankings(ctx, s, some, aim)...)
			all = append(all, precision(some, aim.precision), tenths(some))
		}
		for i := range all {
			if all[i].On == "" {
				all[i].On = group
			}
		}
	}
	return append(all, took(answers)), nil
}

// rankings measure whether the first ten guesses hold what she bought.
func rankings(ctx context.Context, s *set, answers []asking, aim aims) []measure {
	var ours ranking
	for _, a := range answers {
		first := make([]int32, 0, ten)
		for _, g := range a.guesses[:min(ten, len(a.guesses))] {
			first = append(first, int32(g.Item))
		}
		ours.add(first, a.truth())
	}
	recall, ndcg := ours.mean()
	measures := []measure{{Name: "recall@10", N: ours.n, Result: recall}, {Name: "ndcg@10", N: ours.n, Result: ndcg}}
	for _, b := range classical(ctx, s, answers) {
		recall, ndcg := b.ranking.mean()
		measures[0].Baselines = append(measures[0].Baselines, baseline{b.name, recall})
		measures[1].Baselines = append(measures[1].Baselines, baseline{b.name, ndcg})
	}
	for i, least := range []float64{aim.recall, aim.ndcg} {
		if least > 0 {
			measures[i] = measures[i].least(least)
		}
	}
	return measures
}

// precision is how often a thing that is named is in the basket.
func precision(answers []asking, least float64) measure {
	all, came := 0, 0
	for _, a := range answers {
		for _, g := range named(a.guesses) {
			all++
			if slices.Contains(a.truth(), int32(g.Item)) {
				came++
			}
		}
	}
	m := measure{Name: "precision of a named thing", N: all}
	if all > 0 {
		m.Result = float64(came) / float64(all)
	}
	if least > 0 {
		m = m.least(least)
	}
	return m
}

// silence is how many taps name a thing.
func silence(answers []asking, most float64) measure {
	naming := 0
	for _, a := range answers {
		if len(named(a.guesses)) > 0 {
			naming++
		}
	}
	return measure{Name: "taps that name a thing", N: len(answers), Result: float64(naming) / float64(max(1, len(answers)))}.most(most)
}

// tenths holds the guesses' p, of things on her list, against what came.
func tenths(answers []asking) measure {
	var c calibration
	all := 0
	for _, a := range answers {
		for _, g := range a.guesses {
			if g.Times > 0 {
				c.add(a.c, g.P, slices.Contains(a.truth(), int32(g.Item)))
				all++
			}
		}
	}
	grouped, plain := c.worst()
	m := measure{Name: "calibration: worst tenth, less 2 s.e.", N: all, Result: grouped, Note: "each guess for itself " + short(plain) + "; "}.most(.05)
	for i, n := range c.n {
		if n > 0 {
			m.Note += fmt.Sprintf("%s→%s ", short2(c.p[i]/n), short2(c.came[i]/n))
		}
	}
	return m
}

func short2(p float64) string { return fmt.Sprintf("%.2f", p)[1:] }

// took is the time that an answer takes, without the read of the store.
func took(answers []asking) measure {
	times := make([]time.Duration, 0, len(answers))
	for _, a := range answers {
		times = append(times, a.took)
	}
	slices.Sort(times)
	p99 := times[len(times)*99/100]
	return measure{Name: "time a tap, ms, p99, without the read", On: "all", N: len(times), Result: p99.Seconds() * 1000}.most(1)
}
