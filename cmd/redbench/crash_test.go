// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redbench/daemon/control"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

// A store's tills check customers out while the daemon is killed or stopped again and again. Each checkout that was
// acknowledged must be a visit, once: tills publish until they are acknowledged, so in the end there are exactly as many
// visits as checkouts.
func TestNothingAcknowledgedIsLostByAKillOrAStop(t *testing.T) {
	t.Run("embedded broker", func(t *testing.T) { crash(t, "") })
	t.Run("mosquitto", func(t *testing.T) { crash(t, mqtttest.Mosquitto(t, "max_queued_messages 0").URL) })
}

const (
	crashTills  = 4
	crashRounds = 6
	crashVisits = 25 // checkouts between two crashes, over all tills
)

func crash(t *testing.T, broker string) {
	b := newVictim(t, broker)
	b.launch()
	var acknowledged atomic.Int64
	ctx, done := context.WithCancel(t.Context())
	var tills sync.WaitGroup
	enough := make(chan struct{}, 1024)
	for lane := range crashTills {
		till, err := mqtt.NewTill(mqtt.TillOptions{Broker: b.tills(), ClientID: fmt.Sprint("till-", lane)})
		if err != nil {
			t.Fatal(err)
		}
		tills.Go(func() {
			defer func() { _ = till.Close() }()
			for n := 0; ctx.Err() == nil; n++ {
				topic := fmt.Sprintf("redbench/v1/store-1/%d/checkout", lane)
				// Not ctx: a checkout that was begun is published until it is acknowledged, over every crash.
				if err := till.Publish(t.Context(), topic, checkoutEvent(lane, n)); err != nil {
					t.Errorf("lane %d: %v", lane, err)
					return
				}
				acknowledged.Add(1)
				enough <- struct{}{}
			}
		})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range crashRounds {
		for range crashVisits + random.IntN(crashVisits) {
			<-enough
		}
		if round%3 == 2 {
			b.terminate()
		} else {
			b.kill()
		}
		b.launch()
	}
	for range crashVisits {
		<-enough
	}
	done()
	go func() { // let the tills end
		for range enough {
		}
	}()
	tills.Wait()
	close(enough)
	b.settle(broker != "", int(acknowledged.Load()))

	// The detector works: one more checkout is one more visit, and the same one again is none.
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: b.tills(), ClientID: "control"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = till.Close() }()
	for range 2 {
		if err := till.Publish(t.Context(), "redbench/v1/store-1/control/checkout", checkoutEvent(99, 0)); err != nil {
			t.Fatal(err)
		}
	}
	b.settle(broker != "", int(acknowledged.Load())+1)
	b.terminate()
}

func checkoutEvent(lane, n int) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"%d-%d","source":"/till/%d","type":"redbench.checkout.completed","time":%q,
		"data":{"checkout":"c-%d-%d","items":[{"sku":"1","name":"Tea","quantity":1,"amount_minor":250}],"total_minor":250,"currency":"EUR"}}`,
		lane, n, lane, time.Now().UTC().Format(time.RFC3339Nano), lane, n)
}

// victim is a real daemon that is killed and started again on the same files and ports.
type victim struct {
	t       *testing.T
	dir     string
	broker  string
	ports   [2]string // screens, tills
	process *exec.Cmd
	reading sync.WaitGroup
	log     strings.Builder
}

func newVictim(t *testing.T, broker string) *victim {
	v := &victim{t: t, dir: t.TempDir(), broker: broker, ports: [2]string{freeAddress(t), freeAddress(t)}}
	// Visits are counted since midnight; in this zone that is twelve hours ago.
	zone := fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12)
	text := fmt.Sprintf("[store]\ntime_zone = %q\n[state]\ndir = %q\n[ui]\nlisten = %q\n[mqtt]\nlisten = %q\nbroker = %q\n[log]\nformat = \"json\"\n",
		zone, filepath.Join(v.dir, "state"), v.ports[0], v.ports[1], broker)
	if err := os.WriteFile(v.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return v
}

// freeAddress finds a port that stays the same over the daemon's lives.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (v *victim) config() string { return filepath.Join(v.dir, "redbench.toml") }

func (v *victim) tills() string {
	if v.broker != "" {
		return v.broker
	}
	return "tcp://" + v.ports[1]
}

// launch starts the daemon and returns when its log says that it hears its tills: a broker keeps nothing for a box that
// it has never met.
func (v *victim) launch() {
	v.t.Helper()
	v.process = exec.Command("redbench", "run", "--config", v.config())
	stderr, err := v.process.StderrPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = v.process.Process.Kill() })
	waits := map[string]bool{"redbench runs": true, "hearing tills": v.broker != ""}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		v.log.WriteString(lines.Text() + "\n")
		for line, waiting := range waits {
			waits[line] = waiting && !strings.Contains(lines.Text(), line)
		}
		if !waits["redbench runs"] && !waits["hearing tills"] {
			v.reading.Go(func() { // a full pipe would stop it
				for lines.Scan() {
					v.log.WriteString(lines.Text() + "\n")
				}
			})
			return
		}
	}
	v.t.Fatalf("the daemon did not start:\n%s", &v.log)
}

func (v *victim) kill() {
	_ = v.process.Process.Kill()
	v.reading.Wait()
	_ = v.process.Wait()
}

// terminate stops the daemon as a service manager does; it must end well.
func (v *victim) terminate() {
	v.t.Helper()
	if err := v.process.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Fatal(err)
	}
	v.reading.Wait()
	if err := v.process.Wait(); err != nil {
		v.t.Errorf("stopping: %v", err)
	}
}

// settle checks the number of visits. An outside broker acknowledges for itself and delivers after, so there the number
// may still rise to what is wanted, but never above it.
func (v *victim) settle(rises bool, want int) {
	v.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		got := v.visits()
		if got == want {
			return
		}
		if got > want || !rises || time.Now().After(deadline) {
			v.kill()
			v.t.Fatalf("%d visits of %d acknowledged checkouts; the daemon's log:\n%s", got, want, &v.log)
		}
	}
}

func (v *victim) visits() int {
	v.t.Helper()
	client, err := control.Dial(v.t.Context(), filepath.Join(v.dir, "state"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	status, err := client.Status(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	return status.Counts.Visits
}
