// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"time"

	"redbench/edge"
)

// Limits within a record or change. They are far above what the box's own limits let in; they are here so that whoever
// reads need not wonder.
const (
	maxID         = 128
	maxText       = 256 << 10
	maxFields     = 64
	maxItems      = 10_000
	maxCounts     = 64
	maxErased     = 10_000 // ids of one customer in an erasure
	maxTombstones = 10_000
	maxSeq        = 1 << 53 // what every reader of JSON counts up to
	hashBytes     = 32
	maxWaited     = 400 * 24 * 3600 * 1000 // milliseconds
)

var (
	errID     = errors.New("an id that is none")
	errText   = errors.New("a text that is too long")
	errMany   = errors.New("too many values in one list")
	errHash   = errors.New("an identifier that is no hash")
	errSeq    = errors.New("a number that cannot be")
	errLane   = errors.New("a lane that cannot be")
	errMoment = errors.New("a time that cannot be")
)

// checkID: ids are ours (UUIDs, digests in hex), but also words that clients made.
func checkID(id string) error {
	if id == "" || len(id) > maxID {
		return errID
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return errID
		}
	}
	return nil
}

// checkAny takes no id, too: a stranger has none.
func checkAny(id string) error {
	if id == "" {
		return nil
	}
	return checkID(id)
}

func checkTime(t time.Time) error {
	if y := t.Year(); y < 1 || y > 9999 {
		return errMoment
	}
	return nil
}

func checkTexts(texts ...string) error {
	for _, t := range texts {
		if len(t) > maxText {
			return errText
		}
	}
	return nil
}

func checkRecord(box string, r *edge.Record) error {
	if r.Seq == 0 || r.Prev >= r.Seq || r.Seq > maxSeq {
		return errSeq
	}
	if err := errors.Join(checkID(box), checkID(r.ID), checkTime(r.At)); err != nil {
		return err
	}
	if len(r.Former) > edge.MaxFormer {
		return errMany
	}
	for _, box := range r.Former {
		if err := checkID(box); err != nil {
			return err
		}
	}
	switch {
	case r.Customer != nil:
		return checkCustomer(r.Customer)
	case r.Fact != nil:
		return checkFact(r.Fact)
	case r.Visit != nil:
		return checkVisit(r.Visit)
	case r.Outcome != nil:
		return errors.Join(checkID(r.Outcome.ID), checkAny(r.Outcome.Customer), checkAny(r.Outcome.Prompt), checkTime(r.Outcome.At),
			checkTexts(r.Outcome.Kind, r.Outcome.Line))
	case r.Summary != nil:
		return checkSummary(r.Summary)
	}
	return nil
}

func checkCustomer(c *edge.CustomerState) error {
	if len(c.Also) > edge.MaxAlso || len(c.Identifiers) > edge.MaxIdentifiers {
		return errMany
	}
	for _, id := range c.Also {
		if err := checkID(id); err != nil {
			return err
		}
	}
	return errors.Join(checkID(c.ID), checkHashes(c.Identifiers), checkFields(c.Fields))
}

func checkHashes(hashes []edge.IdentifierHash) error {
	for _, h := range hashes {
		if len(h.Sum) != hashBytes || !h.Kind.Valid() {
			return errHash
		}
	}
	return nil
}

func checkFields(fields edge.Fields) error {
	if len(fields) > maxFields {
		return errMany
	}
	for name, register := range fields {
		if err := errors.Join(checkID(name), checkTexts(register.Value)); err != nil {
			return err
		}
		if register.Rank > edge.RankCorrected {
			return fmt.Errorf("rank %d, which is not known", register.Rank)
		}
	}
	return nil
}

func checkFact(f *edge.FactState) error {
	if !f.Kind.Valid() {
		return errKind
	}
	return errors.Join(checkID(f.ID), checkID(f.Customer), checkFields(f.Fields))
}

func checkVisit(v *edge.VisitState) error {
	if len(v.Items) > maxItems {
		return errMany
	}
	return errors.Join(checkID(v.ID), checkAny(v.Customer), checkTime(v.At), checkTexts(v.Store, v.Lane, v.Checkout, v.Total.Currency))
}

func checkSummary(s *edge.Summary) error {
	if len(s.Counts) > maxCounts || len(s.Totals) > maxCounts {
		return errMany
	}
	return errors.Join(checkID(s.ID), checkTime(s.From), checkTime(s.To))
}
