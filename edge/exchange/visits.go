// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"errors"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
)

// Visits reads the rows of `import visits`: one line of a receipt each. Errors are as in Customers. Beside the contract's
// columns it takes `kind`, of the identifier; a card's where it is absent.
func Visits(r io.Reader, o Options) iter.Seq2[edge.VisitRow, error] {
	return read(r, o, &visits{Options: o, texts: map[string]string{}})
}

var visitColumns = [...]string{"customer", "identifier", "kind", "at", "checkout", "sku", "name", "quantity", "amount_minor", "currency"}

type visits struct {
	Options
	texts  map[string]string // texts that come again and again, the articles' above all
	lastAt string            // the rows of one visit have one time
	last   time.Time

	// of the row under way
	chain    string
	quantity bool
}

func (v *visits) columns() []string { return visitColumns[:] }

func (v *visits) begin() { v.chain, v.quantity = "", false }

func (v *visits) set(row *edge.VisitRow, column string, value []byte) (err error) {
	switch column {
	case "customer":
		v.chain, err = v.commonFree(value, maxID)
	case "identifier":
		row.Identifier.Value, err = v.common(value, maxID)
	case "kind":
		row.Identifier.Kind, err = kind(value)
	case "at":
		row.At, err = v.at(value)
	case "checkout":
		row.Checkout, err = v.free(value, maxID)
	case "sku":
		row.Item.SKU, err = v.common(value, maxID)
	case "name":
		row.Item.Name, err = v.commonFree(value, maxItemName)
	case "quantity":
		v.quantity = true
		row.Item.Quantity, err = quantity(value)
	case "amount_minor":
		row.Item.AmountMinor, err = amount(value)
	case "currency":
		row.Currency, err = v.currency(value)
	}
	return err
}

func (v *visits) done(row *edge.VisitRow, line int, read int64) error {
	row.Line, row.Read = line, read
	switch {
	case v.chain != "":
		// The chain's own id wins: an identifier may be shared, and a customer is not.
		row.Identifier = edge.Identifier{Kind: edge.KindCustomer, Value: v.chain}
	case row.Identifier.Value == "":
		return errors.New("the row names neither a customer nor an identifier")
	case row.Identifier.Kind == "":
		row.Identifier.Kind = edge.KindCard
	}
	if v.chain == "" {
		if err := v.identifier(row.Identifier); err != nil {
			return err
		}
	}
	if row.At.IsZero() {
		return errors.New("at: is missing")
	}
	if row.Item.SKU == "" && row.Item.Name == "" {
		return errors.New("sku: is missing")
	}
	if !v.quantity {
		row.Item.Quantity = 1
	}
	return nil
}

func (v *visits) at(value []byte) (time.Time, error) {
	if v.lastAt != "" && string(value) == v.lastAt {
		return v.last, nil
	}
	t, err := v.time(value)
	if err != nil {
		return t, err
	}
	v.lastAt, v.last = string(value), t
	return t, nil
}

// maxTexts bounds the memory of common texts.
const maxTexts = 200_000

// common is text for values that come again.
func (v *visits) common(value []byte, most int) (string, error) {
	if t, ok := v.texts[string(value)]; ok {
		return t, nil
	}
	t, err := text(value, most)
	if err == nil {
		v.remember(t, t)
	}
	return t, err
}

// commonFree is the same for free text, so that the guard looks at each text once. What it has not seen is kept apart
// from what was only checked as text.
func (v *visits) commonFree(value []byte, most int) (string, error) {
	if t, ok := v.texts["\x00"+string(value)]; ok {
		return t, nil
	}
	t, err := v.free(value, most)
	if err == nil {
		v.remember("\x00"+t, t)
	}
	return t, err
}

func (v *visits) remember(key, t string) {
	if len(v.texts) >= maxTexts {
		clear(v.texts)
	}
	v.texts[key] = t
}

func quantity(value []byte) (float64, error) {
	q, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.IsNaN(q) || math.Abs(q) > 1e6 {
		return 0, errors.New("is not a number between -1000000 and 1000000")
	}
	return q, nil
}

func amount(value []byte) (int64, error) {
	a, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || a > 1e12 || a < -1e12 {
		return 0, errors.New("is not a whole number of minor units")
	}
	return a, nil
}

func (v *visits) currency(value []byte) (string, error) {
	code := strings.ToUpper(string(value))
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", errors.New("is not an ISO 4217 code")
	}
	return v.common([]byte(code), 3)
}
