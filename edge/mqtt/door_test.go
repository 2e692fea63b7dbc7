// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"net"
	"testing"
	"time"

	"redbench/edge/mqtt"
)

// callers is a listener at which connections knock from where a test says.
type callers chan net.Conn

func (c callers) Accept() (net.Conn, error) {
	if conn, ok := <-c; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (c callers) Close() error   { return nil }
func (c callers) Addr() net.Addr { return &net.TCPAddr{} }

type caller struct {
	net.Conn
	from string
}

func (c *caller) RemoteAddr() net.Addr {
	addr, _ := net.ResolveTCPAddr("tcp", c.from)
	return addr
}
func (c *caller) SetDeadline(time.Time) error { return nil }
func (c *caller) Close() error                { return nil }

// letIn knocks n times from an address and gives the connections that are let in.
func letIn(t *testing.T, door net.Listener, knock callers, n int, from string) (in []net.Conn) {
	t.Helper()
	go func() {
		for range n {
			knock <- &caller{from: from}
		}
		knock <- &caller{from: "127.0.0.1:1"} // is let in, and says that all others were answered
	}()
	for {
		conn, err := door.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if conn.RemoteAddr().String() == "127.0.0.1:1" {
			_ = conn.Close()
			return in
		}
		in = append(in, conn)
	}
}

func TestStrangersDoNotFillTheHouse(t *testing.T) {
	knock := make(callers)
	door := mqtt.NewDoorman(knock)
	strangers := letIn(t, door, knock, 100, "192.168.1.9:4000")
	if len(strangers) != mqtt.MaxStrangers {
		t.Errorf("one address holds %d places without signing in", len(strangers))
	}
	if n := len(letIn(t, door, knock, 40, "[2001:db8::1]:4000")) + len(letIn(t, door, knock, 40, "[2001:db8::2]:4000")); n != mqtt.MaxStrangers {
		t.Errorf("one IPv6 network holds %d", n)
	}
	mqtt.SignedIn(strangers[0])
	mqtt.SignedIn(strangers[0]) // counts once
	_ = strangers[1].Close()
	if n := len(letIn(t, door, knock, 100, "192.168.1.9:4001")); n != 2 {
		t.Errorf("%d more come in for one that signed in and one that left", n)
	}
	_ = strangers[0].Close() // has made room before
	if n := len(letIn(t, door, knock, 1, "192.168.1.9:4001")); n != 0 {
		t.Error("who signed in and leaves makes room for a stranger twice")
	}
	here := letIn(t, door, knock, 100, "127.0.0.1:4000")
	if len(here) != 100 {
		t.Errorf("%d of the machine's own programs come in", len(here))
	}
}
