// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// many are so many steps of each table.
const many = 20 * sweepStep

// rowsOf fills a table with as many rows, the oldest that there can be or those of a time; their customers are there.
var rowsOf = map[string]string{
	"events":  `SELECT randomblob(16), x'00', ?2 FROM n`,
	"words":   `SELECT hex(randomblob(16)), ?2, NULL, NULL, NULL FROM n`,
	"prompts": `SELECT randomblob(16), NULL, ?2, x'00' FROM n`,
	"visits":  `SELECT i, NULL, ?2, i, '', '', 0, '', x'00', NULL, NULL FROM n`,
	"facts":   `SELECT 1 + i % 100, randomblob(16), 'interest', x'00', 0, 0, ?2, 0, ?2, NULL FROM n`,
	"habits":  `SELECT 1 + i / 20, i, 0, 1, ?2, NULL FROM n`,
}

// crowded is a store with tables so large that who walks through one of them is seen.
func crowded(t *testing.T, at int64) *Store {
	t.Helper()
	s := openStore(t, t.TempDir(), func(o *Options) { o.VisitsKept = season })
	fill := sql.OpenDB(&connector{dsn: "file:" + s.path + "?_foreign_keys=off", driver: &sqlite3.SQLiteDriver{}})
	defer func() { _ = fill.Close() }()
	for table, rows := range rowsOf {
		_, err := fill.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) INSERT INTO `+table+` `+rows, many, at)
		if err != nil {
			t.Fatal(table, err)
		}
	}
	// Head office is still to be told of the newest.
	if _, err := fill.Exec(`INSERT INTO outbox (id, kind, ref, at) VALUES (x'01', 'visit', ?, 0), (x'02', 'outcome', x'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF', 0)`, many); err != nil {
		t.Fatal(err)
	}
	return s
}

// looking counts the rows that the sweep's statements look at: their conditions begin with one that counts.
func looking(t *testing.T, s *Store) (looked *atomic.Int64) {
	t.Helper()
	looked = &atomic.Int64{}
	driver := &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return errors.Join(c.RegisterFunc("looked", func(any) bool { looked.Add(1); return true }, false),
			c.RegisterFunc("seen", func(key any) any { looked.Add(1); return key }, false))
	}}
	for _, pool := range []**sql.DB{&s.read, &s.write} {
		if err := (*pool).Close(); err != nil {
			t.Fatal(err)
		}
		*pool = sql.OpenDB(&connector{dsn: "file:" + s.path + "?_foreign_keys=on&_busy_timeout=10000&_txlock=immediate", driver: driver})
	}
	kept := sweeps
	t.Cleanup(func() { sweeps = kept })
	for i := range sweeps {
		sweeps[i].old = func(s *Store) (string, []any) {
			where, args := kept[i].old(s)
			return `looked(` + kept[i].key + `) AND ` + where, args
		}
		sweeps[i].told = `seen(` + kept[i].told + `)`
	}
	return looked
}

// TestAStepLooksAtItsOwnRowsOnly: each round takes one step of each table, whatever SQLite makes of a condition with two bounds. A
// round that walked through a table of a million rows held cards back every two seconds.
func TestAStepLooksAtItsOwnRowsOnly(t *testing.T) {
	for name, at := range map[string]int64{"all are young": newClock().Now().UnixMicro(), "all are old": 1} {
		t.Run(name, func(t *testing.T) {
			s := crowded(t, at)
			looked := looking(t, s)
			for which, table := range sweeps {
				steps, total := 0, int64(0)
				for ; steps == 0 || s.sweep.from[table.table] != nil; steps++ {
					looked.Store(0)
					if err := s.sweepTable(t.Context(), which); err != nil {
						t.Fatal(table.table, err)
					}
					// The question whether there is anything, whose, what goes with them, and they themselves.
					if n := looked.Load(); n > 4*sweepStep {
						t.Fatalf("step %d of %s looked at %d rows", steps, table.table, n)
					}
					total += looked.Load()
				}
				if steps < many/sweepStep || total < many {
					t.Errorf("%s was walked through in %d steps that looked at %d of %d rows", table.table, steps, total, many)
				}
				if left := count(t, s, `SELECT count(*) FROM `+table.table); at == 1 && left > 1 || at != 1 && left != many {
					t.Errorf("%d of %d %s are left", left, many, table.table)
				}
			}
		})
	}
}

// TestWhatHeadOfficeIsStillToBeToldIsLookedThroughOnce: while head office is away for months, old rows stay for it, and a round that
// looked through all that waits for it read for a tenth of a second.
func TestWhatHeadOfficeIsStillToBeToldIsLookedThroughOnce(t *testing.T) {
	s := crowded(t, 1)
	fill := func(from, to int) {
		t.Helper()
		_, err := s.write.Exec(`WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
			INSERT INTO outbox (id, kind, ref, at) SELECT randomblob(16), 'visit', i, 0 FROM n`, from, to)
		if err != nil {
			t.Fatal(err)
		}
	}
	tell := func(where string) {
		t.Helper()
		if _, err := s.write.Exec(`DELETE FROM outbox WHERE ` + where); err != nil {
			t.Fatal(err)
		}
	}
	looked := looking(t, s)
	visits := sweeps[slices.IndexFunc(sweeps[:], func(t swept) bool { return t.table == "visits" })]
	is := func(what string, want any, most int64) {
		t.Helper()
		looked.Store(0)
		key, may, err := s.firstUntold(t.Context(), visits)
		if err != nil || !may || key != want {
			t.Errorf("%s: the first is %v, %t, want %v; %v", what, key, may, want, err)
		}
		if n := looked.Load() / 2; n > most { // each is held against nothing, and then against the others
			t.Errorf("%s: %d rows were looked at, want at most %d", what, n, most)
		}
	}
	tell(`true`)
	is("nothing waits", nil, 0)
	fill(100, many)
	is("much waits", int64(100), many)
	is("again", int64(100), 0)
	fill(50, 59) // of visits that came late, or are told anew
	is("earlier ones", int64(50), 10)
	fill(200, 209)
	is("later ones", int64(50), 10)
	tell(`ref = 70`)
	is("another was told", int64(50), 0)
	tell(`ref = 50`)
	is("it was told", int64(51), many)
	if _, err := s.write.Exec(`UPDATE outbox SET kind = 'summary' WHERE ref = 51`); err != nil {
		t.Fatal(err)
	}
	is("it is told in a sum", int64(52), many)
	tell(`true`)
	is("all was told", nil, 0)
	fill(7, 7)
	is("one more", int64(7), 1)
}

// TestAStepSearches: nothing that a step asks for is found by walking through a whole table, neither what it looks at nor what it
// holds that against, and where a step ends needs no sorting.
func TestAStepSearches(t *testing.T) {
	s := openStore(t, t.TempDir())
	for _, table := range sweeps {
		where, args := table.span(s, 1, 2)
		key := table.key
		for query, args := range map[string][]any{
			`SELECT 1 FROM ` + table.table + ` WHERE ` + where:                                                         args,
			`DELETE FROM ` + table.table + ` WHERE ` + where:                                                           args,
			`SELECT ` + key + ` FROM ` + table.table + ` WHERE ` + key + ` >= ? ORDER BY ` + key + ` LIMIT 1 OFFSET 5`: {1},
		} {
			for _, step := range planOf(t, s, query, args...) {
				if strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("%s: %s", query, step)
				}
			}
		}
	}
}

// planOf is how SQLite means to go about it.
func planOf(t *testing.T, s *Store, query string, args ...any) (steps []string) {
	t.Helper()
	rows, err := s.read.Query(`EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		t.Fatal(query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil || len(steps) == 0 {
		t.Fatal(fmt.Sprint(query, " has no plan: "), err)
	}
	return steps
}
