// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"errors"
	"math"
)

// line is one line of a visit at rest.
type line struct {
	item     int64 // number in the items table
	quantity float64
	amount   int64 // minor units
}

var errLines = errors.New("visit's lines are malformed")

// linesVersion leads every visit's lines.
const linesVersion = 1

// packLines writes a visit's lines, in the order of the receipt, about six bytes each. A quantity is written in
// thousandths when it is exactly that, as pieces and weighed kilograms are, and as a float otherwise.
func packLines(lines []line) []byte {
	out := append(make([]byte, 0, 1+8*len(lines)), linesVersion)
	for _, l := range lines {
		thousandths := math.Round(l.quantity * 1000)
		exact := thousandths/1000 == l.quantity && math.Abs(thousandths) < 1<<50
		head := uint64(l.item) << 1
		if !exact {
			head |= 1
		}
		out = binary.AppendUvarint(out, head)
		if exact {
			out = binary.AppendVarint(out, int64(thousandths))
		} else {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(l.quantity))
		}
		out = binary.AppendVarint(out, l.amount)
	}
	return out
}

// unpackLines reads at most limit lines; negative: all.
func unpackLines(data []byte, limit int) ([]line, error) {
	if len(data) == 0 || data[0] != linesVersion {
		return nil, errLines
	}
	data = data[1:]
	var lines []line
	for len(data) > 0 && (limit < 0 || len(lines) < limit) {
		l, rest, ok := unpackLine(data)
		if !ok {
			return nil, errLines
		}
		lines, data = append(lines, l), rest
	}
	return lines, nil
}

func unpackLine(data []byte) (l line, rest []byte, ok bool) {
	head, n := binary.Uvarint(data)
	if n <= 0 || head>>1 > math.MaxInt64>>1 {
		return l, nil, false
	}
	data = data[n:]
	l.item = int64(head >> 1)
	if head&1 == 0 {
		thousandths, n := binary.Varint(data)
		if n <= 0 {
			return l, nil, false
		}
		l.quantity, data = float64(thousandths)/1000, data[n:]
	} else {
		if len(data) < 8 {
			return l, nil, false
		}
		l.quantity, data = math.Float64frombits(binary.LittleEndian.Uint64(data)), data[8:]
	}
	l.amount, n = binary.Varint(data)
	if n <= 0 || math.IsNaN(l.quantity) || math.IsInf(l.quantity, 0) {
		return l, nil, false
	}
	return l, data[n:], true
}
