// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Model is what a store has learnt about its customers' habits together: how much each sign of a habit weighs, and how
// popular its articles are. It knows nothing of anybody. It starts with the weights that ship, and learns on the
// store's own box from each visit. Learn may not run beside Due.
type Model struct {
	again, fresh heads // for things on her list, and for popular ones that are not

	items    map[int64]*seen
	baskets  float64 // visits learnt from
	lately   float64 // the same, the last two weeks counting most
	day      float64 // of the latest
	popular  []int64 // the most popular articles, lately
	relisted int     // visits since they were listed
}

// heads weigh the same features twice: for the chance that a thing is in her basket, and for the order, where each visit
// counts once, be it large or small: what fills her small baskets goes first.
type heads struct{ chance, order *head }

// seen is what is known of an article.
type seen struct {
	baskets, lately         float64 // that held it
	hits, hoped             float64 // how often it was bought when on somebody's list, and how often that was expected
	hitsLately, hopedLately float64
	day                     float64 // of which lately, hitsLately and hopedLately are
}

const (
	fortnightDays = 14.
	monthDays     = 30.
	mostSeen      = 4096 // articles; a quarter more are never held
	mostPopular   = 200  // articles listed
	tryPopular    = 60   // of them, not on her list, are guessed
	relist        = 256
)

// NewModel gives the model that ships.
func NewModel() *Model {
	return newModel(shippedAgain[:], shippedAgainOrder[:], shippedFresh[:], shippedFreshOrder[:])
}

// Untaught gives a model of no opinion, to learn from it what shall ship.
func Untaught() *Model {
	var again [againSize]float64
	var fresh [freshSize]float64
	return newModel(again[:], again[:], fresh[:], fresh[:])
}

func newModel(again, againOrder, fresh, freshOrder []float64) *Model {
	return &Model{
		again: heads{newHead(again), newHead(againOrder)},
		fresh: heads{newHead(fresh), newHead(freshOrder)},
		items: map[int64]*seen{},
	}
}

// Guess is a thing that she may buy today.
type Guess struct {
	Item  int64
	P     float64 // calibrated: of guesses with .7, seven in ten come true
	Times int     // baskets of hers that held it; 0: it is popular, and not on her list
	Last  int64   // when she last bought it

	order float64
}

// Usual says which of the things on her list she may buy at a visit now, in the order of the list. It is what a tap asks: a
// thing that is not hers is never [Named].
func (m *Model) Usual(p *Person, now time.Time) []Guess {
	if p.Visits == 0 {
		return nil
	}
	at := p.moment(now)
	return m.usual(make([]Guess, 0, len(p.Things)), p, &at)
}

func (m *Model) usual(guesses []Guess, p *Person, at *moment) []Guess {
	x := make([]float64, 0, againSize)
	for i := range p.Things {
		t := &p.Things[i]
		x = at.featuresAgain(x[:0], t, m.seen(t.Item), m)
		guesses = append(guesses, m.again.guess(Guess{Item: t.Item, Times: t.Times, Last: t.Last}, x))
	}
	return guesses
}

// Due says what she may buy at a visit now: the things on her list and those popular in the store, what she would miss
// most first. The screen names only those that are [Named].
func (m *Model) Due(p *Person, now time.Time) []Guess {
	if p.Visits == 0 {
		return nil
	}
	at := p.moment(now)
	fresh := m.notHers(p)
	guesses := m.usual(make([]Guess, 0, len(p.Things)+len(fresh)), p, &at)
	x := make([]float64, 0, againSize)
	for _, item := range fresh {
		x = at.featuresFresh(x[:0], m.seen(item), m)
		guesses = append(guesses, m.fresh.guess(Guess{Item: item}, x))
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.order, a.order) })
	return guesses
}

func (h heads) guess(g Guess, x []float64) Guess {
	g.P, g.order = chance(h.chance.score(x)), h.order.score(x)
	return g
}

// see takes in one example, and gives the chance that was expected.
func (h heads) see(x []float64, yes bool, each float64) float64 {
	h.order.see(x, yes, each)
	return h.chance.see(x, yes, 1)
}

func (m *Model) heads() []*head {
	return []*head{m.again.chance, m.again.order, m.fresh.chance, m.fresh.order}
}

// Weights gives the weights as they stand: of things on her list, for the chance and for the order, and of those not on it.
func (m *Model) Weights() [][]float64 {
	var all [][]float64
	for _, h := range m.heads() {
		all = append(all, slices.Clone(h.w))
	}
	return all
}

// notHers are popular articles that are not on her list.
func (m *Model) notHers(p *Person) []int64 {
	fresh := make([]int64, 0, tryPopular)
	for _, item := range m.popular {
		if len(fresh) == tryPopular {
			break
		}
		if p.find(item) < 0 {
			fresh = append(fresh, item)
		}
	}
	return fresh
}

// Learn takes in what she bought on a visit, before [Person.Learn] does.
func (m *Model) Learn(p *Person, at time.Time, bought []Thing) {
	if p.Visits > 0 && len(bought) > 0 {
		m.correct(p, at, bought)
	}
	m.see(float64(at.UnixMicro())/dayMicros, bought)
}

// correct compares what was guessed with what she bought.
func (m *Model) correct(p *Person, at time.Time, bought []Thing) {
	holds := make(map[int64]bool, len(bought))
	for _, t := range bought {
		holds[t.Item] = true
	}
	now, each := p.moment(at), 6/(float64(len(bought))+1)
	x := make([]float64, 0, againSize)
	for i := range p.Things {
		t := &p.Things[i]
		s := m.seen(t.Item)
		x = now.featuresAgain(x[:0], t, s, m)
		m.hoped(t.Item, now.day, m.again.see(x, holds[t.Item], each), holds[t.Item])
	}
	for _, item := range m.notHers(p) {
		x = now.featuresFresh(x[:0], m.seen(item), m)
		m.fresh.see(x, holds[item], each)
	}
	for _, h := range m.heads() {
		h.finish()
	}
}

// seen is what is known of an article; of one never seen, nothing.
func (m *Model) seen(item int64) *seen {
	if s := m.items[item]; s != nil {
		return s
	}
	return &unseen
}

var unseen seen

func (s *seen) left(day, days float64) float64 { return math.Exp(-max(0, day-s.day) / days) }

// popularity is the log share of baskets that held an article, in the long run and lately.
func (m *Model) popularity(s *seen, day float64) (lasting, lately float64) {
	day = max(day, m.day)
	ago := math.Exp(-(day - m.day) / fortnightDays)
	return math.Log((s.baskets + .5) / (m.baskets + 10)), math.Log((s.lately*s.left(day, fortnightDays) + .5) / (m.lately*ago + 10))
}

// fade brings what decays up to a day.
func (s *seen) fade(day float64) {
	if day > s.day {
		fortnight, month := s.left(day, fortnightDays), s.left(day, monthDays)
		s.lately *= fortnight
		s.hitsLately *= month
		s.hopedLately *= month
		s.day = day
	}
}

func (m *Model) known(item int64, day float64) *seen {
	s := m.items[item]
	if s == nil {
		s = &seen{day: day}
		m.items[item] = s
	}
	s.fade(day)
	return s
}

func (m *Model) hoped(item int64, day, p float64, hit bool) {
	s := m.known(item, day)
	s.hoped += p
	s.hopedLately += p
	if hit {
		s.hits++
		s.hitsLately++
	}
}

// see counts a basket's articles.
func (m *Model) see(day float64, bought []Thing) {
	if m.baskets == 0 {
		m.day = day
	}
	if day > m.day {
		m.lately *= math.Exp(-(day - m.day) / fortnightDays)
		m.day = day
	}
	m.baskets++
	m.lately++
	for _, t := range bought {
		s := m.known(t.Item, m.day)
		s.baskets++
		s.lately++
	}
	m.relisted++
	if m.relisted >= relist || len(m.popular) < mostPopular && m.relisted >= relist/16 {
		m.list()
	}
}

// list finds the most popular articles, and drops the least known ones of too many.
func (m *Model) list() {
	m.relisted = 0
	type rated struct {
		item   int64
		rating float64
	}
	all := make([]rated, 0, len(m.items))
	for item, s := range m.items {
		all = append(all, rated{item, s.lately * s.left(m.day, fortnightDays)})
	}
	slices.SortFunc(all, func(a, b rated) int { return cmp.Or(cmp.Compare(b.rating, a.rating), cmp.Compare(a.item, b.item)) })
	m.popular = m.popular[:0]
	for _, r := range all[:min(len(all), mostPopular)] {
		m.popular = append(m.popular, r.item)
	}
	if len(all) <= mostSeen*5/4 {
		return
	}
	for i, r := range all {
		all[i].rating = r.rating + m.items[r.item].baskets
	}
	slices.SortFunc(all, func(a, b rated) int { return cmp.Or(cmp.Compare(b.rating, a.rating), cmp.Compare(a.item, b.item)) })
	for _, r := range all[mostSeen:] {
		delete(m.items, r.item)
	}
}
