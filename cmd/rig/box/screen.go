// SPDX-License-Identifier: Apache-2.0

package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Message is what a screen received, as far as measurements look at it.
type Message struct {
	Lane    string    `json:"-"`
	Arrived time.Time `json:"-"`

	Type  string `json:"type"`
	ID    string `json:"id"`
	Event string `json:"event"`
	Seq   uint64 `json:"seq"`
	Who   struct {
		Name  string `json:"name"`
		Stage string `json:"stage"`
	} `json:"who"`
	Remember *struct {
		Text string `json:"text"`
	} `json:"remember"`
	Do *struct {
		Text string `json:"text"`
	} `json:"do"`
}

// Screen is a WebSocket client on a lane.
type Screen struct{ conn *websocket.Conn }

// Watch connects a screen and calls heard with each message, from one goroutine, until Close.
func Watch(ctx context.Context, url, token, lane string, heard func(Message)) (*Screen, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"redbench.v1"}, HandshakeTimeout: 10 * time.Second}
	head := http.Header{}
	if token != "" {
		head.Set("Authorization", "Bearer "+token)
	}
	conn, answer, err := dialer.DialContext(ctx, url, head)
	if err != nil {
		if answer != nil {
			return nil, fmt.Errorf("connecting a screen to lane %s: %w (%s)", lane, err, answer.Status)
		}
		return nil, fmt.Errorf("connecting a screen to lane %s: %w", lane, err)
	}
	go read(conn, lane, heard)
	return &Screen{conn}, nil
}

func read(conn *websocket.Conn, lane string, heard func(Message)) {
	for {
		_, body, err := conn.ReadMessage()
		arrived := time.Now() // before anything is decoded
		if err != nil {
			return
		}
		m := Message{Lane: lane, Arrived: arrived}
		if json.Unmarshal(body, &m) == nil {
			heard(m)
		}
	}
}

// Close hangs up.
func (s *Screen) Close() error { return s.conn.Close() }

// Screen pairs a screen with a lane of the box and connects it. What is shown from its return on comes as a message of its own: what
// came before the screen was one of the lane's stands in its first message.
func (b *Box) Screen(ctx context.Context, lane string, heard func(Message)) (*Screen, error) {
	pairing, err := b.Pair(ctx, lane)
	if err != nil {
		return nil, err
	}
	joined := make(chan struct{})
	join := sync.OnceFunc(func() { close(joined) })
	screen, err := Watch(ctx, "ws://"+b.Screens()+"/ws/lane/"+lane, pairing.Token, lane, func(m Message) {
		join()
		heard(m)
	})
	if err != nil {
		return nil, err
	}
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	select {
	case <-joined:
		return screen, nil
	case <-late.C:
		err = fmt.Errorf("lane %s does not greet its screen", lane)
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, screen.Close())
}

// Send says something as a screen does. One at a time.
func (s *Screen) Send(message any) error { return s.conn.WriteJSON(message) }
