// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/doctor"
	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/store"
	"redbench/sync/wire"
)

// What the stores' boxes said, and what they owe, is read from the database as a real head office keeps it.
func TestDoctorSeesTheFleet(t *testing.T) {
	dir := t.TempDir()
	keys, err := seal.OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(t.Context(), store.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: slog.New(slog.DiscardHandler), Upkeep: -1})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	now := began.Add(-3 * 24 * time.Hour)
	office, err := hq.New(hq.Options{Store: opened, Keys: keys, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	said := func(id, run string, more func(*wire.BoxStatus)) {
		t.Helper()
		s := wire.BoxStatus{Version: "v1", Run: run, Box: "box-" + id, Clock: now}
		if more != nil {
			more(&s)
		}
		if _, err := office.Status(t.Context(), id, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"harbour", "hill", "quay"} {
		code, err := office.AddStore(t.Context(), id, nil)
		if err == nil {
			_, err = office.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: id, Version: "v1"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	look := func(want int) map[string]string {
		t.Helper()
		var out, messages strings.Builder
		if code := cli.Run(newRoot, []string{"doctor", "--state-dir", dir, "--json", "--check", "fleet", "--check", "erasures", "--check", "playbook"}, nil,
			&out, &messages); code != want {
			t.Fatalf("exit code %d:\n%s%s", code, out.String(), messages.String())
		}
		var told cli.Diagnosis
		if err := json.Unmarshal([]byte(out.String()), &told); err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, f := range told.Findings {
			if f.State != doctor.OK {
				all[f.ID] = f.Text
			}
		}
		return all
	}
	if all := look(cli.ExitFailed); len(all) != 1 || !strings.Contains(all["fleet-all-silent"], "3 days") {
		t.Errorf("all are silent: %q", all)
	}
	if _, err := office.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "29120001"}); err != nil {
		t.Fatal(err)
	}
	now = began
	for _, id := range []string{"harbour", "hill", "quay"} {
		said(id, "one", nil)
	}
	if all := look(cli.ExitFailed); len(all) != 1 || !strings.Contains(all["erasures-late"], "for 3 days: harbour (1), hill (1), quay (1)") {
		t.Errorf("they owe the word that she is forgotten: %q", all)
	}
	now = began.Add(-time.Minute)
	said("harbour", "copy", nil)
	now = began
	said("harbour", "one", func(s *wire.BoxStatus) { s.Locked = true })
	now = began.Add(time.Second)
	said("harbour", "copy", func(s *wire.BoxStatus) { s.Locked = true })
	said("hill", "one", func(s *wire.BoxStatus) { s.PlaybookRefused = &wire.Refusal{Version: 4, Why: "line 3: no such rule"} })
	if err := office.RevokeStore(t.Context(), "quay"); err != nil {
		t.Fatal(err)
	}
	all := look(cli.ExitFailed)
	for id, want := range map[string]string{"fleet-copied": "only: harbour.", "fleet-locked": "forget: harbour.", "erasures-late": "harbour (1), hill (1).",
		"office-playbook-refused": "Playbook 4 was refused by hill: line 3"} {
		if !strings.Contains(all[id], want) {
			t.Errorf("%s says %q, want %q", id, all[id], want)
		}
	}
	if len(all) != 4 {
		t.Errorf("told %q", all)
	}
	if err := office.Close(); err != nil || opened.Close() != nil {
		t.Error(err)
	}
}
