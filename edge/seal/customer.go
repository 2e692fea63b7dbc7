// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"fmt"
)

// wrappedVersion leads every wrapped key, so that a later way of wrapping can be told from this one.
const wrappedVersion = 1

// WrappedSize is the length of a wrapped key in bytes: version, nonce, key, tag.
const WrappedSize = 1 + 12 + 32 + 16

// Customer seals and opens the columns of one customer.
type Customer struct {
	aead cipher.AEAD
	id   [16]byte
}

// NewCustomerKey makes a key for the customer with this id, and gives it both ready for use and wrapped for rest.
func (b *Box) NewCustomerKey(id [16]byte) (*Customer, []byte, error) {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, nil, fmt.Errorf("making a customer's key: %w", err)
	}
	aead, err := newAEAD(key[:])
	if err != nil {
		return nil, nil, err
	}
	wrapped := make([]byte, 1, WrappedSize)
	wrapped[0] = wrappedVersion
	wrapped = b.wrapping.Seal(wrapped, nil, key[:], bind(id, "key"))
	return &Customer{aead: aead, id: id}, wrapped, nil
}

// Unwrap makes a wrapped key ready for use. It fails with ErrSealed when the key is not this customer's, was wiped, or was
// wrapped by another box.
func (b *Box) Unwrap(id [16]byte, wrapped []byte) (*Customer, error) {
	if len(wrapped) != WrappedSize || wrapped[0] != wrappedVersion {
		return nil, fmt.Errorf("unwrapping a customer's key: %w", ErrSealed)
	}
	key, err := b.wrapping.Open(nil, nil, wrapped[1:], bind(id, "key"))
	if err != nil {
		return nil, fmt.Errorf("unwrapping a customer's key: %w", ErrSealed)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Customer{aead: aead, id: id}, nil
}

// Seal seals plain for one column of this customer. The column's name and the customer's id are bound in, so that
// a sealed value that is moved to another row or column does not open.
func (c *Customer) Seal(column string, plain []byte) []byte {
	return c.aead.Seal(nil, nil, plain, bind(c.id, column))
}

// Open opens what Seal sealed for the same column, or fails with ErrSealed.
func (c *Customer) Open(column string, sealed []byte) ([]byte, error) {
	plain, err := c.aead.Open(nil, nil, sealed, bind(c.id, column))
	if err != nil {
		return nil, fmt.Errorf("opening a customer's %s: %w", column, ErrSealed)
	}
	return plain, nil
}

// SealOwn seals what belongs to the box and to no customer: a quarantined payload, a stranger's prompt. Label says what
// and which, and must be given again to open it.
func (b *Box) SealOwn(label string, plain []byte) []byte {
	return b.own.Seal(nil, nil, plain, []byte(label))
}

// OpenOwn opens what SealOwn sealed under the same label, or fails with ErrSealed.
func (b *Box) OpenOwn(label string, sealed []byte) ([]byte, error) {
	plain, err := b.own.Open(nil, nil, sealed, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("opening sealed data: %w", ErrSealed)
	}
	return plain, nil
}

func bind(id [16]byte, column string) []byte {
	return append(append(make([]byte, 0, 16+len(column)), id[:]...), column...)
}
