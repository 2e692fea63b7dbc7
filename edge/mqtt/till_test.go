// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"redbench/edge/mqtt"
)

// breaking is a connection that breaks at its second write, the first publish: closed under the library's hands.
type breaking struct {
	net.Conn
	writes atomic.Int32
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.writes.Add(1) > 1 {
		_ = b.Conn.Close()
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: net.ErrClosed}
	}
	return b.Conn.Write(p)
}

// A connection that was closed in the middle of a write is not the till that was closed.
func TestATillGoesOnWhenItsConnectionBreaksInAWrite(t *testing.T) {
	_, url, in := embedded(t, mqtt.BrokerOptions{})
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: url, ClientID: "till-1"})
	if err != nil {
		t.Fatal(err)
	}
	connections := 0
	till.Through(func(conn net.Conn) net.Conn {
		if connections++; connections == 1 {
			return &breaking{Conn: conn}
		}
		return conn
	})
	outcome := make(chan error, 1)
	go func() { outcome <- till.Publish(t.Context(), loyalty1, []byte("one")) }()
	select {
	case err := <-outcome:
		t.Fatalf("it gave up: %v", err)
	case r := <-in:
		r.done(nil)
	}
	if err := await(t, "the answer", outcome); err != nil {
		t.Error(err)
	}
	if err := till.Close(); err != nil {
		t.Fatal(err)
	}
	if err := till.Publish(t.Context(), loyalty1, []byte("two")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a till that was closed says %v", err)
	}
}
