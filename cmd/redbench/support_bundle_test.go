// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/doctor"
	"redbench/edge/store"
)

// Nothing of planted customers, and no secret, is in a bundle, whichever way it is written. The same look finds them where they are.
func TestABundleHoldsNothingOfACustomer(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	password := write("mqtt.password", "tr0mbone-Password\n")
	tills := write("tills", "1:lane-one-Secret-77\n3:lane-three-Secret-78\n")
	token := write("metrics.token", "m3trics-Token-abcdef\n")
	cfg := write("rb.toml", "[store]\nid = \"harbour\"\nname = \"Maya Okonkwo's bakery\"\n[state]\ndir = \"state\"\n[ui]\nlisten = \"127.0.0.1:0\"\n"+
		"[mqtt]\nbroker = \"tcp://127.0.0.1:9\"\nusername = \"mayaokonkwo\"\npassword_file = '"+password+"'\ntills_file = '"+tills+"'\n"+
		"[metrics]\ntoken_file = '"+token+"'\n")
	customers := write("customers.csv", "identifier,kind,customer,name,say,consent,fact.preference\n"+
		"6001002003004,card,CHAIN-77-MAYA,Maya Okonkwo,MY-uh,remember,pistachio croissants\n+351912345678,phone,CHAIN-78-J,Jonas Weber,,remember,\n")
	run := func(args ...string) string {
		t.Helper()
		var out, messages strings.Builder
		if code := cli.Run(newRoot, append(args, "--config", cfg), strings.NewReader(""), &out, &messages); code != 0 {
			t.Fatalf("%v: %d\n%s", args, code, messages.String())
		}
		return out.String()
	}
	loaded, err := config.Load(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, made, err := daemon.OpenOrMake(t.Context(), daemon.Options{Config: loaded, Version: "v1"})
	if err != nil || made.Close() != nil {
		t.Fatalf("making a record: %v", err)
	}
	run("import", "customers", customers)
	bundle := filepath.Join(dir, "bundle.tar.gz")
	run("support-bundle", "-o", bundle)

	planted := [][]byte{[]byte("Maya"), []byte("Okonkwo"), []byte("Jonas"), []byte("6001002003004"), []byte("351912345678"), []byte("912345678"),
		[]byte("CHAIN-77"), []byte("pistachio"), []byte("MY-uh"), []byte("tr0mbone-Password"),
		[]byte("lane-one-Secret-77"), []byte("lane-three-Secret-78"), []byte("m3trics-Token-abcdef")}
	secrets := secretsOf(loaded)
	if len(secrets) < 7 {
		t.Fatalf("found %d secrets: a password, a token, two tills' and three keys were planted", len(secrets))
	}
	hashes := hashesIn(t, filepath.Join(dir, "state", store.File))
	planted = append(append(planted, secrets...), hashes...)

	if found := scan(unpacked(t, bundle), planted); len(found) > 0 {
		t.Errorf("in the bundle: %q", found)
	}
	leaking := &doctor.Bundle{}
	leaking.AddNumbers("leak.txt", bytes.Join(planted, []byte("|")))
	packed, err := pack(leaking)
	if err != nil {
		t.Fatal(err)
	}
	if found := scan(unpacked(t, write("leak.tar.gz", string(packed))), planted); len(found) != len(planted) {
		t.Errorf("a bundle that leaks: found %d of %d", len(found), len(planted))
	}
	if leaking.Refuse(secrets) == nil {
		t.Error("a bundle with a secret was not refused")
	}
	record, err := os.ReadFile(filepath.Join(dir, "state", store.File))
	if err != nil || len(scan(record, hashes)) != len(hashes) {
		t.Errorf("the same look does not find the hashes in the record: %v", err)
	}
}

// What a log should never hold, and holds all the same, is not carried on: a card's number in any disguise takes its line along.
func TestALogIsBlotted(t *testing.T) {
	b := newBundle(newRoot())
	b.Add("log.txt", []byte("2026-11-22T09:30:00+00:00 box redbench[7]: level=INFO msg=ready\n"+
		"scan 4111 1111 1111 1111 of lane 3\nscan 4111.1111.1111.1111 hidden-one\nurl %34111111111111111 hidden-two\n"+
		"card 6001002003004 told jo.weber+x@example.org\nphone +351 912 345 678\n"))
	text := string(b.Files()[1].Text)
	for _, hidden := range []string{"1111", "hidden-one", "hidden-two", "6001002003004", "jo.weber", "912", "678"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q is in the log:\n%s", hidden, text)
		}
	}
	if !strings.Contains(text, "2026-11-22T09:30:00+00:00 box redbench[7]: level=INFO msg=ready\n") || strings.Count(text, "was left out") != 3 {
		t.Errorf("the log:\n%s", text)
	}
}

// hashesIn are the identifiers' hashes as they rest.
func hashesIn(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(`SELECT hash FROM identifiers`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var hash []byte
		if err := rows.Scan(&hash); err != nil {
			t.Fatal(err)
		}
		all = append(all, hash)
	}
	if err := errors.Join(rows.Err(), rows.Close(), db.Close()); err != nil || len(all) == 0 {
		t.Fatalf("%d hashes: %v", len(all), err)
	}
	return all
}

// scan tells which of what was planted stands in text: as it is, in hexadecimal digits, in base64.
func scan(text []byte, planted [][]byte) (found []string) {
	lower := bytes.ToLower(text)
	for _, p := range planted {
		forms := []string{strings.ToLower(string(p)), hex.EncodeToString(p),
			strings.ToLower(strings.TrimRight(base64.StdEncoding.EncodeToString(p), "=")), strings.ToLower(base64.RawURLEncoding.EncodeToString(p))}
		for _, form := range forms {
			if bytes.Contains(lower, []byte(form)) || bytes.Contains(text, p) {
				found = append(found, string(p))
				break
			}
		}
	}
	return found
}

func unpacked(t *testing.T, path string) (all []byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(plain)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, head.Name...), text...)
	}
}
