// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"net/http"

	"redbench/edge"

	"github.com/gorilla/websocket"
)

// probeSecret opens the lane of the box's own test events. It is this process's alone and never leaves it but over its
// own listener.
type probeSecret string

func newProbeSecret() probeSecret { return probeSecret(newSecret()) }

func (p probeSecret) is(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(p)) == 1
}

// ProbeScreen is a screen that the box holds to its own listener, to see whether prompts arrive. It is listed and counted
// nowhere.
type ProbeScreen struct {
	conn *websocket.Conn
	bye  func() bool // takes the watch over the context back
}

// Probe connects a screen of [edge.ProbeLane] to the screens' listener, as one at a till does, and returns once it was
// told the truth. It lasts no longer than ctx. What of the hub cannot be entered keeps Probe from returning at all.
func (s *Server) Probe(ctx context.Context) (*ProbeScreen, error) {
	s.hub.pass()
	dialer := websocket.Dialer{Subprotocols: []string{Subprotocol}}
	url := "ws://" + s.opt.Listen + "/ws/lane/" + edge.ProbeLane
	if s.opt.TLS {
		// Whose certificate it is does not matter: the listener is this process's own, the certificate names how
		// browsers call the box, and the secret is worth nothing elsewhere.
		dialer.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
		url = "wss" + url[len("ws"):]
	}
	conn, response, err := dialer.DialContext(ctx, url, http.Header{"Authorization": {"Bearer " + string(s.probe)}})
	if response != nil && err != nil {
		return nil, fmt.Errorf("connecting a screen: %w: %s", err, response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("connecting a screen: %w", err)
	}
	p := &ProbeScreen{conn: conn, bye: context.AfterFunc(ctx, func() { _ = conn.Close() })}
	if err := p.until(ctx, func(m probeMessage) bool { return m.Type == typeHello }); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

type probeMessage struct {
	Type  string `json:"type"`
	Event string `json:"event"`
}

// Prompt waits for the prompt that an event caused.
func (p *ProbeScreen) Prompt(ctx context.Context, event string) error {
	return p.until(ctx, func(m probeMessage) bool { return m.Type == typePrompt && m.Event == event })
}

func (p *ProbeScreen) until(ctx context.Context, is func(probeMessage) bool) error {
	for {
		var m probeMessage
		if err := p.conn.ReadJSON(&m); err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return fmt.Errorf("waiting at the screen: %w", err)
		}
		if is(m) {
			return nil
		}
	}
}

// Close takes the screen away.
func (p *ProbeScreen) Close() {
	p.bye()
	_ = p.conn.Close()
}

// pass goes through every lane's door, and so finds one that is stuck.
func (h *hub) pass() {
	for _, l := range h.all() {
		l.pass()
	}
}

func (l *laneView) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
}
