// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/gorilla/websocket"

	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

// rig is a running daemon, as a till, a screen and a person at the box meet it.
type rig struct {
	t      *testing.T
	config *config.Config
	box    control.Box
	status control.Status
	stop   func() error
}

// start runs a daemon on a state directory with free ports. It is stopped when the test ends, or before by stop.
func start(t *testing.T, dir string, change func(*config.Config)) *rig {
	t.Helper()
	c := config.Default()
	c.State.Dir, c.MQTT.Listen, c.UI.Listen = dir, "127.0.0.1:0", "127.0.0.1:0"
	if change != nil {
		change(c)
	}
	app, err := daemon.New(t.Context(), daemon.Options{Config: c, Log: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	stopped := false
	r := &rig{t: t, config: c, stop: func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	select {
	case <-app.Ready():
	case err := <-ended:
		t.Fatal(err)
	}
	client, err := control.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	r.box = client
	if r.status, err = client.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// imports gives rows to the daemon as `redbench import` does.
func (r *rig) imports(kind, rows string) edge.ImportReport {
	r.t.Helper()
	report, err := r.box.Import(r.t.Context(), control.ImportRequest{Kind: kind}, strings.NewReader(rows), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// broker is where tills publish.
func (r *rig) broker() string {
	if r.config.MQTT.Broker != "" {
		return r.config.MQTT.Broker
	}
	return "tcp://" + r.status.MQTT.Address
}

// till connects as a till of a lane does.
func (r *rig) till(lane string) *till {
	r.t.Helper()
	client, err := mqtt.NewTill(mqtt.TillOptions{Broker: r.broker(), ClientID: "till-" + lane})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = client.Close() })
	return &till{rig: r, lane: lane, client: client}
}

type till struct {
	rig    *rig
	lane   string
	client *mqtt.Till
	sent   int
}

// send publishes an event and returns once it is acknowledged.
func (t *till) send(kind string, data map[string]any) {
	t.rig.t.Helper()
	t.sent++
	t.sendAs(fmt.Sprintf("%s-%d-%d", t.lane, t.sent, time.Now().UnixNano()), kind, data)
}

func (t *till) sendAs(id, kind string, data map[string]any) {
	t.rig.t.Helper()
	payload, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": "/till/" + t.lane,
		"type": "redbench." + kind, "time": time.Now().UTC().Format(time.RFC3339Nano), "data": data})
	if err != nil {
		t.rig.t.Fatal(err)
	}
	channel := "checkout"
	if strings.HasPrefix(kind, "loyalty.") {
		channel = "loyalty"
	}
	ctx, cancel := context.WithTimeout(t.rig.t.Context(), 20*time.Second)
	defer cancel()
	if err := t.client.Publish(ctx, "redbench/v1/"+t.rig.config.Store.ID+"/"+t.lane+"/"+channel, payload); err != nil {
		t.rig.t.Fatalf("publishing %s: %v", kind, err)
	}
}

func (t *till) card(number string) {
	t.rig.t.Helper()
	t.send("loyalty.presented", map[string]any{"identifier": number, "kind": "card", "method": "tap"})
}

func (t *till) started(checkout string) {
	t.rig.t.Helper()
	t.send("checkout.started", map[string]any{"checkout": checkout})
}

func (t *till) completed(checkout string, things ...string) {
	t.rig.t.Helper()
	items := []map[string]any{}
	for _, name := range things {
		items = append(items, map[string]any{"sku": name, "name": name, "quantity": 1, "amount_minor": 350})
	}
	t.send("checkout.completed", map[string]any{"checkout": checkout, "items": items, "total_minor": 350 * len(items), "currency": "EUR"})
}

// message is anything that a screen receives.
type message struct {
	Type     string          `json:"type"`
	Seq      uint64          `json:"seq"`
	Run      string          `json:"run"`
	ID       string          `json:"id"`
	Event    string          `json:"event"`
	Reason   string          `json:"reason"`
	Code     string          `json:"code"`
	Text     string          `json:"text"`
	Who      edge.Who        `json:"who"`
	Remember *edge.Line      `json:"remember"`
	Do       *edge.Line      `json:"do"`
	Current  json.RawMessage `json:"current"`
}

// screen pairs a screen with a lane by token and connects it.
func (r *rig) screen(lane string) *screen {
	r.t.Helper()
	pairing, err := r.box.Pair(r.t.Context(), control.PairRequest{Lane: lane})
	if err != nil {
		r.t.Fatal(err)
	}
	s := &screen{rig: r, lane: lane, token: pairing.Token}
	s.connect()
	return s
}

type screen struct {
	rig   *rig
	lane  string
	token string
	conn  *websocket.Conn
	hello message
}

func (s *screen) connect() {
	s.rig.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"redbench.v1"}}
	conn, _, err := dialer.Dial("ws://"+s.rig.status.UI.Address+"/ws/lane/"+s.lane, http.Header{"Authorization": {"Bearer " + s.token}})
	if err != nil {
		s.rig.t.Fatal(err)
	}
	s.conn = conn
	s.rig.t.Cleanup(func() { _ = conn.Close() })
	s.hello = s.next("hello")
}

// next gives the next message of a type, and lets others pass.
func (s *screen) next(kind string) message {
	s.rig.t.Helper()
	for {
		m := s.any()
		if m.Type == kind {
			return m
		}
	}
}

func (s *screen) any() (m message) {
	s.rig.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.rig.t.Fatal(err)
	}
	if err := s.conn.ReadJSON(&m); err != nil {
		s.rig.t.Fatalf("reading from lane %s: %v", s.lane, err)
	}
	return m
}

func (s *screen) say(word map[string]any) message {
	s.rig.t.Helper()
	if err := s.conn.WriteJSON(word); err != nil {
		s.rig.t.Fatal(err)
	}
	for {
		if m := s.any(); (m.Type == "ok" || m.Type == "error") && m.ID == word["id"] {
			return m
		}
	}
}

const people = `identifier,name,say,consent,fact.person,fact.preference
6001002003004,Maya,MY-uh,remember,Ada started nursery on Monday,no lid
6001002003005,Søren,SUR-en,remember,,
6001002003006,Amir,ah-MEER,recognise,,
6001002003007,Hidden,,none,,
`

// past is Maya's last three weeks, with the same thing at each visit.
func past() string {
	rows := "identifier,at,checkout,sku,name,quantity,amount_minor,currency\n"
	for week := 3; week > 0; week-- {
		at := time.Now().AddDate(0, 0, -7*week).UTC().Format(time.RFC3339)
		rows += fmt.Sprintf("6001002003004,%s,past-%d,ofw,Oat flat white,1,350,EUR\n", at, week)
	}
	return rows
}

// everyBroker runs a test on the embedded broker and on a real Mosquitto.
func everyBroker(t *testing.T, f func(t *testing.T, change func(*config.Config))) {
	t.Run("embedded broker", func(t *testing.T) { f(t, nil) })
	t.Run("mosquitto", func(t *testing.T) {
		broker := mqtttest.Mosquitto(t)
		f(t, func(c *config.Config) { c.MQTT.Broker = broker.URL })
	})
}

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
	if answer := s.say(map[string]any{"type": "note", "id": "n2", "prompt": next.ID, "kind": "praise", "text": "card 4111 1111 1111 1111"}); answer.Code != "card-number" {
		t.Errorf("a card number in a note: %+v", answer)
	}
}

func TestACardNumberGoesNowhere(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	till := r.till("1")
	till.send("loyalty.presented", map[string]any{"identifier": "4111111111111111", "kind": "card"})
	refused, err := r.box.Quarantine(t.Context(), 10)
	if err != nil || len(refused) != 1 || refused[0].Reason != "card-number" {
		t.Errorf("quarantine: %+v, %v", refused, err)
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
