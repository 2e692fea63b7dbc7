// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"time"

	"redbench/daemon/control"
	"redbench/sync/wire"
)

// status tells how the box stands with head office; nil when it is not enrolled.
func (o *office) status(ctx context.Context) (*control.HQ, error) {
	l := o.now()
	if l == nil {
		return o.untied(), nil
	}
	told, err := o.tell(ctx)
	if err != nil {
		return nil, err
	}
	_, asked, err := o.app.store.Cursor(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := o.app.store.Settings(ctx)
	view := &control.HQ{URL: l.client.URL(), Enrolled: l.credentials.Enrolled, Asked: asked, Box: told.Box, Backlog: told.Backlog,
		Playbook: told.Playbook, Silent: settings.Silent, Locked: told.Locked}
	view.LastContact, view.Error = l.contact()
	view.Connected = view.Error == "" && !view.LastContact.IsZero()
	if told.PlaybookRefused != nil {
		view.Refused = told.PlaybookRefused.Why
	}
	return view, err
}

// untied tells why a box that is enrolled has no tie to head office; nil where nothing is wrong.
func (o *office) untied() *control.HQ {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.trouble == "" {
		return nil
	}
	return &control.HQ{Error: o.trouble}
}

// tell gives what head office is told of the box each minute.
func (o *office) tell(ctx context.Context) (wire.BoxStatus, error) {
	a := o.app
	place, err := a.store.Place(ctx)
	if err != nil {
		return wire.BoxStatus{}, err
	}
	backlog, err := a.store.Backlog(ctx)
	if err != nil {
		return wire.BoxStatus{}, err
	}
	refused, why, err := a.store.RefusedPlaybook(ctx)
	status := wire.BoxStatus{Version: a.Version, Run: a.run, Box: place.Box, Backlog: backlog, LastPainted: a.serve.LastPainted(),
		Playbook: int(a.rules.Load()), Locked: o.locked.Load(), Clock: time.Now().UTC(), Screens: len(a.screens.Connected()),
		Lanes: len(a.serve.Lanes())}
	if refused != 0 {
		status.PlaybookRefused = &wire.Refusal{Version: refused, Why: why}
	}
	return status, err
}
