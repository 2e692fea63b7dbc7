// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"redbench/daemon/config"
	"redbench/daemon/control"
)

// A payment card number, wherever a till puts it, is in no file of the state directory, in no line of the log and in no
// message of the box. Numbers that are none show that this looks in the right places.
func TestACardNumberGoesNowhere(t *testing.T) {
	everyBroker(t, func(t *testing.T, change func(*config.Config)) {
		dir, log := t.TempDir(), &recording{}
		r := startLogging(t, dir, slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}), change)
		r.imports(control.ImportCustomers, people)
		heard := r.listen()
		till := r.till("1")

		// The controls: a loyalty number at the till is a hash only; one as a checkout's number rests with the visit; one in
		// a refused topic is logged, quarantined and announced.
		till.card(known)
		till.started(checkout)
		till.completed(checkout, "Bread")
		r.till(lane).send("nonsense", nil)

		cards := []string{"4111111111111111", "5500005555555559", "4012 8888 8888 1881", "378282246310005", "6011000990139424"}
		till.send("loyalty.presented", map[string]any{"identifier": cards[0], "kind": "card"})
		till.send("checkout.started", map[string]any{"checkout": cards[1]})
		till.completed("c2", "Gift card "+cards[2])
		till.sendAs(cards[3], "shift.started", map[string]any{"cashier": "Jo"})
		r.till(cards[4]).card(known)

		heard.until(t, 1+len(cards))
		if refused, err := r.box.Quarantine(t.Context(), 10); err != nil || len(refused) != 1+len(cards) {
			t.Fatalf("quarantine: %+v, %v", refused, err)
		}
		traces := append(slices.Clone(cards), strings.ReplaceAll(cards[2], " ", ""), known, checkout, lane)
		found := func(when string) {
			t.Helper()
			for _, trace := range traces {
				places := append(filesWith(t, dir, trace), log.has(trace), heard.has(trace))
				got := strings.Join(slices.DeleteFunc(places, func(place string) bool { return place == "" }), ", ")
				switch trace {
				case checkout:
					if !strings.Contains(got, ".db") {
						t.Errorf("%s: the control that rests with a visit is found in %q", when, got)
					}
				case lane:
					if !strings.Contains(got, ".db") || !strings.Contains(got, "log") || !strings.Contains(got, "MQTT") {
						t.Errorf("%s: the control that is refused is found in %q", when, got)
					}
				default:
					if got != "" {
						t.Errorf("%s: %s is in %s", when, trace, got)
					}
				}
			}
		}
		found("while it runs")
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		found("once it is stopped")
	})
}

// Numbers of the chain's own: Maya's card, and two in places that keep what a till says in clear.
const (
	known    = "6001002003004"
	checkout = "6001002003015"
	lane     = "6001002003026"
)

// filesWith names the files that hold a trace.
func filesWith(t *testing.T, dir, trace string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(trace)) {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// recording keeps what is written to it.
type recording struct {
	mu    sync.Mutex
	lines []string
}

func (r *recording) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(line))
	return len(line), nil
}

// has names the log if a line holds the trace.
func (r *recording) has(trace string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if strings.Contains(line, trace) {
			return "log"
		}
	}
	return ""
}

// announced is what the box said on MQTT.
type announced struct {
	recording
	refused chan struct{}
}

// listen hears everything below box/, topics and retained messages too.
func (r *rig) listen() *announced {
	r.t.Helper()
	a := &announced{refused: make(chan struct{}, 64)}
	client := paho.NewClient(paho.NewClientOptions().AddBroker(r.broker()).SetClientID("listener"))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		r.t.Fatal(token.Error())
	}
	r.t.Cleanup(func() { client.Disconnect(0) })
	box := "redbench/v1/" + r.config.Store.ID + "/box/"
	topics := map[string]byte{box + "status": 1, box + "quarantine": 1} // all that the embedded broker lets anybody read
	if r.config.MQTT.Broker != "" {
		topics = map[string]byte{box + "#": 1}
	}
	token := client.SubscribeMultiple(topics, func(_ paho.Client, m paho.Message) {
		_, _ = a.Write([]byte(m.Topic() + " " + string(m.Payload())))
		if strings.HasSuffix(m.Topic(), "/quarantine") {
			a.refused <- struct{}{}
		}
	})
	if token.Wait() && token.Error() != nil {
		r.t.Fatal(token.Error())
	}
	return a
}

func (a *announced) has(trace string) string {
	if a.recording.has(trace) == "" {
		return ""
	}
	return "MQTT"
}

// until waits until so many refusals were announced; the box tells one a second.
func (a *announced) until(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for i := range n {
		select {
		case <-a.refused:
		case <-deadline:
			t.Fatalf("%d of %d refusals were announced", i, n)
		}
	}
}
