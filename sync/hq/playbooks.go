// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/playbook"
	"redbench/sync/wire"
)

// maxPlaybook is how large a playbook may be, so that it fits into a line on its way.
const maxPlaybook = 512 << 10

// PublishPlaybook checks, signs and gives out a playbook: to the first stores alone, or to everyone when none is named.
func (h *HQ) PublishPlaybook(ctx context.Context, body []byte, first []string) (edge.Published, error) {
	var made edge.Published
	if len(body) > maxPlaybook {
		return made, fmt.Errorf("publishing a playbook: it has more than %d bytes", maxPlaybook)
	}
	if _, err := playbook.Load(bytes.NewReader(body), "playbook"); err != nil {
		return made, fmt.Errorf("publishing a playbook: %w", err)
	}
	err := h.update(ctx, "", func(w *work) (err error) {
		for _, id := range first {
			if _, err := w.tx.StoreRow(id); err != nil {
				return fmt.Errorf("store %q: %w", id, err)
			}
		}
		made, err = w.publish(PlaybookRow{Published: edge.Published{Body: body}, First: sorted(first), Everyone: len(first) == 0})
		return err
	})
	if err != nil {
		return edge.Published{}, fmt.Errorf("publishing a playbook: %w", err)
	}
	return made, nil
}

// publish gives a playbook the next version, signs it and gives it out.
func (w *work) publish(row PlaybookRow) (edge.Published, error) {
	all, err := w.tx.Playbooks()
	if err != nil {
		return edge.Published{}, err
	}
	row.Published.Version = 1
	if len(all) > 0 {
		row.Published.Version = all[0].Published.Version + 1
	}
	row.At = w.now.UTC()
	row.Published.Signature = w.opt.Keys.SignPlaybook(row.Published.Message())
	if err := w.tx.PutPlaybook(row); err != nil {
		return edge.Published{}, err
	}
	return row.Published, w.assign()
}

// PlaybookForEveryone gives everyone the newest playbook, which the first stores have. Without one it is edge.ErrNotFound.
func (h *HQ) PlaybookForEveryone(ctx context.Context) (version int, err error) {
	err = h.update(ctx, "", func(w *work) error {
		all, err := w.tx.Playbooks()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(r PlaybookRow) bool { return r.Withdrawn == "" && r.Return == 0 })
		if i < 0 {
			return edge.ErrNotFound
		}
		version = all[i].Published.Version
		all[i].Everyone = true
		if err := w.tx.PutPlaybook(all[i]); err != nil {
			return err
		}
		return w.assign()
	})
	if err != nil {
		return 0, fmt.Errorf("giving everyone the newest playbook: %w", err)
	}
	return version, nil
}

// assigned is the version that a store is to have: the newest that is for it; 0: none from here.
func (w *work) assigned(store string) (int, error) {
	all, err := w.tx.Playbooks()
	return assignedOf(all, store), err
}

func assignedOf(all []PlaybookRow, store string) int {
	for _, r := range all {
		if r.Withdrawn == "" && (r.Everyone || slices.Contains(r.First, store)) {
			return r.Published.Version
		}
	}
	return 0
}

// assign gives each store the version that it is to have.
func (w *work) assign() error {
	all, err := w.tx.Playbooks()
	if err != nil {
		return err
	}
	stores, err := w.tx.Stores()
	if err != nil {
		return err
	}
	for _, s := range stores {
		version := assignedOf(all, s.ID)
		if version == s.Playbook {
			continue
		}
		s.Playbook = version
		if err := errors.Join(w.tx.PutStore(s), w.tellAll(edge.ChangePlaybook, s.ID)); err != nil {
			return err
		}
	}
	return nil
}

// withdraw takes back a version that a box cannot use. Who has it gets what was in use for everyone before, under a new
// version: boxes go forward only, so that an old playbook cannot be played back to them. A version that brings an earlier
// one back is not withdrawn in turn: the box then keeps what it has.
func (w *work) withdraw(refused wire.Refusal) error {
	row, err := w.tx.Playbook(refused.Version)
	if err != nil || row.Withdrawn != "" || row.Return != 0 {
		return err
	}
	row.Withdrawn = fmt.Sprintf("refused by store %s: %s", w.store, refused.Why)
	if err := w.tx.PutPlaybook(row); err != nil {
		return err
	}
	all, err := w.tx.Playbooks()
	if err != nil {
		return err
	}
	back := PlaybookRow{First: row.First, Everyone: row.Everyone, Return: refused.Version}
	if i := slices.IndexFunc(all, func(r PlaybookRow) bool { return r.Everyone && r.Withdrawn == "" }); i >= 0 {
		last, err := w.tx.Playbook(all[i].Published.Version)
		if err != nil {
			return err
		}
		back.Published.Body = last.Published.Body
	}
	w.opt.Log.Warn("a playbook was refused and taken back", "version", refused.Version, "store", w.store, "why", refused.Why)
	_, err = w.publish(back)
	return err
}

// playbookFor gives the playbook that a store is to have, or edge.ErrNotFound.
func (w *work) playbookFor(store string) (edge.Published, error) {
	row, err := w.tx.StoreRow(store)
	if err != nil {
		return edge.Published{}, err
	}
	if row.Playbook == 0 {
		return edge.Published{}, edge.ErrNotFound
	}
	p, err := w.tx.Playbook(row.Playbook)
	return p.Published, err
}

// PlaybookView is where the playbooks stand.
type PlaybookView struct {
	Versions []PlaybookVersion `json:"versions"` // the newest first
	Stores   []PlaybookStore   `json:"stores"`   // by id, without those that are revoked
	Silent   bool              `json:"silent"`
}

// PlaybookVersion is one published playbook.
type PlaybookVersion struct {
	Version   int       `json:"version"`
	At        time.Time `json:"at"`
	First     []string  `json:"first,omitempty"`
	Everyone  bool      `json:"everyone"`
	Return    int       `json:"return_from,omitempty"` // it brings back what was in use before this version
	Withdrawn string    `json:"withdrawn,omitempty"`   // why
}

// PlaybookStore is which playbook a store has.
type PlaybookStore struct {
	Store   string        `json:"store"`
	Given   int           `json:"given"`  // 0: none from here
	InUse   int           `json:"in_use"` // as the box says; 0: its own
	Refused *wire.Refusal `json:"refused,omitempty"`
}

// PlaybookStatus tells where the playbooks stand.
func (h *HQ) PlaybookStatus(ctx context.Context) (view PlaybookView, err error) {
	view.Versions, view.Stores = []PlaybookVersion{}, []PlaybookStore{} // in JSON, none is no null
	err = h.view(ctx, "", func(w *work) error {
		all, err := w.tx.Playbooks()
		if err != nil {
			return err
		}
		for _, r := range all {
			view.Versions = append(view.Versions, PlaybookVersion{Version: r.Published.Version, At: r.At, First: r.First,
				Everyone: r.Everyone, Return: r.Return, Withdrawn: r.Withdrawn})
		}
		stores, err := w.tx.Stores()
		if err != nil {
			return err
		}
		for _, s := range stores {
			if !s.Revoked.IsZero() {
				continue
			}
			store, err := playbookStore(s)
			if err != nil {
				return err
			}
			view.Stores = append(view.Stores, store)
		}
		settings, err := w.settings()
		view.Silent = settings.Silent
		return err
	})
	if err != nil {
		return PlaybookView{}, fmt.Errorf("listing playbooks: %w", err)
	}
	return view, nil
}

func playbookStore(s StoreRow) (PlaybookStore, error) {
	out := PlaybookStore{Store: s.ID, Given: s.Playbook}
	if s.Status == nil {
		return out, nil
	}
	var status wire.BoxStatus
	err := json.Unmarshal(s.Status, &status)
	out.InUse, out.Refused = status.Playbook, status.PlaybookRefused
	return out, err
}
