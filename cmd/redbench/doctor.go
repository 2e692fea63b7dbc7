// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/daemon/doctor"
)

// diagnosis is what `doctor --json` prints.
type diagnosis struct {
	OK       bool             `json:"ok"`
	Version  string           `json:"version"`
	At       time.Time        `json:"at"`
	Findings []doctor.Finding `json:"findings"`
}

func newDoctorCommand() *cobra.Command {
	var deep bool
	var only []string
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with this box, and what to do about it",
		Long: `Looks at configuration, files, ports, clock, disk, record, broker, screens, head office, certificates, service and backups,
and sends a test event the whole way to a screen; each finding says what to type. It works while the box runs and while it
is stopped, and changes nothing. Exit code 0: nothing fails; 1: something does.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := diagnose(cmd, deep, only)
			if err != nil {
				return err
			}
			if err := cli.Printed(cmd, all, func(out io.Writer) { printDiagnosis(cmd, out, all) }); err != nil {
				return err
			}
			if !all.OK {
				return cli.Silent{Code: cli.ExitFailed}
			}
			return nil
		},
	}
	command.Flags().BoolVar(&deep, "deep", false, "look through the whole record, however long that takes")
	command.Flags().StringSliceVar(&only, "check", nil, "run this check only (may be given again): "+strings.Join(checkNames(), ", "))
	return command
}

// diagnose runs the checks.
func diagnose(cmd *cobra.Command, deep bool, only []string) (diagnosis, error) {
	cfg, wrong := loadConfig(cmd)
	p := newPatient(cmd, cfg, deep)
	defer p.close()
	checks := p.checks()
	if wrong != nil {
		checks = []doctor.Check{{Name: "configuration", Within: time.Second, Look: func(_ context.Context, f *doctor.Findings) {
			doctor.Setting{Wrong: wrong}.Judge(f)
		}}}
	}
	checks, err := chosen(checks, only)
	if err != nil {
		return diagnosis{}, err
	}
	watch := watching(cmd.ErrOrStderr())
	found, err := doctor.Run(cmd.Context(), checks, doctor.Options{Catalogue: doctor.Box(), Progress: watch.show})
	watch.end()
	if err != nil {
		return diagnosis{}, err
	}
	for i := range found {
		found[i].Do = hinted(cmd, found[i].Do)
	}
	return diagnosis{OK: doctor.Healthy(found), Version: version(), At: time.Now().UTC(), Findings: found}, nil
}

func checkNames() (names []string) {
	for _, k := range doctor.Box() {
		if !slices.Contains(names, k.Check) {
			names = append(names, k.Check)
		}
	}
	return names
}

func chosen(checks []doctor.Check, only []string) ([]doctor.Check, error) {
	for _, name := range only {
		if !slices.Contains(checkNames(), name) {
			return nil, cli.WrongUsage(fmt.Errorf("--check: there is no check %q; there is: %s", name, strings.Join(checkNames(), " ")))
		}
	}
	if len(only) == 0 {
		return checks, nil
	}
	return slices.DeleteFunc(checks, func(c doctor.Check) bool { return !slices.Contains(only, c.Name) }), nil
}

// hinted adds the configuration that was named to the command lines of an advice, so that they can be typed as they stand.
func hinted(cmd *cobra.Command, advice string) string {
	path, err := cmd.Flags().GetString("config")
	if err != nil || path == "" {
		return advice
	}
	parts := strings.Split(advice, "`")
	for i := 1; i < len(parts); i += 2 { // every other part stands between two of them
		if strings.HasPrefix(strings.TrimPrefix(parts[i], "sudo "), "redbench ") {
			parts[i] += " --config " + cli.Quoted(path)
		}
	}
	return strings.Join(parts, "`")
}

func printDiagnosis(cmd *cobra.Command, out io.Writer, all diagnosis) {
	counts := map[doctor.State]int{}
	for _, f := range all.Findings {
		counts[f.State]++
		fmt.Fprintf(out, "%s  %-13s %s\n", painted(out, f.State), f.Check, cli.Visible(f.Text))
		if f.Do != "" {
			fmt.Fprintf(out, "%24s→ %s\n", "", cli.Visible(f.Do))
		}
	}
	fmt.Fprintf(out, "\n%d fail, %s, %d could not be looked at, %d are well.\n", counts[doctor.Fail],
		cli.Count(counts[doctor.Warn], "warning", "warnings"), counts[doctor.Skipped], counts[doctor.OK])
}

// painted colours a state where a person watches who did not switch colours off.
func painted(out io.Writer, s doctor.State) string {
	word := fmt.Sprintf("%-7s", s)
	colour := map[doctor.State]string{doctor.Fail: "31;1", doctor.Warn: "33", doctor.OK: "32"}[s]
	if colour == "" || !cli.IsTerminal(out) || os.Getenv("NO_COLOR") != "" {
		return word
	}
	return "\x1b[" + colour + "m" + word + "\x1b[0m"
}

// watched tells a person at a terminal what is looked at.
type watched struct{ out io.Writer }

func watching(out io.Writer) watched {
	if !cli.IsTerminal(out) {
		return watched{}
	}
	return watched{out}
}

func (w watched) show(check, text string) {
	if w.out != nil {
		fmt.Fprintf(w.out, "\r\x1b[K%s %s …", check, text)
	}
}

func (w watched) end() {
	if w.out != nil {
		fmt.Fprint(w.out, "\r\x1b[K")
	}
}

// patient is the box that is looked at.
type patient struct {
	cmd    *cobra.Command
	cfg    *config.Config
	deep   bool
	client *control.Client // nil: no box runs, or this user may not ask it
	status *control.Status
	denied bool
	seen   atomic.Pointer[officeSeen] // a look that hangs may come after it was given up
}

func newPatient(cmd *cobra.Command, cfg *config.Config, deep bool) *patient {
	p := &patient{cmd: cmd, cfg: cfg, deep: deep}
	if cfg == nil {
		return p
	}
	client, err := control.Dial(cmd.Context(), cfg.State.Dir)
	p.denied = errors.Is(err, control.ErrNotAllowed)
	if err != nil {
		return p
	}
	asking, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
	defer cancel()
	p.client = client
	if status, err := client.Status(asking); err == nil {
		p.status = &status
	}
	return p
}

func (p *patient) close() {
	if p.client != nil {
		_ = p.client.Close()
	}
}

// checks lists them in the order of the catalogue, the test event before what loads the machine.
func (p *patient) checks() []doctor.Check {
	long := 30 * time.Second
	if p.deep {
		long = 24 * time.Hour
	}
	quick := 10 * time.Second
	return []doctor.Check{
		{Name: "configuration", Within: quick, Look: p.setting},
		{Name: "access", Within: quick, Look: func(_ context.Context, f *doctor.Findings) {
			doctor.Access{Denied: p.denied, Status: p.status}.Judge(f)
		}},
		{Name: "files", Within: quick, Look: p.files},
		{Name: "ports", Within: quick, Look: p.ports},
		{Name: "probe", Within: 15 * time.Second, Look: p.probe},
		{Name: "hq", Within: 20 * time.Second, Look: p.office},
		{Name: "clock", Within: quick, Look: p.clock},
		{Name: "disk", Within: quick, Look: p.disk},
		{Name: "outbox", Within: quick, Look: p.outbox},
		{Name: "quarantine", Within: quick, Look: p.quarantine},
		{Name: "customers", Within: quick, Look: p.customers},
		{Name: "playbook", Within: quick, Look: p.playbook},
		{Name: "screens", Within: quick, Look: p.screens},
		{Name: "certificates", Within: quick, Look: p.certificates},
		{Name: "service", Within: quick, Look: p.service},
		{Name: "backups", Within: quick, Look: p.backups},
		{Name: "broker", Within: 45 * time.Second, Look: p.broker},
		{Name: "database", Within: long, Look: p.database},
	}
}
