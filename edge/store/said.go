// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// maxSaid is how many lines of earlier prompts are remembered for one customer: rules cool down over several visits, so
// the last prompt alone would not do.
const maxSaid = 24

// openSaid reads what was said; it is sealed because a line may rest on the text of a fact.
func openSaid(key *seal.Customer, sealed []byte) ([]edge.Said, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := key.Open("said", sealed)
	if err != nil {
		return nil, err
	}
	var said []edge.Said
	return said, json.Unmarshal(plain, &said)
}

func sealSaid(key *seal.Customer, said []edge.Said) ([]byte, error) {
	plain, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	return key.Seal("said", plain), nil
}

// mergeSaid adds a prompt's lines to what was said before: one entry for each rule and fact, the newest first.
func mergeSaid(before []edge.Said, prompt edge.Prompt, at time.Time) []edge.Said {
	var out []edge.Said
	for _, name := range edge.LineNames {
		if line, ok := prompt.Lines()[name]; ok && line.Rule != "" {
			out = append(out, edge.Said{Rule: line.Rule, Fact: line.Fact, At: at})
		}
	}
	for _, old := range before {
		again := func(s edge.Said) bool { return s.Rule == old.Rule && s.Fact == old.Fact }
		if !slices.ContainsFunc(out, again) {
			out = append(out, old)
		}
	}
	slices.SortStableFunc(out, func(a, b edge.Said) int { return cmp.Compare(b.At.UnixMicro(), a.At.UnixMicro()) })
	return out[:min(len(out), maxSaid)]
}
