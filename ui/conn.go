// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"redbench/edge"

	"github.com/gorilla/websocket"
)

// Subprotocol is the one WebSocket subprotocol that a screen must offer.
const Subprotocol = "redbench.v1"

const (
	queueLength = 32               // messages that a screen may be behind
	readLimit   = 8 << 10          // bytes a message from a screen
	writeWait   = 3 * time.Second  // for one message to leave
	pongWait    = 20 * time.Second // silence after which a connection is dead
	pingEvery   = pongWait * 9 / 10
	beatEvery   = 700 * time.Millisecond
	tellWait    = 5 * time.Second // for a word to become durable
)

// closing is why a connection is ended by the box.
type closing struct {
	code int
	text string
}

var (
	closeSlow    = closing{websocket.CloseTryAgainLater, "too slow"}
	closeGoing   = closing{websocket.CloseGoingAway, "the box stops"}
	closeFull    = closing{websocket.CloseTryAgainLater, "too many screens on this lane"}
	closeRevoked = closing{4401, "revoked"} // our page pairs anew when it sees this
)

// client is one screen's connection: one goroutine reads, one writes, and the hub only queues.
type client struct {
	conn   *websocket.Conn
	screen edge.Screen
	token  [32]byte
	lane   string
	remote string
	since  time.Time
	beat   bool

	out  chan []byte
	gone chan struct{} // closed by drop
	once sync.Once
	why  closing // set before gone is closed
}

// offer queues a message, unless the screen is too far behind.
func (c *client) offer(m []byte) bool {
	select {
	case c.out <- m:
		return true
	default:
		return false
	}
}

// drop ends the connection. It never blocks; the writer says the reason on its way out.
func (c *client) drop(why closing) {
	c.once.Do(func() {
		c.why = why
		close(c.gone)
		if why == closeSlow { // its writer may be stuck in a write
			c.conn.NetConn().Close()
		}
	})
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	lane := r.PathValue("lane")
	h, ok := s.admitLane(w, r, lane)
	if !ok {
		return
	}
	if !websocket.IsWebSocketUpgrade(r) || !offers(r, Subprotocol) {
		http.Error(w, "this is a WebSocket that speaks "+Subprotocol, http.StatusBadRequest)
		return
	}
	upgrader := websocket.Upgrader{
		HandshakeTimeout: writeWait, ReadBufferSize: 1 << 10, WriteBufferSize: 2 << 10,
		Subprotocols: []string{Subprotocol},
		CheckOrigin:  func(*http.Request) bool { return true }, // admitLane did, and more strictly
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	c := &client{
		conn: conn, screen: h.screen, token: h.token, lane: lane, remote: r.RemoteAddr, since: s.opt.Now(),
		beat: r.URL.Query().Get("beat") == "1",
		out:  make(chan []byte, queueLength), gone: make(chan struct{}),
	}
	s.pumps.Add(1)
	defer s.pumps.Done()
	s.run(r.Context(), c)
}

func offers(r *http.Request, protocol string) bool {
	for _, each := range websocket.Subprotocols(r) {
		if each == protocol {
			return true
		}
	}
	return false
}

func (s *Server) run(ctx context.Context, c *client) {
	hello := func(current any) any {
		return helloWire{
			Type: typeHello, Run: s.opt.Run, Lane: c.lane, Store: s.opt.StoreID, Locale: s.opt.Locale,
			Version: s.opt.Version, Now: s.opt.Now().UTC(), Current: current,
		}
	}
	if !s.hub.join(c, hello) {
		c.drop(closeFull)
		c.write()
		return
	}
	if c.lane == edge.ProbeLane { // the box's own: nobody needs to hear of it
		s.attend(ctx, c, func() {})
		return
	}
	s.opt.Log.Info("screen connected", "screen", c.screen.ID, "lane", c.lane)
	s.attend(ctx, c, func() { s.arrived(ctx, c) })
	s.opt.Log.Info("screen gone", "screen", c.screen.ID, "lane", c.lane)
}

// attend serves a screen that has joined until it is gone.
func (s *Server) attend(ctx context.Context, c *client, arrived func()) {
	written := make(chan struct{})
	go func() { defer close(written); c.write() }() // hello leaves before the store is asked anything
	arrived()
	s.read(ctx, c)
	s.hub.leave(c)
	c.drop(closeGoing)
	<-written
}

// arrived looks once more whether the screen may be here, because a revocation between admitting it and joining the hub
// closed nothing, and notes that it came.
func (s *Server) arrived(ctx context.Context, c *client) {
	if _, err := s.opt.Screens.ScreenByToken(ctx, c.token); errors.Is(err, edge.ErrNotFound) {
		c.drop(closeRevoked)
		return
	}
	s.touch(ctx, c.screen.ID)
}

// write is the only writer of the connection, and the one who closes it.
func (c *client) write() {
	defer c.conn.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	beat, beats := c.beats()
	defer beat()
	for {
		select {
		case m := <-c.out:
			if c.send(m) != nil {
				return
			}
		case <-beats:
			if c.send(prepare(map[string]string{"type": typeBeat})) != nil {
				return
			}
		case <-ping.C:
			if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil {
				return
			}
		case <-c.gone:
			message := websocket.FormatCloseMessage(c.why.code, c.why.text)
			_ = c.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(writeWait))
			return
		}
	}
}

func (c *client) beats() (stop func(), beats <-chan time.Time) {
	if !c.beat {
		return func() {}, nil
	}
	ticker := time.NewTicker(beatEvery)
	return ticker.Stop, ticker.C
}

// send writes one message. Deadlines are the network's: they follow the real clock, never the injected one.
func (c *client) send(m []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	return c.conn.WriteMessage(websocket.TextMessage, m)
}

// read is the only reader: it returns when the connection is dead or done with.
func (s *Server) read(ctx context.Context, c *client) {
	c.conn.SetReadLimit(readLimit)
	alive := func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) }
	c.conn.SetPongHandler(alive)
	rate := newBucket(s.opt.Now, 40, 10)
	for {
		if alive("") != nil { // also after a word that took long: its pongs are waiting to be read
			return
		}
		kind, body, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind != websocket.TextMessage {
			c.drop(closing{websocket.CloseUnsupportedData, "one JSON object a message"})
			return
		}
		select {
		case c.out <- prepare(s.hear(ctx, c, body, rate)):
		case <-c.gone:
			return
		}
	}
}

// hear takes one word from a screen and gives the answer to it.
func (s *Server) hear(ctx context.Context, c *client, body []byte, rate *bucket) answerWire {
	word, refusal := decodeWord(body)
	if refusal == nil && !rate.take() {
		refusal = edge.Refuse(codeRate, "too many words at once; send it again a little later")
	}
	if refusal != nil {
		s.metrics.word("", refusal.Code)
		return answerWire{Type: typeError, ID: word.ID, Code: refusal.Code, Text: refusal.Text}
	}
	ctx, cancel := context.WithTimeout(ctx, tellWait)
	defer cancel()
	err := s.opt.Cashier.Tell(ctx, c.lane, word)
	switch {
	case err == nil:
		s.metrics.word(word.Type, typeOK)
		return answerWire{Type: typeOK, ID: word.ID}
	case errors.As(err, &refusal):
		s.metrics.word(word.Type, refusal.Code)
		return answerWire{Type: typeError, ID: word.ID, Code: refusal.Code, Text: refusal.Text}
	default:
		s.metrics.word(word.Type, codeUnavailable)
		s.opt.Log.Warn("a word was not taken", "lane", c.lane, "type", word.Type, "error", err)
		return answerWire{Type: typeError, ID: word.ID, Code: codeUnavailable, Text: "not kept yet; send it again"}
	}
}
