// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/json"
	"fmt"

	"redbench/edge"
)

// Silence switches prompts off, or on again, in every store. A box that waits for changes hears it at once.
func (h *HQ) Silence(ctx context.Context, on bool) error {
	return h.set(ctx, func(s *edge.Settings) { s.Silent = on })
}

// SetLockDays sets after how many days without a question for erasures a box locks its profiles; 0: as it is configured.
func (h *HQ) SetLockDays(ctx context.Context, days int) error {
	if days < 0 {
		return fmt.Errorf("changing the settings: %d days", days)
	}
	return h.set(ctx, func(s *edge.Settings) { s.LockDays = days })
}

// Settings are those that every store has.
func (h *HQ) Settings(ctx context.Context) (s edge.Settings, err error) {
	err = h.view(ctx, "", func(w *work) (err error) {
		s, err = w.settings()
		return err
	})
	if err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	return s, nil
}

// set changes the settings, and tells every store when they are other ones then.
func (h *HQ) set(ctx context.Context, change func(*edge.Settings)) error {
	err := h.update(ctx, "", func(w *work) error {
		before, err := w.settings()
		if err != nil {
			return err
		}
		s := before
		if change(&s); s == before {
			return nil
		}
		s.Version++
		data, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if err := w.tx.PutValue(valueSettings, data); err != nil {
			return err
		}
		stores, err := w.enrolled()
		if err != nil {
			return err
		}
		return w.tellAll(edge.ChangeSettings, stores...)
	})
	if err != nil {
		return fmt.Errorf("changing the settings: %w", err)
	}
	return nil
}

func (w *work) settings() (s edge.Settings, err error) {
	data, err := w.tx.Value(valueSettings)
	if err != nil || data == nil {
		return s, err
	}
	return s, json.Unmarshal(data, &s)
}
