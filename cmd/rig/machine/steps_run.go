// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"redbench/cmd/rig/process"
	"redbench/daemon/control"
	"redbench/edge"
)

// furnish lays down, before the machine is booted, what a fleet lays down: the broker's configuration and the box's.
func (p *proof) furnish() error {
	return errors.Join(
		p.put("/etc/mosquitto/conf.d/redbench.conf", broker, 0o644),
		p.put("/etc/mosquitto/acl", accessList(), 0o640),
		p.put("/etc/redbench/redbench.toml", configuration, 0o640),
		p.put("/etc/redbench/mqtt.password", secret+"\n", 0o640))
}

const readyWithin = 30 * time.Second

// ready waits until the service says that tills are heard, and gives its status.
func (p *proof) ready(ctx context.Context) (status control.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	err = process.Until(ctx, 50*time.Millisecond, func(ctx context.Context) error {
		status = control.Status{}
		if err := p.json(ctx, &status, "redbench", "status", "--json"); err != nil {
			return err
		}
		if !status.Ready {
			return fmt.Errorf("it is not ready: %s", strings.Join(status.NotReady, "; "))
		}
		return nil
	})
	return status, err
}

// install puts the package on the machine, beside its broker.
func (p *proof) install(ctx context.Context, s *Step) error {
	if _, err := p.m.Shell(ctx, passwords()); err != nil {
		return fmt.Errorf("giving the broker its users: %w", err)
	}
	file, err := p.bring(p.o.Package)
	if err != nil {
		return err
	}
	p.version = p.line(ctx, "dpkg-deb", "-f", file, "Version")
	p.report.Package = p.version
	began := time.Now()
	if _, err := p.m.Run(ctx, "dpkg", "-i", file); err != nil {
		return err
	}
	took := time.Since(began)
	s.say("%s installed in %.1f s", p.version, s.seconds("dpkg", took))
	status, err := p.ready(ctx)
	if err != nil {
		return err
	}
	s.say("ready as process %d of user %s", status.PID, p.line(ctx, "stat", "-c", "%U", fmt.Sprint("/proc/", status.PID)))
	return nil
}

// first is the main job: customers imported, screens paired, a card on the till.
func (p *proof) first(ctx context.Context, s *Step) error {
	if _, err := p.imported(ctx, someone); err != nil {
		return err
	}
	if err := p.pair(ctx); err != nil {
		return err
	}
	began := time.Now()
	at, err := p.prompted(ctx)
	if err != nil {
		return err
	}
	s.say("%d customers imported, %d screens paired; the first prompt, with all connections to be made, took %.2f s", p.people, lanes, s.seconds("first_prompt", at.Sub(began)))
	stop := p.watch(ctx)
	defer stop()
	before, _ := p.ledger.prompts()
	done := p.sell(ctx, 50)
	pause(ctx, 4*time.Second)
	if err := done(); err != nil {
		return err
	}
	if err := p.recorded(ctx, s); err != nil {
		return err
	}
	after, _ := p.ledger.prompts()
	s.say("%d prompts, each with the name of whose card it was", after-before)
	return p.ledger.problem()
}

// imported imports customers until there are so many, and gives how long that took.
func (p *proof) imported(ctx context.Context, upto int) (took time.Duration, err error) {
	file, err := os.OpenFile(p.host("/root/customers.csv"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("writing customers: %w", err)
	}
	if err := errors.Join(writeCustomers(file, p.people, upto), file.Close()); err != nil {
		return 0, fmt.Errorf("writing customers: %w", err)
	}
	began := time.Now()
	var report edge.ImportReport
	if err := p.json(ctx, &report, "redbench", "import", "customers", "/root/customers.csv", "--json"); err != nil {
		return 0, err
	}
	if report.Bad > 0 {
		return 0, fmt.Errorf("importing: %d bad rows, the first: %w", report.Bad, &report.Problems[0])
	}
	p.people = upto
	return time.Since(began), nil
}

// kill ends the program in the middle of selling.
func (p *proof) kill(ctx context.Context, s *Step) error {
	done := p.sell(ctx, 50)
	pause(ctx, time.Second)
	killed := time.Now()
	if _, err := p.m.Run(ctx, "systemctl", "kill", "--signal=KILL", "--kill-who=main", "redbench"); err != nil {
		return errors.Join(err, done())
	}
	at, err := p.prompted(ctx)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	s.say("prompting again after %.2f s", s.seconds("prompting_again", at.Sub(killed)))
	return p.recorded(ctx, s)
}

// reboot stops the machine in good order and boots it.
func (p *proof) reboot(ctx context.Context, s *Step) error {
	if err := p.m.PowerOff(ctx); err != nil {
		return err
	}
	if err := p.m.End(); err != nil {
		return err
	}
	booted, err := p.m.Boot(ctx)
	if err != nil {
		return err
	}
	at, err := p.prompted(ctx)
	if err != nil {
		return err
	}
	s.say("prompting again %.2f s after process 1 began", s.seconds("prompting_again", at.Sub(booted)))
	if err := p.m.Await(ctx); err != nil {
		return err
	}
	return p.recorded(ctx, s)
}

// powerCut ends everything at once, broker and all, and boots the machine. What the broker acknowledged is the broker's to keep, so that
// only the box's word is held: what was in the record is there.
func (p *proof) powerCut(ctx context.Context, s *Step) error {
	if err := p.recorded(ctx, &Step{}); err != nil {
		return err
	}
	if err := p.m.End(); err != nil {
		return err
	}
	booted, err := p.m.Boot(ctx)
	if err != nil {
		return err
	}
	at, err := p.prompted(ctx)
	if err != nil {
		return err
	}
	s.say("prompting again %.2f s after process 1 began", s.seconds("prompting_again", at.Sub(booted)))
	return errors.Join(p.m.Await(ctx), p.recorded(ctx, s))
}

// mostExposed is what `systemd-analyze security` may say of the service.
const mostExposed = 1.2

var exposure = regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`)

// hardened asks systemd what the running service could do.
func (p *proof) hardened(ctx context.Context, s *Step) error {
	out, err := p.m.Run(ctx, "systemd-analyze", "security", "--no-pager", "redbench.service")
	if err != nil {
		return err
	}
	found := exposure.FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("systemd-analyze tells no exposure: %s", out)
	}
	level, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return err
	}
	s.figure("exposure", level)
	s.say("exposure %.1f of the running service, at most %.1f", level, mostExposed)
	if level > mostExposed {
		return fmt.Errorf("exposure %.1f is above %.1f:\n%s", level, mostExposed, exposed(string(out)))
	}
	return nil
}

// exposed keeps the lines of what stands open.
func exposed(table string) string {
	var open []string
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "✗") {
			open = append(open, strings.TrimSpace(line))
		}
	}
	return strings.Join(open, "\n")
}

// host gives the path of a file inside, as this machine sees it.
func (p *proof) host(path string) string { return filepath.Join(p.m.Root, path) }
