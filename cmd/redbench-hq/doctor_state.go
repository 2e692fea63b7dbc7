// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/doctor"
	"redbench/daemon/doctor/machine"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/authority"
	"redbench/sync/hq/store"
)

// unitName is the service that the packages install.
const unitName = "redbench-hq"

func (p *patient) setting(_ context.Context, f *doctor.Findings) {
	s := doctor.Setting{Source: source(p.cfg), Warnings: p.cfg.Warnings, File: p.cfg.File}
	if s.Files = p.cfg.CheckFiles(); s.Files == nil {
		s.Files = checkWebhooks(p.cfg)
	}
	s.Judge(f)
}

func (p *patient) named() []doctor.NamedFile {
	var all []doctor.NamedFile
	add := func(key, path string, secret bool) {
		if path != "" {
			all = append(all, doctor.NamedFile{Key: key, Path: path, Secret: secret})
		}
	}
	add("[hq] cert_file", p.cfg.HQ.CertFile, false)
	add("[hq] key_file", p.cfg.HQ.KeyFile, true)
	for _, w := range p.cfg.Webhooks {
		add("[[webhook]] "+w.Vendor, w.SecretFile, true)
	}
	add("--config", p.cfg.File, false)
	return all
}

func (p *patient) files(ctx context.Context, f *doctor.Findings) {
	dir := p.cfg.State.Dir
	x := doctor.Files{Known: machine.HasOwners, Dir: dir, Between: backup.Unfinished(dir)}
	info, err := os.Stat(dir)
	if err != nil {
		f.Add("office-absent", "dir", dir)
		return
	}
	x.Mode, x.Owner = info.Mode(), machine.Owner(info)
	if unit, known := machine.ServiceUnit(ctx, unitName); known && unit.Load == "loaded" {
		x.Service = unit.User
	}
	entries, _ := os.ReadDir(dir) // one that may not be read is told by access
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			mode := info.Mode()
			if e.Name() == authority.PublicFile || e.Name() == addressFile {
				mode = 0 // everybody may know
			}
			x.Content = append(x.Content, doctor.StateFile{Path: filepath.Join(dir, e.Name()), Mode: mode, Owner: machine.Owner(info)})
		}
	}
	x.HasKeys, x.Record = p.isThere(seal.KeyFile), p.isThere(store.File)
	if x.HasKeys {
		_, x.Keys = seal.OpenChain(dir)
	}
	user := x.Service
	if user == "" {
		user = x.Owner
	}
	for _, n := range p.named() {
		if info, err := os.Stat(n.Path); err == nil {
			n.Mode = info.Mode()
			n.Unreadable = machine.MayRead(user, n.Path) != nil
			x.Named = append(x.Named, n)
		}
	}
	x.Judge(f)
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
	d := doctor.Disk{Dir: dir, Journal: size(store.File + "-wal"), Files: machine.FreeFiles(dir)}
	d.Record = size(store.File) + d.Journal
	d.Free, d.Error = machine.FreeBytes(dir)
	d.Judge(f)
}

func (p *patient) service(ctx context.Context, f *doctor.Findings) {
	s := doctor.Service{Installed: cli.Version(stamped), Packaged: true}
	s.Unit, s.Known = machine.ServiceUnit(ctx, unitName)
	s.Unit.Watchdog = true // it has none: who answers nobody is told of by access
	s.Judge(f)
}

func (p *patient) backups(ctx context.Context, f *doctor.Findings) {
	formers := backup.Formers(p.cfg.State.Dir)
	doctor.Formers{Dirs: formers, Remove: cli.RemoveFormers(formers)}.Judge(f)
	b := doctor.Backups{Off: p.cfg.Backup.At == "", Dir: p.cfg.Backup.In(p.cfg.State.Dir), Now: time.Now()}
	b.SameDisk = machine.SameDisk(b.Dir, p.cfg.State.Dir)
	if !machine.Below(b.Dir, p.cfg.State.Dir) {
		b.User, b.Shut = machine.CannotWrite(ctx, unitName, p.cfg.State.Dir, b.Dir, 0)
	}
	all, err := backup.List(b.Dir, kept.Program)
	b.Error, b.Count = err, len(all)
	if len(all) > 0 {
		b.Last = all[len(all)-1].Made
	}
	b.Judge(f)
}

func (p *patient) database(ctx context.Context, f *doctor.Findings) {
	d := doctor.Database{Dir: p.cfg.State.Dir, Between: backup.Unfinished(p.cfg.State.Dir)}
	if d.Between {
		d.Judge(f)
		return
	}
	l, err := p.look()
	if d.Absent = err != nil; d.Absent {
		d.Judge(f)
		return
	}
	defer func() { _ = l.Close() }()
	if d.Have, d.Known, d.Error = l.Schema(ctx); d.Error == nil {
		cli.LookThroughTables(ctx, f, l, p.deep, &d)
		p.rows(ctx, f, l, &d)
	}
	d.Judge(f)
}

func (p *patient) rows(ctx context.Context, f *doctor.Findings, l *store.Look, d *doctor.Database) {
	keys, err := p.keys()
	if err != nil {
		d.Unsealed = err
		return
	}
	fits, err := l.Fits(ctx, keys)
	if d.OtherKeys = err == nil && !fits; d.OtherKeys {
		return
	}
	d.Tried, d.Bad, d.Unsealed = l.Unseal(ctx, keys, p.deep, cli.RowsTried, func(n int) { f.Progress("%d rows opened", n) })
}

// keys opens the chain's keys, where there are any: none are made by looking.
func (p *patient) keys() (*seal.Box, error) {
	if !p.isThere(seal.KeyFile) {
		return nil, errors.New("there are no keys")
	}
	return seal.OpenChain(p.cfg.State.Dir)
}

// fleet reads how the stores stand; an error where the database tells nothing, of which its own check tells.
func (p *patient) fleet(ctx context.Context) (x doctor.Fleet, err error) {
	l, err := p.look()
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	keys, err := p.keys()
	if err != nil {
		return x, err
	}
	office, err := hq.New(hq.Options{Store: l, Keys: keys, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return x, err
	}
	stores, err := office.Stores(ctx)
	if err != nil {
		return x, err
	}
	books, err := office.PlaybookStatus(ctx)
	if err != nil {
		return x, err
	}
	x = doctor.Fleet{LateAfter: p.cfg.Fleet.LateAfter(), OwedAfter: p.cfg.Erasure.LateAfter(), Silent: books.Silent, Now: time.Now()}
	if len(books.Versions) > 0 {
		x.Playbook = books.Versions[0].Version
	}
	for _, s := range stores {
		if s.Revoked.IsZero() {
			x.Stores = append(x.Stores, fleetStore(s))
		}
	}
	return x, nil
}

func fleetStore(s hq.StoreView) doctor.FleetStore {
	out := doctor.FleetStore{ID: s.ID, Enrolled: s.Enrolled, Seen: s.Seen, CodeEnds: s.CodeExpires, Boxes: s.Boxes, Held: s.OrdersHeld,
		Owed: s.OwedErasures, OwedSince: s.OwedSince, ClockOff: s.ClockOff}
	if st := s.Status; st != nil {
		out.Locked = st.Locked
		if r := st.PlaybookRefused; r != nil {
			out.Refused, out.RefusedVersion = r.Why, r.Version
		}
	}
	return out
}

func (p *patient) overFleet(judge func(doctor.Fleet, *doctor.Findings)) func(context.Context, *doctor.Findings) {
	return func(ctx context.Context, f *doctor.Findings) {
		if x, err := p.fleet(ctx); err == nil {
			judge(x, f)
		}
	}
}

func (p *patient) clock(ctx context.Context, f *doctor.Findings) {
	zone, _ := time.Now().Zone()
	k := doctor.Clock{Now: time.Now(), Zone: zone}
	k.Synced, k.SyncKnown = machine.Synchronised()
	if x, err := p.fleet(ctx); err == nil {
		for _, s := range x.Stores {
			if s.Seen.After(k.Last) {
				k.Last = s.Seen
			}
		}
		x.JudgeClock(f)
	}
	k.Judge(f)
}
