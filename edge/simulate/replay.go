// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"time"

	"redbench/edge"
)

// ReplayOptions say how a recording is sent again.
type ReplayOptions struct {
	Store   string // the store in the topics; empty: as recorded
	Restamp string // new for each replay: events get the time of sending, and an id that ends in this; empty: as recorded
}

// Replay turns a recording into what tills publish. After the last message, failed holds the error of the line at which
// reading ended, if it did not end well.
func Replay(r *Recording, o ReplayOptions) (messages iter.Seq[Message], failed func() error) {
	var broken error
	stamps := map[string]time.Time{}
	return func(yield func(Message) bool) {
		var start time.Time
		for {
			next, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				broken = err
				return
			}
			if start.IsZero() {
				start = next.At
			}
			if !yield(o.message(next, start, stamps)) {
				return
			}
		}
	}, func() error { return broken }
}

func (o ReplayOptions) message(r Recorded, start time.Time, stamps map[string]time.Time) Message {
	topic, lane := o.address(r.Topic)
	var head struct {
		Type edge.EventType `json:"type"`
	}
	_ = json.Unmarshal(r.Payload, &head) // another shape has no type to count by
	return Message{
		After: r.At.Sub(start),
		Lane:  lane,
		Topic: topic,
		Type:  head.Type,
		Payload: func(now time.Time) []byte {
			if o.Restamp == "" {
				return r.Payload
			}
			return restamp(r.Payload, o.Restamp, now, stamps)
		},
	}
}

// address gives topic and till. What is published outside the contract's topics is one till for each topic.
func (o ReplayOptions) address(topic string) (where, lane string) {
	parts := strings.Split(topic, "/")
	if len(parts) != 5 || parts[0] != "redbench" || parts[1] != "v1" {
		return topic, topic
	}
	if o.Store != "" {
		parts[2] = o.Store
	}
	return strings.Join(parts, "/"), parts[3]
}

// restamp gives a CloudEvent a new time, and an id that this replay alone has. An event that the recording holds twice
// stays one event. What is no CloudEvent stays as it is.
func restamp(payload []byte, suffix string, now time.Time, stamps map[string]time.Time) []byte {
	var event map[string]json.RawMessage
	if json.Unmarshal(payload, &event) != nil || event["specversion"] == nil {
		return payload
	}
	var id string
	if json.Unmarshal(event["id"], &id) != nil {
		return payload
	}
	key := string(event["source"]) + id
	if first, again := stamps[key]; again {
		now = first
	}
	stamps[key] = now
	event["id"], _ = json.Marshal(id + "-" + suffix)
	event["time"], _ = json.Marshal(now.UTC().Format(time.RFC3339Nano))
	stamped, err := json.Marshal(event)
	if err != nil {
		return payload // it came out of a JSON object, so it goes into one
	}
	return stamped
}
