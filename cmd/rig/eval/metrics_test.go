// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"math"
	"strings"
	"testing"

	"redbench/edge/memory"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// Computed by hand: of three things two are among the first ten, at the first and the third place.
func TestRankingByHand(t *testing.T) {
	var r ranking
	r.add([]int32{7, 1, 8, 2, 3, 4, 5, 6, 9, 10, 11}, []int32{7, 8, 11})
	r.add([]int32{1}, nil) // an empty basket asks for nothing
	recall, ndcg := r.mean()
	best := 1 + 1/math.Log2(3) + .5
	if !near(recall, 2./3) || !near(ndcg, 1.5/best) || r.n != 1 {
		t.Errorf("recall %v, ndcg %v of %d", recall, ndcg, r.n)
	}
	// The tenth place counts, the eleventh does not.
	r = ranking{}
	r.add([]int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []int32{9, 10})
	if recall, ndcg := r.mean(); !near(recall, .5) || !near(ndcg, 1/math.Log2(11)/(1+1/math.Log2(3))) {
		t.Errorf("recall %v, ndcg %v", recall, ndcg)
	}
	// Twelve things cannot all stand among ten: then ten hits are the best gain, and still not all.
	all := []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	r = ranking{}
	r.add(all, all)
	if recall, ndcg := r.mean(); !near(recall, 10./12) || !near(ndcg, 1) {
		t.Errorf("recall %v, ndcg %v", recall, ndcg)
	}
}

func TestCalibrationByHand(t *testing.T) {
	var c calibration
	her, him := &customer{id: "her"}, &customer{id: "him"}
	for i := range 100 {
		c.add(map[bool]*customer{true: her, false: him}[i < 50], .65, i < 90)
	}
	grouped, plain := c.worst()
	if !near(plain, .25-2*math.Sqrt(.65*.35/100)) {
		t.Errorf("plain: %v", plain)
	}
	// Hers are off by 50·.35, his by 40 − 50·.65.
	if want := .25 - 2*math.Hypot(17.5, 7.5)/100; !near(grouped, max(0, want)) {
		t.Errorf("grouped: %v, want %v", grouped, want)
	}
	c = calibration{}
	for i := range 40 {
		c.add(her, 1, i < 40)
		c.add(him, 0, false)
	}
	if grouped, plain := c.worst(); grouped != 0 || plain != 0 {
		t.Errorf("sure and right: %v, %v", grouped, plain)
	}
}

func TestNamedNeedsThreeTimes(t *testing.T) {
	got := named([]memory.Guess{{Item: 1, P: .5, Times: 3}, {Item: 2, P: .9, Times: 2}, {Item: 3, P: .49, Times: 9}, {Item: 4, P: .9}})
	if len(got) != 1 || got[0].Item != 1 {
		t.Errorf("%+v", got)
	}
}

// histories are baskets by day; the last one is asked for.
func histories(t *testing.T, rows ...string) *set {
	t.Helper()
	s, err := read(strings.NewReader("customer_id,timestamp,item_id,item_name\n"+strings.Join(rows, "\n")+"\n"), "coop_italy")
	if err != nil {
		t.Fatal(err)
	}
	s.name = "made up" // one basket is asked for, not twenty
	return s
}

func TestClassicalByHand(t *testing.T) {
	s := histories(t,
		"1,2026-01-01,a,", "1,2026-01-01,b,", "1,2026-01-02,a,", "1,2026-01-03,c,", "1,2026-01-04,a,",
		"2,2026-01-01,d,", "2,2026-01-02,a,")
	her := s.customers[0]
	if askedFor(s, her, 2) || !askedFor(s, her, 3) || askedFor(s, s.customers[1], 1) {
		t.Error("another basket than the last is asked for, or one of two")
	}
	a := asking{c: her, n: 3}
	number := map[string]int32{}
	for i, it := range s.items {
		number[it.sku] = int32(i)
	}
	if got := top(personal(a, 1)); len(got) != 3 || got[0] != number["a"] || got[1] != number["b"] || got[2] != number["c"] {
		t.Errorf("most frequent: %v of %v", got, number)
	}
	decayed := personal(a, .5) // a: ¼ + ½, b: ¼, c: 1
	if !near(decayed[number["a"]].score, .75) || !near(decayed[number["c"]].score, 1) || top(decayed)[0] != number["c"] {
		t.Errorf("decayed: %v", decayed)
	}
	if got := mostPopular(s); got[0] != number["a"] || len(got) != 4 {
		t.Errorf("popular: %v", got)
	}
	if got := filled([]int32{number["c"]}, mostPopular(s)); got[0] != number["c"] || got[1] != number["a"] || len(got) != 4 {
		t.Errorf("filled: %v", got)
	}
	// The other holds one thing of three alike: what he has is added, and hers stays first.
	u := newUPCF(s)
	alike := 1 / (math.Pow(3, upcfAlpha) * math.Pow(2, 1-upcfAlpha))
	scores := u.scores(a)
	if !near(scores[number["d"]].score, math.Pow(alike, upcfLocality)*.5) || !near(scores[number["a"]].score, 2./3+math.Pow(alike, upcfLocality)*.5) {
		t.Errorf("UP-CF: %v", scores)
	}
}

// The replay knows nothing of what comes later: a basket that is asked for is learnt only then.
func TestReplayAsksBeforeItLearns(t *testing.T) {
	s := histories(t, "1,2026-01-01,a,", "1,2026-01-02,a,", "1,2026-01-03,b,", "2,2026-01-09,c,")
	answers, err := replay(t.Context(), s, memory.NewModel(), func(c *customer, n int) bool { return askedFor(s, c, n) })
	if err != nil || len(answers) != 1 {
		t.Fatal(answers, err)
	}
	for _, g := range answers[0].guesses {
		if g.Item != 0 || g.Times != 2 {
			t.Errorf("%+v was guessed on the third of January", g)
		}
	}
}

func TestBasketsWithoutDatesEndTogether(t *testing.T) {
	s, err := read(strings.NewReader("customer_id,basket_seq,item_id\n1,1,a\n1,2,a\n1,2,a\n2,1,a\n2,2,b\n2,3,c\n"), "tafeng")
	if err != nil {
		t.Fatal(err)
	}
	one, two := s.customers[0].baskets, s.customers[1].baskets
	if len(one) != 2 || len(two) != 3 || !one[1].at.Equal(two[2].at) || !one[0].at.Before(one[1].at) || len(one[1].items) != 1 {
		t.Errorf("%+v %+v", one, two)
	}
}
