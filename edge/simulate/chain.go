// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
)

// Currency is what the made-up chain's prices are in.
const Currency = "EUR"

// Person is a made-up customer.
type Person struct {
	ID          string            // the chain's own id
	Identifiers []edge.Identifier // the card first
	Name        string
	Say         string
	Address     string
	Language    string
	Consent     edge.Consent
	Since       time.Time
	Facts       []Fact

	rhythm string
	hour   float64 // of the day at which she mostly comes
	usual  []liking
}

// Past is a visit before the day: what the import brings.
type Past struct {
	Customer string // Person.ID
	At       time.Time
	Checkout string
	Items    []edge.Item
}

// Chain is the made-up chain as it stands when a day begins.
type Chain struct {
	Customers []Person
	Products  []Product
	Visits    []Past // oldest first

	bySKU   map[string]Product
	byGroup map[string][]Product
}

// NewChain makes the chain as it stands at the moment now: the same seed and moment give the same chain. Its visits
// reach back eight months and end before now.
func NewChain(seed uint64, now time.Time) *Chain {
	c := &Chain{Products: readProducts(), bySKU: map[string]Product{}, byGroup: map[string][]Product{}}
	for _, p := range c.Products {
		c.bySKU[p.SKU] = p
		c.byGroup[p.Group] = append(c.byGroup[p.Group], p)
	}
	facts := readFacts()
	for i, row := range readTable("customers.csv") {
		person := c.person(seed, i, row, now)
		person.Facts = dated(facts[person.Name], now)
		c.Customers = append(c.Customers, person)
	}
	c.Visits = c.history(seed, now)
	return c
}

// Known gives the person of a chain id.
func (c *Chain) Known(id string) (Person, bool) {
	for _, p := range c.Customers {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}

func (c *Chain) person(seed uint64, i int, row map[string]string, now time.Time) Person {
	random := stream(seed, "person", strconv.Itoa(i))
	months := number(row["joined"])
	since := now.AddDate(0, -int(months), -random.IntN(20)-1)
	return Person{
		ID:          fmt.Sprintf("C%05d", 10001+i*37),
		Identifiers: identifiers(random, i, row["name"]),
		Name:        row["name"],
		Say:         row["say"],
		Address:     row["address"],
		Language:    row["language"],
		Consent:     edge.Consent(row["consent"]),
		Since:       since,
		rhythm:      row["rhythm"],
		hour:        hours[row["time"]] + random.NormFloat64()*.6,
		usual:       readLikings(row["usual"], c.bySKU),
	}
}

var hours = map[string]float64{"morning": 8.3, "noon": 12.6, "afternoon": 16.2}

// identifiers gives a card in the range that shops keep for themselves (EAN prefix 29, which no payment card has), and
// to some a second way to be known. Phone numbers are of a range kept for fiction, mail addresses of a reserved domain.
func identifiers(random *rand.Rand, i int, name string) []edge.Identifier {
	all := []edge.Identifier{{Kind: edge.KindCard, Value: fmt.Sprintf("29%03d%08d", random.IntN(1000), 1000+i*7919)}}
	switch i % 6 {
	case 1:
		all = append(all, edge.Identifier{Kind: edge.KindPhone, Value: fmt.Sprintf("+447700900%03d", i)})
	case 3:
		all = append(all, edge.Identifier{Kind: edge.KindEmail, Value: fmt.Sprintf("customer%d@example.com", 100+i)})
	case 5:
		all = append(all, edge.Identifier{Kind: edge.KindApp, Value: "app-" + letters(name, 12)})
	}
	return all
}

// dated fills {+3} in a fact with the day three days from now, as a person would say it.
func dated(facts []Fact, now time.Time) []Fact {
	var all []Fact
	for _, f := range facts {
		before, rest, found := strings.Cut(f.Text, "{+")
		days, after, closed := strings.Cut(rest, "}")
		if found && closed {
			f.Text = before + now.AddDate(0, 0, int(number(days))).Format("2 January") + after
		}
		all = append(all, f)
	}
	return all
}

// stream gives a source of chance for one purpose, so that a change in one place does not shift all others.
func stream(seed uint64, purpose ...string) *rand.Rand {
	h := fnv.New64a()
	for _, p := range purpose {
		_, _ = h.Write([]byte(p))
		_, _ = h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// letters makes n lower-case letters from a text: names for runs and apps that no card-number guard can mistake.
func letters(text string, n int) string {
	random := stream(0, "letters", text)
	made := make([]byte, n)
	for i := range made {
		made[i] = byte('a' + random.IntN(26))
	}
	return string(made)
}
