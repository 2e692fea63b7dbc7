// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"redbench/daemon/config/keyed"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/sync/link"
)

// enroll exchanges a one-time code for credentials and the chain's keys, and keeps them. The keys come first and the
// credentials last: whenever the power fails, the box is either enrolled whole or can be told to enroll again. done
// says that something was changed.
func (r record) enroll(ctx context.Context, req control.EnrollRequest) (done bool, report control.EnrollReport, err error) {
	dir, store := r.config.State.Dir, r.config.Store.ID
	before, err := link.Load(dir)
	if err == nil && !req.Again && before.Store == store && r.hold(ctx, before) {
		return false, control.EnrollReport{URL: before.URL, Store: before.Store, Enrolled: before.Enrolled, Before: true}, nil
	}
	if req.URL == "" {
		req.URL = r.config.HQ.URL
	}
	if req.URL == "" {
		return false, report, edge.Refuse("url", "nobody says where head office is: give --url, or set [hq] url")
	}
	if u, err := url.Parse(req.URL); err == nil && u.Scheme == "http" && !keyed.Loopback(u.Hostname()) { // as of [hq] url
		return false, report, edge.Refuse("url", "it must be https:// beyond this machine")
	}
	enrolled, err := link.Enrol(ctx, link.EnrolOptions{URL: req.URL, Code: req.Code, Store: store, Keys: r.keys.OwnKeys(),
		CAFile: r.config.HQ.CAFile, Insecure: r.config.HQ.Insecure, Version: r.version})
	if errors.Is(err, link.ErrCode) {
		return false, report, fmt.Errorf("%w. This box is store %q ([store] id); the code must have been made for it", err, store)
	}
	if err != nil {
		return false, report, err
	}
	if err := r.keys.Adopt(enrolled.Chain); err != nil {
		return false, report, err
	}
	if err := r.store.StartOutbox(ctx); err != nil {
		return false, report, err
	}
	if err := enrolled.Credentials.Save(dir); err != nil {
		return false, report, err
	}
	c := enrolled.Credentials
	return true, control.EnrollReport{URL: c.URL, Store: c.Store, Enrolled: c.Enrolled}, nil
}

// holdWithin is how long head office may take to say whether credentials hold.
const holdWithin = 5 * time.Second

// hold reports whether head office still takes these credentials, as far as it can be asked. Revoked ones are no reason
// not to enroll.
func (r record) hold(ctx context.Context, c link.Credentials) bool {
	chain, adopted := r.keys.Chain()
	if !adopted {
		return false
	}
	client, err := link.New(link.Options{Credentials: c, CAFile: r.config.HQ.CAFile, Insecure: r.config.HQ.Insecure, Version: r.version})
	if err != nil {
		return true
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, holdWithin)
	defer cancel()
	// Nobody has this card: the answer says whether the question was let in.
	_, err = client.Lookup(ctx, []edge.IdentifierHash{{Key: chain.Identifiers[0].ID, Sum: make([]byte, 32), Kind: edge.KindCard}})
	return !errors.Is(err, link.ErrRevoked)
}

// enrolled reports whether this box belongs to a head office.
func (r record) enrolled() bool {
	_, err := link.Load(r.config.State.Dir)
	return !errors.Is(err, link.ErrNotEnrolled)
}
