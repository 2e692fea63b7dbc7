// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

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
	return startLogging(t, dir, slog.DiscardHandler, change)
}

func startLogging(t *testing.T, dir string, log slog.Handler, change func(*config.Config)) *rig {
	t.Helper()
	c := config.Default()
	c.State.Dir, c.MQTT.Listen, c.UI.Listen = dir, "127.0.0.1:0", "127.0.0.1:0"
	if change != nil {
		change(c)
	}
	app, err := daemon.New(t.Context(), daemon.Options{Config: c, Log: slog.New(log), Version: "test"})
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
	Ask      *edge.Line      `json:"ask"`
	Avoid    *edge.Line      `json:"avoid"`
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
