// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"bytes"
	"errors"
)

var (
	errUnclosed = errors.New("a quoted field is not closed before the end of its line")
	errQuote    = errors.New("a quoted field goes on behind its closing quote")
)

// splitCSV splits a line into fields, which hold until the line changes. It writes over the line where a field has
// doubled quotes. A quote inside a field that does not begin with one is an ordinary character.
func splitCSV(line []byte, separator byte, fields [][]byte) ([][]byte, error) {
	fields = fields[:0]
	for {
		var field []byte
		var more bool
		if len(line) > 0 && line[0] == '"' {
			var err error
			if field, line, more, err = quoted(line[1:], separator); err != nil {
				return nil, err
			}
		} else {
			field, line, more = bytes.Cut(line, []byte{separator})
		}
		fields = append(fields, field)
		if !more {
			return fields, nil
		}
	}
}

// quoted takes a field whose opening quote was taken.
func quoted(line []byte, separator byte) (field, rest []byte, more bool, err error) {
	field = line[:0]
	for {
		end := bytes.IndexByte(line, '"')
		if end < 0 {
			return nil, nil, false, errUnclosed
		}
		field = append(field, line[:end]...)
		line = line[end+1:]
		switch {
		case len(line) == 0:
			return field, nil, false, nil
		case line[0] == separator:
			return field, line[1:], true, nil
		case line[0] == '"':
			field = append(field, '"')
			line = line[1:]
		default:
			return nil, nil, false, errQuote
		}
	}
}

// separatorOf finds what separates a header's columns: a comma, or what spreadsheets write where the comma is the
// decimal sign.
func separatorOf(header []byte) byte {
	for _, separator := range []byte{',', ';', '\t'} {
		if bytes.IndexByte(header, separator) >= 0 {
			return separator
		}
	}
	return ','
}
