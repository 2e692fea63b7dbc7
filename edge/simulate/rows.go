// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"redbench/edge"
)

// WriteCustomers writes the chain's customers as `redbench import customers` reads them: a row for each
// customer, and a short one for each further identifier.
func (c *Chain) WriteCustomers(w io.Writer) error {
	out := csv.NewWriter(w)
	head := []string{"customer", "identifier", "kind", "name", "say", "address", "language", "consent", "since"}
	for _, kind := range edge.FactKinds {
		head = append(head, "fact."+string(kind))
	}
	_ = out.Write(head) // the writer keeps its first error for Error below
	for _, p := range c.Customers {
		first := p.Identifiers[0]
		row := []string{p.ID, first.Value, string(first.Kind), p.Name, p.Say, p.Address, p.Language, string(p.Consent),
			p.Since.Format(time.DateOnly)}
		_ = out.Write(append(row, factColumns(p.Facts)...))
		for _, id := range p.Identifiers[1:] {
			row := make([]string, len(head)) // an empty field says nothing
			row[0], row[1], row[2] = p.ID, id.Value, string(id.Kind)
			_ = out.Write(row)
		}
	}
	out.Flush()
	return out.Error()
}

func factColumns(facts []Fact) []string {
	columns := make([]string, len(edge.FactKinds))
	for i, kind := range edge.FactKinds {
		for _, f := range facts {
			if f.Kind == kind {
				columns[i] = f.Text
			}
		}
	}
	return columns
}

// WriteVisits writes the chain's past visits as `redbench import visits` reads them: one row for each thing bought.
func (c *Chain) WriteVisits(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"customer", "at", "checkout", "sku", "name", "quantity", "amount_minor", "currency"})
	for _, v := range c.Visits {
		for _, i := range v.Items {
			_ = out.Write([]string{v.Customer, v.At.UTC().Format(time.RFC3339), v.Checkout, i.SKU, i.Name,
				strconv.FormatFloat(i.Quantity, 'f', -1, 64), strconv.FormatInt(i.AmountMinor, 10), Currency})
		}
	}
	out.Flush()
	return out.Error()
}
