// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"redbench/edge"
)

const remembered = 240 // days of visits that the import brings

// history makes every customer's visits of the last months, by her own rhythm.
func (c *Chain) history(seed uint64, now time.Time) []Past {
	var all []Past
	for i, person := range c.Customers {
		if person.Consent != edge.ConsentRemember {
			continue // nothing is kept of someone who did not agree to it
		}
		random := stream(seed, "history", strconv.Itoa(i))
		for n, at := range visitDays(random, person, now) {
			all = append(all, Past{
				Customer: person.ID,
				At:       at,
				Checkout: fmt.Sprintf("past-%s-%d", person.ID, n+1),
				Items:    c.basket(random, person, at),
			})
		}
	}
	slices.SortStableFunc(all, func(a, b Past) int { return a.At.Compare(b.At) })
	return all
}

// visitDays gives the moments at which the person came, oldest first.
func visitDays(random *rand.Rand, person Person, now time.Time) []time.Time {
	first := now.AddDate(0, 0, -remembered)
	if person.Since.After(first) {
		first = person.Since
	}
	last := now.AddDate(0, 0, -1)
	if person.rhythm == "absent" {
		last = now.AddDate(0, 0, -100-random.IntN(60))
	}
	var days []time.Time
	herDay := time.Weekday(1 + random.IntN(6))
	for day := first; day.Before(last); day = day.AddDate(0, 0, 1) {
		if random.Float64() < chance(person.rhythm, day, herDay) {
			days = append(days, moment(random, person, day))
		}
	}
	if len(days) == 0 {
		days = []time.Time{moment(random, person, first)}
	}
	switch person.rhythm {
	case "once":
		days = days[:1]
	case "new":
		days = days[:min(2, len(days))]
	}
	return days
}

// chance tells how likely someone of that rhythm comes on that day.
func chance(rhythm string, day time.Time, herDay time.Weekday) float64 {
	weekday := day.Weekday()
	_, week := day.ISOWeek()
	switch rhythm {
	case "daily":
		return .88
	case "workdays":
		return when(weekday != time.Saturday && weekday != time.Sunday, .8, .03)
	case "twice":
		return .3
	case "saturdays":
		return when(weekday == time.Saturday, .86, .02)
	case "fortnightly":
		return when(weekday == herDay && week%2 == 0, .9, .015)
	case "new", "once":
		return .3
	}
	return when(weekday == herDay, .86, .03) // weekly, and those who were weekly until they stayed away
}

func when(yes bool, then, otherwise float64) float64 {
	if yes {
		return then
	}
	return otherwise
}

// moment puts a visit at about her hour of the day.
func moment(random *rand.Rand, person Person, day time.Time) time.Time {
	hour := min(max(person.hour+random.NormFloat64()*.7, 7), 18.9)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location())
	return midnight.Add(time.Duration(hour * float64(time.Hour))).Truncate(time.Second)
}

// basket fills a basket: her usual things, and something that goes with the time of the day.
func (c *Chain) basket(random *rand.Rand, person Person, at time.Time) []edge.Item {
	var items []edge.Item
	for _, like := range person.usual {
		if random.Float64() < like.p {
			items = append(items, pieces(like.product, 1))
		}
	}
	extra := random.IntN(2)
	if len(items) == 0 {
		extra++
	}
	if at.Weekday() == time.Saturday {
		extra += random.IntN(3)
	}
	return append(items, c.extras(random, items, extra, at)...)
}

// extras picks n further products that are not in the basket yet.
func (c *Chain) extras(random *rand.Rand, have []edge.Item, n int, at time.Time) []edge.Item {
	var extra []edge.Item
	for tries := 0; len(extra) < n && tries < 20; tries++ {
		choice := c.byGroup[pick(random, groupsAt(at))]
		product := choice[random.IntN(len(choice))]
		same := func(i edge.Item) bool { return i.SKU == product.SKU }
		if slices.ContainsFunc(have, same) || slices.ContainsFunc(extra, same) {
			continue
		}
		extra = append(extra, pieces(product, 1+random.IntN(6)/5))
	}
	return extra
}

// groupsAt lists what people take at that time of the day; a group that stands twice is taken twice as often.
func groupsAt(at time.Time) []string {
	switch hour := at.Hour(); {
	case hour < 11:
		return []string{"coffee", "coffee", "coffee", "bakery", "bakery", "bread", "tea", "paper"}
	case hour < 15:
		return []string{"lunch", "lunch", "lunch", "coffee", "coffee", "bakery", "produce"}
	}
	return []string{"coffee", "tea", "bakery", "bakery", "bread", "grocery", "grocery", "produce"}
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

func pieces(p Product, n int) edge.Item {
	return edge.Item{SKU: p.SKU, Name: p.Name, Quantity: float64(n), AmountMinor: p.Minor * int64(n)}
}
