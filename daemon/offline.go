// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"

	"redbench/daemon/control"
	"redbench/edge"
)

// offline is the box while the daemon is stopped: what can be done without it is done on the store, under its lock.
type offline struct{ record }

var _ control.Box = offline{}

// Pair needs the daemon, which holds the codes.
func (offline) Pair(context.Context, control.PairRequest) (control.Pairing, error) {
	return control.Pairing{}, control.ErrNeedsDaemon
}

// Approve needs the daemon, which holds the codes.
func (offline) Approve(context.Context, control.ApproveRequest) error { return control.ErrNeedsDaemon }

// Revoke takes a credential back; the screen finds out when the daemon starts.
func (b offline) Revoke(ctx context.Context, id string) error { return b.store.RevokeScreen(ctx, id) }

// Forget takes a customer out of the record.
func (b offline) Forget(ctx context.Context, id edge.Identifier) (control.ForgetReport, error) {
	_, report, err := b.forget(ctx, id)
	return report, err
}
