// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"redbench/sync/hq/authority"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

// A package starts head office on the defaults. Its public_url may come later, until a store is enrolled; and a verb never
// makes an authority that the running server does not know.
func TestThePublicURLMayComeLaterUntilAStoreIsEnrolled(t *testing.T) {
	dir := t.TempDir()
	cfg, err := config.Load("", []string{"REDBENCH_HQ_STATE_DIR=" + dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	o, err := openOffice(t.Context(), cfg, newLogger(cfg.Log, &log))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.Close() }()
	serves := func(publicURL string) (string, error) {
		cfg.HQ.PublicURL = publicURL
		_, in, err := newServer(t.Context(), o, cfg, newLogger(cfg.Log, &log))
		return string(in.ca), err
	}
	first, err := serves("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.AddStore(t.Context(), "harbour", nil); err != nil { // a code that was printed is no box
		t.Fatal(err)
	}
	cfg.HQ.PublicURL = "https://hq.chain.example"
	if _, err := openReach(cfg, false, newLogger(cfg.Log, &log)); err == nil || !strings.Contains(err.Error(), "starting head office anew makes another") {
		t.Errorf("a verb: %v", err)
	}
	second, err := serves("https://hq.chain.example")
	if err != nil || second == first || !strings.Contains(log.String(), "a new built-in authority was made") {
		t.Errorf("the name came later: %v\n%s", err, &log)
	}
	execute(t, filepath.Join(dir, store.File), `UPDATE stores SET row = CAST(json_set(CAST(row AS TEXT), '$.Enrolled', '2026-11-22T09:00:00Z') AS BLOB)`)
	if _, err := serves("https://hq.other.example"); err == nil || !strings.Contains(err.Error(), "Boxes that are enrolled trust this one") {
		t.Errorf("a box trusts it: %v", err)
	}
	if third, err := serves("https://hq.chain.example"); err != nil || third != second {
		t.Errorf("back at the name that boxes know: %v", err)
	}
	if _, err := authority.Look(authority.Options{Dir: dir, PublicURL: "https://hq.other.example"}); err == nil {
		t.Error("looking does not tell")
	}
}
