// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"crypto/ed25519"
	"errors"

	"redbench/edge"
)

// CheckErasure refuses an order to forget that nobody could carry out.
func CheckErasure(e *edge.Erasure) error {
	if len(e.Customers) > maxErased || len(e.Tombstones) > maxTombstones {
		return errMany
	}
	for _, id := range e.Customers {
		if err := checkID(id); err != nil {
			return err
		}
	}
	for _, tombstone := range e.Tombstones {
		if len(tombstone) != hashBytes {
			return errHash
		}
	}
	if e.Stamp.IsZero() {
		return errMoment
	}
	return errors.Join(checkID(e.ID), checkTime(e.At))
}

var errKeys = errors.New("keys of the wrong length, or with no id")

// CheckKeys refuses the chain's keys where one is missing: what is hashed under a wrong key is lost.
func CheckKeys(k edge.ChainKeys) error {
	if len(k.Identifiers) == 0 || len(k.Tombstone) != hashBytes || len(k.Playbook) != ed25519.PublicKeySize {
		return errKeys
	}
	return errors.Join(checkKeys(k.Identifiers), checkKeys(k.Elsewhere))
}

func checkKeys(keys []edge.Key) error {
	for _, k := range keys {
		if k.ID == 0 || len(k.Key) != hashBytes {
			return errKeys
		}
	}
	return nil
}

// CheckOrders refuses orders that are none. What a store orders is bounded well below what an order on a page may hold,
// since head office adds all that it knows itself. A box makes about three tombstones for each store of the chain.
func CheckOrders(orders []edge.Order) error {
	if len(orders) > MaxOrders {
		return errMany
	}
	for _, o := range orders {
		switch {
		case (o.Erasure == nil) == (o.Receipt == nil):
			return errBody
		case o.Erasure != nil && max(len(o.Erasure.Customers), len(o.Erasure.Tombstones)) > MaxTold:
			return errMany
		case o.Erasure != nil:
			if err := CheckErasure(o.Erasure); err != nil {
				return err
			}
		default:
			if err := errors.Join(checkID(o.Receipt.Erasure), checkTime(o.Receipt.At)); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckHashes refuses what nobody can be looked up by.
func CheckHashes(hashes []edge.IdentifierHash) error {
	if len(hashes) == 0 || len(hashes) > MaxHashes {
		return errMany
	}
	return checkHashes(hashes)
}

// maxFacts and maxVisits bound what is told of somebody at once.
const (
	maxFacts  = 1_000
	maxVisits = 100
)

// CheckFound refuses an answer to a lookup that cannot be.
func CheckFound(f *edge.Found) error {
	if len(f.Facts) > maxFacts {
		return errMany
	}
	for i := range f.Facts {
		if err := checkFact(&f.Facts[i]); err != nil {
			return err
		}
	}
	return errors.Join(checkVisits(f.Visits), checkCustomer(&f.Customer))
}
