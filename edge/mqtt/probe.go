// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"

	"redbench/edge"
)

// Probe publishes a test event of the box's own through its own listener, as a till does: it connects, signs in,
// publishes, and returns once it is told that the event is durable.
func (b *Broker) Probe(ctx context.Context, topic string, payload []byte) error {
	till, err := NewTill(TillOptions{Broker: "tcp://" + b.Addr(), ClientID: "redbench-probe-" + rand.Text(),
		Username: edge.ProbeLane, Password: b.hook.probe})
	if err != nil {
		return err
	}
	if b.options.TLS != nil {
		// Whose certificate it is does not matter: the listener is this process's own, the certificate may name a proxy,
		// and the password is worth nothing elsewhere.
		till.dialer.tls = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	}
	err = till.publishOnce(ctx, topic, payload)
	_ = till.Close()
	return err
}

// Probe publishes a test event of the box's own, and returns once the broker has taken it. It comes back by the box's
// subscription, if the broker lets the box publish in its own name.
func (c *Client) Probe(ctx context.Context, topic string, payload []byte) error {
	if !c.Connected() {
		return ErrNotConnected
	}
	token := c.paho.Publish(topic, 1, false, payload)
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("publishing: %w", ctx.Err())
	}
}
