// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"redbench/edge"
	"redbench/edge/store"
)

// locked lets a box believe that it has not asked for forty days, by the moment that rests in its database; a machine's
// clock is not ours to set. It names nobody until it has asked.
func (s *story) locked(ctx context.Context) error {
	other := edge.Identifier{Kind: edge.KindCard, Value: otherCard(3)}
	if _, err := s.named(ctx, s.hill, other, otherName(3)); err != nil {
		return fmt.Errorf("before the lock: %w", err)
	}
	if err := errors.Join(s.hill.close(), s.office.Stop(), s.askedLongAgo(ctx), s.hill.open(ctx)); err != nil {
		return err
	}
	prompt, err := s.hill.present(ctx, other, strangerFor)
	if err != nil || prompt.Who.Name != "" {
		return errors.Join(err, fmt.Errorf("a box that has not asked for forty days names %q", prompt.Who.Name))
	}
	status, err := s.hill.Status(ctx)
	if err != nil || status.HQ == nil || !status.HQ.Locked {
		return errors.Join(err, fmt.Errorf("the box does not say that it is locked: %+v", status.HQ))
	}
	for _, f := range s.floors() { // anew, so that nobody waits for a back-off
		if err := f.close(); err != nil {
			return err
		}
	}
	if err := errors.Join(s.office.Start(ctx), s.harbour.open(ctx), s.hill.open(ctx), s.mill.open(ctx)); err != nil {
		return err
	}
	_, err = s.named(ctx, s.hill, other, otherName(3))
	return err
}

func (s *story) askedLongAgo(ctx context.Context) error {
	return query(ctx, filepath.Join(s.hill.State(), store.File), func(db *sql.DB) error {
		result, err := db.ExecContext(ctx, `UPDATE meta SET value = ? WHERE name = 'asked'`, fmt.Sprint(time.Now().AddDate(0, 0, -40).UnixMicro()))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errors.New("the box does not know when it asked"))
		}
		return nil
	})
}
