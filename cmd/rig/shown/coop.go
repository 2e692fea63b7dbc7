// SPDX-License-Identifier: Apache-2.0

package shown

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"redbench/cmd/rig/load"
	"redbench/edge"
	"redbench/edge/simulate"
)

// shopper is one customer of the data, with a made-up name and card, and all that she bought.
type shopper struct {
	id     string
	name   string
	say    string
	card   string
	visits []visit // oldest first
}

type visit struct {
	day   time.Time
	items []edge.Item
}

// readShoppers reads transactions.csv.gz: one basket for each customer and day.
func readShoppers(dir string) ([]*shopper, error) {
	name := filepath.Join(dir, "transactions.csv.gz")
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the purchase histories are not here: %s is missing; give the folder that holds it with --data", name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	rows := csv.NewReader(unzipped)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil { // the header
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	byID := map[string]*shopper{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return named(byID), nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		if err := take(byID, row); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
}

// take adds a row (customer, day, item, name, …) to its customer's basket.
func take(byID map[string]*shopper, row []string) error {
	day, err := time.Parse(time.DateOnly, row[1])
	if err != nil {
		return err
	}
	s := byID[row[0]]
	if s == nil {
		s = &shopper{id: "I" + row[0]}
		byID[s.id[1:]] = s
	}
	item := edge.Item{SKU: row[2], Name: row[3], Quantity: 1}
	if n := len(s.visits); n > 0 && s.visits[n-1].day.Equal(day) {
		s.visits[n-1].items = append(s.visits[n-1].items, item)
		return nil
	}
	s.visits = append(s.visits, visit{day, []edge.Item{item}})
	return nil
}

// named gives everybody a made-up name that nobody else has, and a card.
func named(byID map[string]*shopper) []*shopper {
	var all []*shopper
	for _, s := range byID {
		slices.SortStableFunc(s.visits, func(a, b visit) int { return a.day.Compare(b.day) })
		s.visits = merged(s.visits)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *shopper) int {
		return cmp.Or(cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	people := simulate.NewChain(1, time.Now()).Customers
	for i, s := range all {
		person := people[i%len(people)]
		s.name, s.say, s.card = person.Name, person.Say, fmt.Sprintf("2913%09d", 7919*(i+1))
		if i >= len(people) {
			s.name += " " + strconv.Itoa(i/len(people)+1)
		}
	}
	return all
}

// merged joins baskets of one day that did not stand together in the file.
func merged(sorted []visit) []visit {
	var all []visit
	for _, v := range sorted {
		if n := len(all); n > 0 && all[n-1].day.Equal(v.day) {
			all[n-1].items = append(all[n-1].items, v.items...)
			continue
		}
		all = append(all, v)
	}
	return all
}

// split gives the visits to import and the last ones, to send.
func (s *shopper) split(last int) (past, coming []visit) {
	at := max(0, len(s.visits)-last)
	return s.visits[:at], s.visits[at:]
}

// shift is by how much the customer's days are moved, so that her first coming visit is today and the time since the
// visit before it is what it was.
func (s *shopper) shift(last int, now time.Time) time.Duration {
	_, coming := s.split(last)
	return now.Sub(coming[0].day).Truncate(24 * time.Hour)
}

// writeImports writes customers.csv and visits.csv, and tells how many visits the second holds.
func writeImports(dir string, all []*shopper, last int, now time.Time) (customers, visits string, count int, err error) {
	customers, visits = filepath.Join(dir, "customers.csv"), filepath.Join(dir, "visits.csv")
	err = writeCSV(customers, func(out *csv.Writer) {
		_ = out.Write([]string{"customer", "identifier", "kind", "name", "say", "consent"})
		for _, s := range all {
			_ = out.Write([]string{s.id, s.card, "card", s.name, s.say, "remember"})
		}
	})
	if err != nil {
		return
	}
	err = writeCSV(visits, func(out *csv.Writer) {
		_ = out.Write([]string{"customer", "at", "checkout", "sku", "name", "quantity", "amount_minor", "currency"})
		for _, s := range all {
			past, _ := s.split(last)
			move := s.shift(last, now)
			for n, v := range past {
				count++
				at := v.day.Add(move).Add(9 * time.Hour).Format(time.RFC3339)
				for _, item := range v.items {
					_ = out.Write([]string{s.id, at, fmt.Sprintf("%s-%d", s.id, n), item.SKU, item.Name, "1", "0", simulate.Currency})
				}
			}
		}
	})
	return
}

func writeCSV(name string, write func(*csv.Writer)) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	buffer := bufio.NewWriterSize(file, 1<<20)
	out := csv.NewWriter(buffer)
	write(out)
	out.Flush()
	return errors.Join(out.Error(), buffer.Flush())
}

// comingVisits are the last visits of all customers: everybody's first of them, then everybody's second, and so on, so
// that nobody is at two lanes at once.
func comingVisits(all []*shopper, last int) []load.Visit {
	var visits []load.Visit
	for n := range last {
		for _, s := range all {
			if _, coming := s.split(last); n < len(coming) {
				visits = append(visits, load.Visit{Card: s.card, Name: s.name, Items: coming[n].items})
			}
		}
	}
	return visits
}
