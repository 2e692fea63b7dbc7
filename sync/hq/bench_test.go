// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"redbench/edge"
	"redbench/sync/hq"
)

const (
	benchBatch     = 2000
	benchCustomers = 20_000
)

// visits makes a batch of visits, four in five of somebody who is known.
func visits(b *box, ids []string, n int) []edge.Record {
	records := make([]edge.Record, benchBatch)
	for i := range records {
		who := ""
		if i%5 != 0 {
			who = ids[(n*benchBatch+i*7919)%len(ids)]
		}
		v := b.visit(who, n*benchBatch+i)
		v.Items = append(v.Items, edge.Item{SKU: "4002", Name: "Rye bread", Quantity: 1, AmountMinor: 349}, edge.Item{SKU: "4003", Name: "Pears", Quantity: 0.7, AmountMinor: 199})
		records[i] = edge.Record{Kind: edge.RecordVisit, Visit: &v}
		b.next(&records[i])
	}
	b.sent = nil
	return records
}

// crowd tells of customers and gives their ids.
func crowd(b *box, n int) []string {
	ids := make([]string, n)
	for from := 0; from < n; from += benchBatch {
		records := make([]edge.Record, min(benchBatch, n-from))
		for i := range records {
			s := b.customer(fmt.Sprintf("Maya Nr%d", from+i), card(from+i))
			ids[from+i] = s.ID
			records[i] = edge.Record{Kind: edge.RecordCustomer, Customer: &s}
		}
		b.tell(records...)
	}
	return ids
}

// BenchmarkTakeVisits takes batches of visits in, against a plain multi-row insert of the same rows into a database with the
// same settings.
func BenchmarkTakeVisits(b *testing.B) {
	b.Run("head-office", func(b *testing.B) {
		o := newOffice(b)
		box := o.enrolled("harbour")[0]
		ids := crowd(box, benchCustomers)
		n := 0
		for b.Loop() {
			b.StopTimer()
			records := visits(box, ids, n)
			n++
			b.StartTimer()
			if _, err := o.Take(b.Context(), box.store, box.id, records); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n*benchBatch)/b.Elapsed().Seconds(), "records/s")
	})
	b.Run("plain-insert", func(b *testing.B) {
		o := newOffice(b)
		box := o.enrolled("harbour")[0]
		ids := crowd(box, benchCustomers)
		db := plain(b)
		n := 0
		for b.Loop() {
			b.StopTimer()
			records := visits(box, ids, n)
			b.StartTimer()
			insertPlain(b, db, records, int64(n*benchBatch))
			n++
		}
		b.ReportMetric(float64(n*benchBatch)/b.Elapsed().Seconds(), "records/s")
	})
}

// BenchmarkTakeCustomers takes batches of new customers in.
func BenchmarkTakeCustomers(b *testing.B) {
	o := newOffice(b)
	box := o.enrolled("harbour")[0]
	n := 0
	for b.Loop() {
		b.StopTimer()
		records := make([]edge.Record, benchBatch)
		for i := range records {
			s := box.customer("Maya", card(n))
			records[i] = edge.Record{Kind: edge.RecordCustomer, Customer: &s}
			box.next(&records[i])
			n++
		}
		box.sent = nil
		b.StartTimer()
		if _, err := o.Take(b.Context(), box.store, box.id, records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

// plain is a database with the same settings and one table with the same indexes, and nothing that knows any rule.
func plain(b *testing.B) *sql.DB {
	b.Helper()
	db := sql.OpenDB(connector(filepath.Join(b.TempDir(), "plain.db")))
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { must(b, db.Close()) })
	_, err := db.Exec(`CREATE TABLE entities (pos INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id TEXT NOT NULL, store TEXT NOT NULL,
			customer INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB);
		CREATE UNIQUE INDEX entities_id ON entities (id, kind);
		CREATE INDEX entities_customer ON entities (customer, kind, at) WHERE customer > 0`)
	must(b, err)
	return db
}

type connector string

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return (&sqlite3.SQLiteDriver{}).Open("file:" + string(c) + "?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_secure_delete=on&_stmt_cache_size=16&_cache_size=-131072")
}

func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

func insertPlain(b *testing.B, db *sql.DB, records []edge.Record, pos int64) {
	const rows = 64
	tx, err := db.Begin()
	must(b, err)
	query := "INSERT INTO entities VALUES " + strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?,?),", rows), ",")
	one := "INSERT INTO entities VALUES (?,?,?,?,?,?,?)"
	var values []any
	for i, r := range records {
		body, err := json.Marshal(r.Visit)
		must(b, err)
		number := int64(0)
		if r.Visit.Customer != "" {
			number = int64(i*7919%benchCustomers) + 1
		}
		values = append(values, pos+int64(i)+1, int(hq.EntityVisit), "harbour/"+r.Visit.ID, "harbour", number, r.Visit.At.UnixMicro(), body)
		if len(values) == 7*rows {
			_, err = tx.Exec(query, values...)
			must(b, err)
			values = values[:0]
		}
	}
	for ; len(values) > 0; values = values[7:] {
		_, err = tx.Exec(one, values[:7]...)
		must(b, err)
	}
	must(b, tx.Commit())
}
