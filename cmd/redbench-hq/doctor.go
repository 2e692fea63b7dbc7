// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/doctor"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

func newDoctorCommand() *cobra.Command {
	return cli.NewDoctorCommand(&cobra.Command{
		Short: "Say what is wrong with head office and its stores, and what to do about it",
		Long: `Looks at configuration, files, the address that it listens on, clock, disk, database, stores, orders to forget, playbook,
certificates, service and backups; each finding says what to type. It works while head office is served and while it is
stopped, and changes nothing. Exit code 0: nothing fails; 1: something does.`,
	}, doctor.HeadOffice(), diagnose)
}

// diagnose runs the checks.
func diagnose(cmd *cobra.Command, deep bool, only []string) (cli.Diagnosis, error) {
	cfg, wrong := loadConfig(cmd)
	checks := cli.WrongConfigCheck(wrong, func(f *doctor.Findings) { f.Add("office-denied", "dir", "the configuration") })
	if wrong == nil {
		p := &patient{cfg: cfg, deep: deep}
		_, err := os.ReadDir(cfg.State.Dir)
		p.denied = errors.Is(err, fs.ErrPermission)
		p.serving = askServer(cmd.Context(), cfg)
		checks = p.checks()
	}
	return cli.Diagnose(cmd, checks, only, deep, doctor.Options{Catalogue: doctor.HeadOffice(), Program: "redbench-hq"}, cli.Version(stamped))
}

// patient is the head office that is looked at.
type patient struct {
	cfg     *config.Config
	deep    bool
	denied  bool // this user may not look at its state
	serving serving
}

func (p *patient) checks() []doctor.Check {
	long := 40 * time.Second
	if p.deep {
		long = 24 * time.Hour
	}
	quick := 10 * time.Second
	return []doctor.Check{
		{Name: "configuration", Within: quick, Look: p.setting},
		{Name: "access", Within: quick, Look: p.access},
		{Name: "files", Within: quick, Look: p.files},
		{Name: "ports", Within: quick, Look: p.ports},
		{Name: "clock", Within: quick, Look: p.clock},
		{Name: "disk", Within: quick, Look: p.disk},
		{Name: "fleet", Within: quick, Look: p.overFleet(doctor.Fleet.Judge)},
		{Name: "erasures", Within: quick, Look: p.overFleet(doctor.Fleet.JudgeErasures)},
		{Name: "playbook", Within: quick, Look: p.overFleet(doctor.Fleet.JudgePlaybook)},
		{Name: "certificates", Within: quick, Look: p.certificates},
		{Name: "service", Within: quick, Look: p.service},
		{Name: "backups", Within: quick, Look: p.backups},
		{Name: "database", Within: long, Look: p.database},
	}
}

// isThere reports whether a file of the state directory is there.
func (p *patient) isThere(name string) bool {
	_, err := os.Stat(filepath.Join(p.cfg.State.Dir, name))
	return err == nil
}

var errNoDatabase = errors.New("there is no database")

// look opens the database, where there is one.
func (p *patient) look() (*store.Look, error) {
	if !p.isThere(store.File) {
		return nil, errNoDatabase
	}
	return store.OpenLook(p.cfg.State.Dir), nil
}

func (p *patient) access(_ context.Context, f *doctor.Findings) {
	doctor.Serving{Dir: p.cfg.State.Dir, Denied: p.denied, Address: p.serving.address, Took: p.serving.took, Unready: p.serving.unready}.Judge(f)
}
