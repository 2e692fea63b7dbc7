// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"maps"
	"slices"
	"unicode/utf8"

	"redbench/edge"
	"redbench/sync/wire"
)

// What one store tells reaches all others. So what is kept of it is bounded here, well below what a box takes from us: a
// store that is broken, or somebody else's by now, can neither fill a page nor stop one.

const (
	maxValue = 4 << 10 // bytes of a field: a note has 280 characters, a name 100
	maxPart  = 2_000   // tombstones of one erasure that is passed on, and as many ids
)

func customerField(name string) bool {
	switch name {
	case edge.FieldName, edge.FieldSay, edge.FieldAddress, edge.FieldLanguage, edge.FieldChain, edge.FieldSince, edge.FieldConsent:
		return true
	}
	return false
}

func factField(name string) bool {
	switch name {
	case edge.FieldText, edge.FieldDate, edge.FieldUntil, edge.FieldPrivate, edge.FieldToldTo, edge.FieldPlace, edge.FieldHeld, edge.FieldClosed:
		return true
	}
	return false
}

// bounded gives the fields that are known, each cut where it is too long. It changes nothing of f.
func bounded(f edge.Fields, known func(name string) bool) edge.Fields {
	var out edge.Fields
	for name, r := range f {
		if known(name) && len(r.Value) <= maxValue {
			continue
		}
		if out == nil { // seldom
			out = maps.Clone(f)
		}
		if r.Value = cut(r.Value); known(name) {
			out[name] = r
		} else {
			delete(out, name)
		}
	}
	if out == nil {
		return f
	}
	return out
}

func cut(text string) string {
	if len(text) <= maxValue {
		return text
	}
	at := maxValue
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return text[:at]
}

// parts cuts an order into orders that a page holds. The first keeps its id; each is carried out, and owed a receipt, for
// itself.
func parts(order edge.Erasure) (out []edge.Erasure) {
	for {
		part := order
		part.Customers, order.Customers = split(order.Customers)
		part.Tombstones, order.Tombstones = split(order.Tombstones)
		out = append(out, part)
		if len(order.Customers)+len(order.Tombstones) == 0 {
			return out
		}
		order.ID = newID()
	}
}

func split[T any](all []T) (some, rest []T) {
	n := min(len(all), maxPart)
	return all[:n:n], all[n:]
}

// fitting is an order as it can travel: of one that cannot, what a page holds of it, since a box that is told a part of it
// forgets more than one that is told nothing.
func (h *HQ) fitting(order edge.Erasure) edge.Erasure {
	_, err := wire.ChangeSize(&edge.Change{Kind: edge.ChangeErasure, Erasure: &order})
	if err == nil {
		return order
	}
	h.opt.Log.Error("an order to forget cannot travel as it is, and is told in part", "erasure", order.ID, "ids", len(order.Customers),
		"tombstones", len(order.Tombstones), "error", err)
	order.Tombstones = slices.DeleteFunc(slices.Clone(order.Tombstones), func(t []byte) bool { return len(t) != 32 })
	order.Customers, _ = split(order.Customers)
	order.Tombstones, _ = split(order.Tombstones)
	return order
}
