// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"redbench/daemon/control"
	"redbench/daemon/owner"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/guard"
	"redbench/edge/playbook"
	"redbench/edge/store"
)

// Open finds the box that a verb speaks to: the running daemon by its control socket, else the store itself, under its
// lock. Close it when done. A state directory that was never used is an error: a verb must not make one by a slip.
func Open(ctx context.Context, o Options) (control.Box, io.Closer, error) {
	client, err := control.Dial(ctx, o.Config.State.Dir)
	if err == nil {
		return client, client, nil
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(o.Config.State.Dir, store.File)); err != nil && !backup.Unfinished(o.Config.State.Dir) {
		return nil, nil, fmt.Errorf("%w, and %s ([state] dir) holds no record yet", control.ErrNotRunning, o.Config.State.Dir)
	}
	return openOffline(ctx, o)
}

// OpenOrMake is Open for a verb that may come before the box's first start: it makes the state directory.
func OpenOrMake(ctx context.Context, o Options) (control.Box, io.Closer, error) {
	client, err := control.Dial(ctx, o.Config.State.Dir)
	if err == nil {
		return client, client, nil
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return nil, nil, err
	}
	return openOffline(ctx, o)
}

func openOffline(ctx context.Context, o Options) (control.Box, io.Closer, error) {
	if err := owner.Become(o.Config.State.Dir); err != nil {
		return nil, nil, err
	}
	keys, s, err := openRecord(ctx, Options{Config: o.Config, Log: quiet(o.Log)})
	if err != nil {
		return nil, nil, err
	}
	found, err := findRules(ctx, o.Config, keys, s, quiet(o.Log))
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return offline{record{config: o.Config, version: o.Version, keys: keys, store: s, cards: guard.New(o.Config.Privacy.LoyaltyPrefixes),
		playbook: func() *playbook.Playbook { return found.Playbook }}}, s, nil
}

func quiet(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// offline is the box while the daemon is stopped: what can be done without it is done on the store, under its lock.
type offline struct{ record }

var _ control.Box = offline{}

// Probe needs the daemon: there is no way from the tills to a screen without it.
func (offline) Probe(context.Context) (control.ProbeReport, error) {
	return control.ProbeReport{}, control.ErrNeedsDaemon
}

// Pair needs the daemon, which holds the codes.
func (offline) Pair(context.Context, control.PairRequest) (control.Pairing, error) {
	return control.Pairing{}, control.ErrNeedsDaemon
}

// Approve needs the daemon, which holds the codes.
func (offline) Approve(context.Context, control.ApproveRequest) error { return control.ErrNeedsDaemon }

// Revoke takes a credential back; the screen finds out when the daemon starts.
func (b offline) Revoke(ctx context.Context, id string) error { return b.store.RevokeScreen(ctx, id) }

// Enroll joins the chain; the daemon goes on from there when it starts.
func (b offline) Enroll(ctx context.Context, req control.EnrollRequest) (control.EnrollReport, error) {
	_, report, err := b.enroll(ctx, req)
	return report, err
}

// Merge makes one customer of two. A lane that holds the other's number finds who she is now when the daemon starts.
func (b offline) Merge(ctx context.Context, req control.MergeRequest) (control.MergeReport, error) {
	_, report, err := b.merge(ctx, req)
	return report, err
}

// Unmerge makes two of one again.
func (b offline) Unmerge(ctx context.Context, req control.UnmergeRequest) (control.UnmergeReport, error) {
	_, report, err := b.unmerge(ctx, req)
	return report, err
}

// Backup makes a backup.
func (b offline) Backup(ctx context.Context, progress func(backup.Progress)) (backup.Backup, error) {
	return newBackups(b.config, b.version, b.store, slog.New(slog.DiscardHandler), time.Now).make(ctx, backup.Pace{Progress: progress})
}

// Forget takes a customer out of the record.
func (b offline) Forget(ctx context.Context, id edge.Identifier) (control.ForgetReport, error) {
	_, report, err := b.forget(ctx, id)
	if err == nil {
		newBackups(b.config, b.version, b.store, slog.New(slog.DiscardHandler), time.Now).stillHold(ctx, &report)
	}
	return report, err
}
