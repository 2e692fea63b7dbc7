// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// maxSaid is how many lines of earlier prompts are remembered for one customer: rules cool down over several visits, so
// the last prompt alone would not do.
const maxSaid = 24

// spoken is what was said to a customer, as it rests.
type spoken struct {
	Said []edge.Said    `json:"said"`           // the latest, the newest first
	Past map[string]int `json:"past,omitempty"` // how often each rule spoke before them: some speak once ever
}

// openSaid reads what was said; it is sealed because a line may rest on the text of a fact.
func openSaid(key *seal.Customer, sealed []byte) (s spoken, err error) {
	if len(sealed) == 0 {
		return s, nil
	}
	plain, err := key.Open("said", sealed)
	if err != nil {
		return s, err
	}
	if bytes.HasPrefix(plain, []byte("[")) { // as it was before the past was counted
		return s, json.Unmarshal(plain, &s.Said)
	}
	return s, json.Unmarshal(plain, &s)
}

func sealSaid(key *seal.Customer, said spoken) ([]byte, error) {
	plain, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	return key.Seal("said", plain), nil
}

// mergeSaid adds a prompt's greeting and lines to what was said before: one entry for each rule and fact, the newest first.
func mergeSaid(before spoken, prompt edge.Prompt, at time.Time) spoken {
	var out []edge.Said
	if rule := prompt.Who.Rule; rule != "" {
		out = append(out, edge.Said{Rule: rule, At: at})
	}
	for _, name := range edge.LineNames {
		if line, ok := prompt.Lines()[name]; ok && line.Rule != "" {
			out = append(out, edge.Said{Rule: line.Rule, Fact: line.Fact, At: at})
		}
	}
	for _, old := range before.Said {
		again := func(s edge.Said) bool { return s.Rule == old.Rule && s.Fact == old.Fact }
		if !slices.ContainsFunc(out, again) {
			out = append(out, old)
		}
	}
	slices.SortStableFunc(out, func(a, b edge.Said) int { return cmp.Compare(b.At.UnixMicro(), a.At.UnixMicro()) })
	past := maps.Clone(before.Past)
	for _, old := range out[min(len(out), maxSaid):] {
		if past == nil {
			past = map[string]int{}
		}
		past[edge.RuleName(old.Rule)]++
	}
	return spoken{out[:min(len(out), maxSaid)], past}
}
