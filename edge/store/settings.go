// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"redbench/edge"
)

// metaSettings is where the settings from head office rest.
const metaSettings = "settings"

// Settings gives what head office set for this store last; the zero Settings when it never did.
func (s *Store) Settings(ctx context.Context) (edge.Settings, error) {
	var out edge.Settings
	text, err := metaText(ctx, s.read, metaSettings)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &out)
	}
	if err != nil {
		return edge.Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	return out, nil
}

// keepSettings keeps what head office set. What was told last counts, whatever its version: a head office that was restored
// from a backup begins with a lower one.
func (w *work) keepSettings(set edge.Settings) (isNew bool, err error) {
	text, err := json.Marshal(set)
	if err != nil {
		return false, fmt.Errorf("keeping the settings: %w", err)
	}
	before, err := metaText(w.ctx, w.tx, metaSettings)
	if err != nil || before == string(text) {
		return false, err
	}
	return true, w.putMeta(metaSettings, string(text))
}

// metaText reads a text of the table meta; one that is not there is empty.
func metaText(ctx context.Context, q queryer, name string) (text string, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return text, nil
}
