// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"encoding/json"
	"strings"
	"time"

	"redbench/edge"
)

// Trial is what a dry run of an adapter shows to the person who writes it.
type Trial struct {
	Topic    string            `json:"topic"`              // as if it had come on this one
	Input    any               `json:"input,omitempty"`    // what the program gets to see
	Outputs  []json.RawMessage `json:"outputs,omitempty"`  // what it made of it, with what was filled in
	Events   []edge.Event      `json:"events,omitempty"`   // what became of that
	Rejected string            `json:"rejected,omitempty"` // code and reason; empty: it would be accepted
}

// Try runs an adapter on a payload without anything coming of it. An empty topic in msg stands for one that its filter
// fits, with lane "1". The error is about the adapter itself; what is wrong with the payload stands in the Trial.
func Try(a Adapter, options Options, msg edge.Message) (Trial, error) {
	options.Adapters = []Adapter{a}
	d, err := New(options)
	if err != nil {
		return Trial{}, err
	}
	if msg.Topic == "" {
		msg.Topic = strings.NewReplacer("+", "1", "#", "1").Replace(a.Filter(options.Store))
	}
	if msg.Arrived.IsZero() {
		msg.Arrived = time.Unix(0, 0)
	}
	trial := Trial{Topic: msg.Topic}
	p := d.adapters[0]
	levels, ok := p.match(msg.Topic)
	if !ok {
		trial.Rejected = reject(CodeTopic, "the adapter's filter does not fit this topic").Error()
		return trial, nil
	}
	trial.Input, _ = d.input(p.Format, msg.Payload)
	var rejection *Rejection
	var outputs [][]byte
	if trial.Events, outputs, rejection = d.mapped(p, levels, msg); rejection == nil {
		_, rejection = d.adapt(p, levels, msg)
	}
	for _, each := range outputs {
		trial.Outputs = append(trial.Outputs, json.RawMessage(each))
	}
	if rejection != nil {
		trial.Events, trial.Rejected = nil, rejection.Error()
	}
	return trial, nil
}
