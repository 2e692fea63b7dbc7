// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/doctor"
	"redbench/edge/mqtt/mqtttest"
)

// A whole box that runs beside a real Mosquitto: nothing fails, each way was gone, and what somebody should look at is what this box
// really lacks. When the broker goes, that is what fails.
func TestDoctorOfAHealthyBox(t *testing.T) {
	broker := mqtttest.Mosquitto(t, "autosave_on_changes false")
	dir := t.TempDir()
	file := filepath.Join(dir, "rb.toml")
	text := "[store]\nid = \"harbour\"\ntime_zone = \"Europe/Lisbon\"\n[state]\ndir = '" + filepath.Join(dir, "state") + "'\n[ui]\nlisten = \"127.0.0.1:0\"\n" +
		"[mqtt]\nbroker = \"" + broker.URL + "\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := runBox(t, file)
	run := func(want int, args ...string) string {
		t.Helper()
		var out, messages strings.Builder
		if code := cli.Run(newRoot, append(args, "--config", file), strings.NewReader(""), &out, &messages); code != want {
			t.Fatalf("%v: %d\n%s%s", args, code, out.String(), messages.String())
		}
		return out.String()
	}
	customers := filepath.Join(dir, "customers.csv")
	if err := os.WriteFile(customers, []byte("identifier,kind,name,consent\n6001002003004,card,Maya,remember\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(0, "import", "customers", customers)

	all := findings(t, run(0, "doctor", "--json"))
	for _, id := range []string{"config-good", "running", "files-good", "port-good", "probe-good", "broker-good", "database-good", "customers-good",
		"quarantine-good", "playbook-good", "hq-none", "outbox-none"} {
		if all[id] != doctor.OK {
			t.Errorf("%s: %q", id, all[id])
		}
	}
	here := map[string]bool{ // what this machine may lack, and what a box of a minute has not got yet
		"screens-none": true, "backup-none": true, "broker-unseen": true,
		"clock-unsynced": true, "clock-alone": true, "disk-low": true, "files-unknown": true, "service-none": true, "service-absent": true,
	}
	for id, state := range all {
		if state != doctor.OK && !here[id] {
			t.Errorf("a healthy box is told %s (%s)", id, state)
		}
	}

	bundle := filepath.Join(dir, "bundle.tar.gz")
	if told := run(0, "support-bundle", "--json", "-o", bundle); !strings.Contains(told, `"metrics.txt"`) {
		t.Errorf("no metrics: %s", told)
	}
	if held := string(unpacked(t, bundle)); !strings.Contains(held, "redbench_store_bytes") || strings.Contains(held, "Maya") || strings.Contains(held, "6001002003004") {
		t.Errorf("the bundle:\n%s", held)
	}

	broker.Stop()
	all = findings(t, run(cli.ExitFailed, "doctor", "--json", "--check", "broker", "--check", "access"))
	if all["broker-unreachable"] != doctor.Fail || all["not-ready"] != doctor.Fail && all["running"] != doctor.OK {
		t.Errorf("without a broker: %v", all)
	}
	stop()
	if all = findings(t, run(cli.ExitFailed, "doctor", "--json", "--check", "access", "--check", "probe", "--check", "database")); all["not-running"] != doctor.Fail ||
		all["probe-stopped"] != doctor.Skipped || all["database-good"] != doctor.OK {
		t.Errorf("stopped: %v", all)
	}
}

// A restore that died between two moves has left no record in its place, and still nothing is lost.
func TestDoctorTellsOfARestoreThatWasBrokenOff(t *testing.T) {
	dir := t.TempDir()
	state, file := filepath.Join(dir, "state"), filepath.Join(dir, "rb.toml")
	if err := errors.Join(os.Mkdir(state, 0o700), os.WriteFile(file, []byte("[state]\ndir = \"state\"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	run := func() string {
		var out, messages strings.Builder
		if code := cli.Run(newRoot, []string{"doctor", "--check", "database", "--check", "files", "--config", file}, nil, &out, &messages); messages.Len() > 0 {
			t.Fatalf("%d: %s", code, messages.String())
		}
		return out.String()
	}
	if out := run(); !strings.Contains(out, "There is no record yet") {
		t.Errorf("before: %s", out)
	}
	if err := os.WriteFile(filepath.Join(state, "restore.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run(); !strings.Contains(out, "broken off between two moves") || !strings.Contains(out, "redbench start") || strings.Contains(out, "no record yet") {
		t.Errorf("it says: %s", out)
	}
}

// runBox runs a daemon in this process until it is stopped, and returns once it is ready.
func runBox(t *testing.T, file string) (stop func()) {
	t.Helper()
	cfg, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	app, err := daemon.New(ctx, daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: version()})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	select {
	case <-app.Ready():
	case err := <-ended:
		stopped = true
		t.Fatalf("it ended: %v", err)
	}
	return stop
}

// findings are the states by the kind.
func findings(t *testing.T, printed string) map[string]doctor.State {
	t.Helper()
	var told cli.Diagnosis
	if err := json.Unmarshal([]byte(printed), &told); err != nil {
		t.Fatalf("%v:\n%s", err, printed)
	}
	all := map[string]doctor.State{}
	for _, f := range told.Findings {
		all[f.ID] = f.State
	}
	return all
}
