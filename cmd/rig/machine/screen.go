// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"redbench/cmd/rig/box"
	"redbench/daemon/control"
)

// pair pairs a screen with each lane.
func (p *proof) pair(ctx context.Context) error {
	for i := range lanes {
		var pairing control.Pairing
		if err := p.json(ctx, &pairing, "redbench", "pair", "--lane", lane(i), "--json"); err != nil {
			return err
		}
		p.tokens[lane(i)] = pairing.Token
	}
	return nil
}

// json runs a command inside and decodes what it prints.
func (p *proof) json(ctx context.Context, into any, args ...string) error {
	out, err := p.m.Run(ctx, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("reading what %s printed: %w", args[0], err)
	}
	return nil
}

// watch keeps a screen on each lane, over all lives of the box, until stop is called.
func (p *proof) watch(ctx context.Context) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	for lane, token := range p.tokens {
		go func() {
			for ctx.Err() == nil {
				p.watchOnce(ctx, lane, token)
				pause(ctx, 10*time.Millisecond) // a real one waits longer; the figures are the box's
			}
		}()
	}
	return stop
}

// watchOnce is a screen from its connecting to its end.
func (p *proof) watchOnce(ctx context.Context, lane, token string) {
	dialer := websocket.Dialer{Subprotocols: []string{"redbench.v1"}, HandshakeTimeout: 5 * time.Second,
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return p.m.Dial(ctx, network, address)
		}}
	conn, _, err := dialer.DialContext(ctx, "ws://"+screenAddress+"/ws/lane/"+lane, http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		return // the box is away
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()
	for {
		_, body, err := conn.ReadMessage()
		if err != nil {
			return
		}
		var m struct {
			box.Message
			Current *box.Message `json:"current"` // in a hello: what stands on the lane
		}
		if json.Unmarshal(body, &m) != nil {
			continue
		}
		if m.Current != nil {
			m.Message = *m.Current
		}
		m.Lane, m.Arrived = lane, time.Now()
		p.ledger.heard(m.Message)
	}
}

// promptedWithin bounds how long a prompt may take to come again after anything.
const promptedWithin = 90 * time.Second

// prompted taps cards at the first lane until one of them is on its screen, and gives the moment.
func (p *proof) prompted(ctx context.Context) (at time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, promptedWithin)
	defer cancel()
	stop := p.watch(ctx)
	defer stop()
	before, next := p.ledger.prompts()
	tapping, enough := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { p.tapAgainAndAgain(tapping); close(ended) }()
	select {
	case <-next:
		p.ledger.mu.Lock()
		at = p.ledger.shown[before]
		p.ledger.mu.Unlock()
	case <-ctx.Done():
		err = fmt.Errorf("no prompt came within %s", promptedWithin)
	}
	enough()
	<-ended
	if err == nil {
		err = p.ledger.problem()
	}
	return at, err
}

// tapAgainAndAgain shows cards, each by a connection of its own, as the broker may be away.
func (p *proof) tapAgainAndAgain(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n = (n + 1) % p.people {
		if t, err := p.till(lane(0)); err == nil {
			once, cancel := context.WithTimeout(ctx, 250*time.Millisecond)
			err = t.tap(once, n)
			cancel()
			t.close()
			if err == nil {
				pause(ctx, 100*time.Millisecond)
				continue
			}
		}
		pause(ctx, 5*time.Millisecond)
	}
}
