// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"redbench/cmd/rig/process"
)

// stall stops the program in the middle of selling without ending it, as a fault of the disk or of ours might: only systemd's
// watchdog notices.
func (p *proof) stall(ctx context.Context, s *Step) error {
	before, err := p.restarts(ctx)
	if err != nil {
		return err
	}
	done := p.sell(ctx, 50)
	pause(ctx, time.Second)
	stalled := time.Now()
	if _, err := p.m.Run(ctx, "systemctl", "kill", "--signal=STOP", "--kill-who=main", "redbench"); err != nil {
		return errors.Join(err, done())
	}
	at, err := p.prompted(ctx)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	after, err := p.restarts(ctx)
	if err != nil {
		return err
	}
	if after <= before {
		return fmt.Errorf("it prompts again, and systemd did not start it anew: %d starts before, %d after", before, after)
	}
	s.say("prompting again after %.1f s", s.seconds("prompting_again", at.Sub(stalled)))
	return p.recorded(ctx, s)
}

// manyStarts is beyond where systemd gives a service up by default: five within ten seconds.
const manyStarts = 12

// failingWithin bounds how long so many starts may take, each a second after the other.
const failingWithin = 90 * time.Second

// mistake is a configuration with which the service does not start, and the words by which a verb names what is wrong with it.
type mistake struct {
	what, lines string
	named       []string
}

func mistakes() []mistake {
	return []mistake{
		{"a taken address", "[ui]\nlisten = \"" + brokerAddress + "\"\n", []string{brokerAddress, "[ui] listen"}},
		{"a wrong line", "[ui]\nlissen = \"" + screenAddress + "\"\n", []string{configurationFile, "lissen"}},
	}
}

const configurationFile = "/etc/redbench/redbench.toml"

// misconfigured has the service fail again and again: systemd must go on starting it, and who asks must hear why.
func (p *proof) misconfigured(ctx context.Context, s *Step) error {
	good, err := os.ReadFile(p.host(configurationFile))
	if err != nil {
		return fmt.Errorf("reading the configuration inside: %w", err)
	}
	for _, wrong := range mistakes() {
		if err := p.write(configurationFile, string(good)+wrong.lines); err != nil {
			return err
		}
		_, _ = p.m.Run(ctx, "systemctl", "restart", "redbench") // it says that it failed, as it should
		if err := p.startedOften(ctx); err != nil {
			return fmt.Errorf("%s: %w", wrong.what, err)
		}
		if err := p.plain(ctx, wrong); err != nil {
			return fmt.Errorf("%s: %w", wrong.what, err)
		}
		s.say("%s: started %d times, and start, status and doctor say what is wrong", wrong.what, manyStarts)
	}
	if err := p.write(configurationFile, string(good)); err != nil {
		return err
	}
	mended := time.Now()
	at, err := p.prompted(ctx)
	if err != nil {
		return err
	}
	s.say("prompting again %.1f s after it was mended, with nobody starting it", s.seconds("prompting_again", at.Sub(mended)))
	return p.recorded(ctx, s)
}

// write changes a file inside, and leaves it to whom it belongs.
func (p *proof) write(path, text string) error {
	if err := os.WriteFile(p.host(path), []byte(text), 0o640); err != nil {
		return fmt.Errorf("writing %s inside: %w", path, err)
	}
	return nil
}

// startedOften waits until systemd has started the service more often than it would by default.
func (p *proof) startedOften(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, failingWithin)
	defer cancel()
	from, err := p.restarts(ctx)
	if err != nil {
		return err
	}
	return process.Until(ctx, 200*time.Millisecond, func(ctx context.Context) error {
		n, err := p.restarts(ctx)
		if err == nil && n < from+manyStarts {
			err = fmt.Errorf("systemd started it again %d times, and not %d: %s", n-from, manyStarts,
				p.line(ctx, "systemctl", "show", "--value", "-p", "Result", "redbench"))
		}
		return err
	})
}

// restarts is how often systemd started the service again by itself.
func (p *proof) restarts(ctx context.Context) (int, error) {
	return strconv.Atoi(p.line(ctx, "systemctl", "show", "--value", "-p", "NRestarts", "redbench"))
}

// plain holds that each verb that people turn to fails, and names what is wrong.
func (p *proof) plain(ctx context.Context, wrong mistake) error {
	for _, verb := range []string{"start", "status", "doctor"} {
		out, err := p.m.Shell(ctx, "redbench "+verb+" 2>&1 || echo \"it ended with $?\"")
		if err != nil {
			return err
		}
		if !strings.Contains(string(out), "\nit ended with ") {
			return fmt.Errorf("`redbench %s` does not fail: %s", verb, out)
		}
		for _, word := range wrong.named {
			if !strings.Contains(string(out), word) {
				return fmt.Errorf("`redbench %s` does not name %q: %s", verb, word, out)
			}
		}
	}
	return nil
}
