// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redbench/edge/backup"
)

// backupLoop makes backups by the hour of the day.
type backupLoop struct {
	*backups
	begun time.Time
	tried time.Time // the last try, by the monotonic clock
	said  time.Time // when it was last said that there is no good one
	end   context.CancelFunc
	ended sync.WaitGroup
}

const (
	backupLook  = time.Minute
	backupAfter = 5 * time.Minute // from the start on: a box that has just started has better things to do
)

func (l *backupLoop) start() {
	ctx, end := context.WithCancel(context.Background())
	l.end, l.begun = end, l.now()
	l.ended.Go(func() {
		ticker := time.NewTicker(backupLook)
		defer ticker.Stop()
		for {
			l.round(ctx, l.now())
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// stop ends what is being made: nothing half counts. A long look through one table is not waited for; the process ends with it.
func (l *backupLoop) stop(ctx context.Context) error {
	if l.end == nil {
		return nil
	}
	l.end()
	done := make(chan struct{})
	go func() { l.ended.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(3 * time.Second):
	}
	return nil
}

// round does what is due now.
func (l *backupLoop) round(ctx context.Context, now time.Time) {
	err := l.keeper.Clear()
	var owing []backup.Backup
	if err == nil {
		owing, err = l.look(ctx)
	}
	if err != nil {
		if ctx.Err() == nil {
			l.log.Warn("looking through the backups", "error", err)
		}
		return
	}
	gentle := backup.Pace{Gentle: true}
	// A disk that stays full is no reason to keep her beyond her time: it may be full of backups.
	if len(owing) > 0 && l.pressing(now) && (l.store.Restless() == "" || l.overdue()) && l.working.TryLock() {
		err := l.forget(ctx, gentle)
		l.working.Unlock()
		if err != nil && ctx.Err() == nil {
			l.log.Error("a backup still holds somebody who was forgotten", "error", err)
		}
	}
	if now.Sub(l.begun) < backupAfter || l.store.Restless() != "" {
		return
	}
	status, err := l.status(ctx)
	if err != nil {
		return
	}
	if backup.Due(now, status.Last, l.config.Backup.At, l.config.Zone()) && backup.MayTry(now, l.tried, status.Error != "") {
		l.tried = now
		if _, err := l.make(ctx, gentle); err != nil && ctx.Err() == nil {
			l.log.Error("making a backup; it is tried again in an hour", "error", err)
		}
		return
	}
	if status.Late && now.Sub(l.said) > 24*time.Hour {
		l.said = now
		l.log.Error("the last good backup is older than two days", "made", status.Last, "dir", status.Dir, "error", status.Error)
	}
}

// pressing reports whether to forget in the backups now. The nightly round does it by itself; else it waits for half of its time,
// so that several erasures cost one writing.
func (l *backupLoop) pressing(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.owes.IsZero() && now.Sub(l.owes).Abs() >= l.config.Backup.ForgetWithin()/2
}

// watchBackups adds what the backups tell about themselves.
func watchBackups(r prometheus.Registerer, b *backups) {
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "redbench", Name: name, Help: help}, value))
	}
	gauge("backup_last_good_timestamp_seconds", "When the last good backup was made, since 1970; 0: there is none.", func() float64 {
		s, err := b.status(context.Background())
		if err != nil || s.Last.IsZero() {
			return 0
		}
		return float64(s.Last.Unix())
	})
	gauge("backups_holding_forgotten", "Backups that still hold somebody who was forgotten.", func() float64 {
		s, err := b.status(context.Background())
		if err != nil {
			return -1
		}
		return float64(s.Holding)
	})
}
