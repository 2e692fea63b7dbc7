// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// repeatLife is how long a box that lost the answer to its enrolment may ask again, instead of an operator for a new code.
const repeatLife = 15 * time.Minute

// enrolment is what is remembered of a store's last one: nothing that would let anybody in.
type enrolment struct {
	Code    [32]byte  `json:"code"`    // digest
	Request [32]byte  `json:"request"` // digest
	Serial  uint64    `json:"serial"`
	Until   time.Time `json:"until"`
}

func enrolmentOf(store string) string { return "enrolment " + store }

// requestSum tells a box's request from another's: it holds the box's own keys, which nobody else knows.
func requestSum(r wire.EnrolRequest) (sum [32]byte, err error) {
	data, err := wire.Marshal(r)
	return sha256.Sum256(data), err
}

// remember notes an enrolment in its own transaction. One without keys could be repeated by whoever saw the code, and
// cannot be repeated at all.
func (w *work) remember(code [32]byte, r wire.EnrolRequest, serial uint64) error {
	if len(r.Keys) == 0 {
		return nil
	}
	sum, err := requestSum(r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(enrolment{Code: code, Request: sum, Serial: serial, Until: w.now.UTC().Add(repeatLife)})
	if err != nil {
		return err
	}
	return w.tx.PutValue(enrolmentOf(r.Store), data)
}

// repeated gives once more what a used code has made, to the same request and while those credentials are the store's; else
// ErrCode.
func (w *work) repeated(code [32]byte, r wire.EnrolRequest) (Enrolled, error) {
	row, err := w.tx.StoreRow(r.Store)
	if errors.Is(err, edge.ErrNotFound) {
		return Enrolled{}, ErrCode
	}
	if err != nil {
		return Enrolled{}, err
	}
	data, err := w.tx.Value(enrolmentOf(r.Store))
	if err != nil || data == nil {
		return Enrolled{}, errors.Join(err, ErrCode)
	}
	var was enrolment
	if err := json.Unmarshal(data, &was); err != nil {
		return Enrolled{}, fmt.Errorf("reading an enrolment: %w", err)
	}
	sum, err := requestSum(r)
	same := constantEqual(was.Code[:], code[:]) && constantEqual(was.Request[:], sum[:])
	if err != nil || !same || !w.now.Before(was.Until) || !row.Revoked.IsZero() || row.Serial != was.Serial || row.Next != 0 {
		return Enrolled{}, errors.Join(err, ErrCode)
	}
	chain, err := w.chainKeys()
	return Enrolled{Store: row.ID, Serial: row.Serial, Chain: chain}, err
}
