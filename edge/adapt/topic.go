// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"strings"

	"redbench/edge"
)

// TopicPrefix starts every topic of the contract.
const TopicPrefix = "redbench/v1/"

// address is where an event belongs, and on which of the contract's topics it came; topic is empty for an adapter's.
type address struct {
	lane  string
	topic string // loyalty, checkout
}

// readTopic reads redbench/v1/{store}/{lane}/{loyalty|checkout}. The address holds the lane even of a refused message,
// where the topic names one.
func (d *Decoder) readTopic(msg edge.Message) (address, *Rejection) {
	rest, ours := strings.CutPrefix(msg.Topic, TopicPrefix)
	levels := strings.Split(rest, "/")
	if !ours || len(levels) != 3 {
		return address{}, reject(CodeTopic, "not a topic of the contract's, and no adapter's")
	}
	store, lane, topic := levels[0], levels[1], levels[2]
	to := address{topic: topic}
	if edge.ValidLane(lane) {
		to.lane = lane
	}
	switch {
	case topic != "loyalty" && topic != "checkout":
		return to, reject(CodeTopic, "its last level is neither loyalty nor checkout")
	case store != d.options.Store:
		return to, reject(CodeStore, "another store's topic")
	case to.lane == "":
		return to, reject(CodeLane, "a lane is 1 to 32 letters, digits, _ or -, and not %q", edge.ProbeLane)
	case msg.Lane != "" && msg.Lane != lane:
		return to, reject(CodeLane, "the till's own lane is another")
	}
	return to, nil
}

// topicOf gives the topic that events of a type come on; empty: either.
func topicOf(t edge.EventType) string {
	switch {
	case strings.HasPrefix(string(t), "redbench.loyalty."):
		return "loyalty"
	case strings.HasPrefix(string(t), "redbench.checkout."):
		return "checkout"
	}
	return ""
}
