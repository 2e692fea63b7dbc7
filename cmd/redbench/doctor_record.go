// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/doctor"
	"redbench/daemon/doctor/machine"
	"redbench/edge/backup"
	"redbench/edge/mqtt"
	"redbench/edge/seal"
	"redbench/edge/store"
	"redbench/sync/link"
)

var errNoRecord = errors.New("there is no record")

// look opens the record, where there is one.
func (p *patient) look() (*store.Look, error) {
	if _, err := os.Stat(filepath.Join(p.cfg.State.Dir, store.File)); err != nil {
		return nil, errNoRecord
	}
	return store.OpenLook(p.cfg.State.Dir), nil
}

func (p *patient) glance(ctx context.Context) (g store.Glance, err error) {
	l, err := p.look()
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return l.Glance(ctx, time.Now())
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
	if _, err := os.Stat(filepath.Join(p.cfg.State.Dir, seal.KeyFile)); err != nil {
		d.Unsealed = errors.New("there are no keys")
		return
	}
	keys, err := seal.Open(p.cfg.State.Dir)
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

func (p *patient) outbox(ctx context.Context, f *doctor.Findings) {
	g, err := p.glance(ctx)
	if err != nil {
		return // the record's own check tells
	}
	_, absent := link.Load(p.cfg.State.Dir)
	doctor.Outbox{Enrolled: absent == nil, Backlog: g.Backlog, Most: int64(p.cfg.Limits.OutboxMB) << 20, Now: time.Now()}.Judge(f)
}

func (p *patient) quarantine(ctx context.Context, f *doctor.Findings) {
	if g, err := p.glance(ctx); err == nil {
		doctor.Quarantine{Today: g.Today, All: g.Refused, Most: p.cfg.Limits.Quarantine}.Judge(f)
	}
}

func (p *patient) customers(ctx context.Context, f *doctor.Findings) {
	if g, err := p.glance(ctx); err == nil {
		doctor.JudgeCustomers(f, g.Customers)
	}
}

func (p *patient) playbook(_ context.Context, f *doctor.Findings) {
	file := p.cfg.Playbook.File
	style, err := checkConfiguredPlaybook(p.cfg)
	switch {
	case err != nil:
		f.Add("playbook-wrong", "file", file, "problem", err)
		return
	case len(style) > 0:
		f.Add("playbook-style", "file", file, "count", cli.Count(len(style), "way", "ways"))
	}
	name := file
	if p.status != nil {
		name = p.status.Playbook
		if p.status.HQ != nil && p.status.HQ.Refused != "" {
			f.Add("playbook-refused", "problem", p.status.HQ.Refused)
		}
	}
	if name == "" {
		name = "the built-in one, or head office's"
	}
	f.Add("playbook-good", "name", name)
}

// officeSeen is a look at head office, of which several checks judge.
type officeSeen struct {
	link.Seen
	at time.Time
}

// lookAtOffice looks once, whichever check comes first; nil: the box is enrolled nowhere.
func (p *patient) lookAtOffice(ctx context.Context) *officeSeen {
	if seen := p.seen.Load(); seen != nil {
		return seen
	}
	credentials, err := link.Load(p.cfg.State.Dir)
	if err != nil {
		return nil
	}
	c := p.cfg.HQ
	looked := link.LookAt(ctx, link.Options{Credentials: credentials, CAFile: c.CAFile, Insecure: c.Insecure, Version: version()})
	seen := &officeSeen{looked, time.Now()}
	p.seen.Store(seen)
	return seen
}

func (p *patient) office(ctx context.Context, f *doctor.Findings) {
	c := p.cfg
	o := doctor.Office{URL: c.HQ.URL, Is: c.Store.ID, Locks: c.HQ.LockAfterDays, Now: time.Now()}
	credentials, err := link.Load(c.State.Dir)
	switch {
	case errors.Is(err, link.ErrNotEnrolled):
	case err != nil:
		o.Damaged = err
	default:
		o.Enrolled, o.URL, o.Was = true, credentials.URL, credentials.Store
		seen := p.lookAtOffice(ctx)
		o.Reach, o.Refused, o.Took = seen.Reach, seen.Refused, seen.Took
	}
	if g, err := p.glance(ctx); err == nil {
		o.Asked = g.Asked
	}
	if p.status != nil && p.status.HQ != nil {
		o.Live, o.Silent = p.status.HQ, p.status.HQ.Silent
	}
	o.Judge(f)
}

func (p *patient) clock(ctx context.Context, f *doctor.Findings) {
	seen := p.lookAtOffice(ctx)
	k := doctor.Clock{Now: time.Now(), Zone: p.cfg.Store.TimeZone, Guessed: p.cfg.Store.TimeZone == "Local"}
	if g, err := p.glance(ctx); err == nil {
		k.Last = g.Wall
	}
	if seen != nil && !seen.Date.IsZero() {
		k.Office, k.Within = seen.Date.Add(time.Since(seen.at)), seen.Took+time.Second
	}
	k.Synced, k.SyncKnown = machine.Synchronised()
	if k.Guessed {
		zone := machine.Zone()
		k.Plain = zone == "" || strings.HasSuffix(zone, "UTC")
		if k.Zone = zone; zone == "" {
			k.Zone = "UTC, as nobody set one"
		}
	}
	k.Judge(f)
}

func (p *patient) certificates(ctx context.Context, f *doctor.Findings) {
	var all []doctor.Certificate
	add := func(whose, cert, key, name string) {
		if cert == "" {
			return
		}
		c := doctor.Certificate{Whose: whose, How: " and `sudo redbench restart`", Name: name}
		pair, err := tls.LoadX509KeyPair(cert, key)
		if c.Error = err; err == nil {
			c.Leaf, c.Error = x509.ParseCertificate(pair.Certificate[0])
		}
		all = append(all, c)
	}
	name := ""
	if u, err := url.Parse(p.cfg.UI.PublicURL); err == nil {
		name = u.Hostname()
	}
	add("[ui]", p.cfg.UI.CertFile, p.cfg.UI.KeyFile, name)
	add("[metrics]", p.cfg.Metrics.CertFile, p.cfg.Metrics.KeyFile, "")
	if p.cfg.MQTT.Broker == "" {
		add("[mqtt]", p.cfg.MQTT.CertFile, p.cfg.MQTT.KeyFile, "")
	} else if leaf, err := mqtt.Certificate(ctx, p.cfg.MQTT.Broker, p.cfg.MQTT.CAFile); err == nil && leaf != nil { // else the broker's own check tells
		all = append(all, doctor.Certificate{Whose: "the broker", How: " there", Leaf: leaf})
	}
	if seen := p.lookAtOffice(ctx); seen != nil && seen.Leaf != nil {
		all = append(all, doctor.Certificate{Whose: "head office", How: " there", Leaf: seen.Leaf})
	}
	doctor.JudgeCertificates(f, all, time.Now())
}

// trialMessages is more than Mosquitto keeps by default.
const trialMessages = 1200

func (p *patient) broker(ctx context.Context, f *doctor.Findings) {
	c := p.cfg.MQTT
	b := doctor.Broker{Own: c.Broker == "", URL: c.Broker, Most: p.cfg.Limits.MessageBytes, Topic: mqtt.TrialTopic(p.cfg.Store.ID)}
	if p.status != nil {
		b.Status = &p.status.MQTT
	}
	if !b.Own {
		password, err := c.Password()
		if err != nil {
			b.Trial = doctor.Trial{Refused: err}
		} else {
			b.Trial = trial(mqtt.Try(ctx, mqtt.TrialOptions{Broker: c.Broker, Username: c.Username, Password: password, CAFile: c.CAFile,
				Store: p.cfg.Store.ID, Messages: trialMessages}))
		}
	}
	b.Judge(f)
}

func trial(t mqtt.Trial) doctor.Trial {
	return doctor.Trial{Reach: t.Reach, Refused: t.Refused, Took: t.Took, Version: t.Version, NoQoS: t.NoQoS, NoWild: t.NoWild,
		NoRetain: t.NoRetain, Packet: t.Packet, Expiry: t.Expiry, Anonymous: t.Anonymous, Dropped: t.Dropped, Heard: t.Heard,
		Resumed: t.Resumed, Sent: t.Sent, Kept: t.Kept, Window: t.Window}
}
