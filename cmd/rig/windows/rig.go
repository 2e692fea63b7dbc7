// SPDX-License-Identifier: Apache-2.0

// Package windows proves the Windows build under Wine: installed unattended as a service, started with the machine, tills →
// prompt, stopped, uninstalled.
package windows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/process"
	"redbench/cmd/rig/tap"
	"redbench/daemon/control"
)

const (
	program = `C:\Program Files\Redbench\redbench.exe` // with a space, which an unquoted service line would not survive
	config  = `C:\ProgramData\Redbench\redbench.toml`
	key     = `HKLM\System\CurrentControlSet\Services\redbench`
	lane    = "3"
	store   = "harbour"
)

// notShown is what no run under Wine can tell.
const notShown = `not shown, as Wine has none of it: the recovery firing after a failure (it keeps no failure actions), what LocalService may
and may not do (every process has all rights), access lists (it has only the owner's), the Event Viewer (events are taken and dropped)`

// Command makes the rig's verb.
func Command() *cobra.Command {
	var binary string
	var taps int
	command := &cobra.Command{
		Use:   "windows",
		Short: "Prove the Windows build under Wine: install, boot, tills → prompt, stop, uninstall",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if missing := Missing(); missing != "" {
				return errors.New(missing)
			}
			return Prove(cmd.Context(), binary, taps, cmd.OutOrStdout())
		},
	}
	command.Flags().StringVar(&binary, "binary", "", "redbench.exe to prove (default: built from this tree)")
	command.Flags().IntVar(&taps, "taps", 20, "how many cards are shown")
	return command
}

// proof is one run.
type proof struct {
	*wine
	out            io.Writer
	screens, tills string
	taps           int
	token          string
}

// Prove builds, unless binary names one, and goes through all steps, telling each on out.
func Prove(ctx context.Context, binary string, taps int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "redbench-wine-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &proof{out: out, taps: taps, wine: &wine{dir: dir}}
	defer func() { err = errors.Join(err, p.off(context.WithoutCancel(ctx))) }()
	if p.screens, err = box.FreeAddress(); err == nil {
		p.tills, err = box.FreeAddress()
	}
	if err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"build redbench.exe", func(ctx context.Context) (string, error) { return p.build(ctx, &binary) }},
		{"make a Windows (Wine)", func(ctx context.Context) (string, error) { return p.lay(ctx, binary) }},
		{"install, unattended", p.install},
		{"the same again", p.again},
		{"boot", p.booted},
		{"import and pair", p.pair},
		{"tills → prompt", p.prompts},
		{"stop, start", p.restart},
		{"tills → prompt again", p.prompts},
		{"stop", p.stop},
		{"uninstall", p.uninstall},
	} {
		began := time.Now()
		said, err := step.do(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", step.name, err, process.Tail(p.path("ProgramData", "Redbench", "data", "redbench.log")))
		}
		fmt.Fprintf(out, "%-22s %6.1f s  %s\n", step.name, time.Since(began).Seconds(), said)
	}
	fmt.Fprintln(out, notShown)
	return nil
}

func (p *proof) build(ctx context.Context, binary *string) (string, error) {
	if *binary != "" {
		return "given: " + *binary, nil
	}
	*binary = filepath.Join(p.dir, "redbench.exe")
	return "by " + compiler, process.Cross(ctx, *binary, []string{"GOOS=windows", "GOARCH=amd64", "CC=" + compiler})
}

func (p *proof) lay(ctx context.Context, binary string) (string, error) {
	made, err := newWine(ctx, p.dir)
	if err != nil {
		return "", err
	}
	p.wine = made
	raw, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	fleet := fmt.Sprintf("[store]\nid = %q\n[ui]\nlisten = %q\n[mqtt]\nlisten = %q\n", store, p.screens, p.tills)
	err = errors.Join(
		os.MkdirAll(p.path("Program Files", "Redbench"), 0o755),
		os.WriteFile(p.path("Program Files", "Redbench", "redbench.exe"), raw, 0o755),
		os.WriteFile(p.path("fleet.toml"), []byte(fleet), 0o600),
		os.WriteFile(p.path("customers.csv"), []byte(tap.Customers), 0o600),
	)
	if err != nil {
		return "", err
	}
	said, err := p.run(ctx, program, "version")
	return strings.TrimSpace(said), err
}

// install installs without starting, so that it is the boot that starts.
func (p *proof) install(ctx context.Context) (string, error) {
	if _, err := p.run(ctx, program, "install", "--from", `C:\fleet.toml`); err != nil {
		return "", err
	}
	registry, err := p.run(ctx, "reg", "query", key, "/s")
	if err != nil {
		return "", err
	}
	for _, want := range []string{`"` + program + `" run --service --config ` + config, `NT AUTHORITY\LocalService`, "Start    REG_DWORD    0x2"} {
		if !strings.Contains(registry, want) {
			return "", fmt.Errorf("the registry lacks %q:\n%s", want, registry)
		}
	}
	source := strings.Replace(key, `\redbench`, `\EventLog\Application\redbench`, 1)
	if _, err := p.run(ctx, "reg", "query", source); err != nil {
		return "", err
	}
	return "automatic, as LocalService, its line quoted, known to the event log", nil
}

func (p *proof) again(ctx context.Context) (string, error) {
	said, err := p.run(ctx, program, "install", "--from", `C:\fleet.toml`)
	if err == nil && !strings.Contains(said, "Nothing was changed") {
		err = fmt.Errorf("it said %q", said)
	}
	return "nothing was changed", err
}

// booted cuts the power and boots.
func (p *proof) booted(ctx context.Context) (string, error) {
	if err := p.off(ctx); err != nil {
		return "", err
	}
	began := time.Now()
	if err := p.boot(ctx); err != nil {
		return "", err
	}
	if err := p.ready(ctx); err != nil {
		return "", err
	}
	took := time.Since(began)
	log, err := os.ReadFile(p.path("ProgramData", "Redbench", "data", "redbench.log"))
	if err == nil && !strings.Contains(string(log), "redbench runs") {
		err = errors.New("the service's log does not say that it runs")
	}
	return fmt.Sprintf("ready %.1f s after the boot began, its log in the state directory", took.Seconds()), err
}

// readyWithin bounds a start; Wine's first boot takes seconds by itself.
const readyWithin = 40 * time.Second

// ready waits until the box hears its tills, as a load balancer would ask it.
func (p *proof) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return process.Until(ctx, 20*time.Millisecond, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.screens+"/healthz", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
}

func (p *proof) pair(ctx context.Context) (string, error) {
	if _, err := p.run(ctx, program, "import", "customers", `C:\customers.csv`); err != nil {
		return "", err
	}
	said, err := p.run(ctx, program, "pair", "--lane", lane, "--json")
	if err != nil {
		return "", err
	}
	var pairing control.Pairing
	if err := json.Unmarshal([]byte(said), &pairing); err != nil {
		return "", fmt.Errorf("reading what pair printed: %w: %s", err, said)
	}
	p.token = pairing.Token
	return "through the named pipe", nil
}

func (p *proof) prompts(ctx context.Context) (string, error) {
	took, err := tap.Prompts(ctx, tap.Place{Tills: "tcp://" + p.tills, Screens: p.screens, Token: p.token, Store: store, Lane: lane}, p.taps)
	if err != nil {
		return "", err
	}
	return tap.Said(took), nil
}

func (p *proof) restart(ctx context.Context) (string, error) {
	if _, err := p.stop(ctx); err != nil {
		return "", err
	}
	if _, err := p.run(ctx, program, "start"); err != nil {
		return "", err
	}
	return "by the service manager", p.ready(ctx)
}

// stop stops the service, and looks whether it is really gone.
func (p *proof) stop(ctx context.Context) (string, error) {
	if _, err := p.run(ctx, program, "stop"); err != nil {
		return "", err
	}
	if answer, err := http.Get("http://" + p.screens + "/healthz"); err == nil {
		_ = answer.Body.Close()
		return "", errors.New("it answers yet")
	}
	if said, err := p.run(ctx, program, "status"); err == nil || !strings.Contains(said, "not running") {
		return "", fmt.Errorf("status says %q, %v", said, err)
	}
	return "nobody answers any more", nil
}

func (p *proof) uninstall(ctx context.Context) (string, error) {
	if _, err := p.run(ctx, program, "uninstall"); err != nil {
		return "", err
	}
	if registry, err := p.run(ctx, "reg", "query", key); err == nil {
		return "", fmt.Errorf("the registry still has\n%s", registry)
	}
	for _, kept := range []string{p.path("ProgramData", "Redbench", "redbench.toml"), p.path("ProgramData", "Redbench", "data", "store.db")} {
		if _, err := os.Stat(kept); err != nil {
			return "", fmt.Errorf("it took more than the service: %w", err)
		}
	}
	return "the service is gone; configuration and state are there", nil
}
