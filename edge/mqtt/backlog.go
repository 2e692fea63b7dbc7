// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"net"
	"sync"
	"time"
)

// How long after a session is resumed messages may be such as waited for us.
const (
	backlogTime = 2 * time.Second
	backlogGap  = 100 * time.Millisecond // a longer backlog goes on for as long as they come this close together
)

// backlog tells what an outside broker kept while we were away from what it passes on as it comes: MQTT does not say.
type backlog struct {
	now func() time.Time

	mu    sync.Mutex
	until time.Time // zero: no backlog
}

// connected is told of each connection whether the broker had kept a session for us.
func (b *backlog) connected(resumed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
	if resumed {
		b.until = b.now().Add(backlogTime)
	}
}

// holds reports whether a message that arrives at a moment may have waited.
func (b *backlog) holds(at time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at.After(b.until) {
		return false
	}
	if next := at.Add(backlogGap); next.After(b.until) {
		b.until = next
	}
	return true
}

// connackConn looks at the CONNACK that passes by, since the library tells of a session only at the first connection,
// and not before the messages of it come.
type connackConn struct {
	net.Conn
	head      []byte
	connected func(resumed bool)
}

// connackLen is how long a CONNACK of MQTT 3.1.1 is: type, length, flags, return code.
const connackLen = 4

// Read reads. The library reads from one goroutine at a time.
func (c *connackConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if missing := connackLen - len(c.head); missing > 0 {
		c.head = append(c.head, b[:min(n, missing)]...)
		if len(c.head) == connackLen {
			c.connected(c.head[0] == 0x20 && c.head[2]&1 == 1)
		}
	}
	return n, err
}
