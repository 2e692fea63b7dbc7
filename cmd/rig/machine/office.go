// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"redbench/cmd/rig/needle"
	"redbench/cmd/rig/process"
	"redbench/edge"
	"redbench/edge/seal"
	hqstore "redbench/sync/hq/store"
)

const officeState = "/var/lib/redbench-hq"

// settledWithin bounds how long everything may take to be at head office.
const settledWithin = 60 * time.Second

// office installs head office beside the box, which joins it and tells it everything.
func (p *proof) office(ctx context.Context, s *Step) error {
	file, err := p.bring(p.o.Office)
	if err != nil {
		return err
	}
	if _, err := p.m.Run(ctx, "dpkg", "-i", file); err != nil {
		return err
	}
	var added struct {
		Code string `json:"code"`
	}
	patient, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := process.Until(patient, 100*time.Millisecond, func(ctx context.Context) error {
		return p.json(ctx, &added, "redbench-hq", "store", "add", storeID, "--json")
	}); err != nil {
		return err
	}
	if _, err := p.m.Run(ctx, "redbench", "enroll", "--url", "https://127.0.0.1:8788", added.Code); err != nil {
		return err
	}
	began := time.Now()
	done := p.sell(ctx, 50)
	pause(ctx, 2*time.Second)
	if err := done(); err != nil {
		return err
	}
	patient, cancel = context.WithTimeout(ctx, settledWithin)
	defer cancel()
	if err := process.Until(patient, 100*time.Millisecond, p.settled); err != nil {
		return err
	}
	s.say("installed, enrolled, and told everything within %.1f s", time.Since(began).Seconds())
	out, err := p.m.Run(ctx, "systemd-analyze", "security", "--no-pager", "redbench-hq.service")
	if found := exposure.FindSubmatch(out); err == nil && found != nil {
		s.say("exposure %s", found[1])
	}
	return err
}

func (p *proof) settled(ctx context.Context) error {
	status, err := p.ready(ctx)
	if err != nil {
		return err
	}
	if status.HQ == nil || !status.HQ.Connected {
		return errors.New("the box is not connected with head office")
	}
	if b := status.HQ.Backlog; b.Records > 0 || b.Orders > 0 || b.Offering {
		return fmt.Errorf("the box still has %+v to tell: %s", b, status.HQ.Error)
	}
	return nil
}

// betrayingOffice adds what would betray a customer at head office.
func (p *proof) betrayingOffice(ctx context.Context, set *needle.Set) error {
	state := p.host(officeState)
	keys, err := seal.OpenChain(state)
	if err != nil {
		return err
	}
	for i := range p.people {
		for _, hash := range keys.HashesEverywhere(edge.Identifier{Kind: edge.KindCard, Value: card(i)}) {
			set.Bytes(needle.Hash, hash.Sum[:])
		}
	}
	return query(ctx, filepath.Join(state, hqstore.File), func(db *sql.DB) error {
		return gather(ctx, db, set, map[string]needle.Kind{"SELECT wrapped FROM people": needle.Wrapped, "SELECT sealed FROM people": needle.Sealed})
	})
}
