// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"redbench/cmd/rig/load"
	"redbench/edge"
	"redbench/edge/simulate"
)

// people is a made-up town: many customers, of whom some have a past and will come.
type people struct {
	count   int // all customers
	coming  int // those with a past
	chain   *simulate.Chain
	started time.Time
}

func newPeople(count, coming int, now time.Time) people {
	return people{count, min(coming, count), simulate.NewChain(1, now), now}
}

func (p people) name(i int) string {
	return fmt.Sprintf("%s %d", p.chain.Customers[i%len(p.chain.Customers)].Name, i)
}

func (people) card(i int) string { return fmt.Sprintf("2912%09d", i) }

// past gives the n-th past basket of customer i: mostly the same thing, something else beside it.
func (p people) past(i, n int) []edge.Item {
	product := func(k int) edge.Item {
		one := p.chain.Products[k%len(p.chain.Products)]
		return edge.Item{SKU: one.SKU, Name: one.Name, Quantity: 1, AmountMinor: one.Minor}
	}
	return []edge.Item{product(i), product(i + 7*n + 1)}
}

const pastVisits = 5

// visit gives the i-th visit of the measurement.
func (p people) visit(i int) load.Visit {
	who := i % p.coming
	return load.Visit{Card: p.card(who), Name: p.name(who), Items: p.past(who, i)}
}

// writeCustomers and writeVisits write what the box imports.
func (p people) writeCustomers(file string) error {
	return writeLines(file, func(out *bufio.Writer) {
		fmt.Fprintln(out, "customer,identifier,kind,name,say,language,consent,since,fact.preference")
		for i := range p.count {
			fact := ""
			if i%3 == 0 {
				fact = "The table by the window"
			}
			fmt.Fprintf(out, "B%d,%s,card,%s,,en,remember,2025-01-01,%s\n", i, p.card(i), p.name(i), fact)
		}
	})
}

func (p people) writeVisits(file string) error {
	return writeLines(file, func(out *bufio.Writer) {
		fmt.Fprintln(out, "customer,at,checkout,sku,name,quantity,amount_minor,currency")
		for n := range pastVisits {
			at := p.started.AddDate(0, 0, -7*(pastVisits-n)).UTC().Format(time.RFC3339)
			for i := range p.coming {
				for _, item := range p.past(i, n) {
					fmt.Fprintf(out, "B%d,%s,b-%d-%d,%s,%s,1,%d,EUR\n", i, at, i, n, item.SKU, item.Name, item.AmountMinor)
				}
			}
		}
	})
}

func writeLines(name string, write func(*bufio.Writer)) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	write(out)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return file.Close()
}

// writeDatabase makes the minimal pipeline's table: the same customers, one row each, found by the bare card.
func (p people) writeDatabase(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=OFF")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE customer (card TEXT PRIMARY KEY, name TEXT, say TEXT, usual TEXT, last TEXT) WITHOUT ROWID"); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	insert, err := tx.PrepareContext(ctx, "INSERT INTO customer VALUES (?, ?, '', ?, ?)")
	if err != nil {
		return err
	}
	for i := range p.count {
		items := p.past(i, pastVisits-1)
		if _, err := insert.ExecContext(ctx, p.card(i), p.name(i), items[0].Name, items[1].Name); err != nil {
			return err
		}
	}
	return tx.Commit()
}
