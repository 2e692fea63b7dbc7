// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
)

// The longest values, in characters.
const (
	maxName     = 100
	maxID       = 128
	maxFact     = 280
	maxItemName = 200
	maxLanguage = 35
)

var (
	errUTF8    = errors.New("is not valid UTF-8; save the file as UTF-8")
	errControl = errors.New("holds a control character")
	errTime    = errors.New("is not a time such as 2026-11-22T09:30:00Z or 2026-11-22")
)

// text checks a short text of one line.
func text(value []byte, most int) (string, error) {
	n := 0
	for i := 0; i < len(value); n++ {
		if c := value[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return "", errControl
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(value[i:])
		if r == utf8.RuneError && size == 1 {
			return "", errUTF8
		}
		if unicode.IsControl(r) {
			return "", errControl
		}
		i += size
	}
	if n > most {
		return "", fmt.Errorf("is longer than %d characters", most)
	}
	return string(value), nil
}

// free checks a text in which anything may have been typed, a payment card's number included.
func (o Options) free(value []byte, most int) (string, error) {
	t, err := text(value, most)
	if err != nil || o.Guard == nil {
		return t, err
	}
	if what, found := o.Guard.Find(value); found {
		return "", fmt.Errorf("holds what looks like a payment card (%s)", what)
	}
	return t, nil
}

// identifier refuses the number of a payment card where a card of the chain should stand. The guard is told which field
// it looks at, since telephone numbers and barcodes of twelve and thirteen digits look like cards.
func (o Options) identifier(id edge.Identifier) error {
	if o.Guard == nil || id.Value == "" {
		return nil
	}
	field := "identifier:"
	if id.Kind == edge.KindPhone {
		field = "phone:"
	}
	if what, found := o.Guard.Find([]byte(field + id.Value)); found {
		return fmt.Errorf("identifier: is what looks like a payment card (%s); if it is the chain's own, name its first digits in [privacy] loyalty_prefixes", what)
	}
	return nil
}

// layouts are the forms of a time that exports come in; those without a zone are in the store's.
var layouts = []string{time.RFC3339Nano, "2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04:05Z07:00"}

func (o Options) time(value []byte) (time.Time, error) {
	text := string(value)
	for _, layout := range layouts {
		// The length tells most forms apart without the cost of an error.
		if len(layout) != len(text) && layout != time.RFC3339Nano && layout != layouts[len(layouts)-1] {
			continue
		}
		if t, err := time.ParseInLocation(layout, text, o.zone()); err == nil {
			return inRange(t)
		}
	}
	return time.Time{}, errTime
}

func inRange(t time.Time) (time.Time, error) {
	if y := t.Year(); y < 1900 || y > 2200 {
		return time.Time{}, errors.New("is not a time between 1900 and 2200")
	}
	return t.UTC(), nil
}
