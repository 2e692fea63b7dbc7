// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"redbench/edge/backup"
	"redbench/edge/seal"
)

// looked is what a look at a record finds: problems of its pages and indexes, and rows that do not open.
func looked(t *testing.T, dir string, deep bool) (problems []string, tried, bad int) {
	t.Helper()
	keys, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := OpenLook(dir)
	defer func() { _ = l.Close() }()
	tables, err := l.Tables(t.Context())
	if err != nil || !slices.Contains(tables, "customers") {
		t.Fatalf("tables %v, %v", tables, err)
	}
	for _, table := range tables {
		found, err := l.Check(t.Context(), table, deep)
		if err != nil {
			found = append(found, table+": "+err.Error())
		}
		problems = append(problems, found...)
	}
	if fits, err := l.Fits(t.Context(), keys); err != nil || !fits {
		t.Fatalf("its own keys do not fit: %v", err)
	}
	if tried, bad, err = l.Unseal(t.Context(), keys, deep, 500, func(int) {}); err != nil {
		t.Fatal(err)
	}
	return problems, tried, bad
}

// A sound record is found sound, also beside whoever writes to it; one changed bit of a sealed row, and a page that holds
// something else, are found.
func TestALookFindsWhatRots(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	town(t, s, 1200, 1)
	for deep, want := range map[bool]int{false: 500, true: 1200} {
		if problems, tried, bad := looked(t, dir, deep); len(problems) > 0 || bad > 0 || tried < want {
			t.Errorf("deep %v, a sound record in use: %v, %d of %d rows", deep, problems, bad, tried)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, File)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, page := sealedRow(t, path)

	rotten := slices.Clone(sound)
	rotten[bytes.Index(sound, sealed)+len(sealed)/2] ^= 1
	write(t, path, rotten)
	if problems, tried, bad := looked(t, dir, true); len(problems) > 0 || bad != 1 || tried != 1200 {
		t.Errorf("a changed bit of a sealed row: %v, %d of %d rows", problems, bad, tried)
	}

	damaged := slices.Clone(sound)
	copy(damaged[(page-1)*4096:], bytes.Repeat([]byte{0xA5}, 64))
	write(t, path, damaged)
	l := OpenLook(dir)
	defer func() { _ = l.Close() }()
	if problems, err := l.Check(t.Context(), "customers", false); len(problems) == 0 && err == nil {
		t.Error("a page that holds something else was not found")
	}
}

// Looking writes nothing, also where it is told to.
func TestALookCannotWrite(t *testing.T) {
	dir := t.TempDir()
	town(t, openStore(t, dir), 3, 1)
	l := OpenLook(dir)
	defer func() { _ = l.Close() }()
	if _, err := l.DB.Exec(`DELETE FROM customers`); err == nil {
		t.Error("a look deleted")
	}
	if n, err := l.Rows(t.Context(), "customers"); err != nil || n != 3 {
		t.Errorf("%d customers, %v", n, err)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sealedRow is what is sealed of one customer, and a page of the customers.
func sealedRow(t *testing.T, path string) (sealed []byte, page int) {
	t.Helper()
	db := backup.OpenBeside(path)
	defer func() { _ = db.Close() }()
	if err := db.QueryRow(`SELECT sealed FROM customers WHERE ref = 77`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = 'customers'`).Scan(&page); err != nil {
		t.Fatal(err)
	}
	var size int
	if err := db.QueryRow(`PRAGMA page_size`).Scan(&size); err != nil || size != 4096 {
		t.Fatalf("pages of %d, %v", size, err)
	}
	return sealed, page
}
