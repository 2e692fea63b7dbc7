// SPDX-License-Identifier: Apache-2.0

package downlink

import (
	"context"
	"errors"

	"redbench/edge"
)

// lookupsAtOnce bounds what a rush of strangers can ask; each till waits for its own anyway.
const lookupsAtOnce = 16

// ErrOffline says that head office was not reached lately, so that it makes no sense to ask while a customer waits.
var ErrOffline = errors.New("head office is out of reach")

// Lookup asks for somebody whom the box never met, by hashes under the chain's keys. It fails with edge.ErrNotFound where
// head office knows nobody, at once with ErrOffline where it is out of reach, and with the context's error.
func (d *Downlink) Lookup(ctx context.Context, hashes []edge.IdentifierHash) (edge.Found, error) {
	if open, _ := d.Gate.Look(); !open {
		return edge.Found{}, ErrOffline
	}
	select {
	case d.asking <- struct{}{}:
	default:
		return edge.Found{}, ErrOffline
	}
	defer func() { <-d.asking }()
	found, err := d.Link.Lookup(ctx, hashes)
	d.metrics.lookups.WithLabelValues(result(err)).Inc()
	return found, err
}

func result(err error) string {
	switch {
	case err == nil:
		return "found"
	case errors.Is(err, edge.ErrNotFound):
		return "unknown"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "late"
	}
	return "failed"
}
