// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// TillOptions are what a Till is made of. Broker and ClientID are required.
type TillOptions struct {
	Broker   string // tcp://host:1883, or tls://host:8883
	ClientID string
	Username string // on the embedded broker with credentials: the lane
	Password string
	CAFile   string
	Retained bool // publish retained messages, which a till should not

	Dial func(context.Context) (net.Conn, error) // nil: to Broker, in the clear or by TLS as its URL says
}

// Till publishes as a till does: QoS 1, again and again until it is acknowledged. The embedded broker binds a connection
// to one lane, so that each lane needs a Till of its own. It is safe for concurrent use.
//
// It makes a new connection of its own after a loss instead of letting the library resume: on resuming, that calls a
// publish done which nobody has acknowledged yet.
type Till struct {
	options TillOptions
	dialer  *dialer
	open    func(context.Context) (net.Conn, error) // dialer's dial

	mu     sync.Mutex
	link   *link
	closed bool
}

// link is one connection.
type link struct {
	paho paho.Client
	lost chan struct{}
}

// NewTill makes a till. It connects with the first publish.
func NewTill(options TillOptions) (*Till, error) {
	if options.ClientID == "" {
		return nil, errors.New("till: needs a client id of its own")
	}
	d, err := newDialer(options.Broker, options.CAFile)
	if err != nil {
		return nil, fmt.Errorf("till: %w", err)
	}
	open := d.dial
	if options.Dial != nil {
		open = options.Dial
	}
	return &Till{options: options, dialer: d, open: open}, nil
}

// Publish sends a message and waits until the broker has acknowledged it, over as many connections as that takes. It
// fails when ctx ends, when the till is closed, or with the broker's word that the credentials are wrong.
func (t *Till) Publish(ctx context.Context, topic string, payload []byte) error {
	wait := 50 * time.Millisecond
	for {
		err := t.publishOnce(ctx, topic, payload)
		if err == nil || errors.Is(err, errTillClosed) || isRefusal(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("publishing: %w", errors.Join(ctx.Err(), err))
		case <-time.After(wait):
			wait = min(2*wait, 2*time.Second)
		}
	}
}

func isRefusal(err error) bool {
	return errors.Is(err, errBadLogin)
}

var errBadLogin = errors.New("the broker refuses our credentials")

// errTillClosed is net.ErrClosed by Close. A connection that broke in the middle of a write may give that one, too.
var errTillClosed = fmt.Errorf("the till: %w", net.ErrClosed)

func (t *Till) publishOnce(ctx context.Context, topic string, payload []byte) error {
	l, err := t.connect(ctx)
	if err != nil {
		return err
	}
	token := l.paho.Publish(topic, 1, t.options.Retained, payload)
	select {
	case <-token.Done():
		return token.Error()
	case <-l.lost:
		return ErrNotConnected
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect gives the connection that is up, or makes one.
func (t *Till) connect(ctx context.Context) (*link, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errTillClosed
	}
	if t.link != nil {
		select {
		case <-t.link.lost:
			t.link = nil
		default:
			return t.link, nil
		}
	}
	fresh, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	t.link = fresh
	return fresh, nil
}

func (t *Till) dial(ctx context.Context) (*link, error) {
	l := &link{lost: make(chan struct{})}
	o := pahoOptions(t.dialer, t.options.ClientID, t.options.Username, t.options.Password)
	o.SetCleanSession(true)
	o.SetAutoReconnect(false)
	o.SetConnectionLostHandler(func(paho.Client, error) { close(l.lost) })
	o.CustomOpenConnectionFn = func(*url.URL, paho.ClientOptions) (net.Conn, error) { return t.open(ctx) }
	l.paho = paho.NewClient(o)
	token := l.paho.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		go l.paho.Disconnect(0)
		return nil, ctx.Err()
	}
	if err := token.Error(); err != nil {
		if code := token.(*paho.ConnectToken).ReturnCode(); code == 4 || code == 5 {
			return nil, fmt.Errorf("%w: %w", errBadLogin, err)
		}
		return nil, fmt.Errorf("connecting to the broker: %w", err)
	}
	return l, nil
}

// Close disconnects. A publish that is under way fails.
func (t *Till) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.link != nil {
		t.link.paho.Disconnect(goodbye)
	}
	return nil
}
