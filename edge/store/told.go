// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/google/uuid"

	"redbench/edge"
)

// A visit and an outcome happened here once, and whoever is told of one twice must know it again: its id is made of
// what it is.

// visitID is the id to be kept with a visit: none where it can be made of the row itself. A visit that was imported says
// neither store nor lane, and two customers may well have had checkout 1 on the same day, so it is given an id of its own
// once it is to be told.
func (w *work) visitID(v edge.Visit) ([]byte, error) {
	if v.Lane != "" || !w.outbox.on.Load() {
		return nil, nil
	}
	return newVisitID()
}

func newVisitID() ([]byte, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return id[:], nil
}

// idOfVisit is how head office knows a visit that has no id of its own.
func idOfVisit(store, lane, checkout string, at int64) string {
	return digestOf("visit", store, lane, checkout, string(binary.BigEndian.AppendUint64(nil, uint64(at))))
}

// digestOf is a digest of texts, each led by its length.
func digestOf(texts ...string) string {
	var in []byte
	for _, t := range texts {
		in = binary.AppendUvarint(in, uint64(len(t)))
		in = append(in, t...)
	}
	sum := sha256.Sum256(in)
	return hex.EncodeToString(sum[:16])
}

// promptIDBytes is how long the id of a prompt is at rest: a UUID, since the box makes them.
const promptIDBytes = 16

// tellOutcome tells what came of a prompt.
func (w *work) tellOutcome(o edge.Outcome) error {
	prompt := idKey(o.Prompt)
	if !w.outbox.on.Load() || len(prompt) != promptIDBytes {
		return nil
	}
	var customer sql.NullInt64
	err := w.tx.QueryRowContext(w.ctx, `SELECT customer FROM prompts WHERE id = ?`, prompt).Scan(&customer)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	w.tellOf(told{kind: edge.RecordOutcome, customer: edge.CustomerRef(customer.Int64), ref: outcomeRef(prompt, o.Word)})
	return nil
}

// outcomeRef names an outcome in the outbox: its prompt, and the word that brought it.
func outcomeRef(prompt []byte, word string) []byte {
	return append(prompt[:promptIDBytes:promptIDBytes], word...)
}
