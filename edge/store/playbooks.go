// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"redbench/edge"
)

// playbooksKept is how many playbooks from head office are kept, so that a refused one has a former one.
const playbooksKept = 3

// Playbook gives the playbook that head office told last, of those that were not refused, or edge.ErrNotFound. The last
// told is not always the highest version: head office goes back to a former one when a box somewhere refuses the new.
func (s *Store) Playbook(ctx context.Context) (edge.Published, error) {
	var p edge.Published
	err := s.read.QueryRowContext(ctx, `SELECT version, body, signature FROM playbooks WHERE refused = '' ORDER BY at DESC LIMIT 1`).
		Scan(&p.Version, &p.Body, &p.Signature)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.Published{}, edge.ErrNotFound
	}
	if err != nil {
		return edge.Published{}, fmt.Errorf("reading a playbook: %w", err)
	}
	return p, nil
}

// RefusePlaybook keeps a version from being used, and why, or gives edge.ErrNotFound when it is not kept.
func (s *Store) RefusePlaybook(ctx context.Context, version int, why string) error {
	if why == "" {
		why = "refused"
	}
	err := s.freeing(ctx, func() error {
		return s.transact(ctx, func(tx *sql.Tx) error {
			n, err := s.newWork(ctx, tx).changed(`UPDATE playbooks SET refused = ? WHERE version = ?`, why, version)
			if err == nil && n == 0 {
				return edge.ErrNotFound
			}
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("refusing playbook %d: %w", version, err)
	}
	return nil
}

// RefusedPlaybook tells whether the playbook that head office told last was refused, and why. Without any it gives 0.
func (s *Store) RefusedPlaybook(ctx context.Context) (version int, why string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT version, refused FROM playbooks ORDER BY at DESC LIMIT 1`).Scan(&version, &why)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("reading a playbook: %w", err)
	}
	if why == "" {
		return 0, "", nil
	}
	return version, why, nil
}

// keepPlaybook keeps what head office told last. A version that was refused stays so, unless it is told with another body.
func (w *work) keepPlaybook(p edge.Published) (isNew bool, err error) {
	var last edge.Published
	var at int64
	err = w.tx.QueryRowContext(w.ctx, `SELECT version, body, signature, at FROM playbooks ORDER BY at DESC LIMIT 1`).
		Scan(&last.Version, &last.Body, &last.Signature, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("keeping a playbook: %w", err)
	}
	if err == nil && last.Version == p.Version && string(last.Body) == string(p.Body) && string(last.Signature) == string(p.Signature) {
		return false, nil
	}
	// Later than the last one in any case: the clock may stand still, or have been set back.
	at = max(at+1, w.opt.Now().UnixMicro())
	body, signature := append([]byte{}, p.Body...), append([]byte{}, p.Signature...) // nil would be NULL
	err = errors.Join(
		w.exec(`INSERT INTO playbooks (version, body, signature, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (version) DO UPDATE SET
			refused = CASE WHEN body = ?2 AND signature = ?3 THEN refused ELSE '' END, body = ?2, signature = ?3, at = ?4`,
			p.Version, body, signature, at),
		// The one that is in use is never dropped, however many were refused since: this one is not tried yet.
		w.exec(`DELETE FROM playbooks WHERE version NOT IN (SELECT version FROM playbooks ORDER BY at DESC LIMIT ?)
			AND version NOT IN (SELECT version FROM playbooks WHERE refused = '' ORDER BY at DESC LIMIT 2)`, playbooksKept),
	)
	if err != nil {
		return false, fmt.Errorf("keeping a playbook: %w", err)
	}
	return true, nil
}
