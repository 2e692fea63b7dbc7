// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/daemon/doctor"
)

func newDoctorCommand() *cobra.Command {
	return cli.NewDoctorCommand(&cobra.Command{
		Short: "Say what is wrong with this box, and what to do about it",
		Long: `Looks at configuration, files, ports, clock, disk, record, broker, screens, head office, certificates, service and backups,
and sends a test event the whole way to a screen; each finding says what to type. It works while the box runs and while it
is stopped, and changes nothing. Exit code 0: nothing fails; 1: something does.`,
	}, doctor.Box(), diagnose)
}

// diagnose runs the checks.
func diagnose(cmd *cobra.Command, deep bool, only []string) (cli.Diagnosis, error) {
	cfg, wrong := loadConfig(cmd)
	p := newPatient(cmd, cfg, deep)
	defer p.close()
	checks := p.checks()
	if wrong != nil {
		checks = cli.WrongConfigCheck(wrong, doctor.Access{Denied: true}.Judge)
	}
	return cli.Diagnose(cmd, checks, only, deep, doctor.Options{Catalogue: doctor.Box(), Program: "redbench"}, version())
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
