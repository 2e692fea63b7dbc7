// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/load"
	"redbench/edge/mqtt/mqtttest"
)

// TestMinimalAnswersEveryCard holds that what the product is measured against does its little work.
func TestMinimalAnswersEveryCard(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	broker := mqtttest.Mosquitto(t)
	town := newPeople(300, 200, time.Now())
	database := filepath.Join(t.TempDir(), "minimal.db")
	if err := town.writeDatabase(ctx, database); err != nil {
		t.Fatal(err)
	}
	said, out := io.Pipe()
	ended := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { ended <- serveMinimal(running, broker.URL, database, "minimal", out) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	address, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	ledger, lanes := load.NewLedger(), []string{"L1", "L2"}
	for _, lane := range lanes {
		screen, err := box.Watch(ctx, "ws://"+strings.TrimSpace(address)+"/ws/lane/"+lane, "", lane, ledger.Heard)
		if err != nil {
			t.Fatal(err)
		}
		defer screen.Close()
	}
	tills, err := load.Connect(broker.URL, "t-", lanes)
	if err != nil {
		t.Fatal(err)
	}
	defer tills.Close()
	var visits []load.Visit
	for i := range 60 {
		visits = append(visits, town.visit(i))
	}
	how := load.Options{Store: "minimal", Lanes: lanes, Rate: 200, Events: "visits", Round: "test", Currency: "EUR"}
	if err := tills.Run(ctx, how, visits, ledger, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if problem := ledger.Problem(); problem != "" || ledger.Prompts != len(visits) {
		t.Errorf("%d prompts for %d cards; %s", ledger.Prompts, len(visits), problem)
	}
}

func TestReportFailsOnTheRatioAndOnTheCount(t *testing.T) {
	good := Report{Options: options{MaxRatio: 1.3}, Ratio: 1.2, Within: true}
	slow := Report{Options: options{MaxRatio: 1.3}, Ratio: 1.4}
	lossy := Report{Options: options{MaxRatio: 1.3}, Ratio: 1, Within: true, Problem: "1 lost"}
	if good.verdict() != nil || slow.verdict() == nil || lossy.verdict() == nil {
		t.Errorf("verdicts: %v, %v, %v", good.verdict(), slow.verdict(), lossy.verdict())
	}
	var out strings.Builder
	slow.print(&out)
	if !strings.Contains(out.String(), "ratio of the medians 1.40 (at most 1.30)") {
		t.Errorf("the report does not tell the ratio:\n%s", out.String())
	}
}
