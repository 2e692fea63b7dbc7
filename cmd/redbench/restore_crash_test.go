// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"redbench/edge/backup"
	"redbench/edge/mqtt"
	"redbench/edge/seal"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
)

// typed runs a verb, and gives what it printed and whether it did what it should.
func (v *victim) typed(verb ...string) (string, bool) {
	v.t.Helper()
	out, err := exec.Command("redbench", append(verb, "--config", v.config())...).CombinedOutput()
	return string(out), err == nil
}

func (v *victim) must(verb ...string) string {
	v.t.Helper()
	out, ok := v.typed(verb...)
	if !ok {
		v.t.Fatalf("%q: %s", verb, out)
	}
	return out
}

func (v *victim) imports(rows ...string) {
	v.t.Helper()
	file := filepath.Join(v.dir, "rows.csv")
	if err := os.WriteFile(file, []byte("identifier,kind,name\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.must("import", "customers", file)
}

func (v *victim) backUp() string {
	v.t.Helper()
	var made backup.Backup
	if err := json.Unmarshal([]byte(v.must("backup", "--to", filepath.Join(v.dir, "stick"), "--json")), &made); err != nil {
		v.t.Fatal(err)
	}
	return made.Path
}

func (v *victim) state() string { return filepath.Join(v.dir, "state") }

// steps are what a restore leaves in the state directory on its way, each a moment to die at.
var steps = []string{".restoring-*", ".restoring-*/store.db", ".restoring-*/store.db-wal", "restore.json", "former-*/store.db", "former-*/keys.json"}

func (v *victim) has(step string) bool {
	found, _ := filepath.Glob(filepath.Join(v.state(), step))
	return len(found) > 0
}

// restoreKilled restores, and kills the verb as soon as it has come to a step. It reports whether it died: it may have been faster.
func (v *victim) restoreKilled(path, step string) bool {
	v.t.Helper()
	verb := exec.Command("redbench", "restore", path, "--config", v.config())
	if err := verb.Start(); err != nil {
		v.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- verb.Wait() }()
	for ; ; runtime.Gosched() {
		select {
		case err := <-ended:
			if err != nil {
				v.t.Errorf("it was to die at %s, and failed: %v", step, err)
			}
			return false
		default:
		}
		if v.has(step) {
			_ = verb.Process.Kill()
			return <-ended != nil
		}
	}
}

// TestARestoreThatIsKilled leaves, wherever it dies, the record that was or the one that is put back, and in neither who was
// forgotten; the next verb goes on from there, and another restore comes to its end.
func TestARestoreThatIsKilled(t *testing.T) {
	v := newVictim(t, "")
	v.launch()
	v.imports("29120001,card,Ada", "29120002,card,Grace")
	v.terminate()
	path := v.backUp()
	v.imports("29120003,card,Bo")
	v.must("forget", "--yes", "29120001")
	newest := v.backUp()
	died, put := 0, 0
	for n := range 2 * len(steps) {
		step := steps[n%len(steps)]
		if v.restoreKilled(path, step) {
			died++
		}
		if out, is := v.typed("customer", "show", "29120001"); is {
			t.Fatalf("killed at %s: she is back: %s", step, out)
		}
		v.must("customer", "show", "29120002")
		if _, is := v.typed("customer", "show", "29120003"); !is {
			put++
		}
		v.must("restore", newest) // to be replaced by the next
		v.must("customer", "show", "29120003")
		former, err := filepath.Glob(filepath.Join(v.state(), "former-*"))
		for _, each := range former {
			err = errors.Join(err, os.RemoveAll(each))
		}
		if err != nil || v.has(".restoring-*") || v.has("restore.json") {
			t.Fatalf("killed at %s, it leaves something behind: %v", step, err)
		}
	}
	t.Logf("of %d restores %d died, and %d had put the backup in its place", 2*len(steps), died, put)
	if died < len(steps)/2 || died == put {
		t.Error("it died too seldom to tell anything")
	}
}

// checksOut sends checkouts as a till of the embedded broker does.
func (v *victim) checksOut(from, to int) {
	v.t.Helper()
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: v.tills(), ClientID: fmt.Sprint("till-", from)})
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = till.Close() }()
	for n := from; n < to; n++ {
		if err := till.Publish(v.t.Context(), "redbench/v1/store-1/3/checkout", checkoutEvent(3, n)); err != nil {
			v.t.Fatal(err)
		}
	}
}

// TestARestoredBoxTellsNothingTwice to head office, by the verbs that a person types: put back over its own record, and on a
// machine that was installed anew.
func TestARestoredBoxTellsNothingTwice(t *testing.T) {
	head, url := headOffice(t)
	v := newVictim(t, "")
	v.enrols(head, url)
	v.launch()
	v.checksOut(0, 10)
	path := v.backUp()
	v.checksOut(10, 25)
	visitsAt(t, head, 25)
	v.terminate()
	v.must("restore", path)
	v.launch()
	v.checksOut(25, 30)
	visitsAt(t, head, 30)
	v.terminate()

	fresh := newVictim(t, "")
	fresh.plain()
	fresh.launch()
	fresh.terminate()
	if out := fresh.must("restore", path); !strings.Contains(out, "Nobody is named until head office has said so") {
		t.Errorf("on a new machine: %s", out)
	}
	fresh.launch()
	fresh.checksOut(30, 40)
	visitsAt(t, head, 40)
	fresh.terminate()
}

func (v *victim) enrols(head *hq.HQ, url string) {
	v.t.Helper()
	v.plain()
	v.joins(head, url, "store-1")
}

func (v *victim) joins(head *hq.HQ, url, store string) {
	v.t.Helper()
	code, err := head.AddStore(v.t.Context(), store, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	v.must("enroll", "--url", url, code)
}

// plain lets the box speak to a head office without TLS.
func (v *victim) plain() {
	v.t.Helper()
	text, err := os.ReadFile(v.config())
	if err == nil {
		err = os.WriteFile(v.config(), append(text, "[hq]\ninsecure = true\n"...), 0o600)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// headOffice serves one on plain HTTP and loopback.
func headOffice(t *testing.T) (*hq.HQ, string) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	keys, err := seal.OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := hqstore.Open(t.Context(), hqstore.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	head, err := hq.New(hq.Options{Store: opened, Keys: keys, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	api, err := hq.NewAPI(t.Context(), head, hq.APIOptions{Insecure: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api.Handler())
	t.Cleanup(func() {
		api.Close()
		server.Close()
		_, _ = head.Close(), opened.Close()
	})
	return head, server.URL
}

// visitsAt waits until head office has so many visits, and fails when it has more.
func visitsAt(t *testing.T, head *hq.HQ, want int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		items, _, err := head.Feed(t.Context(), "", 10_000)
		if err != nil {
			t.Fatal(err)
		}
		got, ids := 0, map[string]bool{}
		for _, item := range items {
			if item.Kind == "visit" {
				got++
				ids[item.Visit.ID] = true
			}
		}
		if got > want || got != len(ids) || time.Now().After(deadline) {
			t.Fatalf("head office has %d visits (%d ids), and there were %d", got, len(ids), want)
		}
		if got == want {
			return
		}
	}
}
