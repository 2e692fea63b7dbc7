// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/daemon/service"
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
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			status, err := askStatus(cmd, cfg)
			if err != nil {
				return err
			}
			full := boxStatus{Status: status, Service: serviceState(cmd)}
			if err := printed(cmd, full, func(out io.Writer) { printStatus(out, full, cfg.Zone()) }); err != nil {
				return err
			}
			if !status.Running {
				return silent{exitFailed}
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
			Config: cfg.File, NotReady: []string{"it is not running"}, Warnings: cfg.Warnings, Lanes: []string{},
		}, nil
	}
	if err != nil {
		return control.Status{}, err
	}
	defer client.Close()
	return client.Status(cmd.Context())
}

func serviceState(cmd *cobra.Command) service.State {
	manager, _, err := newManager(cmd)
	if err != nil {
		return "unknown"
	}
	state, err := manager.Status()
	if err != nil {
		return "unknown"
	}
	return state
}

func printStatus(out io.Writer, s boxStatus, zone *time.Location) {
	fmt.Fprintln(out, headline(s))
	fields(out,
		field{"store", named(s.Store, s.StoreName)},
		field{"version", s.Version},
		field{"service", strings.ReplaceAll(string(s.Service), "-", " ")},
		field{"since", since(s.Status, zone)},
		field{"configuration", orDefaults(s.Config)},
		field{"state", s.StateDir},
	)
	for _, why := range s.NotReady {
		fmt.Fprintf(out, "  ! %s\n", visible(why))
	}
	for _, warning := range s.Warnings {
		fmt.Fprintf(out, "  ! %s\n", visible(warning))
	}
	if !s.Running {
		return
	}
	fmt.Fprintln(out)
	fields(out,
		field{"screens", listening(s.UI)},
		field{"", fmt.Sprintf("%d connected", s.Screens)},
		field{"tills", tillsLine(s.MQTT)},
		field{"lanes", strings.Join(s.Lanes, " ")},
		field{"metrics", metricsLine(s.Metrics)},
		field{"playbook", s.Playbook},
	)
	if s.HQ != nil {
		fmt.Fprintln(out)
		fields(out, officeFields(s.HQ, zone)...)
	}
	c := s.Counts
	fmt.Fprintln(out)
	fields(out,
		field{"customers", grouped(c.Customers)},
		field{"today", fmt.Sprintf("%s, %s of them seen; %s from %s", count(c.Prompts, "prompt", "prompts"), grouped(c.Seen),
			count(c.Visits, "visit", "visits"), count(c.Events, "event", "events"))},
		field{"", fmt.Sprintf("%s; %s open", count(c.Notes, "note", "notes"), count(c.Open, "complaint or promise", "complaints and promises"))},
		field{"quarantine", count(c.Quarantined, "event refused", "events refused")},
	)
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
	return fmt.Sprintf("%s (%s), process %d", moment(s.Started, zone), s.Now.Sub(s.Started).Round(time.Second), s.PID)
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
		return fmt.Sprintf("embedded broker on %s, %s connected", m.Address, count(m.Tills, "till", "tills"))
	case m.Connected:
		return m.Broker + ", connected"
	}
	return m.Broker + ", not connected"
}
