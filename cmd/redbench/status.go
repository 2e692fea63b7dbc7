// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/daemon/service"
	"redbench/edge/backup"
)

// boxStatus is what `status --json` prints: the daemon's word, and the service manager's.
type boxStatus struct {
	control.Status
	Service service.State `json:"service"` // unknown where no service manager answers
}

func newStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell how the box stands: addresses, tills, screens, today",
		Long:  `Tells how the running box stands. Exit code 0: it runs; 1: it does not, or this user may not ask it.`,
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			status, err := askStatus(cmd, cfg)
			if err != nil {
				return err
			}
			full := boxStatus{Status: status}
			full.Service, full.NotReady = serviceState(cmd, status.NotReady)
			if err := cli.Printed(cmd, full, func(out io.Writer) { printStatus(out, full, cfg.Zone()) }); err != nil {
				return err
			}
			if !status.Running {
				return cli.Silent{Code: cli.ExitFailed}
			}
			return nil
		},
	}
}

// askStatus asks the daemon. A stopped one is not an error here: what is known without it is told.
func askStatus(cmd *cobra.Command, cfg *config.Config) (control.Status, error) {
	client, err := control.Dial(cmd.Context(), cfg.State.Dir)
	if errors.Is(err, control.ErrNotRunning) {
		return control.Status{
			Version: version(), Now: time.Now().UTC(), Store: cfg.Store.ID, StoreName: cfg.Store.Name, StateDir: cfg.State.Dir,
			Former: backup.Formers(cfg.State.Dir), Config: cfg.File, NotReady: []string{"it is not running"}, Warnings: cfg.Warnings, Lanes: []string{},
		}, nil
	}
	if err != nil {
		return control.Status{}, err
	}
	defer client.Close()
	return client.Status(cmd.Context())
}

// serviceState asks the service manager, and adds to what keeps the box from being ready why the service ends.
func serviceState(cmd *cobra.Command, notReady []string) (service.State, []string) {
	manager, _, err := newManager(cmd)
	if err != nil {
		return "unknown", notReady
	}
	state, err := manager.Status()
	if err != nil {
		return "unknown", notReady
	}
	return state, append(notReady, whyItEnds(state, manager.Trouble())...)
}

// whyItEnds tells of a service that does not stay up; said is its own last word, empty where this user may not read it.
func whyItEnds(state service.State, said string) []string {
	if said == "" {
		said = "`sudo journalctl -u redbench -n 50` tells why"
	}
	switch state {
	case service.Restarting:
		return []string{"it ends by itself, and is started again and again: " + said}
	case service.Failed:
		return []string{"it ended by itself: " + said}
	}
	return nil
}

func printStatus(out io.Writer, s boxStatus, zone *time.Location) {
	fmt.Fprintln(out, headline(s))
	cli.Fields(out,
		"store", named(s.Store, s.StoreName),
		"version", s.Version,
		"service", strings.ReplaceAll(string(s.Service), "-", " "),
		"since", since(s.Status, zone),
		"configuration", orDefaults(s.Config),
		"state", s.StateDir,
	)
	for _, why := range s.NotReady {
		fmt.Fprintf(out, "  ! %s\n", cli.Visible(why))
	}
	for _, warning := range s.Warnings {
		fmt.Fprintf(out, "  ! %s\n", cli.Visible(warning))
	}
	if len(s.Former) > 0 {
		fmt.Fprintf(out, "  ! %s that a restore replaced, and people are in it; once all is well: %s\n",
			cli.Count(len(s.Former), "record is kept", "records are kept"), cli.RemoveFormers(s.Former))
	}
	if !s.Running {
		return
	}
	fmt.Fprintln(out)
	cli.Fields(out,
		"screens", listening(s.UI),
		"", fmt.Sprintf("%d connected", s.Screens),
		"tills", tillsLine(s.MQTT),
		"lanes", strings.Join(s.Lanes, " "),
		"metrics", metricsLine(s.Metrics),
		"playbook", s.Playbook,
	)
	if s.HQ != nil {
		fmt.Fprintln(out)
		cli.Fields(out, officeFields(s.HQ, zone)...)
	}
	if b := s.Backup; b != nil {
		fmt.Fprintln(out)
		cli.Fields(out, "backup", backupLine(b, zone), "", backupTrouble(b))
	}
	c := s.Counts
	fmt.Fprintln(out)
	cli.Fields(out,
		"customers", cli.Grouped(c.Customers),
		"today", fmt.Sprintf("%s, %s of them seen; %s from %s", cli.Count(c.Prompts, "prompt", "prompts"), cli.Grouped(c.Seen),
			cli.Count(c.Visits, "visit", "visits"), cli.Count(c.Events, "event", "events")),
		"", fmt.Sprintf("%s; %s open", cli.Count(c.Notes, "note", "notes"), cli.Count(c.Open, "complaint or promise", "complaints and promises")),
		"disk", diskLine(s.Disk),
		"quarantine", cli.Count(c.Quarantined, "event refused", "events refused"),
	)
}

func diskLine(d *control.Disk) string {
	if d == nil {
		return ""
	}
	line := fmt.Sprintf("%s, the database %s of it", cli.Size(d.Total), cli.Size(d.Database))
	if d.Former > 0 {
		line += ", what restores replaced " + cli.Size(d.Former)
	}
	if d.Bound > 0 {
		line += "; " + cli.Size(d.Bound) + " at most, with backups"
	}
	if d.Free > 0 {
		line += "; " + cli.Size(d.Free) + " free"
	}
	return line
}

func headline(s boxStatus) string {
	switch {
	case !s.Running:
		return "Redbench is not running."
	case !s.Ready:
		return "Redbench runs, and is not ready."
	}
	return "Redbench runs."
}

func named(id, name string) string {
	if name == "" {
		return id
	}
	return id + " (" + name + ")"
}

func orDefaults(file string) string {
	if file == "" {
		return "none: defaults and environment"
	}
	return file
}

func since(s control.Status, zone *time.Location) string {
	if s.Started.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s), process %d", cli.Moment(s.Started, zone), s.Now.Sub(s.Started).Round(time.Second), s.PID)
}

func listening(l control.Listener) string {
	if l.Error != "" {
		return l.Address + ": " + l.Error
	}
	if l.URL != "" {
		return l.URL
	}
	return l.Address
}

func metricsLine(l *control.Listener) string {
	if l == nil {
		return ""
	}
	return listening(*l)
}

func tillsLine(m control.MQTT) string {
	switch {
	case m.Broker == "":
		return fmt.Sprintf("embedded broker on %s, %s connected", m.Address, cli.Count(m.Tills, "till", "tills"))
	case m.Connected:
		return m.Broker + ", connected"
	}
	return m.Broker + ", not connected"
}
