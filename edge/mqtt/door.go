// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// maxStrangers is how many connections of one address may be open that have not signed in: one device must not keep the
// tills out by holding every place.
const maxStrangers = 32

// doorman accepts connections: only so many, each with a limited time to introduce itself, and without giving up when
// the system is short of something for a moment.
type doorman struct {
	net.Listener
	free chan struct{}

	mu        sync.Mutex
	strangers map[string]int         // connections by address that have not signed in; bounded by free
	inside    map[*admitted]struct{} // every connection that is open
	shut      bool                   // nobody else is let in
}

func newDoorman(listen net.Listener) *doorman {
	return &doorman{Listener: listen, free: make(chan struct{}, maxConnections), strangers: map[string]int{}, inside: map[*admitted]struct{}{}}
}

// Accept waits for the next connection.
func (d *doorman) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil { // out of descriptors, or the peer went away again
			<-time.After(100 * time.Millisecond)
			continue
		}
		admitted, ok := d.letIn(conn)
		if !ok {
			_ = conn.Close()
			continue
		}
		// The library sets a deadline of its own once CONNECT was read, and none before.
		_ = conn.SetDeadline(time.Now().Add(connectTime))
		return admitted, nil
	}
}

func (d *doorman) letIn(conn net.Conn) (*admitted, bool) {
	from := addressOf(conn.RemoteAddr().String())
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut || from != "" && d.strangers[from] >= maxStrangers {
		return nil, false
	}
	select {
	case d.free <- struct{}{}:
	default:
		return nil, false
	}
	d.strangers[from]++
	a := &admitted{Conn: conn, known: sync.OnceFunc(func() { d.known(from) })}
	a.leave = sync.OnceFunc(func() { d.left(a) })
	d.inside[a] = struct{}{}
	return a, true
}

func (d *doorman) left(a *admitted) {
	d.mu.Lock()
	delete(d.inside, a)
	d.mu.Unlock()
	<-d.free
}

// close lets nobody else in.
func (d *doorman) close() error {
	d.mu.Lock()
	d.shut = true
	d.mu.Unlock()
	return d.Listener.Close()
}

// empty ends every connection that is still open: the library knows of none whose CONNECT it has not answered yet, and would
// wait for each of them.
func (d *doorman) empty() {
	d.mu.Lock()
	inside := slices.Collect(maps.Keys(d.inside))
	d.mu.Unlock()
	for _, a := range inside {
		_ = a.Close()
	}
}

func (d *doorman) known(from string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.strangers[from]--; d.strangers[from] <= 0 {
		delete(d.strangers, from)
	}
}

type admitted struct {
	net.Conn
	known func() // it has signed in, or is gone
	leave func()
}

// Close ends the connection and makes room for another.
func (a *admitted) Close() error {
	a.known()
	a.leave()
	return a.Conn.Close()
}

// signedIn says that a connection is no stranger's any more.
func signedIn(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if a, ok := conn.(*admitted); ok {
		a.known()
	}
}

// addressOf gives whom a remote address counts as: an IPv4 address, an IPv6 network, of which one device may use every
// address. It is empty for loopback, which only programs of this machine use, and whose tills all look alike.
func addressOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	ip := at.Addr().Unmap().WithZone("")
	switch {
	case ip.IsLoopback():
		return ""
	case ip.Is6():
		network, _ := ip.Prefix(64) // never fails
		return network.String()
	}
	return ip.String()
}
