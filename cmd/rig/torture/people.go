// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"fmt"

	"redbench/edge"
)

// Every name and every told text begins with one of these, so that a look through the files for both finds whoever
// rests in clear.
const (
	nameMark = "Zqmaya"
	factMark = "Zqtold"

	cardMark  = "6001777888999"
	phoneMark = "+491555000111"
)

// person is somebody in the world. Names and cards are hers alone, but for what a household shares.
type person struct {
	n      int
	chain  string // the chain's own id; empty: she is not in its programme
	cards  []edge.Identifier
	shared *edge.Identifier // a phone that others of her household have too

	forgets int  // how often she was ordered to be forgotten
	lost    bool // such an order was perhaps on a disk alone that was lost since
	said    bool // she said in her own words, somewhere, that she wants to be known

	alone bool // a box that worked alone has known her, perhaps under a key of its own
}

func (p *person) name() string { return fmt.Sprintf("%s%03d", nameMark, p.n) }

// ids are all that finds her, hers alone first.
func (p *person) ids() []edge.Identifier {
	out := append([]edge.Identifier(nil), p.cards...)
	if p.chain != "" {
		out = append(out, edge.Identifier{Kind: edge.KindCustomer, Value: p.chain})
	}
	return out
}

// everything is ids, with what she shares.
func (p *person) everything() []edge.Identifier {
	out := p.ids()
	if p.shared != nil {
		out = append(out, *p.shared)
	}
	return out
}

// people makes the world's persons: a household in three, some without the chain's id, some with two cards.
func (w *world) makePeople(count int) {
	var phone *edge.Identifier
	for n := range count {
		p := &person{n: n}
		if w.chance(0.7) {
			p.chain = fmt.Sprintf("chain-%03d", n)
		}
		cards := 1 + w.rng.IntN(2)
		if p.chain == "" {
			cards = 1 // without the chain's id nobody could know that two cards are one person's
		}
		for card := range cards {
			p.cards = append(p.cards, edge.Identifier{Kind: edge.KindCard, Value: fmt.Sprintf("%s%03d%03d", cardMark, n, card)})
		}
		switch {
		case p.chain == "": // whoever has a household's phone alone is anybody of it
		case phone != nil && w.chance(0.7):
			p.shared, phone = phone, nil
		case w.chance(0.4):
			phone = &edge.Identifier{Kind: edge.KindPhone, Value: fmt.Sprintf("%s%05d", phoneMark, n)}
			p.shared = phone
		}
		w.people = append(w.people, p)
	}
}
