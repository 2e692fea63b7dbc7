// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"redbench/edge"
)

//go:embed data/*.csv
var tables embed.FS

// Product is one thing that the stores sell.
type Product struct {
	SKU, Name, Group string
	Minor            int64 // price of one, in cents
}

// Fact is something a customer told, as the import writes it.
type Fact struct {
	Kind edge.FactKind
	Text string
}

// liking is a thing that a customer takes with a probability at each visit.
type liking struct {
	product Product
	p       float64
}

// readTable reads one embedded table into rows by column name. The tables are ours, so a mistake in one is a bug.
func readTable(name string) []map[string]string {
	file, err := tables.Open("data/" + name)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		panic(fmt.Errorf("table %s: %w", name, err))
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, column := range rows[0] {
			named[column] = row[i]
		}
		all = append(all, named)
	}
	return all
}

func readProducts() []Product {
	var all []Product
	for _, row := range readTable("products.csv") {
		all = append(all, Product{row["sku"], row["name"], row["group"], number(row["amount_minor"])})
	}
	return all
}

func readFacts() map[string][]Fact {
	all := map[string][]Fact{}
	for _, row := range readTable("facts.csv") {
		all[row["name"]] = append(all[row["name"]], Fact{edge.FactKind(row["kind"]), row["text"]})
	}
	return all
}

// readLikings reads "1004*.86 1031*.4".
func readLikings(text string, bySKU map[string]Product) []liking {
	var all []liking
	for _, word := range strings.Fields(text) {
		sku, p, _ := strings.Cut(word, "*")
		product, known := bySKU[sku]
		share, err := strconv.ParseFloat(p, 64)
		if !known || err != nil {
			panic(fmt.Errorf("table customers.csv: %q is not sku*share", word))
		}
		all = append(all, liking{product, share})
	}
	return all
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(fmt.Errorf("table: %q is not a number", text))
	}
	return n
}
