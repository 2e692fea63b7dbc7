// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/config/keyed"
	"redbench/daemon/control"
	"redbench/daemon/doctor/machine"
	"redbench/daemon/service"
	"redbench/daemon/setup"
	"redbench/packaging"
)

// codeVariable is the one-time code's name in the environment. It is no key of the configuration, and is never written.
const codeVariable = "REDBENCH_HQ_CODE"

// installFlags are what `redbench install` was told.
type installFlags struct {
	from, url, codeFile string
	start, dryRun       bool
	wait                time.Duration
}

func newInstallCommand() *cobra.Command {
	var f installFlags
	command := &cobra.Command{
		Use:   "install",
		Short: "Install the service, so that the box starts with the machine; with --start, all the way to a box that prompts",
		Long: `Installs the service for this program: a user of its own, the state directory, a configuration to start from where
there is none, and the unit. Where a package brought the unit, that one is enabled and no other is written.

Unattended: --from names a file with some keys of redbench.toml. They are written into the configuration, as are
REDBENCH_… variables and --hq-url; comments and all other keys stay. --hq-code-file enrolls the box once, and
--start starts it and waits until it hears the tills.

It may be run again: what stands as it should is left alone, and it says so. A mistake in what is given, or a code that
head office refuses, is told before anything is changed. --dry-run only tells what would be done.`,
		Example: `  sudo redbench install
  sudo redbench install --from harbour.toml --hq-url https://hq.example.com:8788 --hq-code-file code.txt --start
  sudo REDBENCH_STORE_ID=harbour REDBENCH_HQ_CODE=ABCD-… redbench install --hq-url https://hq.example.com:8788 --start`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error { return install(cmd, f) },
	}
	flags := command.Flags()
	flags.StringVar(&f.from, "from", "", "TOML `file` with the keys to set")
	flags.StringVar(&f.url, "hq-url", "", "head office, as in https://hq.example.com:8788: sets [hq] url")
	flags.StringVar(&f.codeFile, "hq-code-file", "", "`file` with head office's one-time code; a dash reads standard input (default: "+codeVariable+")")
	flags.BoolVar(&f.start, "start", false, "start the service, and wait until it is ready")
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, and tell what would be done")
	flags.DurationVar(&f.wait, "wait", time.Minute, "how long --start may take until the box is ready")
	return command
}

func install(cmd *cobra.Command, f installFlags) error {
	w, err := f.wish(cmd)
	if err != nil {
		return err
	}
	human := !cli.WantsJSON(cmd)
	out := cmd.OutOrStdout()
	means := setup.Means{Machine: machineFor(w.File), Enroll: enrollWith, Ask: askBox, MayRead: serviceMayRead}
	if human {
		means.Told = func(s setup.Step) { fmt.Fprintf(out, "%-14s %s\n", s.Step, cli.Visible(s.Text)) }
	}
	if f.start && !f.dryRun && cli.IsTerminal(cmd.ErrOrStderr()) {
		fmt.Fprintf(cmd.ErrOrStderr(), "This takes until the box is ready, at most %s.\n", f.wait)
	}
	report, err := setup.Run(cmd.Context(), means, w)
	if err != nil {
		return err
	}
	return cli.Printed(cmd, report, func(out io.Writer) { fmt.Fprintln(out, installed(cmd, f, report)) })
}

func installed(cmd *cobra.Command, f installFlags, r setup.Report) string {
	switch {
	case f.dryRun && r.Changed:
		return "Nothing was changed: this was a dry run."
	case !r.Changed:
		return "Nothing was changed: the box is as it should be."
	case r.State == service.Running:
		return "Done: the box runs."
	}
	return "Done. " + cli.Hint(cmd, "start") + " starts the service now; from then on it starts with the machine."
}

// wish reads what the flags name.
func (f installFlags) wish(cmd *cobra.Command) (setup.Wish, error) {
	path, err := serviceConfig(cmd)
	if err != nil {
		return setup.Wish{}, err
	}
	w := setup.Wish{File: path, Sample: packaging.Sample, Start: f.start, DryRun: f.dryRun, Wait: f.wait,
		Given: config.Given{Name: f.from, Env: os.Environ(), Values: map[string]string{}}}
	if f.from != "" {
		if _, w.Given.Text, err = keyed.Open(f.from, ""); err != nil {
			return w, err
		}
	}
	if f.url != "" {
		w.Given.Values["hq.url"] = f.url
	}
	w.Code, w.NoCode = f.code(cmd)
	return w, nil
}

func (f installFlags) code(cmd *cobra.Command) (string, error) {
	switch f.codeFile {
	case "":
		return strings.TrimSpace(os.Getenv(codeVariable)), nil
	case "-":
		return codeFrom(cmd, "-")
	}
	raw, err := os.ReadFile(f.codeFile)
	if err != nil {
		return "", fmt.Errorf("reading the code: %w", err)
	}
	code := strings.TrimSpace(strings.TrimPrefix(string(raw), "\ufeff"))
	if code == "" {
		return "", fmt.Errorf("reading the code: %s is empty; `redbench-hq store add` prints one", f.codeFile)
	}
	return code, nil
}

func machineFor(file string) func(*config.Config) (setup.Machine, error) {
	return func(cfg *config.Config) (setup.Machine, error) {
		return service.New(service.Options{Config: file, StateDir: cfg.State.Dir, BackupDir: cfg.Backup.Dir})
	}
}

// serviceMayRead looks at a file as the service's user would. Before there is one, it would be let in as anybody is.
func serviceMayRead(path string) error {
	if service.User == "" {
		return nil
	}
	name := service.User
	if _, err := user.Lookup(name); err != nil {
		name = "nobody"
	}
	return machine.MayRead(name, path)
}

func askBox(ctx context.Context, stateDir string) (control.Status, error) {
	client, err := control.Dial(ctx, stateDir)
	if err != nil {
		return control.Status{}, err
	}
	defer client.Close()
	return client.Status(ctx)
}

// enrollWith runs `redbench enroll` as a process of its own, since that becomes the state directory's user for good. It gets the
// code by its standard input, where no list of processes shows it, and nothing of our environment that would be set again.
func enrollWith(ctx context.Context, file, code string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program's file: %w", err)
	}
	command := exec.CommandContext(ctx, self, "enroll", "-", "--config", file)
	command.Args[0] = "redbench"
	command.Stdin = strings.NewReader(code)
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "REDBENCH_") {
			command.Env = append(command.Env, pair)
		}
	}
	var problems bytes.Buffer
	command.Stderr = &problems
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if said := strings.TrimSpace(strings.TrimPrefix(problems.String(), "redbench: ")); said != "" {
			return errors.New(said)
		}
		return fmt.Errorf("enrolling: %w", err)
	}
	return nil
}
