// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"redbench/daemon/config"
	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

// ear is an embedded broker that keeps what tills said.
type ear struct {
	url string

	mu   sync.Mutex
	said []edge.Message
}

func listenAs(t *testing.T, store string) *ear {
	t.Helper()
	e := &ear{}
	broker, err := mqtt.NewBroker(mqtt.BrokerOptions{Listen: "127.0.0.1:0", Store: store, Log: slog.New(slog.DiscardHandler),
		Sink: func(m edge.Message, done func(error)) {
			e.mu.Lock()
			e.said = append(e.said, m)
			e.mu.Unlock()
			done(nil)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := broker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Stop(t.Context()) })
	e.url = "tcp://" + broker.Addr()
	return e
}

// decoded gives the events as a box reads them.
func (e *ear) decoded(t *testing.T, store string) []edge.Event {
	t.Helper()
	decoder, err := adapt.New(adapt.Options{Store: store, Guard: guard.New(nil)})
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var events []edge.Event
	for _, m := range e.said {
		event, err := decoder.Decode(m)
		if err != nil {
			t.Fatalf("%s was refused: %v", m.Payload, err)
		}
		events = append(events, event)
	}
	return events
}

// runVerb runs one verb below a root with the flags that all share, and gives what it printed.
func runVerb(t *testing.T, verb *cobra.Command, args ...string) (string, error) {
	t.Helper()
	root := &cobra.Command{Use: "redbench", SilenceUsage: true, SilenceErrors: true}
	root.PersistentFlags().Bool("json", false, "")
	root.PersistentFlags().String("config", "", "")
	root.AddCommand(verb)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append([]string{verb.Name()}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestSimulateSendsADayThatABoxReads(t *testing.T) {
	ear := listenAs(t, "harbour")
	printed, err := runVerb(t, newSimulateCommand(), "--broker", ear.url, "--store", "harbour", "--lanes", "1,express", "--speed", "0",
		"--hours", "30m", "--day", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var report sentReport
	if err := json.Unmarshal([]byte(printed), &report); err != nil {
		t.Fatalf("%v:\n%s", err, printed)
	}
	events := ear.decoded(t, "harbour")
	if report.Sent != len(events) || report.Failed != 0 || len(events) < 50 {
		t.Errorf("%d sent, %d failed, %d arrived", report.Sent, report.Failed, len(events))
	}
	lanes := map[string]int{}
	for _, e := range events {
		lanes[e.Lane]++
	}
	if lanes["1"] != report.Lanes["1"] || lanes["express"] == 0 {
		t.Errorf("lanes %v, reported %v", lanes, report.Lanes)
	}
}

func TestSimulateStopsAfterItsTime(t *testing.T) {
	ear := listenAs(t, "harbour")
	if _, err := runVerb(t, newSimulateCommand(), "--broker", ear.url, "--store", "harbour", "--speed", "600", "--for", "300ms"); err != nil {
		t.Errorf("a stop after --for is no error: %v", err)
	}
}

func TestNothingSentIsAFailure(t *testing.T) {
	printed, err := runVerb(t, newSimulateCommand(), "--broker", "tcp://127.0.0.1:1", "--store", "s", "--lanes", "1", "--speed", "0",
		"--for", "50ms")
	if err == nil || !strings.Contains(err.Error(), "nothing could be sent to tcp://127.0.0.1:1: ") || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !strings.HasPrefix(printed, "0 events sent") {
		t.Error(printed)
	}
}

func TestSimulateRefusesNonsense(t *testing.T) {
	for _, args := range [][]string{{"--lanes", "a b"}, {"--speed", "-1"}, {"--members", "2"}, {"--pace", "0s"}} {
		if _, err := runVerb(t, newSimulateCommand(), append(args, "--broker", "tcp://127.0.0.1:1", "--store", "s")...); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}

func TestARecordingIsReplayedAsItWas(t *testing.T) {
	first, second := listenAs(t, "harbour"), listenAs(t, "mill")
	recording := filepath.Join(t.TempDir(), "day.jsonl")
	if _, err := runVerb(t, newSimulateCommand(), "--broker", first.url, "--store", "harbour", "--speed", "0", "--hours", "10m", "--day",
		"--record", recording); err != nil {
		t.Fatal(err)
	}
	if _, err := runVerb(t, newReplayCommand(), recording, "--broker", second.url, "--store", "mill", "--speed", "0"); err != nil {
		t.Fatal(err)
	}
	before, after := first.decoded(t, "harbour"), second.decoded(t, "mill")
	if len(before) != len(after) || len(before) == 0 {
		t.Fatalf("%d events recorded, %d replayed", len(before), len(after))
	}
	byID := map[string]edge.Event{}
	for _, e := range before {
		byID[e.ID] = e
	}
	for _, e := range after {
		if was := byID[e.ID]; !was.Time.Equal(e.Time) || was.Checkout != e.Checkout || was.Lane != e.Lane {
			t.Fatalf("%+v became %+v", was, e)
		}
	}
}

func TestReplayThroughMosquittoWithNewStamps(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	recording := filepath.Join(t.TempDir(), "one.jsonl")
	line := `{"topic":"redbench/v1/harbour/1/checkout","payload":{"specversion":"1.0","id":"a","source":"/till/1","type":"redbench.shift.started","time":"2020-01-01T00:00:00Z","data":{}}}`
	if err := os.WriteFile(recording, []byte(strings.Repeat(line+"\n", 3)), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, err := runVerb(t, newReplayCommand(), recording, "--broker", broker.URL, "--rate", "500/s", "--restamp", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var report sentReport
	if err := json.Unmarshal([]byte(printed), &report); err != nil || report.Sent != 3 || report.Types[edge.ShiftStarted] != 3 {
		t.Errorf("%v:\n%s", err, printed)
	}
}

func TestReplayTellsOfABadLine(t *testing.T) {
	ear := listenAs(t, "harbour")
	recording := filepath.Join(t.TempDir(), "bad.jsonl")
	good := `{"topic":"redbench/v1/harbour/1/checkout","payload":{}}`
	if err := os.WriteFile(recording, []byte(good+"\n{\"topic\":\"x\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := runVerb(t, newReplayCommand(), recording, "--broker", ear.url, "--store", "harbour", "--speed", "0")
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}

// TestMadeUpTillsSpeakTLSWhereTheBoxDoes: without --broker they publish to the embedded broker as it is configured.
func TestMadeUpTillsSpeakTLSWhereTheBoxDoes(t *testing.T) {
	c := &config.Config{State: config.State{Dir: t.TempDir()}, MQTT: config.MQTT{Listen: "127.0.0.1:1883"}}
	if got := configuredBroker(t.Context(), c); got != "tcp://127.0.0.1:1883" {
		t.Error(got)
	}
	c.MQTT.CertFile = "box.pem"
	if got := configuredBroker(t.Context(), c); got != "tls://127.0.0.1:1883" {
		t.Error(got)
	}
}
