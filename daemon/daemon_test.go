// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

func TestACardOnTheTillIsAPromptOnTheScreen(t *testing.T) {
	everyBroker(t, func(t *testing.T, change func(*config.Config)) {
		r := start(t, t.TempDir(), change)
		if report := r.imports(control.ImportCustomers, people); report.New != 4 || report.Bad != 0 {
			t.Fatalf("customers: %+v", report)
		}
		if report := r.imports(control.ImportVisits, past()); report.New != 3 {
			t.Fatalf("visits: %+v", report)
		}
		one, other := r.screen("1"), r.screen("1")
		till := r.till("1")

		till.card("6001002003004")
		for _, s := range []*screen{one, other} {
			p := s.next("prompt")
			if p.Who.Name != "Maya" || p.Who.Say != "MY-uh" {
				t.Errorf("who: %+v", p.Who)
			}
			if p.Remember == nil || !strings.Contains(p.Remember.Text, "Ada started nursery") {
				t.Errorf("remember: %+v", p.Remember)
			}
			if p.Do == nil || !strings.Contains(strings.ToLower(p.Do.Text), "oat flat white") {
				t.Errorf("do: %+v", p.Do)
			}
		}
		till.started("c1")
		till.completed("c1", "Oat flat white")
		if m := one.next("farewell"); m.Text == "" {
			t.Errorf("farewell: %+v", m)
		}
		till.card("6001002003005")
		if p := one.next("prompt"); p.Who.Name != "Søren" {
			t.Errorf("next customer: %+v", p.Who)
		}
	})
}

func TestWithoutConsentSheIsAStranger(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, people)
	s, till := r.screen("1"), r.till("1")
	till.card("6001002003007")
	if p := s.next("prompt"); p.Who.Name != "" || p.Who.Stage != edge.StageStranger || p.Who.Greeting == "" {
		t.Errorf("without consent: %+v", p.Who)
	}
	till.started("c1")
	till.completed("c1", "Bread")
	till.card("6001002003006")
	if p := s.next("prompt"); p.Who.Name != "Amir" || p.Remember != nil || p.Do != nil && p.Do.Fact != "" {
		t.Errorf("who may only be recognised: %+v", p)
	}
	view, err := r.box.Customer(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001002003007"})
	if err != nil || view.Visits != 0 {
		t.Errorf("learnt without consent: %+v, %v", view, err)
	}
}

func TestAScreenThatComesLaterSeesTheTruth(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, people)
	s, till := r.screen("1"), r.till("1")
	till.card("6001002003004")
	shown := s.next("prompt")
	_ = s.conn.Close()
	s.connect()
	var current message
	if err := json.Unmarshal(s.hello.Current, &current); err != nil {
		t.Fatal(err)
	}
	if current.Type != "prompt" || current.ID != shown.ID || current.Seq != shown.Seq {
		t.Errorf("shown %+v, after reconnecting %+v", shown, current)
	}
}

func TestForgottenMidCheckoutLeavesTheScreen(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, people)
	s, till := r.screen("1"), r.till("1")
	till.started("c1")
	till.card("6001002003004")
	for s.next("prompt").Who.Name != "Maya" {
	}
	maya := edge.Identifier{Kind: edge.KindCard, Value: "6001002003004"}
	report, err := r.box.Forget(t.Context(), maya)
	if err != nil || report.Cleared != 1 {
		t.Fatalf("forgetting: %+v, %v", report, err)
	}
	if m := s.next("clear"); m.Reason != "forgotten" {
		t.Errorf("cleared for %q", m.Reason)
	}
	till.completed("c1", "Bread")
	s.next("farewell")
	till.card("6001002003004")
	if p := s.next("prompt"); p.Who.Name != "" {
		t.Errorf("back again: %+v", p.Who)
	}
}

func TestWhatACashierHearsIsRememberedNextTime(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, people)
	s, till := r.screen("1"), r.till("1")
	till.card("6001002003005")
	p := s.next("prompt")
	note := map[string]any{"type": "note", "id": "n1", "prompt": p.ID, "kind": "promise", "text": "A table by the window on Friday"}
	for range 2 { // a screen that was offline sends again
		if answer := s.say(note); answer.Type != "ok" {
			t.Fatalf("answer: %+v", answer)
		}
	}
	till.started("c1")
	till.completed("c1", "Bread")
	till.card("6001002003005")
	next := s.next("prompt")
	if next.Remember == nil || !strings.Contains(next.Remember.Text, "window on Friday") {
		t.Errorf("remember: %+v", next.Remember)
	}
	if next.Remember == nil || !next.Remember.Open {
		t.Error("the promise cannot be settled from the screen")
	}
	if answer := s.say(map[string]any{"type": "note", "id": "n2", "prompt": next.ID, "kind": "praise", "text": "card 4111 1111 1111 1111"}); answer.Code != "card-number" {
		t.Errorf("a card number in a note: %+v", answer)
	}
}

// TestWhatWasCalledWrongIsNotNamedAgain: a habit is silenced by a cashier's word, and named again when the word is taken back.
func TestWhatWasCalledWrongIsNotNamedAgain(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports(control.ImportCustomers, "identifier,name\n6001002003004,Maya\n")
	rows := "identifier,at,checkout,sku,name\n"
	for week := range 20 {
		rows += fmt.Sprintf("6001002003004,%s,past-%d,ofw,Oat flat white\n", time.Now().AddDate(0, 0, -7*week-7).UTC().Format(time.RFC3339), week)
	}
	r.imports(control.ImportVisits, rows)
	s, till := r.screen("1"), r.till("1")
	visit := func(n int, during func(message)) message {
		till.started(fmt.Sprint("c", n))
		till.card("6001002003004")
		p := s.next("prompt")
		for p.Who.Name != "Maya" {
			p = s.next("prompt")
		}
		during(p)
		till.completed(fmt.Sprint("c", n), "Bread")
		s.next("farewell")
		return p
	}
	named := func(p message) bool { return p.Do != nil && strings.Contains(p.Do.Text, "flat white") }
	visit(1, func(p message) {
		if !named(p) {
			t.Fatalf("the control: do is %+v", p.Do)
		}
		if answer := s.say(map[string]any{"type": "feedback", "id": "f1", "prompt": p.ID, "line": "do", "verdict": "wrong"}); answer.Type != "ok" {
			t.Fatalf("answer: %+v", answer)
		}
	})
	next := func() message { // when it is due again
		trial, err := r.box.Try(t.Context(), control.TryRequest{Identifier: edge.Identifier{Kind: edge.KindCard, Value: "6001002003004"}, At: time.Now().AddDate(0, 0, 7)})
		if err != nil {
			t.Fatal(err)
		}
		return message{Do: trial.Do, Ask: trial.Ask}
	}
	p := next()
	if named(p) {
		t.Errorf("it is named again: %+v", p.Do)
	}
	if p.Ask == nil || !strings.Contains(p.Ask.Why, "wrong") {
		t.Errorf("nobody asks what would be right: %+v", p.Ask)
	}
	if answer := s.say(map[string]any{"type": "undo", "id": "u1", "of": "f1"}); answer.Type != "ok" {
		t.Fatalf("answer: %+v", answer)
	}
	visit(2, func(message) {}) // a rule that spoke last waits a visit
	if p = next(); !named(p) {
		t.Errorf("the word was taken back, and it is not named: %+v", p.Do)
	}
}

func TestVerbsWorkWhileTheDaemonIsStopped(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.imports(control.ImportCustomers, people)
	if _, _, err := daemon.Open(t.Context(), daemon.Options{Config: r.config}); err != nil {
		t.Errorf("while it runs: %v", err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	box, closer, err := daemon.Open(t.Context(), daemon.Options{Config: r.config})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closer.Close() }()
	status, err := box.Status(t.Context())
	if err != nil || status.Running || status.Counts.Customers != 4 {
		t.Errorf("status: %+v, %v", status, err)
	}
	if _, err := box.Pair(t.Context(), control.PairRequest{Lane: "1"}); err == nil {
		t.Error("paired without a daemon")
	}
	empty := *r.config
	empty.State.Dir = filepath.Join(dir, "nothing")
	if _, _, err := daemon.Open(t.Context(), daemon.Options{Config: &empty}); err == nil {
		t.Error("a slip in [state] dir made a new record")
	}
}

func TestATakenPortSaysWhichAndWhatToSet(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	for key, set := range map[string]func(*config.Config){
		"[ui] listen":      func(c *config.Config) { c.UI.Listen = r.status.UI.Address },
		"[metrics] listen": func(c *config.Config) { c.Metrics.Listen = r.status.UI.Address },
		"[mqtt] listen":    func(c *config.Config) { c.MQTT.Listen = r.status.MQTT.Address },
	} {
		c := config.Default()
		c.State.Dir, c.MQTT.Listen, c.UI.Listen = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
		set(c)
		app, err := daemon.New(t.Context(), daemon.Options{Config: c, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = app.Run(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "is taken") || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestHealthAndMetrics(t *testing.T) {
	r := start(t, t.TempDir(), func(c *config.Config) { c.Metrics.Listen = "127.0.0.1:0" })
	r.imports(control.ImportCustomers, people)
	s := r.screen("1")
	r.till("1").card("6001002003004")
	s.next("prompt")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 401, "/screen/1": 401, "/manager": 401} {
		resp, err := http.Get("http://" + r.status.UI.Address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want && !(want == 401 && resp.StatusCode == 200 && path != "/metrics") {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	resp, err := http.Get("http://" + r.status.Metrics.Address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"redbench_prompts_total", "redbench_tap_seconds", "redbench_commit_seconds", "redbench_store_bytes"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if strings.Contains(string(body), "Maya") {
		t.Error("a customer in the metrics")
	}
}

func TestTheBoxTellsHowItIs(t *testing.T) {
	everyBroker(t, func(t *testing.T, change func(*config.Config)) {
		r := start(t, t.TempDir(), change)
		heard := make(chan string, 8)
		options := paho.NewClientOptions().AddBroker(r.broker()).SetClientID("monitor").SetDefaultPublishHandler(
			func(_ paho.Client, m paho.Message) { heard <- string(m.Payload()) })
		client := paho.NewClient(options)
		if token := client.Connect(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		defer client.Disconnect(0)
		for _, topic := range []string{"status", "quarantine"} {
			if token := client.Subscribe("redbench/v1/store-1/box/"+topic, 1, nil); token.Wait() && token.Error() != nil {
				t.Fatal(token.Error())
			}
		}
		hears := func(want string) {
			t.Helper()
			deadline := time.After(20 * time.Second)
			for {
				select {
				case got := <-heard:
					if strings.Contains(got, want) {
						return
					}
				case <-deadline:
					t.Fatalf("never heard %s", want)
				}
			}
		}
		hears(`"online"`)
		r.till("1").send("loyalty.presented", map[string]any{"identifier": "4111111111111111", "kind": "card"})
		hears(`"card-number"`)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		hears(`"offline"`)
	})
}

func TestAPairedLaneIsThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.screen("9")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if again := start(t, dir, nil); !slices.Contains(again.status.Lanes, "9") {
		t.Errorf("lanes after the restart: %v", again.status.Lanes)
	}
}

func TestABrokerThatIsDownAtTheStartIsTold(t *testing.T) {
	r := start(t, t.TempDir(), func(c *config.Config) { c.MQTT.Broker = "tcp://127.0.0.1:1" })
	if r.status.Ready || len(r.status.NotReady) == 0 {
		t.Errorf("ready without its broker: %+v", r.status)
	}
	if notice := r.screen("1").next("notice"); !strings.Contains(notice.Text, "has not heard its tills") {
		t.Errorf("the screen is told %q", notice.Text)
	}
}
