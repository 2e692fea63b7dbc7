// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"os"
	"strings"
	"time"

	"redbench/edge"
	"redbench/edge/simulate"
)

const (
	people = 600
	lanes  = 3
)

func card(i int) string { return fmt.Sprintf("2912%09d", i) }

// name has no digits that could be taken for something else, and is nobody else's.
func name(i int) string { return fmt.Sprintf("Quirina Vanterpool %d", i) }

func writeCustomers(file string) error {
	var out strings.Builder
	out.WriteString("customer,identifier,kind,name,language,consent,since,fact.preference\n")
	for i := range people {
		fact := ""
		if i%3 == 0 {
			fact = "A table by the window"
		}
		fmt.Fprintf(&out, "C-%d,%s,card,%s,en,remember,2025-01-01,%s\n", i, card(i), name(i), fact)
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
		return fmt.Errorf("writing customers: %w", err)
	}
	return nil
}

// products are what is sold.
func products() []simulate.Product {
	return simulate.NewChain(1, time.Now()).Products
}

func identifier(who int) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCard, Value: card(who)}
}
