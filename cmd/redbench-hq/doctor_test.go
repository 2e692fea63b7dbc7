// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redbench/cmd/internal/cli"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

// One byte that changed in a customer's sealed row, which no check of pages sees, is found; so are other keys, and a newer schema.
func TestDoctorFindsWhatRots(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	run := func(want int, args ...string) string {
		t.Helper()
		var out, messages strings.Builder
		if code := cli.Run(newRoot, append(args, "--state-dir", state), nil, &out, &messages); code != want {
			t.Fatalf("%v: %d\n%s%s", args, code, out.String(), messages.String())
		}
		return out.String()
	}
	cfg, err := config.Load("", []string{"REDBENCH_HQ_STATE_DIR=" + state}, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := openOffice(t.Context(), cfg, newLogger(cfg.Log, &bytes.Buffer{}))
	if err != nil || made.Close() != nil {
		t.Fatal(err)
	}
	customers := filepath.Join(dir, "customers.csv")
	if err := os.WriteFile(customers, []byte("identifier,kind,name\n29120001,card,Ada\n29120002,card,Grace\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(0, "import", "customers", customers)
	database := filepath.Join(state, store.File)
	sound, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	run(0, "doctor", "--check", "database", "--deep")

	flipOneByte(t, database)
	if out := run(cli.ExitFailed, "doctor", "--check", "database"); !strings.Contains(out, "1 of 2 sealed rows that were tried do not open") ||
		strings.Contains(out, "is damaged") {
		t.Errorf("a flipped byte: %s", out)
	}
	put := func(path string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(database, sound)
	execute(t, database, `PRAGMA user_version = 99`)
	if out := run(cli.ExitFailed, "doctor", "--check", "database"); !strings.Contains(out, "schema 99, and this program knows") {
		t.Errorf("a newer schema: %s", out)
	}
	put(database, sound)
	if _, err := seal.OpenChain(dir); err != nil { // another chain's
		t.Fatal(err)
	}
	others, err := os.ReadFile(filepath.Join(dir, seal.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	put(filepath.Join(state, seal.KeyFile), others)
	if out := run(cli.ExitFailed, "doctor", "--check", "database"); !strings.Contains(out, "made with other keys") {
		t.Errorf("other keys: %s", out)
	}
	if err := os.Remove(filepath.Join(state, seal.KeyFile)); err != nil {
		t.Fatal(err)
	}
	if out := run(cli.ExitFailed, "doctor", "--check", "files"); !strings.Contains(out, "has a record and no keys.json") {
		t.Errorf("no keys: %s", out)
	}
	if _, err := os.Stat(filepath.Join(state, seal.KeyFile)); err == nil {
		t.Error("looking made keys")
	}

	// A restore died between two moves: neither the record nor its keys are gone.
	put(filepath.Join(state, "restore.json"), []byte("{}"))
	if out := run(0, "doctor", "--check", "files"); strings.Contains(out, "no keys.json") {
		t.Errorf("between two moves: %s", out)
	}
	if err := os.Remove(database); err != nil {
		t.Fatal(err)
	}
	if out := run(cli.ExitFailed, "doctor", "--check", "database"); !strings.Contains(out, "broken off between two moves") || !strings.Contains(out, "systemctl start redbench-hq") {
		t.Errorf("between two moves: %s", out)
	}
}

func execute(t *testing.T, database, statement string) {
	t.Helper()
	db := backup.OpenBeside(database)
	if _, err := db.Exec("PRAGMA query_only = off; " + statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// flipOneByte changes a byte of the file, in the middle of a sealed row.
func flipOneByte(t *testing.T, database string) {
	t.Helper()
	db := backup.OpenBeside(database)
	var sealed []byte
	if err := db.QueryRow(`SELECT sealed FROM people ORDER BY number LIMIT 1`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(database)
	at := bytes.Index(data, sealed[:24])
	if err != nil || at < 0 {
		t.Fatalf("the row is not in the file: %v", err)
	}
	data[at+20] ^= 1
	if err := os.WriteFile(database, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
