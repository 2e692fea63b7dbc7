// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"net"
	"time"
)

// Retained lists the topics that the broker retains, without its own statistics.
func (b *Broker) Retained() (topics []string) {
	for topic := range b.server.Topics.Retained.GetAll() {
		if topic[0] != '$' {
			topics = append(topics, topic)
		}
	}
	return topics
}

// HangUp ends the client's connection without a goodbye.
func (c *Client) HangUp() { c.hangUp() }

// Fits is fits.
var Fits = fits

// NewLogins makes logins that tell hashed of each password that is hashed.
func NewLogins(tills map[string]string, now func() time.Time, hashed func()) (check func(remote, lane string, password []byte) bool) {
	l := newLogins(tills, now)
	l.matches = func(want, password string) bool {
		hashed()
		return want == password
	}
	return l.check
}

// NewDoorman is newDoorman.
func NewDoorman(l net.Listener) net.Listener { return newDoorman(l) }

// SignedIn is signedIn.
var SignedIn = signedIn

// How many connections are let in, and how many of one address before they sign in.
const (
	MaxConnections = maxConnections
	MaxStrangers   = maxStrangers
)

// Through lets the till's connections be wrapped.
func (t *Till) Through(wrap func(net.Conn) net.Conn) {
	open := t.open
	t.open = func(ctx context.Context) (net.Conn, error) {
		conn, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	}
}

// ConnectTime is connectTime.
const ConnectTime = connectTime
