// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/mqtt"
)

func (r *rig) probe() control.ProbeReport {
	r.t.Helper()
	report, err := r.box.Probe(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// heard waits until an outside broker is there.
func (r *rig) heard() { r.until(func(s control.Status) bool { return s.MQTT.Connected }) }

// until waits for the box to stand so.
func (r *rig) until(so func(control.Status) bool) {
	r.t.Helper()
	for {
		status, err := r.box.Status(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if so(status) {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-r.t.Context().Done():
			r.t.Fatal("it never came to that")
		}
	}
}

func names(steps []control.ProbeStep) (all []string) {
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}

func TestATestEventComesThroughAndLeavesNothing(t *testing.T) {
	everyBroker(t, func(t *testing.T, change func(*config.Config)) {
		dir := t.TempDir()
		r := start(t, dir, func(c *config.Config) {
			c.Metrics.Listen = "127.0.0.1:0"
			if change != nil {
				change(c)
			}
		})
		r.imports(control.ImportCustomers, people)
		r.heard()
		s, till := r.screen("1"), r.till("1")
		till.card("6001002003004")
		s.next("prompt")
		r.until(func(s control.Status) bool { return s.Counts.Events == 1 }) // an outside broker answers before it is durable
		before, counted := tables(t, dir), r.metrics()
		report := r.probe()
		if !report.OK {
			t.Fatalf("the test event: %+v", report)
		}
		want := slices.Clone(edge.ProbeSteps)
		if r.config.MQTT.Broker != "" {
			want = want[:len(want)-1] // what the till is told, its broker tells
		}
		if diff := cmp.Diff(want, names(report.Steps)); diff != "" {
			t.Errorf("the steps (-want +got):\n%s", diff)
		}
		after := tables(t, dir)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("it left something in the record (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(counted, r.metrics()); diff != "" {
			t.Errorf("it was counted (-before +after):\n%s", diff)
		}
		status, err := r.box.Status(t.Context())
		if err != nil || slices.Contains(status.Lanes, edge.ProbeLane) || status.Screens != 1 || !status.Ready {
			t.Errorf("status: %+v, %v", status, err)
		}
		till.card("6001002003005")
		if m := s.any(); m.Who.Name != "Søren" {
			t.Errorf("the real screen was shown something else: %+v", m)
		}
	})
}

// tables is the whole record, a digest a table; less the one row that each test event replaces.
func tables(t *testing.T, dir string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "store.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found := map[string]string{}
	for _, table := range column(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`) {
		where := ""
		if table == "meta" {
			where = " WHERE name <> 'probe'"
		}
		rows := column(t, db, `SELECT * FROM "`+table+`"`+where)
		slices.Sort(rows)
		sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
		found[table] = fmt.Sprint(len(rows), " ", hex.EncodeToString(sum[:8]))
	}
	if len(found) < 10 {
		t.Fatalf("found tables %v", found)
	}
	return found
}

// column is each row in one string.
func column(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		if len(columns) == 1 {
			all = append(all, fmt.Sprint(values[0]))
		} else {
			all = append(all, fmt.Sprintf("%v", values))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// metrics are what is counted of tills, taps, prompts and screens.
func (r *rig) metrics() (lines []string) {
	r.t.Helper()
	response, err := http.Get("http://" + r.status.Metrics.Address + "/metrics")
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, line := range bytes.Split(body, []byte("\n")) {
		text := string(line)
		of := func(name string) bool { return strings.HasPrefix(text, "redbench_"+name) }
		if of("events") || of("prompts") || of("tap") || of("screen") || of("words") || of("cards") {
			lines = append(lines, text)
		}
	}
	if len(lines) < 10 {
		r.t.Fatalf("metrics: %s", body)
	}
	return lines
}

// Nobody else is the box: what comes on its lane is refused as on any lane that cannot be.
func TestTheBoxsLaneIsNobodyElses(t *testing.T) {
	everyBroker(t, func(t *testing.T, change func(*config.Config)) {
		r := start(t, t.TempDir(), change)
		r.heard()
		if _, err := r.box.Pair(t.Context(), control.PairRequest{Lane: edge.ProbeLane}); err == nil {
			t.Error("a screen was paired with it")
		}
		response, err := http.Get("http://" + r.status.UI.Address + "/ws/lane/box")
		if err != nil || response.StatusCode != http.StatusNotFound {
			t.Errorf("its screen answers %v, %v", response.Status, err)
		}
		outsider, err := mqtt.NewTill(mqtt.TillOptions{Broker: r.broker(), ClientID: "outsider"})
		if err != nil {
			t.Fatal(err)
		}
		defer outsider.Close()
		if r.config.MQTT.Broker == "" {
			named, err := mqtt.NewTill(mqtt.TillOptions{Broker: r.broker(), ClientID: "named", Username: edge.ProbeLane, Password: "guess"})
			if err != nil {
				t.Fatal(err)
			}
			defer named.Close()
			if err := named.Publish(t.Context(), "redbench/v1/"+r.config.Store.ID+"/box/loyalty", []byte("{}")); err == nil {
				t.Error("a till signed in as the box")
			}
			return // the broker does not take what an outsider publishes there
		}
		forged := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/redbench/probe","type":"redbench.loyalty.presented","time":%q,"data":{"identifier":"x","kind":"app"}}`,
			strings.Repeat("ab", 32), time.Now().UTC().Format(time.RFC3339Nano))
		if err := outsider.Publish(t.Context(), "redbench/v1/"+r.config.Store.ID+"/box/loyalty", []byte(forged)); err != nil {
			t.Fatal(err)
		}
		r.till("1").card("6001002003004") // what comes after it
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		refused, err := r.box.Quarantine(ctx, 9)
		for err == nil && len(refused) == 0 {
			refused, err = r.box.Quarantine(ctx, 9)
		}
		if err != nil || len(refused) != 1 || refused[0].Reason != "lane" {
			t.Errorf("quarantine: %+v, %v", refused, err)
		}
		if report := r.probe(); !report.OK {
			t.Errorf("the next test event: %+v", report)
		}
	})
}
