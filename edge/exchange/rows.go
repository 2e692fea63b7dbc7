// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"redbench/edge"
)

// Guard finds a payment card number in a text (edge/guard).
type Guard interface {
	Find(text []byte) (what string, found bool)
}

// Options steer a reader.
type Options struct {
	Guard   Guard          // nil: texts are not looked through
	Zone    *time.Location // of times that name none; nil: UTC
	Format  Format         // empty: told from the first byte
	MaxLine int            // longest line that is read, in bytes; 0: 64 KiB
}

// Format is how a file is written.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

func (o Options) longest() int {
	if o.MaxLine == 0 {
		return maxLine
	}
	return o.MaxLine
}

// isJSON reports whether a file is JSON lines, by its first line where nobody says.
func (o Options) isJSON(first []byte) bool {
	if o.Format == "" {
		return bytes.HasPrefix(bytes.TrimSpace(first), []byte("{"))
	}
	return o.Format == JSONL
}

func (o Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// builder makes rows of one shape from named values.
type builder[R any] interface {
	columns() []string
	// begin forgets whatever is kept of the row before, which may have ended in the middle.
	begin()
	// set takes one value, which holds during the call only. Its error is the reason for a bad row, without the value.
	set(row *R, column string, value []byte) error
	// done checks and completes a row.
	done(row *R, line int, read int64) error
}

// read gives a file's rows. Where nobody says, a file that begins with a brace is JSON lines and any other CSV.
func read[R any](r io.Reader, o Options, b builder[R]) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		in := newLines(r, o.longest())
		first, err := in.next()
		if errors.Is(err, io.EOF) {
			return
		}
		var none R
		if err != nil {
			yield(none, fmt.Errorf("reading the header: %w", err))
			return
		}
		if o.isJSON(first) {
			each(in, first, func(line []byte) (R, error) { return fromJSON(in, b, line) }, yield)
			return
		}
		header, err := newHeader(first, b.columns())
		if err != nil {
			yield(none, err)
			return
		}
		each(in, nil, func(line []byte) (R, error) { return fromCSV(in, b, header, line) }, yield)
	}
}

// each turns every line into a row, the given one first.
func each[R any](in *lines, first []byte, row func(line []byte) (R, error), yield func(R, error) bool) {
	if first != nil && !yield(row(first)) {
		return
	}
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			var none R
			if _, isBad := errors.AsType[*edge.BadRow](err); !yield(none, err) || !isBad {
				return
			}
			continue
		}
		if !yield(row(line)) {
			return
		}
	}
}

// header is a CSV file's first line.
type header struct {
	columns   []string
	separator byte
	fields    [][]byte // used again for each line
}

func newHeader(line []byte, known []string) (*header, error) {
	h := &header{separator: separatorOf(line)}
	fields, err := splitCSV(line, h.separator, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	unknown := ""
	recognised := 0
	for _, field := range fields {
		name := strings.ToLower(strings.TrimSpace(string(field)))
		switch {
		case slices.Contains(h.columns, name):
			return nil, fmt.Errorf("reading the header: column %q stands there twice", name)
		case slices.Contains(known, name):
			recognised++
		case unknown == "":
			unknown = name
		}
		h.columns = append(h.columns, name)
	}
	if recognised == 0 {
		// What stands there may be a customer: it is not repeated.
		return nil, fmt.Errorf("reading the header: the first line names no known column; it should be the header (known: %s)", strings.Join(known, ", "))
	}
	if unknown != "" {
		return nil, fmt.Errorf("reading the header: unknown column %q; %s", unknown, meant(unknown, known))
	}
	return h, nil
}

func fromCSV[R any](in *lines, b builder[R], h *header, line []byte) (row R, err error) {
	h.fields, err = splitCSV(line, h.separator, h.fields)
	if err != nil {
		return row, in.bad("%v", err)
	}
	if len(h.fields) != len(h.columns) {
		return row, in.bad("the row has %d fields, and the header %d", len(h.fields), len(h.columns))
	}
	b.begin()
	for i, column := range h.columns {
		value := bytes.TrimSpace(h.fields[i])
		if len(value) == 0 {
			continue
		}
		if err := b.set(&row, column, value); err != nil {
			return row, in.bad("%s: %v", column, err)
		}
	}
	if err := b.done(&row, in.number, in.read); err != nil {
		return row, in.bad("%v", err)
	}
	return row, nil
}

func fromJSON[R any](in *lines, b builder[R], line []byte) (row R, err error) {
	if !utf8.Valid(line) { // the JSON decoder would mend it silently
		return row, in.bad("the line %v", errUTF8)
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(line, &values); err != nil {
		return row, in.bad("the line is not a JSON object")
	}
	known := b.columns()
	for name := range values {
		if !slices.Contains(known, name) {
			return row, in.bad("an unknown key, nearest to %q", nearest(name, known))
		}
	}
	b.begin()
	for _, column := range known { // in a fixed order, so that the same line always gives the same reason
		value, err := scalar(values[column])
		if err == nil && len(value) > 0 {
			err = b.set(&row, column, value)
		}
		if err != nil {
			return row, in.bad("%s: %v", column, err)
		}
	}
	if err := b.done(&row, in.number, in.read); err != nil {
		return row, in.bad("%v", err)
	}
	return row, nil
}

// scalar gives a string's text, or a number as it is written: an id of many digits must not go through a float.
func scalar(raw json.RawMessage) ([]byte, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	switch c := raw[0]; {
	case c == '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, errors.New("is not a string")
		}
		return []byte(strings.TrimSpace(text)), nil
	case c == '-' || c >= '0' && c <= '9':
		return raw, nil
	}
	return nil, errors.New("is neither a string nor a number")
}

// meant tells what an unknown column may be: the name that is near, else all. Of facts always all: a kind that is near by its
// letters may be far by what screens do with it.
func meant(name string, known []string) string {
	if strings.HasPrefix(name, factPrefix) && slices.Contains(known, factPrefix+string(edge.FactInterest)) {
		kinds := make([]string, len(edge.FactKinds))
		for i, kind := range edge.FactKinds {
			kinds[i] = string(kind)
		}
		return "the kinds of fact are " + strings.Join(kinds, ", ")
	}
	best, letters := edge.Nearest(name, known)
	if letters > len(name)/2 {
		return "known are " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("did you mean %q?", best)
}

func nearest(name string, known []string) string {
	best, _ := edge.Nearest(name, known)
	return best
}
