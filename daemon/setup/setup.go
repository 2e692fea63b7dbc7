// SPDX-License-Identifier: Apache-2.0

// Package setup makes a box that prompts from a machine that has the program: configuration, head office, service, start. It
// is what `redbench install` does, by itself on one box or unattended on eight hundred, and again on each without changing
// what stands as it should.
package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/config/keyed"
	"redbench/daemon/control"
	"redbench/daemon/service"
	"redbench/sync/link"
)

// Wish is what a box is to become.
type Wish struct {
	File   string // absolute path of the configuration
	Sample string // what it begins with where there is none
	Given  config.Given
	Code   string // head office's one-time code; empty: the box stays as it is with head office
	NoCode error  // why there is no code though one was named; only a box that is not enrolled yet minds
	Start  bool
	DryRun bool
	Wait   time.Duration // how long a start may take until the box is ready
}

// Machine is what is done to the operating system; *[service.Manager] does it.
type Machine interface {
	Check() error
	Packaged() string
	Overridden() string
	Prepare() error
	Entrust(file string) error
	Pending() (bool, error)
	Install() (bool, error)
	Grant(dry bool) (service.Granted, error)
	Start() (bool, error)
	Stop() (bool, error)
	Restart() (bool, error)
	Status() (service.State, error)
	Trouble() string
}

// Means are what a setup works with.
type Means struct {
	Machine func(*config.Config) (Machine, error)
	// Enroll gives the code for credentials, with the configuration in a file that is not in its place yet.
	Enroll func(ctx context.Context, file, code string) error
	// Ask asks the daemon on a state directory how it stands.
	Ask func(ctx context.Context, stateDir string) (control.Status, error)
	// MayRead says why the service's user could not read a file, or nil; nil: that is not known here.
	MayRead func(path string) error
	// Told is called with each step as soon as it is done.
	Told func(Step)
	// Every is how often a starting daemon is asked; 0: ten times a second.
	Every time.Duration
}

// Step is one thing that was done, would be done, or stood already.
type Step struct {
	Step    string `json:"step"` // configuration, head-office, service, backups, start
	Changed bool   `json:"changed"`
	Text    string `json:"text"`
}

// Report is what became of it.
type Report struct {
	Service  string          `json:"service"`
	State    service.State   `json:"state"`
	Changed  bool            `json:"changed"` // with DryRun: something would change
	DryRun   bool            `json:"dry_run,omitempty"`
	Config   string          `json:"config"`
	Settings []config.Change `json:"settings,omitempty"`
	Steps    []Step          `json:"steps"`
	Ready    bool            `json:"ready"` // only known after a start
}

// job is one setup under way.
type job struct {
	Means
	wish    Wish
	machine Machine
	config  *config.Config

	former  string // the configuration's text before; with present
	present bool
	text    string
	staged  string // the new text beside its place; empty: nothing is to be written
	fresh   bool   // the state directory held nothing before

	halted bool // we stopped the service
	report Report
}

// Run does what is wished. Whatever is wrong with what was given is told before anything is changed; a code that head
// office refuses leaves configuration and service as they were.
func Run(ctx context.Context, m Means, w Wish) (Report, error) {
	j := &job{Means: m, wish: w}
	j.report = Report{Service: service.Name, DryRun: w.DryRun, Config: w.File, Steps: []Step{}}
	if j.Every == 0 {
		j.Every = 100 * time.Millisecond
	}
	err := j.look()
	if err == nil && w.DryRun {
		err = j.foretell()
	} else if err == nil {
		err = j.do(ctx)
	}
	if j.machine != nil && err == nil {
		if j.report.State, err = j.machine.Status(); err != nil && w.DryRun {
			j.report.State, err = "unknown", nil // no service manager answers here
		}
	}
	return j.report, err
}

// look reads what is there and what is given, and checks the whole.
func (j *job) look() error {
	raw, err := os.ReadFile(j.wish.File)
	j.present = err == nil
	j.former = string(raw)
	if errors.Is(err, fs.ErrNotExist) {
		j.former = j.wish.Sample
	} else if errors.Is(err, fs.ErrPermission) {
		return keyed.NotAllowed(j.wish.File)
	} else if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	j.text, j.report.Settings, err = config.Amend(j.wish.File, j.former, j.wish.Given)
	if err != nil {
		return err
	}
	if len(j.report.Settings) == 0 {
		j.text = j.former
	}
	if j.config, err = config.Parse(j.wish.File, j.text, nil); err != nil {
		return err
	}
	if err := j.config.CheckFiles(); err != nil {
		return err
	}
	if j.wish.Code != "" {
		if _, err := link.ParseCode(j.wish.Code); err != nil {
			return err
		}
	}
	if j.wish.NoCode != nil && !j.enrolled() {
		return j.wish.NoCode
	}
	if j.machine, err = j.Machine(j.config); err != nil {
		return err
	}
	if j.wish.Start {
		if err := j.readable(); err != nil {
			return err
		}
	}
	if j.wish.DryRun {
		return nil // which an ordinary user may ask for
	}
	return j.machine.Check()
}

// enrolled reports whether the box has what the code would give it. Head office's address may have changed since: the box
// takes its credentials there.
func (j *job) enrolled() bool {
	c, err := link.Load(j.config.State.Dir)
	return err == nil && c.Store == j.config.Store.ID
}

func (j *job) enrolledText(verb string) string {
	text := "store " + j.config.Store.ID + " is enrolled already"
	c, err := link.Load(j.config.State.Dir)
	moved := err == nil && j.config.HQ.URL != "" && c.URL != j.config.HQ.URL
	if moved {
		text += " (with " + c.URL + ", and asks " + j.config.HQ.URL + " now)"
	}
	if j.wish.Code != "" {
		text += "; the code " + verb + " not used"
	}
	if moved {
		text += ". If that is another head office: `redbench enroll --again CODE`"
	}
	return text
}

func (j *job) writes() bool { return !j.present || len(j.report.Settings) > 0 }

func (j *job) do(ctx context.Context) (err error) {
	if err := j.needsStart(); err != nil {
		return err
	}
	j.fresh = empty(j.config.State.Dir)
	if err := j.machine.Prepare(); err != nil {
		return err
	}
	if err := j.stage(); err != nil {
		return err
	}
	if err := j.enroll(ctx); err != nil {
		return errors.Join(err, j.undo())
	}
	if err := j.put(); err != nil {
		return errors.Join(err, j.undo())
	}
	changed, err := j.machine.Install()
	if err != nil {
		return err
	}
	j.tell("service", changed, j.serviceText(changed, false))
	granted, err := j.grant()
	if err != nil {
		return err
	}
	return j.start(ctx, changed || granted)
}

// needsStart refuses what only a restart could carry out, without leave for one: a running daemon would enroll the store
// that it was started for.
func (j *job) needsStart() error {
	if j.wish.Start || j.wish.Code == "" || j.enrolled() || !j.writes() || !j.up() {
		return nil
	}
	return errors.New("the box runs with its former configuration, and must be started anew to enroll with this one: add --start")
}

func (j *job) running() bool {
	state, err := j.machine.Status()
	return err == nil && state == service.Running
}

// up reports whether a daemon runs, or may run at any moment, as one does that fails and is started again and again.
func (j *job) up() bool {
	state, err := j.machine.Status()
	return err == nil && state.Up()
}

// empty reports whether a directory is not there, or holds nothing.
func empty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return len(entries) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist))
}

func (j *job) tell(step string, changed bool, text string) {
	s := Step{Step: step, Changed: changed, Text: text}
	j.report.Steps = append(j.report.Steps, s)
	j.report.Changed = j.report.Changed || changed
	if j.Told != nil {
		j.Told(s)
	}
}

// enroll joins the chain once. A daemon that runs with another configuration is stopped first.
func (j *job) enroll(ctx context.Context) error {
	switch {
	case j.enrolled():
		j.tell("head-office", false, j.enrolledText("was"))
		return nil
	case j.wish.Code == "" && j.config.HQ.URL != "":
		j.tell("head-office", false, "not enrolled yet: --hq-code-file gives the code that `redbench-hq store add` prints")
		return nil
	case j.wish.Code == "":
		return nil
	case j.config.HQ.URL == "":
		return errors.New("nobody says where head office is: give --hq-url, or set [hq] url")
	}
	if j.staged != "" && j.up() {
		if _, err := j.machine.Stop(); err != nil {
			return err
		}
		j.halted = true
	}
	file := j.staged
	if file == "" {
		file = j.wish.File
	}
	if err := j.Enroll(ctx, file, j.wish.Code); err != nil {
		return err
	}
	j.tell("head-office", true, "enrolled store "+j.config.Store.ID+" with "+j.config.HQ.URL)
	return nil
}

// undo leaves the machine as it was found, but for the service's user and for what head office gave for the code.
func (j *job) undo() error {
	var all []error
	if j.staged != "" {
		all = append(all, os.Remove(j.staged))
	}
	joined := j.enrolled() // the code is used up, and what it gave is not to be had again
	if j.fresh && !joined {
		entries, _ := os.ReadDir(j.config.State.Dir)
		for _, e := range entries {
			all = append(all, os.RemoveAll(filepath.Join(j.config.State.Dir, e.Name())))
		}
	}
	if j.halted {
		_, err := j.machine.Start()
		all = append(all, err)
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("putting things back as they were: %w", err)
	}
	if joined {
		return errors.New("the box is enrolled and stays so: when that is mended, run the same command again; it needs no other code")
	}
	return nil
}
