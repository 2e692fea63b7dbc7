// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"fmt"

	"redbench/edge"
)

func (h her) id(kind edge.IdentifierKind) edge.Identifier {
	for _, id := range h.identifiers() {
		if id.Kind == kind {
			return id
		}
	}
	return edge.Identifier{}
}

// harbourRows are what the harbour imports; without consent, the column is not there, as in a file of long ago.
func (h her) harbourRows(consent edge.Consent) string {
	return rows(consent, []string{h.chain, h.card, "card", h.name, h.say, h.fact}, []string{h.chain, h.phone, "phone", h.name, h.say, h.fact})
}

func (h her) hillRows(consent edge.Consent) string {
	return rows(consent, []string{h.chain, h.email, "email", h.name, h.say, h.fact})
}

func rows(consent edge.Consent, hers ...[]string) string {
	head, last := "customer,identifier,kind,name,say,fact.interest", ""
	if consent != "" {
		head, last = head+",consent", ","+string(consent)
	}
	out := head + "\n"
	for _, r := range hers {
		out += fmt.Sprintf("%s,%s,%s,%s,%s,%s%s\n", r[0], r[1], r[2], r[3], r[4], r[5], last)
	}
	for i := range 30 { // others, who stay
		out += fmt.Sprintf("C-%d,%s,card,%s,,Likes the window%s\n", i, otherCard(i), otherName(i), last)
	}
	return out
}

func otherCard(i int) string { return fmt.Sprintf("2912000%06d", i) }

func otherName(i int) string { return fmt.Sprintf("Berta Klinkhammer-%d", i) }
