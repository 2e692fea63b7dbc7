// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"encoding/json"
	"time"

	"redbench/edge"
)

// Canonical writes what an event says in one fixed form, so that a redelivery with its keys in another order, or its
// time in another zone, is the same event. When and how it arrived is no part of it, and neither is the time of an
// undated event, which is when it arrived. It holds the identifier in clear:
// it is meant for a keyed digest, and for nothing else.
func Canonical(event edge.Event) []byte {
	event.Time = event.Time.UTC().Round(0)
	if event.Undated {
		event.Time = time.Time{}
	}
	event.Arrived, event.Retained, event.Undated = time.Time{}, false, false
	text, err := json.Marshal(event)
	if err != nil { // a quantity that is not finite, which no decoder lets through
		panic("edge/adapt: an event that cannot be written: " + err.Error())
	}
	return text
}
