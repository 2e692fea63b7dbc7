// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"time"

	"redbench/daemon/control"
)

// Broker is how tills reach the box.
type Broker struct {
	Own    bool          // the embedded one
	Status *control.MQTT // nil: the box does not run
	URL    string        // of an outside one, without user and password
	Most   int           // [limits] message_bytes
	Topic  string        // that the trial spoke on
	Trial  Trial
}

// Trial is what an outside broker showed of itself.
type Trial struct {
	Reach   error // it is not reached
	Refused error // it does not let the box in
	Took    time.Duration

	Version   string        // as it says; empty: it does not
	NoQoS     bool          // it grants no QoS 1
	NoWild    bool          // nor wildcards
	NoRetain  bool          // nor retained messages
	Packet    int64         // the largest that it takes; 0: it does not say
	Expiry    time.Duration // for how long it keeps a session; 0: as long as was asked
	Anonymous bool          // it lets in whoever comes
	Dropped   int64         // messages, since it started; negative: it does not say

	Heard   bool // the box may hear its own topic, so that the rest could be tried
	Resumed bool // it knew the session again
	Sent    int  // messages, while the session was away
	Kept    int  // of them
	Window  int  // how many came before any was acknowledged; as many as Kept: no bound was met
}

const (
	leastWindow = 100
	leastExpiry = 24 * time.Hour
)

// Judge tells whether the broker keeps what it is trusted with.
func (b Broker) Judge(f *Findings) {
	if b.Own {
		b.own(f)
		return
	}
	t := b.Trial
	switch {
	case t.Reach != nil:
		f.Add("broker-unreachable", "broker", b.URL, "problem", t.Reach)
		return
	case t.Refused != nil:
		f.Add("broker-refused", "broker", b.URL, "problem", t.Refused)
		return
	}
	before := len(f.list)
	if b.Status != nil && !b.Status.Connected {
		f.Add("broker-lost")
	}
	b.properties(f)
	b.session(f)
	if len(f.list) == before && t.Heard {
		dropped, version := "", ""
		if t.Dropped == 0 {
			dropped = ", and has dropped none"
		}
		if t.Version != "" {
			version = " (" + t.Version + ")"
		}
		f.Add("broker-good", "broker", b.URL, "version", version, "took", took(t.Took), "kept", t.Kept, "sent", t.Sent, "dropped", dropped)
	}
	f.Add("broker-unseen")
}

func (b Broker) own(f *Findings) {
	switch {
	case b.Status == nil:
		f.Add("broker-stopped")
	case b.Status.Tills == 0:
		f.Add("broker-nobody", "address", b.Status.Address)
	default:
		f.Add("broker-own", "address", b.Status.Address, "count", Count(b.Status.Tills, "till", "tills"))
	}
}

func (b Broker) properties(f *Findings) {
	t := b.Trial
	if t.Anonymous {
		f.Add("broker-anonymous")
	}
	if t.NoQoS {
		f.Add("broker-qos")
	}
	if t.NoWild {
		f.Add("broker-wildcards")
	}
	if t.NoRetain {
		f.Add("broker-retain")
	}
	if t.Packet > 0 && t.Packet < int64(b.Most) {
		f.Add("broker-packet", "size", Bytes(t.Packet), "want", b.Most)
	}
	if t.Expiry > 0 && t.Expiry < leastExpiry {
		f.Add("broker-expiry", "span", Span(t.Expiry))
	}
}

func (b Broker) session(f *Findings) {
	t := b.Trial
	switch {
	case !t.Heard:
		f.Add("broker-untried", "topic", b.Topic)
		return
	case !t.Resumed || t.Kept == 0:
		f.Add("broker-session")
		return
	case t.Kept < t.Sent:
		f.Add("broker-queue", "kept", t.Kept, "sent", t.Sent)
	case t.Dropped > 0:
		f.Add("broker-dropped", "count", fmt.Sprint(t.Dropped))
	}
	if t.Window < t.Kept && t.Window < leastWindow {
		f.Add("broker-window", "window", t.Window)
	}
}
