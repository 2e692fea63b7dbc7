// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"cmp"
	"slices"
	"strings"
)

// What several stores and head office may change without asking each other is kept as states that merge: in any order,
// any number of times, with the same result everywhere. Each field is a register of its own, so that two stores that
// change different fields of one fact both keep their change.

// Rank says how far a value is to be believed. A correction wins over a guess, whichever came later.
type Rank uint8

// The ranks.
const (
	RankGuess     Rank = iota // imported or inferred
	RankTold                  // a person said it
	RankCorrected             // a person said that what was there was wrong, and what is right
)

// Register is one value that anybody may change: the highest epoch wins, then the highest rank, then the latest stamp.
// An empty Value is a value too: it was taken away. A new epoch begins when a person takes back what allowed the value
// to be kept: whatever was told before, be it a correction, loses to that, and whatever is told after it does not.
type Register struct {
	Value string `json:"v,omitempty"`
	At    Stamp  `json:"t,omitzero"`
	Rank  Rank   `json:"r,omitempty"`
	Epoch uint32 `json:"e,omitempty"`
}

func (r Register) compare(o Register) int {
	return cmp.Or(cmp.Compare(r.Epoch, o.Epoch), cmp.Compare(r.Rank, o.Rank), r.At.Compare(o.At), strings.Compare(r.Value, o.Value))
}

// Merge gives the register that wins.
func (r Register) Merge(o Register) Register {
	if r.compare(o) >= 0 {
		return r
	}
	return o
}

// Fields are registers by name. One that is absent was never told.
type Fields map[string]Register

// Merge gives the winner of each field. It changes neither.
func (f Fields) Merge(o Fields) Fields {
	if len(f) == 0 && len(o) == 0 {
		return nil
	}
	out := make(Fields, max(len(f), len(o)))
	for name, r := range f {
		out[name] = r
	}
	for name, r := range o {
		if have, is := out[name]; is {
			r = have.Merge(r)
		}
		out[name] = r
	}
	return out
}

// Tell sets a field, within the epoch that it is in. f must not be nil.
func (f Fields) Tell(name, value string, at Stamp, rank Rank) {
	f[name] = Register{Value: value, At: at, Rank: rank, Epoch: f[name].Epoch}
}

// TakeBack empties fields that have a value, and begins a new epoch for them. It reports whether there was any.
func (f Fields) TakeBack(at Stamp, names ...string) (any bool) {
	for _, name := range names {
		if r, is := f[name]; is && r.Value != "" {
			f[name] = Register{At: at, Epoch: r.Epoch + 1}
			any = true
		}
	}
	return any
}

// The fields of a customer.
const (
	FieldName     = "name"
	FieldSay      = "say"
	FieldAddress  = "address"
	FieldLanguage = "language"
	FieldChain    = "chain"   // the chain's own id
	FieldSince    = "since"   // RFC 3339
	FieldConsent  = "consent" // RankGuess when it was assumed, RankTold when it was stated
)

// NameFields are those that one who says no takes back.
var NameFields = []string{FieldName, FieldSay, FieldAddress, FieldLanguage}

// The fields of a fact. Times are RFC 3339 in UTC, with an empty one for never; a flag is "1" or empty.
const (
	FieldText    = "text"
	FieldDate    = "date" // YYYY-MM-DD
	FieldUntil   = "until"
	FieldPrivate = "private"
	FieldToldTo  = "told_to"
	FieldPlace   = "place"
	FieldHeld    = "held"   // when it was learnt, or last confirmed
	FieldClosed  = "closed" // resolved, or withdrawn as wrong
)

// MaxAlso is how many other ids a customer travels with at the most. Whoever knows more of them leaves some out.
const MaxAlso = 1_000

// MaxIdentifiers is how many hashes of what she shows she travels with at the most.
const MaxIdentifiers = 1_000

// CustomerState is who a customer is, as it travels between stores and head office.
type CustomerState struct {
	ID          string           `json:"id"`             // UUIDv7, as whoever sends it knows her
	Also        []string         `json:"also,omitempty"` // other ids of the same person, sorted
	Identifiers []IdentifierHash `json:"identifiers,omitempty"`
	Fields      Fields           `json:"fields,omitempty"`

	// What was learnt until then is void: she took back what allowed it.
	Unlearnt Stamp `json:"unlearnt,omitzero"`
}

// IdentifierHash is an identifier as it travels and rests: HMAC-SHA-256 under the key with that id.
type IdentifierHash struct {
	Key  uint32         `json:"key"`
	Sum  []byte         `json:"sum"`
	Kind IdentifierKind `json:"kind"`
}

func (i IdentifierHash) compare(o IdentifierHash) int {
	return cmp.Or(strings.Compare(string(i.Sum), string(o.Sum)), cmp.Compare(i.Key, o.Key), strings.Compare(string(i.Kind), string(o.Kind)))
}

// Consent is what she allows.
func (c CustomerState) Consent() Consent { return Consent(c.Fields[FieldConsent].Value) }

// Merge joins two states of the same person. The smaller id names her, so that everybody comes to the same one. It
// changes neither.
func (c CustomerState) Merge(o CustomerState) CustomerState {
	ids := union(c.Also, o.Also, strings.Compare, c.ID, o.ID)
	out := CustomerState{
		Identifiers: union(c.Identifiers, o.Identifiers, IdentifierHash.compare),
		Fields:      c.Fields.Merge(o.Fields),
		Unlearnt:    later(c.Unlearnt, o.Unlearnt),
	}
	if len(ids) > 0 {
		out.ID, out.Also = ids[0], ids[1:]
	}
	if len(out.Also) == 0 {
		out.Also = nil
	}
	return out
}

func later(a, b Stamp) Stamp {
	if a.After(b) {
		return a
	}
	return b
}

// union is the sorted union of two lists and some more elements, without zero values.
func union[T any](a, b []T, compare func(T, T) int, more ...T) []T {
	out := slices.Concat(a, b, more)
	var zero T
	out = slices.DeleteFunc(out, func(each T) bool { return compare(each, zero) == 0 })
	slices.SortFunc(out, compare)
	return slices.CompactFunc(out, func(x, y T) bool { return compare(x, y) == 0 })
}

// FactState is a fact as it travels.
type FactState struct {
	ID       string   `json:"id"`       // UUIDv7
	Customer string   `json:"customer"` // id of the customer, as whoever sends it knows her
	Kind     FactKind `json:"kind"`
	Fields   Fields   `json:"fields,omitempty"`
	Gone     bool     `json:"gone,omitempty"` // deleted, which nothing undoes; there are no fields then
}

// Merge joins two states of one fact: deletion wins, else each field for itself. Who the fact is about is c's word.
func (f FactState) Merge(o FactState) FactState {
	out := FactState{ID: f.ID, Customer: f.Customer, Kind: max(f.Kind, o.Kind), Gone: f.Gone || o.Gone}
	if !out.Gone {
		out.Fields = f.Fields.Merge(o.Fields)
	}
	return out
}

// Learnt is when what it says was told: the fact is void for a customer who was unlearnt since. That it was closed or
// confirmed later says nothing new of her, and does not bring it back.
func (f FactState) Learnt() (latest Stamp) {
	for _, name := range []string{FieldText, FieldHeld} {
		if r, is := f.Fields[name]; is {
			return r.At
		}
	}
	for _, r := range f.Fields {
		latest = later(latest, r.At)
	}
	return latest
}
