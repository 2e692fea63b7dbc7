// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// set is one set of purchase histories.
type set struct {
	name      string
	customers []*customer // by id
	items     []item      // by the number that baskets name them by
	dated     bool        // its baskets have days; false: only an order
	timed     bool        // and times of the day
}

type item struct{ sku, name string }

// customer is one customer and her visits, oldest first.
type customer struct {
	id      string
	baskets []basket
}

// basket is one visit: its things, each once, in the order of the receipt. In a set without things it has none.
type basket struct {
	at    time.Time // in a set without dates: one day a basket, which means nothing
	items []int32
	key   string // invoice, receipt or day
}

// fitted reports whether a customer is among those that anything may be fitted or chosen on; what is reported comes from
// the others.
func (c *customer) fitted() bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.id))
	return h.Sum32()>>7&1 == 0
}

// files are the sets' files, and the column that tells baskets apart, where one does: otherwise a day is a basket.
var files = map[string]struct{ name, basket string }{
	"cafe_sample":       {"transactions.csv.gz", "receipt"},
	"cdnow":             {"transactions.csv.gz", ""},
	"cdnow_sample":      {"../cdnow/sample_1_10.csv.gz", ""}, // the published tenth of the same customers
	"coop_italy":        {"transactions.csv.gz", ""},
	"dunnhumby_cj_79d":  {"transactions.csv.gz", "basket_id"},
	"grocery_elog":      {"visits.csv.gz", ""},
	"tafeng":            {"baskets.csv.gz", "basket_seq"},
	"uci_online_retail": {"transactions.csv.gz", "invoice_no"},
}

// load reads a set.
func load(dir, name string) (*set, error) {
	path := filepath.Join(dir, name, files[name].name)
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	s, err := read(unzipped, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return s, nil
}

// reader builds a set row by row.
type reader struct {
	set     *set
	column  map[string]int
	basket  string // name of the column that tells baskets apart, or ""
	byID    map[string]*customer
	baskets map[[2]string]int // customer and key: her basket's place
	bySKU   map[string]int32
}

func read(from io.Reader, name string) (*set, error) {
	rows := csv.NewReader(from)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return nil, err
	}
	r := reader{
		set: &set{name: name}, column: map[string]int{}, basket: files[name].basket,
		byID: map[string]*customer{}, baskets: map[[2]string]int{}, bySKU: map[string]int32{},
	}
	for i, column := range header {
		r.column[column] = i
	}
	_, r.set.dated = r.column["timestamp"]
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return r.sorted(), nil
		}
		if err == nil {
			err = r.take(row)
		}
		if err != nil {
			return nil, err
		}
	}
}

// field is a row's field by the name of its column; empty where the set has no such column.
func (r *reader) field(row []string, name string) string {
	if i, ok := r.column[name]; ok {
		return row[i]
	}
	return ""
}

func (r *reader) take(row []string) error {
	at, err := r.moment(row)
	if err != nil {
		return err
	}
	key := r.field(row, r.basket)
	if r.basket == "" {
		key = at.Format(time.DateOnly)
	}
	id := r.field(row, "customer_id")
	c := r.byID[id]
	if c == nil {
		c = &customer{id: id}
		r.byID[id] = c
		r.set.customers = append(r.set.customers, c)
	}
	n, ok := r.baskets[[2]string{id, key}]
	if !ok {
		n = len(c.baskets)
		r.baskets[[2]string{id, key}] = n
		c.baskets = append(c.baskets, basket{at: at, key: key})
	}
	b := &c.baskets[n]
	if at.Before(b.at) {
		b.at = at
	}
	if sku := r.field(row, "item_id"); sku != "" {
		if number := r.number(sku, r.field(row, "item_name")); !slices.Contains(b.items, number) {
			b.items = append(b.items, number)
		}
	}
	return nil
}

// moment is when a row's visit was. A basket of which only its place in the order is known gets a day by it.
func (r *reader) moment(row []string) (time.Time, error) {
	if !r.set.dated {
		n, err := strconv.Atoi(r.field(row, r.basket))
		return time.Unix(0, 0).UTC().AddDate(0, 0, n), err
	}
	text := r.field(row, "timestamp")
	if len(text) == len(time.DateOnly) {
		return time.Parse(time.DateOnly, text)
	}
	r.set.timed = true
	return time.Parse("2006-01-02T15:04", text)
}

func (r *reader) number(sku, name string) int32 {
	n, ok := r.bySKU[sku]
	if !ok {
		n = int32(len(r.set.items))
		r.bySKU[sku] = n
		r.set.items = append(r.set.items, item{sku, name})
	}
	return n
}

func (r *reader) sorted() *set {
	slices.SortFunc(r.set.customers, func(a, b *customer) int { return cmp.Compare(a.id, b.id) })
	for _, c := range r.set.customers {
		slices.SortStableFunc(c.baskets, func(a, b basket) int { return a.at.Compare(b.at) })
		if !r.set.dated { // all customers' last baskets are of one day
			for k := range c.baskets {
				c.baskets[k].at = time.Unix(0, 0).UTC().AddDate(10, 0, k-len(c.baskets))
			}
		}
	}
	return r.set
}
