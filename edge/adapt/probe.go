// SPDX-License-Identifier: Apache-2.0

package adapt

import "redbench/edge"

// ProbeTopic is where the box publishes its own test events.
func ProbeTopic(store string) string { return TopicPrefix + store + "/" + edge.ProbeLane + "/loyalty" }

// DecodeProbe reads the box's own test event as it would read a till's, on a lane that no till has. No adapter gets to see
// it: those are for what tills say otherwise. Its error is a *Rejection.
func (d *Decoder) DecodeProbe(msg edge.Message) (edge.Event, error) {
	event, rejection := d.contract(msg, address{lane: edge.ProbeLane, topic: "loyalty"}, nil)
	if rejection != nil {
		return edge.Event{}, rejection
	}
	return event, nil
}
