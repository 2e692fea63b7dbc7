// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
)

// beginAnew gives a customer another id, since the ones that an order names are a forgotten customer's everywhere. What was learnt
// before it is forgotten with them; what she has told since is hers, and told anew. By ids of hers that it does not name head
// office may go on to call her.
func (a *applying) beginAnew(ref edge.CustomerRef, now edge.CustomerState, o *order) error {
	stays, err := a.idsAt(ref)
	if err != nil {
		return err
	}
	for _, text := range o.Customers {
		stays = slices.DeleteFunc(stays, func(id []byte) bool { return bytes.Equal(idKey(text), id) })
	}
	old, wrapped, err := a.wrappedKey(ref)
	if err != nil {
		return err
	}
	key, err := a.opt.Seal.Unwrap(old, wrapped)
	if err != nil {
		return err
	}
	if o.Stamp.After(now.Unlearnt) {
		now.Unlearnt = o.Stamp
	}
	left, err := a.leftOf(ref, key, now)
	if err != nil {
		return err
	}
	fresh, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making a customer's id: %w", err)
	}
	if err := a.takeBack(ref); err != nil {
		return err
	}
	if key, wrapped, err = a.opt.Seal.NewCustomerKey(fresh); err != nil {
		return err
	}
	a.destroyed = true
	a.changed[ref] = struct{}{}
	return errors.Join(
		a.exec(`UPDATE customers SET id = ? WHERE ref = ?`, fresh[:], int64(ref)),
		a.exec(`DELETE FROM aliases WHERE customer = ?`, int64(ref)),
		a.addAliases(ref, stays),
		a.putCustomer(ref, now, key, wrapped),
		a.tell(edge.RecordCustomer, ref, nil, nil),
		a.putBack(ref, key, left),
	)
}
