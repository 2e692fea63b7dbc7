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
	load, err := playbook.ParseLoad(req.Load)
	if err != nil {
		return control.Trial{}, err
	}
	in := playbook.Input{Now: req.At.In(r.config.Zone()), Language: req.Language, ShownFor: r.config.Screen.PromptFor(),
		PromptID: "try", Lane: req.Lane, Load: load, Tallies: r.store.RuleTallies(), Explain: true}
	if in.Language == "" {
		in.Language = r.config.Store.Locale
	}
	if req.Identifier != (edge.Identifier{}) {
		profile, err := r.store.ProfileAt(ctx, req.Identifier, req.At)
		if err != nil {
			return control.Trial{}, explainFind(err)
		}
		in.Profile, in.Known = profile, true
	}
	rules := r.playbook()
	choice := rules.Choose(in)
	farewell, last := rules.ChooseFarewell(in)
	p := choice.Prompt
	trial := control.Trial{Who: p.Who, StageWhy: choice.StageWhy, Remember: p.Remember, Do: p.Do, Ask: p.Ask, Avoid: p.Avoid,
		Farewell: farewell.Text, Considered: []control.Candidate{}}
	for _, c := range append(choice.Considered, last...) {
		trial.Considered = append(trial.Considered, control.Candidate{Rule: c.Rule, Line: c.Line, Fact: c.Fact, Text: c.Text,
			Priority: c.Priority, Moved: c.Moved, Chosen: c.Chosen, Reason: c.Reason, Why: c.Why, Welcome: c.Welcome, Verdicts: c.Verdicts})
	}
	return trial, nil
}
