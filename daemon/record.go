// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"fmt"
	"io"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/exchange"
	"redbench/edge/guard"
	"redbench/edge/playbook"
	"redbench/edge/seal"
	"redbench/edge/store"
)

// record answers what needs the store alone, be the daemon running or not.
type record struct {
	config   *config.Config
	version  string
	keys     *seal.Box
	playbook func() *playbook.Playbook // the one in use
	store    *store.Store
	cards    *guard.Guard // over imported texts
}

// Status tells what the files say.
func (r record) Status(ctx context.Context) (control.Status, error) {
	counts, err := r.store.Counts(ctx, midnight(time.Now().In(r.config.Zone())))
	if err != nil {
		return control.Status{}, fmt.Errorf("counting today: %w", err)
	}
	disk, err := r.disk(ctx)
	if err != nil {
		return control.Status{}, fmt.Errorf("measuring the state directory: %w", err)
	}
	return control.Status{
		Disk: disk, Version: r.version, Now: time.Now().UTC(), Store: r.config.Store.ID, StoreName: r.config.Store.Name,
		StateDir: r.config.State.Dir, Config: r.config.File, Warnings: r.config.Warnings, Lanes: []string{},
		Counts: counts, Playbook: r.playbook().Name(), Former: backup.Formers(r.config.State.Dir),
	}, nil
}

func midnight(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, now.Location())
}

// Screens lists the paired screens.
func (r record) Screens(ctx context.Context) ([]control.Screen, error) {
	screens, err := r.store.Screens(ctx)
	if err != nil {
		return nil, err
	}
	list := []control.Screen{}
	for _, s := range screens {
		list = append(list, control.Screen{ID: s.ID, Lane: s.Lane, Manager: s.Manager, Name: s.Name, Paired: s.Paired,
			Seen: s.Seen, Expires: s.Expires})
	}
	return list, nil
}

// Import reads customers or visits to the end.
func (r record) Import(ctx context.Context, req control.ImportRequest, in io.Reader, progress func(edge.ImportProgress)) (edge.ImportReport, error) {
	options := edge.ImportOptions{Consent: req.Consent, Progress: progress}
	if options.Consent == "" {
		options.Consent = r.config.Privacy.ImportConsent
	}
	reading := exchange.Options{Guard: r.cards, Zone: r.config.Zone(), Format: exchange.Format(req.Format),
		MaxLine: r.config.Limits.ImportRowBytes}
	if req.Kind == control.ImportVisits {
		return r.store.ImportVisits(ctx, exchange.Visits(in, reading), options)
	}
	return r.store.ImportCustomers(ctx, exchange.Customers(in, reading), options)
}

func (r record) forget(ctx context.Context, id edge.Identifier) (edge.CustomerRef, control.ForgetReport, error) {
	gone, err := r.store.Forget(ctx, id)
	return gone.Ref, control.ForgetReport{Customer: gone.ID, Ordered: err == nil && r.enrolled()}, explainFind(err)
}

// Customer tells what the box knows of one customer.
func (r record) Customer(ctx context.Context, id edge.Identifier) (control.Customer, error) {
	profile, err := r.store.Profile(ctx, id)
	if err != nil {
		return control.Customer{}, explainFind(err)
	}
	view := customerView(profile, time.Now())
	merges, err := r.store.LineageOf(ctx, profile.Customer.Ref)
	for _, m := range merges {
		view.Merged = append(view.Merged, control.Lineage{ID: m.ID, Into: m.Into, At: m.At, Identifiers: m.Identifiers, Visits: m.Visits,
			Facts: m.Facts, Undo: m.Undo})
	}
	return view, err
}

// Dossier gives everything that the box holds of one customer.
func (r record) Dossier(ctx context.Context, id edge.Identifier) (edge.Dossier, error) {
	d, err := r.store.Dossier(ctx, id)
	return d, explainFind(err)
}

// Quarantine lists refused events, newest first.
func (r record) Quarantine(ctx context.Context, limit int) ([]control.Quarantined, error) {
	refused, err := r.store.Quarantine(ctx, limit)
	if err != nil {
		return nil, err
	}
	list := []control.Quarantined{}
	for _, q := range refused {
		list = append(list, quarantined(q))
	}
	return list, nil
}

// QuarantineShow tells of one refused event.
func (r record) QuarantineShow(ctx context.Context, id string) (control.Quarantined, error) {
	q, err := r.store.QuarantinedByID(ctx, id) // the payload stays sealed: not even root's terminal shows it
	return quarantined(q), err
}

func quarantined(q edge.Quarantined) control.Quarantined {
	return control.Quarantined{ID: q.ID, Topic: q.Topic, Reason: q.Reason, Detail: q.Detail, Size: q.Size, At: q.At}
}
