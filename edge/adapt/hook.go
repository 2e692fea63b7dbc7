// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"fmt"
	"regexp"
	"time"

	"github.com/itchyny/gojq"

	"redbench/edge"
)

// Hook maps what a vendor posts to head office, for whichever store it concerns. It is safe for concurrent use.
type Hook struct {
	decoder *Decoder
	program *program
}

// NewHook makes a hook of a vendor's name, the format of its bodies (json, xml, form, text) and a jq program: that of an
// [Adapter], whose outputs have a "store" and a "lane", too. $topic is the vendor's name, $store and $lane say nothing.
// Options need a Guard and, for ids that outlive the process, a Digest.
func NewHook(vendor, format, jq string, options Options) (*Hook, error) {
	options.Store, options.Adapters = "-", []Adapter{{Name: vendor, Topic: vendor, Format: format, Program: jq}}
	d, err := New(options)
	if err != nil {
		return nil, err
	}
	return &Hook{d, d.adapters[0]}, nil
}

var hookStore = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Events gives the events that a body is, each with its store and lane; none where the program says that it concerns
// nobody. If one of them cannot be accepted, none is. The error is a *Rejection.
func (h *Hook) Events(body []byte, arrived time.Time) ([]edge.Event, error) {
	events, rejection := h.events(edge.Message{Topic: h.program.Name, Payload: body, Arrived: arrived})
	if rejection != nil {
		return nil, rejection
	}
	return events, nil
}

func (h *Hook) events(msg edge.Message) (events []edge.Event, _ *Rejection) {
	if rejection := h.decoder.checkSize(msg.Payload); rejection != nil {
		return nil, rejection
	}
	if what, found := h.decoder.options.Guard.Find(msg.Payload); found {
		return nil, reject(what, "in the body")
	}
	input, rejection := h.decoder.input(h.program.Format, msg.Payload)
	if rejection != nil {
		return nil, rejection
	}
	made, rejection := h.decoder.run(h.program, input, []string{msg.Topic}, msg)
	if rejection != nil {
		return nil, rejection
	}
	for i, each := range made {
		event, rejection := h.event(each, i, msg)
		if rejection != nil {
			rejection.Detail = fmt.Sprintf("output %d of the program: %s", i, rejection.Detail)
			return nil, rejection
		}
		events = append(events, event)
	}
	return events, nil
}

// event reads one output. The source is the vendor where the program names none: a vendor numbers its events over all
// stores and lanes, unlike a till.
func (h *Hook) event(made map[string]any, number int, msg edge.Message) (event edge.Event, _ *Rejection) {
	store, lane := fmt.Sprint(made["store"]), fmt.Sprint(made["lane"])
	if made["store"] == nil || !hookStore.MatchString(store) {
		return event, reject(CodeStore, "no store: it names none that is 1 to 64 letters, digits, _ or -")
	}
	if made["lane"] == nil || !edge.ValidLane(lane) {
		return event, reject(CodeLane, "no lane: it names none that is 1 to 32 letters, digits, _ or -")
	}
	if made["source"] == nil {
		made["source"] = "/webhook/" + h.program.Name
	}
	undated := h.decoder.complete(made, h.program, number, lane, msg)
	text, err := gojq.Marshal(made)
	if err != nil {
		return event, reject(CodeAdapter, "it cannot be written as JSON")
	}
	event, rejection := h.decoder.mappedEvent(text, lane, nil)
	event.Store, event.Arrived, event.Undated = store, msg.Arrived, undated
	return event, rejection
}
