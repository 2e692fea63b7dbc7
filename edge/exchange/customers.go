// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"redbench/edge"
)

// Customers reads the rows of `import customers`. An error that is an *edge.BadRow is about its row alone; any other
// ends the sequence.
func Customers(r io.Reader, o Options) iter.Seq2[edge.CustomerRow, error] {
	b := customers{Options: o, names: []string{"customer", "identifier", "kind", "name", "say", "address", "language", "consent", "since"}}
	for _, kind := range edge.FactKinds {
		b.names = append(b.names, factPrefix+string(kind))
	}
	return read(r, o, b)
}

const factPrefix = "fact."

type customers struct {
	Options
	names []string
}

func (c customers) columns() []string { return c.names }

func (c customers) begin() {}

func (c customers) set(row *edge.CustomerRow, column string, value []byte) (err error) {
	switch column {
	case "customer":
		row.Chain, err = c.free(value, maxID)
	case "identifier":
		row.Identifier.Value, err = text(value, maxID)
	case "kind":
		row.Identifier.Kind, err = kind(value)
	case "name":
		row.Name, err = c.free(value, maxName)
	case "say":
		row.Say, err = c.free(value, maxName)
	case "address":
		row.Address, err = c.free(value, maxName)
	case "language":
		row.Language, err = text(value, maxLanguage)
	case "consent":
		row.Consent, err = consent(value)
	case "since":
		row.Since, err = c.time(value)
	default:
		err = c.fact(row, edge.FactKind(strings.TrimPrefix(column, factPrefix)), value)
	}
	return err
}

// denials say in a column of yes and no that it is not so.
var denials = []string{"no", "n", "false", "0", "-", "nein", "non", "faux", "falso"}

func (c customers) fact(row *edge.CustomerRow, kind edge.FactKind, value []byte) error {
	t, err := c.free(value, maxFact)
	if err != nil {
		return err
	}
	if (kind == edge.FactNoChat || kind == edge.FactNoGreeting) && slices.Contains(denials, strings.ToLower(t)) {
		return nil // a column of yes and no
	}
	fact := edge.FactText{Kind: kind, Text: t}
	if kind == edge.FactDate {
		if fact.Date, fact.Text = dayFirst(t); fact.Text == "" {
			return errBareDay
		}
	}
	row.Facts = append(row.Facts, fact)
	return nil
}

var errBareDay = errors.New("is a day and does not say of what; write it as 2026-12-24 her wedding")

// dayFirst parts a day that leads a text from the rest of it. A screen tells the day in words ("in 3 days"), in the store's language,
// and would show one that is left in the text as it is written.
func dayFirst(text string) (day, rest string) {
	if len(text) < len(time.DateOnly) {
		return "", text
	}
	day, rest = text[:len(time.DateOnly)], text[len(time.DateOnly):]
	if _, err := time.Parse(time.DateOnly, day); err != nil || rest != "" && !strings.ContainsAny(rest[:1], " :,\t") {
		return "", text
	}
	return day, strings.TrimLeft(rest, " :,\t")
}

func (c customers) done(row *edge.CustomerRow, line int, read int64) error {
	row.Line, row.Read = line, read
	if row.Identifier.Value == "" && row.Chain == "" {
		return errors.New("the row names neither a customer nor an identifier")
	}
	if row.Identifier.Value == "" {
		row.Identifier = edge.Identifier{}
	} else if row.Identifier.Kind == "" {
		row.Identifier.Kind = edge.KindCard
	}
	return c.identifier(row.Identifier)
}

func kind(value []byte) (edge.IdentifierKind, error) {
	k := edge.IdentifierKind(strings.ToLower(string(value)))
	if !k.Valid() {
		return "", errors.New("is not card, phone, email, app or customer")
	}
	return k, nil
}

func consent(value []byte) (edge.Consent, error) {
	c := edge.Consent(strings.ToLower(string(value)))
	if !c.Valid() {
		return "", errors.New("is not none, recognise or remember")
	}
	return c, nil
}
