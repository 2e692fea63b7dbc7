// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"errors"
)

// What is sealed of a customer or a fact is a few texts in a fixed order, each led by its length: shorter than JSON by
// half, which a million customers feel, and open to more texts at its end.

var errRecord = errors.New("sealed record is malformed")

// recordVersion leads every record.
const recordVersion = 1

// packTexts writes texts; trailing empty ones take no room.
func packTexts(texts ...string) []byte {
	for len(texts) > 0 && texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	n := 1
	for _, t := range texts {
		n += len(t) + 2
	}
	out := append(make([]byte, 0, n), recordVersion)
	for _, t := range texts {
		out = binary.AppendUvarint(out, uint64(len(t)))
		out = append(out, t...)
	}
	return out
}

// unpackTexts reads texts into the given places. Places beyond the record's end become empty; texts beyond the places
// are skipped, since a newer program may have written them.
func unpackTexts(data []byte, texts ...*string) error {
	if len(data) == 0 || data[0] != recordVersion {
		return errRecord
	}
	data = data[1:]
	for _, t := range texts {
		*t = ""
	}
	for i := 0; len(data) > 0; i++ {
		n, read := binary.Uvarint(data)
		if read <= 0 || n > uint64(len(data)-read) {
			return errRecord
		}
		if i < len(texts) {
			*texts[i] = string(data[read : read+int(n)])
		}
		data = data[read+int(n):]
	}
	return nil
}

// splitTexts reads all texts of a record.
func splitTexts(data []byte) (texts []string, err error) {
	if len(data) == 0 || data[0] != recordVersion {
		return nil, errRecord
	}
	for data = data[1:]; len(data) > 0; {
		n, read := binary.Uvarint(data)
		if read <= 0 || n > uint64(len(data)-read) {
			return nil, errRecord
		}
		texts = append(texts, string(data[read:read+int(n)]))
		data = data[read+int(n):]
	}
	return texts, nil
}
