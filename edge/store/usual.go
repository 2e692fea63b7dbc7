// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// usualThings is how many of her most usual things are kept ready for a tap.
const usualThings = 8

// habit is a row of the habits table.
type habit struct {
	item  int64
	sku   string // breaks ties, so that the order does not depend on the order of import; not at rest in usual
	logw  float64
	times int64
	last  int64
}

var errUsual = errors.New("usual things are malformed")

// byWeight orders habits, the most usual first. Weights of things that were in the same baskets are equal, so the
// order must go on to something that is the same on every box: the article number.
func byWeight(a, b habit) int {
	return cmp.Or(cmp.Compare(b.logw, a.logw), cmp.Compare(b.times, a.times), cmp.Compare(a.sku, b.sku))
}

// topHabits sorts habits and gives the first few.
func topHabits(all []habit) []habit {
	slices.SortFunc(all, byWeight)
	return all[:min(len(all), usualThings)]
}

// packUsual writes the most usual things, in order.
func packUsual(top []habit) []byte {
	out := append(make([]byte, 0, 1+24*len(top)), 1)
	for _, h := range top {
		out = binary.AppendUvarint(out, uint64(h.item))
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(h.logw))
		out = binary.AppendUvarint(out, uint64(h.times))
		out = binary.AppendVarint(out, h.last)
	}
	return out
}

// unpackUsual reads what packUsual wrote.
func unpackUsual(data []byte) ([]habit, error) {
	if len(data) == 0 || data[0] != 1 {
		return nil, errUsual
	}
	data = data[1:]
	var top []habit
	for len(data) > 0 {
		h, rest, ok := unpackHabit(data)
		if !ok || len(top) == usualThings {
			return nil, errUsual
		}
		top, data = append(top, h), rest
	}
	return top, nil
}

func unpackHabit(data []byte) (h habit, rest []byte, ok bool) {
	item, n := binary.Uvarint(data)
	if n <= 0 || item > math.MaxInt64 || len(data) < n+8 {
		return h, nil, false
	}
	h.item = int64(item)
	h.logw = math.Float64frombits(binary.LittleEndian.Uint64(data[n:]))
	data = data[n+8:]
	times, n := binary.Uvarint(data)
	if n <= 0 || times > math.MaxInt64 || math.IsNaN(h.logw) {
		return h, nil, false
	}
	h.times, data = int64(times), data[n:]
	h.last, n = binary.Varint(data)
	if n <= 0 {
		return h, nil, false
	}
	return h, data[n:], true
}
