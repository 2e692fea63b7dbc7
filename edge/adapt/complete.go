// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"encoding/hex"
	"strconv"
	"time"

	"redbench/edge"
)

// complete fills in what a program left out. It reports whether the till told no time. The lane is a part of the source,
// because an id that a till numbers is unique at that till only, and because each till's clock is off by its own.
func (d *Decoder) complete(event map[string]any, p *program, number int, lane string, msg edge.Message) (undated bool) {
	fill := func(name string, value func() string) {
		if event[name] == nil {
			event[name] = value()
		}
	}
	arrived := msg.Arrived.UTC().Format(time.RFC3339Nano)
	fill("specversion", func() string { return "1.0" })
	fill("source", func() string { return "/adapter/" + p.Name + "/" + lane })
	fill("time", func() string { return arrived })
	undated = event["time"] == arrived
	fill("id", func() string {
		return p.Name + "-" + strconv.Itoa(number) + "-" + d.madeID(event["type"], undated, number, msg)
	})
	return undated
}

// How long a message that has neither id nor time is taken for the same one when it comes again.
const (
	onceWindow  = 6 * time.Hour    // what happens once a checkout: shorter than until its number is used again
	againWindow = 30 * time.Second // what may well happen again
)

// madeID stands for the id of a message that has none.
//
// With a time in it, the payload says which one it is. Without, the same bytes are the same message or a second one, and
// only a guess is left: the window in which they arrived. One that comes again on the other side of a window's border is
// taken for new, and that is a risk of (how much later) / window; to look into both windows one would have to remember. So the
// window is as long as the type can bear. A checkout starts and ends once, under a number that the payload holds: there
// a wrong "new" would cost a second visit, and a wrong "again" wants the same number, basket and total within the
// hours. A card, or an item, does come twice: there a wrong "new" costs next to nothing, because a lane that is shown
// the same card again does nothing.
//
// Each payload has borders of its own, so that there is no moment at which all are split.
func (d *Decoder) madeID(kind any, undated bool, number int, msg edge.Message) string {
	of := []byte("an adapter's event " + strconv.Itoa(number))
	sum := d.options.Digest(of, []byte(msg.Topic), msg.Payload)
	if undated {
		window := windowOf(kind)
		phase := time.Duration(uint64(sum[0])<<8|uint64(sum[1])) * window >> 16
		bucket := msg.Arrived.Add(phase).UnixNano() / int64(window)
		sum = d.options.Digest(of, sum[:], strconv.AppendInt(nil, bucket, 10))
	}
	return hex.EncodeToString(sum[:])
}

func windowOf(kind any) time.Duration {
	switch kind {
	case string(edge.CheckoutStarted), string(edge.CheckoutCompleted), string(edge.CheckoutCancelled):
		return onceWindow
	}
	return againWindow
}
