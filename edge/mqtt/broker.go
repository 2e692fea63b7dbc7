// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// BrokerOptions are what a Broker is made of. Listen, Store and Sink are required.
type BrokerOptions struct {
	Listen   string            // host:port; port 0 picks a free one
	Store    string            // the store's id
	TLS      *tls.Config       // nil: none
	Tills    map[string]string // by lane, what HashPassword made or the password itself; nil: anybody, on loopback only
	Insecure bool              // allows to listen elsewhere than on loopback without Tills or without TLS
	Topics   []string          // filters of the adapters, beside the contract's topics
	Sink     Sink
	Offline  []byte // told as the box's status when the broker stops; nil: nothing
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
}

// Limits of the embedded broker.
const (
	maxPacket      = 1 << 20          // bytes; larger payloads than the decoder's limit come in to be quarantined
	maxConnections = 512              // twice the lanes of a box
	connectTime    = 10 * time.Second // from the first byte to CONNECT
	sessionTime    = 3600             // seconds that a session without connection is remembered
)

// Broker is the embedded MQTT broker.
type Broker struct {
	options BrokerOptions
	hook    *hook
	server  *mochi.Server

	mu      sync.Mutex
	listen  net.Listener
	door    *doorman
	stopped bool
}

// NewBroker makes a broker. It does not listen before Start.
func NewBroker(options BrokerOptions) (*Broker, error) {
	if err := validStore(options.Store); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if options.Sink == nil {
		return nil, errors.New("embedded broker: needs a sink")
	}
	if err := checkListen(options); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	b := &Broker{options: options}
	b.server = mochi.New(serverOptions())
	b.hook = newHook(b.server, options)
	if err := b.server.AddHook(b.hook, nil); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	return b, nil
}

// checkListen refuses a listener that is open to the network without credentials and TLS.
func checkListen(o BrokerOptions) error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", o.Listen, err)
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() || o.Insecure {
		return nil
	}
	if o.TLS == nil || len(o.Tills) == 0 {
		return fmt.Errorf("listening on %s, which is not loopback, needs TLS and the tills' credentials", o.Listen)
	}
	return nil
}

// serverOptions switch off what the library would do on its own: write to the standard output, stop the world each
// second to publish statistics, forget the retained status after a day, resolve topic aliases after the ACL was asked.
func serverOptions() *mochi.Options {
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = maxConnections
	c.MaximumPacketSize = maxPacket
	c.MaximumSessionExpiryInterval = sessionTime
	c.MaximumMessageExpiryInterval = 0
	c.MaximumClientWritesPending = 256
	c.ReceiveMaximum = Window
	c.TopicAliasMaximum = 0
	c.SharedSubAvailable = 0
	return &mochi.Options{
		Capabilities:           c,
		Logger:                 slog.New(slog.DiscardHandler),
		SysTopicResendInterval: 24 * 3600,
		InlineClient:           true,
	}
}

// Start listens and serves. An address that is taken comes back as an error that says so.
func (b *Broker) Start(ctx context.Context) error {
	var config net.ListenConfig
	listen, err := config.Listen(ctx, "tcp", b.options.Listen)
	if err != nil {
		return fmt.Errorf("embedded broker: listening on %s: %w", b.options.Listen, err)
	}
	door := newDoorman(listen)
	b.mu.Lock()
	b.listen, b.door = listen, door
	b.mu.Unlock()
	guarded := net.Listener(door)
	if b.options.TLS != nil {
		guarded = tls.NewListener(guarded, b.options.TLS)
	}
	if err := b.server.AddListener(listeners.NewNet("tills", guarded)); err != nil {
		return errors.Join(fmt.Errorf("embedded broker: %w", err), listen.Close())
	}
	if err := b.server.Serve(); err != nil {
		return errors.Join(fmt.Errorf("embedded broker: %w", err), listen.Close())
	}
	return nil
}

// Addr gives the address that the broker listens on, host:port; empty before Start.
func (b *Broker) Addr() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listen == nil {
		return ""
	}
	return b.listen.Addr().String()
}

// Stop tells the tills what is durable by now, says goodbye and ends every connection. Messages that are not acknowledged by then come again. When
// ctx ends first, Stop leaves the rest to the end of the process.
func (b *Broker) Stop(ctx context.Context) error {
	b.mu.Lock()
	idle := b.listen == nil || b.stopped
	b.stopped = true
	b.mu.Unlock()
	if idle {
		return nil
	}
	done := make(chan error, 1)
	go func() {
		closed := b.door.close()
		b.hook.settle(ctx.Done())
		b.sayOffline()
		b.sayGoodbye()
		b.door.empty()
		done <- errors.Join(closed, b.server.Close())
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("stopping the embedded broker: %w", ctx.Err())
	}
}

// sayOffline writes the last status to the tills that listen to it; the library's own queue would be dropped with the
// connections.
func (b *Broker) sayOffline() {
	if b.options.Offline == nil {
		return
	}
	topic := StatusTopic(b.options.Store)
	for _, cl := range b.server.Clients.GetAll() {
		if _, ok := cl.State.Subscriptions.Get(topic); ok && !cl.Closed() {
			_ = cl.WritePacket(packets.Packet{
				FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: topic, Payload: b.options.Offline,
			})
		}
	}
}

func (b *Broker) sayGoodbye() {
	for _, cl := range b.server.Clients.GetAll() {
		if !cl.Net.Inline {
			_ = b.server.DisconnectClient(cl, packets.ErrServerShuttingDown)
		}
	}
}

// Publish tells the tills that listen. A retained one is told to those who come later, too.
func (b *Broker) Publish(topic string, retained bool, payload []byte) error {
	if err := b.server.Publish(topic, payload, retained, 0); err != nil {
		return fmt.Errorf("publishing on the embedded broker: %w", err)
	}
	return nil
}

// Connections tells how many tills are connected.
func (b *Broker) Connections() int { return b.hook.connections() }

// Full reports whether every place is taken, so that nobody else is let in.
func (b *Broker) Full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.door != nil && len(b.door.free) == cap(b.door.free)
}

// Lanes lists the lanes of the connections that have proved or shown theirs, sorted.
func (b *Broker) Lanes() []string {
	lanes := b.hook.lanes()
	slices.Sort(lanes)
	return slices.Compact(lanes)
}

// acknowledgement builds the answer to a publish of QoS 1 or 2.
func acknowledgement(id uint16, qos byte) packets.Packet {
	kind := packets.Puback
	if qos == 2 {
		kind = packets.Pubrec
	}
	return packets.Packet{FixedHeader: packets.FixedHeader{Type: kind}, PacketID: id}
}
