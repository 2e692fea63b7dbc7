// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
)

// Writer writes rows as the readers of this package take them back.
type Writer struct {
	out     *bufio.Writer
	csv     *csv.Writer // nil: JSON lines
	columns []string
	record  []string
	rows    int
}

// NewCustomersWriter writes a file of customers.
func NewCustomersWriter(to io.Writer, format Format) (*Writer, error) {
	columns := []string{"customer", "name", "say", "address", "language", "consent", "since"}
	for _, kind := range edge.FactKinds {
		columns = append(columns, factPrefix+string(kind))
	}
	return newWriter(to, format, columns)
}

// NewVisitsWriter writes a file of visits.
func NewVisitsWriter(to io.Writer, format Format) (*Writer, error) {
	return newWriter(to, format, []string{"customer", "at", "checkout", "sku", "name", "quantity", "amount_minor", "currency"})
}

func newWriter(to io.Writer, format Format, columns []string) (*Writer, error) {
	w := &Writer{out: bufio.NewWriterSize(to, 64<<10), columns: columns, record: make([]string, len(columns))}
	if format == JSONL {
		return w, nil
	}
	w.csv = csv.NewWriter(w.out)
	return w, w.csv.Write(columns)
}

// Rows is how many rows were written.
func (w *Writer) Rows() int { return w.rows }

// Close writes what is left. It does not close what is written to.
func (w *Writer) Close() error {
	if w.csv != nil {
		w.csv.Flush()
		return errors.Join(w.csv.Error(), w.out.Flush())
	}
	return w.out.Flush()
}

// Customer writes a customer. A column has one fact of its kind: who told more takes more rows, which name her and the facts alone.
func (w *Writer) Customer(r edge.CustomerRow) error {
	values := map[string]string{"customer": r.Chain, "name": r.Name, "say": r.Say, "address": r.Address, "language": r.Language,
		"consent": string(r.Consent), "since": momentOf(r.Since)}
	facts := r.Facts
	for first := true; first || len(facts) > 0; first = false {
		var more []edge.FactText
		for _, f := range facts {
			column := factPrefix + string(f.Kind)
			if values[column] != "" {
				more = append(more, f)
				continue
			}
			values[column] = f.Written()
		}
		if err := w.row(values); err != nil {
			return err
		}
		facts, values = more, map[string]string{"customer": r.Chain}
	}
	return nil
}

// Visit writes a line of a receipt.
func (w *Writer) Visit(r edge.VisitRow) error {
	return w.row(map[string]string{"customer": r.Identifier.Value, "at": momentOf(r.At), "checkout": r.Checkout, "sku": r.Item.SKU,
		"name": r.Item.Name, "quantity": strconv.FormatFloat(r.Item.Quantity, 'f', -1, 64),
		"amount_minor": strconv.FormatInt(r.Item.AmountMinor, 10), "currency": r.Currency})
}

func momentOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// row writes named values. A file has a row a line: a line break inside a text becomes a space.
func (w *Writer) row(values map[string]string) error {
	w.rows++
	for i, column := range w.columns {
		w.record[i] = oneLine.Replace(values[column])
	}
	if w.csv != nil {
		return w.csv.Write(w.record)
	}
	w.out.WriteByte('{')
	comma := false
	for i, column := range w.columns {
		if w.record[i] == "" {
			continue
		}
		if comma {
			w.out.WriteByte(',')
		}
		comma = true
		text, err := json.Marshal(w.record[i])
		if err != nil {
			return fmt.Errorf("writing a row: %w", err)
		}
		fmt.Fprintf(w.out, "%q:%s", column, text)
	}
	_, err := w.out.WriteString("}\n")
	return err
}

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")
