// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/memory"
)

// live is the running box, as the control socket meets it. What it shares with a stopped one is in record.
type live struct {
	record
	app     *App
	ui      control.Listener
	metrics *control.Listener
}

var _ control.Box = (*live)(nil)

// Status tells how the box stands.
func (b *live) Status(ctx context.Context) (control.Status, error) {
	status, err := b.record.Status(ctx)
	if err != nil {
		return control.Status{}, err
	}
	a := b.app
	status.Running, status.Run, status.PID, status.Started = true, a.run, os.Getpid(), a.started
	status.UI, status.Metrics, status.MQTT = b.ui, b.metrics, b.mqtt(ctx)
	status.Lanes = a.serve.Lanes()
	slices.Sort(status.Lanes)
	status.Screens = len(a.screens.Connected())
	status.NotReady = a.notReady(ctx)
	status.Ready = len(status.NotReady) == 0
	if last := a.prober.lately(); last != nil && last.sound() && !last.OK && status.Ready {
		status.Warnings = append(slices.Clone(status.Warnings), last.trouble())
	}
	if status.Backup, err = a.backups.status(ctx); err != nil {
		return status, err
	}
	status.HQ, err = a.office.status(ctx)
	return status, err
}

// Probe sends a test event the whole way.
func (b *live) Probe(ctx context.Context) (control.ProbeReport, error) {
	return b.app.prober.ask(ctx).ProbeReport, nil
}

// notReady tells, a sentence each, why the box would not prompt now.
func (a *App) notReady(ctx context.Context) []string {
	var why []string
	if err := a.store.Ready(ctx); err != nil {
		why = append(why, err.Error())
	}
	if err := a.serve.Err(); err != nil {
		why = append(why, "writing to the store: "+err.Error())
	}
	if !a.tills.Connected() {
		why = append(why, "not connected to the broker "+a.tills.status().Broker)
	}
	if last := a.prober.lately(); last != nil && !last.sound() {
		why = append(why, last.trouble())
	}
	return why
}

func (b *live) mqtt(context.Context) control.MQTT { return b.app.tills.status() }

// Pair mints a credential.
func (b *live) Pair(ctx context.Context, req control.PairRequest) (control.Pairing, error) {
	p, err := b.app.screens.Mint(ctx, req.Lane, req.Manager, req.Name)
	return control.Pairing{Code: p.Code, URL: p.URL, Token: p.Token, Expires: p.Expires}, err
}

// Approve accepts the code of a page that is not paired.
func (b *live) Approve(ctx context.Context, req control.ApproveRequest) error {
	return b.app.screens.Approve(ctx, req.Code, req.Lane, req.Manager)
}

// Screens lists the paired screens, and which of them are connected.
func (b *live) Screens(ctx context.Context) ([]control.Screen, error) {
	screens, err := b.record.Screens(ctx)
	if err != nil {
		return nil, err
	}
	connected := map[string]bool{}
	for _, c := range b.app.screens.Connected() {
		connected[c.ID] = true
	}
	for i := range screens {
		screens[i].Connected = connected[screens[i].ID]
	}
	return screens, nil
}

// Revoke takes a credential back and closes its connections.
func (b *live) Revoke(ctx context.Context, id string) error { return b.app.screens.Revoke(ctx, id) }

// Enroll joins the chain, at once.
func (b *live) Enroll(ctx context.Context, req control.EnrollRequest) (control.EnrollReport, error) {
	done, report, err := b.enroll(ctx, req)
	if err == nil && done {
		b.app.Log.Info("enrolled with head office", "url", report.URL, "store", report.Store)
		err = b.app.office.begin()
	}
	return report, err
}

// Backup makes a backup, gently: tills are served meanwhile.
func (b *live) Backup(ctx context.Context, progress func(backup.Progress)) (backup.Backup, error) {
	return b.app.backups.make(ctx, backup.Pace{Gentle: true, Progress: progress})
}

// Forget takes a customer out of the record, and off every screen.
func (b *live) Forget(ctx context.Context, id edge.Identifier) (control.ForgetReport, error) {
	ref, report, err := b.forget(ctx, id)
	if ref != edge.Stranger { // also when something of her lingers in the journal
		report.Cleared = b.app.serve.Forgotten(ref)
	}
	if err == nil {
		b.app.backups.stillHold(ctx, &report)
	}
	return report, err
}

// Merge makes one customer of two; who stands at a till as either of them is shown as who she is now.
func (b *live) Merge(ctx context.Context, req control.MergeRequest) (control.MergeReport, error) {
	m, report, err := b.merge(ctx, req)
	if err != nil {
		return report, err
	}
	b.app.Log.Info("two customers were merged", "unlearnt", m.Unlearnt)
	report.Screens, err = b.app.serve.Merged(ctx, m.From, m.Into)
	return report, err
}

// Unmerge makes two of one again, at the tills too.
func (b *live) Unmerge(ctx context.Context, req control.UnmergeRequest) (control.UnmergeReport, error) {
	u, report, err := b.unmerge(ctx, req)
	if err != nil {
		return report, err
	}
	b.app.Log.Info("a merge of two customers was taken back")
	report.Screens, err = b.app.serve.Parted(ctx, u.Kept, u.Other, u.Lanes)
	return report, err
}

// Import reads customers or visits.
func (b *live) Import(ctx context.Context, req control.ImportRequest, r io.Reader, progress func(edge.ImportProgress)) (edge.ImportReport, error) {
	report, err := b.record.Import(ctx, req, r, progress)
	if report.Changed > 0 { // somebody may have taken her consent back while she stands at a till
		err = errors.Join(err, b.app.serve.Recheck(ctx))
	}
	if err == nil {
		b.app.Log.Info("imported", "kind", req.Kind, "rows", report.Rows, "new", report.New, "changed", report.Changed, "bad", report.Bad)
	}
	return report, err
}

// customerView is what the box knows of a customer, in the words of the control socket.
func customerView(p edge.Profile, now time.Time) control.Customer {
	view := control.Customer{
		ID: p.Customer.ID, Name: p.Customer.Name, Say: p.Customer.Say, Address: p.Customer.Address,
		Language: p.Customer.Language, Consent: p.Customer.Consent, Stage: memory.Stage(p, now), Since: p.Customer.Since,
		Visits: p.Visits, First: p.First, GapDays: p.Gap.Hours() / 24, Usual: []control.Habit{}, Facts: []control.Fact{},
	}
	if !p.Last.At.IsZero() {
		last := control.LastVisit{At: p.Last.At, Store: p.Last.Store, Lane: p.Last.Lane, Items: []string{}}
		for _, item := range p.Last.Items {
			last.Items = append(last.Items, item.Name)
		}
		view.Last = &last
	}
	for _, h := range p.Usual {
		view.Usual = append(view.Usual, control.Habit{SKU: h.SKU, Name: h.Name, P: h.P, Times: h.Times, Last: h.Last})
	}
	for _, f := range p.Facts {
		view.Facts = append(view.Facts, control.Fact{ID: f.ID, Kind: f.Kind, Text: f.Text, Date: f.Date, Until: f.Until,
			ToldTo: f.ToldTo, Place: f.Place, At: f.At})
	}
	return view
}

// explainFind puts what a person at the box can do about it into words.
func explainFind(err error) error {
	switch {
	case errors.Is(err, edge.ErrNotFound):
		return fmt.Errorf("nobody here is known by that identifier: %w", err)
	case errors.Is(err, edge.ErrAmbiguous):
		return fmt.Errorf("that identifier belongs to several customers; name one by her chain id (--kind customer): %w", err)
	}
	return err
}
