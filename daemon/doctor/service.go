// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"time"

	"redbench/daemon/doctor/machine"
)

// Service is how the service manager keeps the box.
type Service struct {
	Known     bool // one runs that can be asked
	Unit      machine.Unit
	Running   bool   // a box answers
	PID       int    // of that one
	Version   string // of that one
	Installed string // this program's version
	Packaged  bool   // the unit is a package's
	Ours      bool   // or this program's own
}

const (
	manyRestarts = 3
	settled      = time.Hour // what has run for so long has got over what ended it before: systemd counts on until a person starts it
)

// Judge tells whether the box starts with the machine, and again whatever happens.
func (s Service) Judge(f *Findings) {
	u := s.Unit
	before := len(f.list)
	if s.Running && s.Version != s.Installed {
		f.Add("service-version", "running", s.Version, "installed", s.Installed)
	}
	switch {
	case !s.Known:
		f.Add("service-none")
		return
	case u.Load == "masked":
		f.Add("service-masked")
		return
	case u.Load != "loaded":
		f.Add("service-absent")
		return
	}
	if u.Active != "active" {
		f.Add("service-failed", "state", u.Active)
	} else if s.Running && u.PID != s.PID {
		f.Add("service-foreground", "pid", s.PID)
	}
	s.unit(f)
	if len(f.list) == before {
		f.Add("service-good", "state", u.Active, "how", ", starts with the machine and again after a failure")
	}
}

func (s Service) unit(f *Findings) {
	u := s.Unit
	if u.File != "enabled" && u.File != "static" && u.File != "indirect" {
		f.Add("service-disabled")
	}
	if !s.Packaged && !s.Ours {
		dropins := ""
		if u.DropIns != "" {
			dropins = ", with " + u.DropIns
		}
		f.Add("service-changed", "unit", u.Path, "dropins", dropins)
	}
	if u.Reload {
		f.Add("service-reload")
	}
	if u.User == "" || u.User == "root" {
		f.Add("service-user", "user", "root")
	}
	if u.Restart != "always" {
		f.Add("service-restart", "restart", u.Restart)
	}
	if !u.Watchdog {
		f.Add("service-watchdog")
	}
	if up := u.Active == "active"; u.Restarts > manyRestarts && (!up || u.Up < settled) {
		when := "and it does not stay up"
		if up {
			when = "the last time " + Span(u.Up) + " ago"
		}
		f.Add("service-restarts", "count", u.Restarts, "when", when)
	}
}

// Backups is what there is to fall back on.
type Backups struct {
	Off      bool // none is made by itself
	Dir      string
	Error    error // the directory cannot be looked at
	Trouble  string
	Last     time.Time // zero: none
	Count    int
	SameDisk bool   // they lie on the file system that the state is on
	Shut     error  // why the service cannot write there; nil: it can, or nobody can tell
	User     string // whom the service runs as
	Now      time.Time
}

const backupOld = 3 * 24 * time.Hour

// Judge tells whether there is a backup, and how old it is.
func (b Backups) Judge(f *Findings) {
	if b.Shut != nil {
		f.Add("backup-shut", "dir", b.Dir, "problem", b.Shut, "user", b.User)
	}
	if b.Error != nil {
		f.Add("backup-unknown", "dir", b.Dir, "problem", b.Error)
		return
	}
	before := len(f.list)
	if b.Off {
		f.Add("backup-off")
	}
	if b.Trouble != "" {
		f.Add("backup-failed", "problem", b.Trouble)
	}
	age := b.Now.Sub(b.Last)
	switch {
	case b.Last.IsZero():
		f.Add("backup-none", "dir", b.Dir)
	case age > backupOld:
		f.Add("backup-old", "span", Span(age), "dir", b.Dir)
	case b.SameDisk:
		f.Add("backup-same-disk", "dir", b.Dir)
	}
	if len(f.list) == before {
		f.Add("backup-good", "span", Span(age), "dir", b.Dir, "count", Count(b.Count, "backup", "backups"))
	}
}
