// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"crypto/rand"
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"redbench/edge"
)

// hook is what we put into the library's broker. It takes every publish for itself: the library is told that the packet
// was rejected, so that it neither answers, forwards nor retains it, and the answer is given by us once the message is
// durable. That also keeps clear of the library's own flow control for inbound QoS 1 and 2, which mixes packet ids of
// both directions and answers a refused QoS 2 publish with the wrong packet.
type hook struct {
	mochi.HookBase
	options BrokerOptions
	server  *mochi.Server
	logins  *logins
	probe   string // the password of who publishes the box's own test events: this process

	mu   sync.Mutex
	open map[*mochi.Client]*connection
}

// connection is one till's.
type connection struct {
	answers *answers
	proved  bool // the lane is the one of its credentials

	mu   sync.Mutex
	lane string // empty: not known yet
}

func newHook(server *mochi.Server, options BrokerOptions) *hook {
	return &hook{options: options, server: server, logins: newLogins(options.Tills, options.Now), probe: rand.Text(), open: map[*mochi.Client]*connection{}}
}

// ID names the hook.
func (h *hook) ID() string { return "redbench" }

// Provides tells which of the methods below are to be called.
func (h *hook) Provides(b byte) bool {
	switch b {
	case mochi.OnConnect, mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnSubscribe, mochi.OnPublish,
		mochi.OnSessionEstablished, mochi.OnDisconnect, mochi.OnPacketEncode:
		return true
	}
	return false
}

// OnConnect takes a last will away: the library would publish it without asking whether the till may.
func (h *hook) OnConnect(cl *mochi.Client, _ packets.Packet) error {
	cl.Properties.Will = mochi.Will{}
	return nil
}

// OnConnectAuthenticate checks a till's credentials.
func (h *hook) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	switch {
	case string(pk.Connect.Username) == edge.ProbeLane:
		if subtle.ConstantTimeCompare(pk.Connect.Password, []byte(h.probe)) != 1 {
			return false
		}
	case len(h.options.Tills) > 0 && !h.proves(cl, pk.Connect):
		return false
	}
	signedIn(cl.Net.Conn)
	return true
}

// proves reports whether a till is the lane that it says. It may not take over the session of another.
func (h *hook) proves(cl *mochi.Client, said packets.ConnectParams) bool {
	lane := string(said.Username)
	if !h.logins.check(cl.Net.Remote, lane, said.Password) {
		h.options.Log.Warn("a till's credentials are wrong, or it tries too often", "remote", cl.Net.Remote)
		return false
	}
	other, ok := h.server.Clients.Get(cl.ID)
	return !ok || string(other.Properties.Username) == lane
}

// OnSessionEstablished is called before the first packet of a connection is read, and only when OnDisconnect will be.
func (h *hook) OnSessionEstablished(cl *mochi.Client, _ packets.Packet) {
	c := &connection{}
	if len(h.options.Tills) > 0 || string(cl.Properties.Username) == edge.ProbeLane {
		c.lane, c.proved = string(cl.Properties.Username), true
	}
	c.answers = newAnswers(func(err error) { h.drop(cl, err) })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open[cl] = c
}

// drop ends a connection, so that its till sends again what was not acknowledged.
func (h *hook) drop(cl *mochi.Client, err error) {
	h.options.Log.Warn("a till's connection is ended, it will send again", "reason", err)
	_ = h.server.DisconnectClient(cl, packets.ErrUnspecifiedError)
	cl.Stop(err)
}

// OnDisconnect forgets a connection.
func (h *hook) OnDisconnect(cl *mochi.Client, _ error, _ bool) {
	h.mu.Lock()
	c := h.open[cl]
	delete(h.open, cl)
	h.mu.Unlock()
	if c != nil {
		c.answers.close()
	}
}

// settle gives every till the answers that are known by now and ends all waiting for others: the broker stops, and a
// till that waits for room in its window would hold it up.
func (h *hook) settle(expired <-chan struct{}) {
	h.mu.Lock()
	open := slices.Collect(maps.Values(h.open))
	h.mu.Unlock()
	for _, c := range open {
		c.answers.settle(expired)
	}
}

func (h *hook) connection(cl *mochi.Client) *connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open[cl]
}

func (h *hook) connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, c := range h.open {
		if c.known() != edge.ProbeLane {
			n++
		}
	}
	return n
}

func (h *hook) lanes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var lanes []string
	for _, c := range h.open {
		if lane := c.known(); lane != "" && lane != edge.ProbeLane {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// OnACLCheck says who may do what. Reading: the box's own two topics. Writing: one's own lane.
func (h *hook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	if !write {
		return topic == StatusTopic(h.options.Store) || topic == QuarantineTopic(h.options.Store)
	}
	c := h.connection(cl)
	if c == nil {
		return false
	}
	if c.mayPublish(h.options.Topics, topic) {
		return true
	}
	h.options.Log.Warn("a till published where it must not", "lane", c.known(), "remote", cl.Net.Remote)
	return false
}

// mayPublish decides on a topic. Another store's topic is let in when the lane is right: it is quarantined, where
// somebody sees it, instead of turning a till away for ever over a wrong setting. On an adapter's topic the lane may not
// be known before its program ran, so that the message takes the connection's along.
func (c *connection) mayPublish(adapters []string, topic string) bool {
	if levels := strings.Split(topic, "/"); len(levels) == 5 && levels[0] == "redbench" && levels[1] == "v1" &&
		(levels[4] == "loyalty" || levels[4] == "checkout") {
		return c.claim(levels[3])
	}
	for _, filter := range adapters {
		if fits(filter, topic) {
			return true
		}
	}
	return false
}

// claim reports whether the connection may publish a lane. Without credentials it is bound to the first that it names.
func (c *connection) claim(lane string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lane == "" && edge.ValidLane(lane) {
		c.lane = lane
	}
	return c.lane == lane
}

func (c *connection) known() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lane
}

// OnSubscribe grants QoS 0, so that the library keeps nothing in flight for a till. The status is retained anyway.
func (h *hook) OnSubscribe(_ *mochi.Client, pk packets.Packet) packets.Packet {
	for i := range pk.Filters {
		pk.Filters[i].Qos = 0
	}
	return pk
}

// OnPublish hands a message to the sink.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	c := h.connection(cl)
	if c == nil {
		return pk, packets.ErrRejectPacket
	}
	var tell func() error
	if pk.FixedHeader.Qos > 0 {
		tell = func() error { return cl.WritePacket(acknowledgement(pk.PacketID, pk.FixedHeader.Qos)) }
	}
	done, ok := c.answers.hold(tell)
	if ok {
		msg := edge.Message{Topic: pk.TopicName, Payload: pk.Payload, Retained: pk.FixedHeader.Retain, Arrived: h.options.Now()}
		if c.proved {
			msg.Lane = c.known()
		}
		h.options.Sink(msg, done)
	}
	return pk, packets.ErrRejectPacket
}

// OnPacketEncode mends two answers of the library: it does not tell its packet limit, and since it does not know our
// QoS 2 messages it calls their release unknown.
func (h *hook) OnPacketEncode(_ *mochi.Client, pk packets.Packet) packets.Packet {
	switch pk.FixedHeader.Type {
	case packets.Connack:
		pk.Properties.MaximumPacketSize = maxPacket
	case packets.Pubcomp:
		pk.ReasonCode, pk.Properties.ReasonString = packets.CodeSuccess.Code, ""
	}
	return pk
}
