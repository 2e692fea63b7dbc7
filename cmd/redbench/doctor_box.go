// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/control"
	"redbench/daemon/doctor"
	"redbench/daemon/doctor/machine"
	"redbench/daemon/service"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/edge/store"
)

func (p *patient) setting(_ context.Context, f *doctor.Findings) {
	s := doctor.Setting{Source: source(p.cfg), Warnings: p.cfg.Warnings, Silent: p.cfg.Experiment.Silent, File: p.cfg.File}
	s.Files = p.cfg.CheckFiles()
	if info, err := os.Stat(p.cfg.File); err == nil {
		s.Changed = info.ModTime()
	}
	if p.status != nil {
		s.Running, s.Started = p.status.Config, p.status.Started
	}
	s.Judge(f)
}

func (p *patient) files(ctx context.Context, f *doctor.Findings) {
	dir := p.cfg.State.Dir
	x := doctor.Files{Known: machine.HasOwners, Dir: dir, Between: backup.Unfinished(dir)}
	info, err := os.Stat(dir)
	if err != nil {
		x.Absent = true
		x.Judge(f)
		return
	}
	x.Mode, x.Owner = info.Mode(), machine.Owner(info)
	if unit, known := machine.ServiceUnit(ctx, service.Name); known && unit.Load == "loaded" {
		x.Service = unit.User
	}
	entries, _ := os.ReadDir(dir) // one that may not be read is told by access
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			x.Content = append(x.Content, doctor.StateFile{Path: filepath.Join(dir, e.Name()), Mode: info.Mode(), Owner: machine.Owner(info)})
			x.HasKeys = x.HasKeys || e.Name() == seal.KeyFile
			x.Record = x.Record || e.Name() == store.File
		}
	}
	if x.HasKeys {
		_, x.Keys = seal.Open(dir)
	}
	user := x.Service
	if user == "" {
		user = x.Owner
	}
	for _, named := range p.cfg.Named() {
		n := doctor.NamedFile{Key: named.Key, Path: named.Path, Secret: named.Secret}
		if info, err := os.Stat(n.Path); err == nil {
			n.Mode = info.Mode()
			n.Unreadable = machine.MayRead(user, n.Path) != nil
			x.Named = append(x.Named, n)
		}
	}
	x.Judge(f)
}

func (p *patient) ports(ctx context.Context, f *doctor.Findings) {
	c := p.cfg
	ports := []doctor.Port{{Key: "[ui] listen", Want: c.UI.Listen}}
	if p.status != nil {
		ports[0].Address = p.status.UI.Address
	}
	if c.MQTT.Broker == "" {
		port := doctor.Port{Key: "[mqtt] listen", Want: c.MQTT.Listen}
		if p.status != nil {
			port.Address = p.status.MQTT.Address
		}
		ports = append(ports, port)
	}
	if c.Metrics.Listen != "" {
		port := doctor.Port{Key: "[metrics] listen", Want: c.Metrics.Listen}
		if p.status != nil && p.status.Metrics != nil {
			port.Address = p.status.Metrics.Address
		}
		ports = append(ports, port)
	}
	for i := range ports {
		tryPort(ctx, &ports[i])
	}
	doctor.JudgePorts(f, ports)
}

// tryPort connects to what should listen, or listens for a moment itself where nobody should.
func tryPort(ctx context.Context, p *doctor.Port) {
	if p.Address != "" {
		dialer := net.Dialer{Timeout: 3 * time.Second}
		conn, err := dialer.DialContext(ctx, "tcp", p.Address)
		if p.Error = err; err == nil {
			_ = conn.Close()
		}
		return
	}
	l, err := net.Listen("tcp", p.Want)
	if p.Error = err; err == nil {
		_ = l.Close()
		return
	}
	if _, port, err := net.SplitHostPort(p.Want); err == nil {
		p.Holder = machine.PortHolder(port)
	}
}

func (p *patient) probe(ctx context.Context, f *doctor.Findings) {
	if p.client == nil {
		doctor.JudgeProbe(f, nil, nil)
		return
	}
	report, err := p.client.Probe(ctx)
	doctor.JudgeProbe(f, &report, err)
}

func (p *patient) disk(_ context.Context, f *doctor.Findings) {
	dir := p.cfg.State.Dir
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(dir)
	}
	size := func(name string) int64 {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	d := doctor.Disk{Dir: dir, Journal: size(store.File + "-wal"), Ballast: size("ballast"), Reserve: 32 << 20, Files: machine.FreeFiles(dir)}
	d.Record = size(store.File) + d.Journal
	if p.status != nil && p.status.Disk != nil {
		d.Bound, d.Total, d.Most = p.status.Disk.Bound, p.status.Disk.Total, int64(p.cfg.Limits.DatabaseMB)<<20
	}
	d.Free, d.Error = machine.FreeBytes(dir)
	d.Judge(f)
}

func (p *patient) service(ctx context.Context, f *doctor.Findings) {
	s := doctor.Service{Installed: version()}
	s.Unit, s.Known = machine.ServiceUnit(ctx, service.Name)
	if p.status != nil {
		s.Running, s.PID, s.Version = true, p.status.PID, p.status.Version
	}
	switch filepath.Dir(s.Unit.Path) {
	case "/usr/lib/systemd/system", "/lib/systemd/system":
		s.Packaged = true
	case "/etc/systemd/system":
		s.Ours = true
	}
	s.Judge(f)
}

func (p *patient) backups(ctx context.Context, f *doctor.Findings) {
	formers := backup.Formers(p.cfg.State.Dir)
	doctor.Formers{Dirs: formers, Remove: cli.RemoveFormers(formers)}.Judge(f)
	b := doctor.Backups{Off: p.cfg.Backup.At == "", Dir: p.cfg.Backup.In(p.cfg.State.Dir), Now: time.Now()}
	b.SameDisk = machine.SameDisk(b.Dir, p.cfg.State.Dir)
	if !machine.Below(b.Dir, p.cfg.State.Dir) {
		pid := 0
		if p.status != nil {
			pid = p.status.PID
		}
		b.User, b.Shut = machine.CannotWrite(ctx, service.Name, p.cfg.State.Dir, b.Dir, pid)
	}
	if p.status != nil && p.status.Backup != nil {
		b.Trouble, b.Last, b.Count = p.status.Backup.Error, p.status.Backup.Last, p.status.Backup.Count
		b.Judge(f)
		return
	}
	entries, err := os.ReadDir(b.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.Error = err
	}
	for _, e := range entries { // whether one is good the running box knows; here its age is all
		if info, err := e.Info(); err == nil && e.Name()[0] != '.' {
			b.Count++
			if info.ModTime().After(b.Last) {
				b.Last = info.ModTime()
			}
		}
	}
	b.Judge(f)
}

func (p *patient) screens(ctx context.Context, f *doctor.Findings) {
	s := doctor.Screens{Live: p.client != nil, Silent: p.cfg.Experiment.Silent, Now: time.Now()}
	g, err := p.glance(ctx)
	if err == nil {
		s.Painted, s.Heard = g.Seen, g.Heard
		for _, each := range g.Screens {
			s.List = append(s.List, control.Screen{Lane: each.Lane, Manager: each.Manager, Seen: each.Seen})
		}
	}
	if p.client != nil {
		if list, err := p.client.Screens(ctx); err == nil {
			s.List = list
		}
	}
	s.Judge(f)
}
