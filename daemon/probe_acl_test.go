// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/mqtt/mqtttest"
)

// guarded starts a box at a Mosquitto that allows what the lines of an ACL do, of everybody.
func guarded(t *testing.T, acl ...string) *rig {
	t.Helper()
	file := filepath.Join(t.TempDir(), "acl")
	lines := append([]string{"topic write redbench/v1/store-1/1/loyalty", "topic read redbench/v1/store-1/+/checkout"}, acl...)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broker := mqtttest.Mosquitto(t, "acl_file "+file)
	r := start(t, t.TempDir(), func(c *config.Config) { c.MQTT.Broker, c.Store.ID = broker.URL, "store-1" })
	r.heard()
	return r
}

// The ACL of docs/operations.md lets test events through.
func TestTheDocumentedACLLetsTestEventsThrough(t *testing.T) {
	r := guarded(t, "topic read redbench/v1/store-1/+/loyalty", "topic write redbench/v1/store-1/box/#")
	if report := r.probe(); !report.OK {
		t.Errorf("it found %+v", report)
	}
}

// An older ACL that names the box's two topics alone keeps test events away, and nothing else: the box says so, and is
// ready all the same.
func TestABrokerThatForbidsTestEventsIsNoReasonToStartAnew(t *testing.T) {
	r := guarded(t, "topic read redbench/v1/store-1/+/loyalty", "topic write redbench/v1/store-1/box/status")
	report := r.probe()
	if failed := report.Failed(); failed.Name != edge.StepMQTT || len(report.Steps) != len(edge.ProbeSteps)-1 {
		t.Errorf("it found %+v", report.Steps)
	}
	status, err := r.box.Status(t.Context())
	if err != nil || !status.Ready || !slices.ContainsFunc(status.Warnings, func(w string) bool { return strings.Contains(w, "box/loyalty") }) {
		t.Errorf("status: ready %v, not %v, warnings %v, %v", status.Ready, status.NotReady, status.Warnings, err)
	}
	s := r.screen("1")
	r.till("1").card("1")
	s.next("prompt")
}

// While the broker is away the rest is tried behind it.
func TestWithoutItsBrokerTheRestIsTried(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	r := start(t, t.TempDir(), func(c *config.Config) { c.MQTT.Broker = broker.URL })
	r.heard()
	broker.Kill()
	r.until(func(s control.Status) bool { return !s.MQTT.Connected })
	report := r.probe()
	for _, step := range report.Steps {
		if (step.Error != "") != (step.Name == edge.StepMQTT) {
			t.Errorf("%+v", step)
		}
	}
	if len(report.Steps) != len(edge.ProbeSteps)-1 {
		t.Errorf("it found %+v", report.Steps)
	}
}
