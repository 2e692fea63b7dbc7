// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"redbench/edge"
)

// ClientOptions are what a Client is made of. Broker, ClientID, Store and Sink are required.
type ClientOptions struct {
	Broker   string // tcp://host:1883, or tls://host:8883
	ClientID string // one a box, and always the same: the broker keeps what comes while we are away under it
	Username string
	Password string
	CAFile   string   // PEM; empty: the system's
	Store    string   // the store's id
	Topics   []string // filters of the adapters, beside the contract's topics
	Sink     Sink
	Offline  []byte               // told as the box's status by the broker when we are gone; nil: nothing
	OnState  func(connected bool) // not told of Stop: whoever stops it knows
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
}

// How the client deals with a network.
const (
	keepAlive       = 15 * time.Second
	dialTimeout     = 5 * time.Second
	writeTimeout    = 5 * time.Second
	firstRetry      = time.Second
	longestRetry    = 10 * time.Second
	subscribeWithin = 10 * time.Second
	goodbye         = 500 // milliseconds
)

// Client takes tills' messages from an outside broker. It keeps trying to connect for as long as it runs.
type Client struct {
	options ClientOptions
	dialer  *dialer
	paho    paho.Client
	backlog backlog
	strands *strands

	mu        sync.Mutex
	answers   *answers // of the connection that is up; nil: none
	connected bool
	stopped   bool
}

// NewClient makes a client. It does not connect before Start.
func NewClient(options ClientOptions) (*Client, error) {
	if err := validStore(options.Store); err != nil {
		return nil, fmt.Errorf("mqtt client: %w", err)
	}
	switch {
	case options.Sink == nil:
		return nil, errors.New("mqtt client: needs a sink")
	case options.ClientID == "":
		return nil, errors.New("mqtt client: needs a client id of its own")
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.OnState == nil {
		options.OnState = func(bool) {}
	}
	d, err := newDialer(options.Broker, options.CAFile)
	if err != nil {
		return nil, fmt.Errorf("mqtt client: %w", err)
	}
	c := &Client{options: options, dialer: d, backlog: backlog{now: options.Now}, strands: newStrands()}
	c.paho = paho.NewClient(c.pahoOptions())
	return c, nil
}

// pahoOptions: the default handler is the one route, set before connecting, because what waits for us at the broker
// comes at once, and because with routes a message that two of our filters fit would be handled twice.
func (c *Client) pahoOptions() *paho.ClientOptions {
	o := pahoOptions(c.dialer, c.options.ClientID, c.options.Username, c.options.Password)
	o.SetCleanSession(false)
	o.SetAutoAckDisabled(true)
	o.SetOrderMatters(true)
	o.SetAutoReconnect(true)
	o.SetMaxReconnectInterval(longestRetry)
	o.SetConnectRetry(true)
	o.SetConnectRetryInterval(firstRetry)
	o.SetDefaultPublishHandler(c.receive)
	o.SetConnectionLostHandler(func(_ paho.Client, err error) { c.lost(err) })
	o.SetOnConnectHandler(func(paho.Client) { c.subscribe() })
	o.CustomOpenConnectionFn = c.open
	if c.options.Offline != nil {
		o.SetBinaryWill(StatusTopic(c.options.Store), c.options.Offline, 1, true)
	}
	return o
}

// pahoOptions are those that the box's client and a till's have in common.
func pahoOptions(d *dialer, clientID, username, password string) *paho.ClientOptions {
	o := paho.NewClientOptions()
	o.AddBroker(d.url)
	o.SetClientID(clientID)
	o.SetUsername(username)
	o.SetPassword(password)
	o.SetProtocolVersion(4)
	o.SetKeepAlive(keepAlive)
	o.SetPingTimeout(keepAlive / 3)
	o.SetConnectTimeout(dialTimeout)
	o.SetWriteTimeout(writeTimeout)
	return o
}

// open makes the network connection, and the answers that belong to it: before the first message can come.
func (c *Client) open(_ *url.URL, _ paho.ClientOptions) (net.Conn, error) {
	conn, err := c.dialer.dial(context.Background())
	if err != nil {
		c.options.Log.Debug("no connection to the broker", "error", err)
		return nil, err
	}
	fresh := newAnswers(func(err error) {
		c.options.Log.Warn("the broker's connection is ended, it will send again", "reason", err)
		// paho has no way to reconnect on purpose. A connection that is lost it mends, but one that was closed here it
		// takes for its own doing, until the next ping: so let reading fail.
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	})
	c.mu.Lock()
	old := c.answers
	c.answers = fresh
	stopped := c.stopped
	c.mu.Unlock()
	if old != nil {
		old.close()
	}
	if stopped {
		fresh.close()
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	return &connackConn{Conn: conn, connected: c.backlog.connected}, nil
}

// receive hands one message to the sink, behind what came before it from the same lane.
func (c *Client) receive(_ paho.Client, m paho.Message) {
	c.mu.Lock()
	answers := c.answers
	c.mu.Unlock()
	var tell func() error
	if m.Qos() > 0 {
		tell = func() error { m.Ack(); return nil }
	}
	done, ok := answers.hold(tell)
	if !ok {
		return // the connection is over: the broker sends it again
	}
	now := c.options.Now()
	message := edge.Message{
		Topic: m.Topic(), Payload: m.Payload(), Retained: m.Retained(), Arrived: now, Queued: c.backlog.holds(now),
	}
	c.strands.do(c.strand(message.Topic), func() { c.options.Sink(message, done) })
}

// subscribe asks for the tills' topics, at each connection: the broker may have forgotten the session.
func (c *Client) subscribe() {
	filters := map[string]byte{}
	for _, each := range append(tillFilters(c.options.Store), c.options.Topics...) {
		filters[each] = 1
	}
	token := c.paho.SubscribeMultiple(filters, nil).(*paho.SubscribeToken)
	err := errors.New("the broker does not answer")
	if token.WaitTimeout(subscribeWithin) {
		if err = token.Error(); err == nil {
			err = refusedFilter(token)
		}
	}
	if err != nil {
		c.options.Log.Error("the broker refuses our subscription", "error", err)
		c.hangUp()
		return
	}
	c.options.Log.Info("connected to the broker", "broker", c.dialer.address)
	c.state(true)
}

func refusedFilter(token *paho.SubscribeToken) error {
	for filter, qos := range token.Result() {
		if qos > 2 {
			return fmt.Errorf("subscribing to %s: refused", filter)
		}
		if qos == 0 {
			return fmt.Errorf("subscribing to %s: granted QoS 0 only, with which messages are lost", filter)
		}
	}
	return nil
}

// hangUp ends the connection, so that another one is tried after a while.
func (c *Client) hangUp() {
	c.mu.Lock()
	answers := c.answers
	c.mu.Unlock()
	if done, ok := answers.hold(nil); ok {
		done(errNotDurable)
	}
}

func (c *Client) lost(err error) {
	c.options.Log.Warn("lost the broker", "error", err)
	c.state(false)
}

func (c *Client) state(connected bool) {
	c.mu.Lock()
	changed := c.connected != connected
	c.connected = connected
	stopped := c.stopped
	c.mu.Unlock()
	if changed && !stopped {
		c.options.OnState(connected)
	}
}

// Start begins to connect and returns at once: a broker that is away is tried again until Stop.
func (c *Client) Start(context.Context) error {
	c.paho.Connect()
	return nil
}

// Connected reports whether we are connected and subscribed.
func (c *Client) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connected
}

// Publish sends a message with QoS 1 and does not wait for its acknowledgement. Without a connection it is
// ErrNotConnected: what the box says of itself is old by the time that a broker is back.
func (c *Client) Publish(topic string, retained bool, payload []byte) error {
	if !c.paho.IsConnectionOpen() {
		return ErrNotConnected
	}
	token := c.paho.Publish(topic, 1, retained, payload)
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
	default:
	}
	return nil
}

// Stop tells the broker what is durable by now and that the box is gone, and disconnects. Messages that are not acknowledged by then come again.
func (c *Client) Stop(ctx context.Context) error {
	c.mu.Lock()
	c.stopped = true
	answers := c.answers
	c.mu.Unlock()
	if answers != nil {
		answers.settle(ctx.Done())
	}
	if c.options.Offline != nil && c.paho.IsConnectionOpen() {
		token := c.paho.Publish(StatusTopic(c.options.Store), 1, true, c.options.Offline)
		select {
		case <-token.Done():
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	c.paho.Disconnect(goodbye)
	c.strands.end(ctx.Done())
	c.state(false)
	return nil
}

// tlsConfig is for a broker by this name.
func tlsConfig(host, caFile string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return config, nil
	}
	pool, err := readCA(caFile)
	config.RootCAs = pool
	return config, err
}
