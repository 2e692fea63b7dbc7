// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"redbench/edge/store"
)

// sizes measures the service with more and more customers.
func (p *proof) sizes() []step {
	steps := []step{{name: "install", do: p.install}, {name: "till → prompt", do: p.first}}
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		steps = append(steps, step{name: fmt.Sprint(n), do: func(ctx context.Context, s *Step) error { return p.size(ctx, s, n) }})
	}
	return steps
}

// sellFor is how long tills sell before memory is looked at.
const sellFor = 20 * time.Second

// size imports customers until there are n, starts the service anew, lets tills sell, and looks at what all that takes.
func (p *proof) size(ctx context.Context, s *Step, n int) error {
	more := n - p.people
	took, err := p.imported(ctx, n)
	if err != nil {
		return err
	}
	s.seconds("import", took)
	s.say("%d more imported in %.0f s", more, took.Seconds())
	if _, err := p.m.Run(ctx, "systemctl", "restart", "redbench"); err != nil {
		return err
	}
	start, err := p.startToReady(ctx)
	if err != nil {
		return err
	}
	idle, _, err := p.resident(ctx, "redbench")
	if err != nil {
		return err
	}
	stop := p.watch(ctx)
	defer stop()
	pause(ctx, time.Second)
	before, _ := p.ledger.prompts()
	done := p.sell(ctx, 50)
	pause(ctx, sellFor)
	selling, most, err := p.resident(ctx, "redbench")
	if err != nil {
		return err
	}
	beside, _, err := p.resident(ctx, "mosquitto")
	if err != nil {
		return err
	}
	if err := done(); err != nil {
		return err
	}
	s.say("start to ready %.2f s; resident %.0f MB once ready, %.0f MB after %s of 50 events a second (at most %.0f), Mosquitto %.1f MB", s.seconds("start_to_ready", start),
		mega(s, "resident_ready", idle), mega(s, "resident_selling", selling), sellFor, mega(s, "resident_most", most), mega(s, "mosquitto", beside))
	s.say("database %.0f MB, state directory %.0f MB", mega(s, "database", size(filepath.Join(p.state(), store.File))), mega(s, "state", size(p.state())))
	spread := p.ledger.spread(before)
	s.figure("card_to_prompt_p50_ms", spread.P50)
	s.figure("card_to_prompt_p99_ms", spread.P99)
	s.say("card to prompt p50 %.1f ms, p99 %.1f ms", spread.P50, spread.P99)
	if err := p.recorded(ctx, s); err != nil {
		return err
	}
	return p.ledger.problem()
}

// mega keeps a size with the step, in millions of bytes, and gives it.
func mega(s *Step, name string, bytes int64) float64 {
	s.figure(name+"_mb", float64(bytes)/1e6)
	return float64(bytes) / 1e6
}

// startToReady is how long the service's last start took, by systemd's clock: from its process to its word that it is ready.
func (p *proof) startToReady(ctx context.Context) (time.Duration, error) {
	out, err := p.m.Run(ctx, "systemctl", "show", "--value", "-p", "ExecMainStartTimestampMonotonic", "redbench")
	if err != nil {
		return 0, err
	}
	ready, err := p.m.Run(ctx, "systemctl", "show", "--value", "-p", "ActiveEnterTimestampMonotonic", "redbench")
	if err != nil {
		return 0, err
	}
	from, errFrom := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	to, errTo := strconv.ParseInt(strings.TrimSpace(string(ready)), 10, 64)
	if errFrom != nil || errTo != nil || to <= from {
		return 0, fmt.Errorf("systemd tells no start: %q, %q", out, ready)
	}
	return time.Duration(to-from) * time.Microsecond, nil
}

var memory = regexp.MustCompile(`(?m)^(VmRSS|VmHWM):\s*(\d+) kB$`)

// resident is what a service's process has in memory now, and had at most.
func (p *proof) resident(ctx context.Context, service string) (now, most int64, err error) {
	pid := p.line(ctx, "systemctl", "show", "--value", "-p", "MainPID", service)
	status, err := os.ReadFile(p.m.Alive("/proc/" + pid + "/status"))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the memory of %s: %w", service, err)
	}
	for _, found := range memory.FindAllSubmatch(status, -1) {
		kilo, _ := strconv.ParseInt(string(found[2]), 10, 64) // digits
		if string(found[1]) == "VmRSS" {
			now = kilo << 10
		} else {
			most = kilo << 10
		}
	}
	return now, most, nil
}

// size adds up the files of a directory, or gives that of a file.
func size(dir string) (all int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				all += info.Size()
			}
		}
		return nil // what is gone has no size
	})
	return all
}
