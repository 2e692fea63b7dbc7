// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is what a proxy does to what goes over it.
type Fault string

// The faults.
const (
	Fine    Fault = "fine"
	Slow    Fault = "latency"      // each piece takes a while, in both directions
	Reset   Fault = "reset"        // connections break, and new ones at once
	Swallow Fault = "half-open"    // nothing arrives, and nobody is told
	Corrupt Fault = "corrupt"      // bits flip
	Lose    Fault = "lost answers" // head office is asked, and its answers are lost
	Hold    Fault = "buffering"    // answers are held back, and whoever waits for one is cut off
)

// Faults lists all but Fine.
func Faults() []Fault { return []Fault{Slow, Reset, Swallow, Corrupt, Lose, Hold} }

const (
	slowBy    = 150 * time.Millisecond
	holdFor   = 700 * time.Millisecond
	cutAfter  = 1500 * time.Millisecond // Hold cuts a connection on which nothing comes for so long
	aQuestion = 200                     // bytes of one, at least: TLS's own last word before it is shorter
)

// Proxy carries TCP connections to a target, and spoils them. It is safe for concurrent use.
type Proxy struct {
	target   string
	listener net.Listener
	fault    atomic.Value // Fault
	running  sync.WaitGroup

	mu     sync.Mutex
	pairs  map[*pair]bool
	random *rand.Rand
	did    map[Fault]int // times that it happened to somebody
}

// pair is one connection through the proxy.
type pair struct {
	box, office *net.TCPConn
	up          atomic.Int64 // bytes that the box sent since head office did
	answered    atomic.Bool  // head office has sent something
	end         sync.Once
}

// NewProxy listens on a free port.
func NewProxy(target string, seed uint64) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a proxy: %w", err)
	}
	p := &Proxy{target: target, listener: listener, pairs: map[*pair]bool{}, random: rand.New(rand.NewPCG(seed, 7)), did: map[Fault]int{}}
	p.fault.Store(Fine)
	p.running.Go(p.accept)
	return p, nil
}

// Address is where boxes connect.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Do changes what happens from now on.
func (p *Proxy) Do(f Fault) {
	p.fault.Store(f)
	if f == Reset {
		p.breakAll()
	}
}

// Heal ends the fault. What it has stalled is broken: it would stay so.
func (p *Proxy) Heal() {
	if p.now() == Swallow {
		p.breakAll()
	}
	p.fault.Store(Fine)
}

// Did tells how often each fault really met something.
func (p *Proxy) Did() map[Fault]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	did := make(map[Fault]int, len(p.did))
	for f, n := range p.did {
		did[f] = n
	}
	return did
}

// Close ends it.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.breakAll()
	p.running.Wait()
}

func (p *Proxy) now() Fault { return p.fault.Load().(Fault) }

func (p *Proxy) met(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.did[f]++
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.carry(conn.(*net.TCPConn)) })
	}
}

func (p *Proxy) carry(box *net.TCPConn) {
	if p.now() == Reset {
		p.met(Reset)
		abort(box)
		return
	}
	office, err := net.Dial("tcp", p.target)
	if err != nil {
		abort(box)
		return
	}
	c := &pair{box: box, office: office.(*net.TCPConn)}
	p.mu.Lock()
	p.pairs[c] = true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pump(c, c.office, c.box, false) })
	both.Go(func() { p.pump(c, c.box, c.office, true) })
	both.Wait()
	p.mu.Lock()
	delete(p.pairs, c)
	p.mu.Unlock()
}

// pump carries one direction until either end closes.
func (p *Proxy) pump(c *pair, to, from *net.TCPConn, answers bool) {
	defer c.close()
	buffer := make([]byte, 16<<10)
	for {
		_ = from.SetReadDeadline(time.Now().Add(cutAfter))
		n, err := from.Read(buffer)
		if timeout, is := err.(net.Error); is && timeout.Timeout() { //nolint:errorlint // a deadline's error is not wrapped here
			if answers && p.now() == Hold && c.up.Load() > 0 {
				p.met(Hold)
				return
			}
			continue
		}
		if n > 0 && !p.pass(c, to, buffer[:n], answers) {
			return
		}
		if err != nil {
			return
		}
	}
}

// pass carries one piece, and reports whether the connection goes on.
func (p *Proxy) pass(c *pair, to *net.TCPConn, piece []byte, answers bool) bool {
	asked := c.up.Load() > aQuestion && c.answered.Load()
	if answers {
		c.up.Store(0)
		c.answered.Store(true)
	} else {
		c.up.Add(int64(len(piece)))
	}
	switch f := p.now(); {
	case f == Slow:
		p.met(f)
		time.Sleep(slowBy)
	case f == Swallow:
		p.met(f)
		return true
	case f == Corrupt && p.chance(.3):
		p.met(f)
		p.flip(piece)
	case f == Lose && answers && asked:
		p.met(f)
		c.abort()
		return false
	case f == Hold && answers:
		p.met(f)
		time.Sleep(holdFor)
	}
	_, err := to.Write(piece)
	return err == nil
}

func (p *Proxy) chance(of float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.random.Float64() < of
}

func (p *Proxy) flip(piece []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	piece[p.random.IntN(len(piece))] ^= 1 << p.random.IntN(8)
}

func (p *Proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		p.did[Reset]++
		c.abort()
	}
}

func (c *pair) close() {
	c.end.Do(func() {
		_ = c.box.Close()
		_ = c.office.Close()
	})
}

// abort closes with a reset on both sides.
func (c *pair) abort() {
	_ = c.box.SetLinger(0)
	_ = c.office.SetLinger(0)
	c.close()
}

func abort(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}
