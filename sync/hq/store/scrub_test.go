// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"redbench/edge"
	"redbench/sync/hq"
)

// TestCopiesThatSQLiteLeftGoToo: what secure_delete does not reach is looked for, and written over. What somebody is found by
// stays where she has it anew.
func TestCopiesThatSQLiteLeftGoToo(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	noise := func(b byte) []byte { return bytes.Repeat([]byte{b, b + 1, b + 2}, 20) }
	wrapped, sealed, fact, hers, shared := noise(1), noise(11), noise(21), noise(31)[:32], noise(41)[:32]
	write(t, s, func(tx hq.Tx) error {
		must(t, tx.PutPerson(hq.Person{Number: 1, Wrapped: wrapped, Sealed: sealed}))
		must(t, tx.PutIdentifiers(1, []edge.IdentifierHash{{Kind: edge.KindCard, Key: 1, Sum: hers}, {Kind: edge.KindCard, Key: 1, Sum: shared}}))
		return tx.PutEntities([]hq.Entity{{Pos: 1, Kind: hq.EntityFact, ID: "fact", Number: 1, Body: fact}})
	})
	leave(t, dir, wrapped, sealed, fact, hers)
	if n := inFiles(t, dir, wrapped, sealed, fact, hers); n != 4 {
		t.Fatalf("the control finds %d", n)
	}
	write(t, s, func(tx hq.Tx) error {
		must(t, tx.DeleteEntities(hq.EntityFact, []string{"fact"}))
		must(t, tx.DeletePerson(1))
		must(t, tx.PutPerson(hq.Person{Number: 2, Wrapped: noise(51), Sealed: noise(61)}))
		return tx.PutIdentifiers(2, []edge.IdentifierHash{{Kind: edge.KindCard, Key: 1, Sum: shared}})
	})
	must(t, s.Erase(t.Context()))
	if n := inFiles(t, dir, wrapped, sealed, fact, hers); n != 0 {
		t.Errorf("%d are left", n)
	}
	if n := inFiles(t, dir, shared, noise(51)); n != 2 || s.scrub.Owes() {
		t.Errorf("%d of 2 that live are there; owes %v", n, s.scrub.Owes())
	}
}

// leave puts copies of traces where SQLite leaves them when it moves rows: in the unused part of the file.
func leave(t *testing.T, dir string, traces ...[]byte) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, File)+"?_secure_delete=off&_journal_mode=WAL")
	must(t, err)
	defer func() { _ = db.Close() }()
	for i, trace := range traces { // each on a page of its own
		_, err := db.Exec(`INSERT INTO named_values (name, value) VALUES ('copy ' || ?, ?)`, i, append(make([]byte, 8000), trace...))
		must(t, err)
	}
	_, err = db.Exec(`DELETE FROM named_values WHERE name LIKE 'copy %'`)
	must(t, err)
	_, err = db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	must(t, err)
}

func inFiles(t *testing.T, dir string, traces ...[]byte) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, File+"*"))
	must(t, err)
	for _, trace := range traces {
		for _, file := range files {
			data, err := os.ReadFile(file)
			must(t, err)
			if bytes.Contains(data, trace) {
				n++
				break
			}
		}
	}
	return n
}

func write(t *testing.T, s *Store, f func(hq.Tx) error) {
	t.Helper()
	must(t, s.Update(t.Context(), f))
}
