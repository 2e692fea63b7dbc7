// SPDX-License-Identifier: Apache-2.0

// Package mqtt brings the tills' messages in: from an outside broker ([Client]) or from the one that it embeds
// ([Broker]). Either way a message is acknowledged only once its [Sink] says that it is durable; what is not
// acknowledged comes again. [Till] is the other end: a client that publishes as a till does.
//
// The embedded broker is transport and never a store: it forwards nothing that a till publishes, keeps nothing, and
// holds each acknowledgement back until the event is committed. It answers a till's messages in their order, but a till
// need not wait for one answer before it sends the next.
package mqtt

import (
	"errors"
	"strings"

	"redbench/edge"
)

// Sink takes one message. It must call done exactly once, now or later, from any goroutine: with nil once the message is
// durable, or with an error, after which the till (or the broker) is made to send it again. done never blocks.
type Sink func(msg edge.Message, done func(error))

// Window is how many messages of one connection may be on their way to the disk. A till that sends more has to wait.
const Window = 1024

// ErrNotConnected says that there is no connection to publish on.
var ErrNotConnected = errors.New("not connected to the broker")

// errNotDurable ends a connection whose message could not be kept, so that it is sent again.
var errNotDurable = errors.New("a message could not be made durable")

// StatusTopic is where the daemon tells how the box is, retained.
func StatusTopic(store string) string { return "redbench/v1/" + store + "/box/status" }

// QuarantineTopic is where the daemon tells that it refused an event.
func QuarantineTopic(store string) string { return "redbench/v1/" + store + "/box/quarantine" }

// tillFilters are the contract's topics on which a store's tills publish.
func tillFilters(store string) []string {
	return []string{"redbench/v1/" + store + "/+/loyalty", "redbench/v1/" + store + "/+/checkout"}
}

// validStore refuses a store's id that would not be one level of a topic.
func validStore(store string) error {
	if store == "" {
		return errors.New("needs the store's id")
	}
	if strings.ContainsAny(store, "/+#\x00") {
		return errors.New("the store's id must not hold /, + or #")
	}
	return nil
}

// fits reports whether a topic matches an MQTT filter.
func fits(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") {
		return false
	}
	for {
		want, moreWanted, more := strings.Cut(filter, "/")
		if want == "#" {
			return true
		}
		have, rest, moreHad := strings.Cut(topic, "/")
		if want != "+" && want != have {
			return false
		}
		if !more || !moreHad {
			return more == moreHad || more && moreWanted == "#"
		}
		filter, topic = moreWanted, rest
	}
}
