// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"fmt"
)

// Opens fails where keys do not open a customer as she rests.
func Opens(keys Keys, p Person) error {
	key, err := keys.Unwrap(sealedAs(p.Number), p.Wrapped)
	if err == nil {
		_, err = key.Open("state", p.Sealed)
	}
	return err
}

// ForgetAgain carries orders to forget out on a database that is from before them. It returns when that is done; that
// nothing is left in its files whoever has opened the store sees to.
func (h *HQ) ForgetAgain(ctx context.Context, all []ErasureRow) error {
	for _, row := range all {
		err := h.update(ctx, row.Store, func(w *work) error {
			before, _, err := w.before(row.Order.ID)
			if err != nil {
				return err
			}
			for _, was := range before {
				row.Order = union(was, row.Order)
			}
			if len(before) > 0 && !saysMore(row.Order, before[0]) {
				return nil
			}
			if err := w.see(row.Order.Stamp); err != nil {
				return err
			}
			return w.takeErasure(row)
		})
		if err != nil {
			return fmt.Errorf("forgetting again: %w", err)
		}
	}
	if err := h.searchAll(ctx); err != nil {
		return fmt.Errorf("forgetting again: %w", err)
	}
	return nil
}
