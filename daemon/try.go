// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"

	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/playbook"
)

// Try chooses a prompt as a tap would, with every rule that was considered. Nothing of it reaches a screen or the store.
func (r record) Try(ctx context.Context, req control.TryRequest) (control.Trial, error) {
	in := playbook.Input{Now: req.At.In(r.config.Zone()), Language: req.Language, ShownFor: r.config.Screen.PromptFor(),
		PromptID: "try", Explain: true}
	if in.Language == "" {
		in.Language = r.config.Store.Locale
	}
	if req.Identifier != (edge.Identifier{}) {
		profile, err := r.store.Profile(ctx, req.Identifier)
		if err != nil {
			return control.Trial{}, explainFind(err)
		}
		in.Profile, in.Known = profile, true
	}
	rules := r.playbook()
	choice := rules.Choose(in)
	p := choice.Prompt
	trial := control.Trial{Who: p.Who, Remember: p.Remember, Do: p.Do, Ask: p.Ask, Avoid: p.Avoid,
		Farewell: rules.Farewell(in).Text, Considered: []control.Candidate{}}
	for _, c := range choice.Considered {
		trial.Considered = append(trial.Considered, control.Candidate{Rule: c.Rule, Line: c.Line, Fact: c.Fact, Text: c.Text,
			Priority: c.Priority, Chosen: c.Chosen, Reason: c.Reason})
	}
	return trial, nil
}
