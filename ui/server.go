// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"redbench/edge"
	"redbench/ui/words"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

// ScreenStore keeps the paired screens. A token is known by its SHA-256 only.
type ScreenStore interface {
	AddScreen(ctx context.Context, screen edge.Screen, token [32]byte) error
	// ScreenByToken gives edge.ErrNotFound for a token that nobody holds, or no longer.
	ScreenByToken(ctx context.Context, token [32]byte) (edge.Screen, error)
	Screens(ctx context.Context) ([]edge.Screen, error)
	RevokeScreen(ctx context.Context, id string) error
	// TouchScreen notes that a screen came, which also makes its credential a lasting one.
	TouchScreen(ctx context.Context, id string) error
}

// Cashier takes what a cashier tells the box.
type Cashier interface {
	// Tell returns nil once the word is durable, an *edge.Refusal for one that the screen should not send again, and
	// any other error for one that it should.
	Tell(ctx context.Context, lane string, word edge.Word) error
}

// Today is what the manager's page tells. It holds nothing about any one cashier, by intent.
type Today struct {
	Since  time.Time // the start of the store's day
	Counts edge.Counts
}

// Options is what a Server needs. Zone, Version, Today, Metrics, Registry, Ready, Log and Now may be left out.
type Options struct {
	Run          string // UUIDv7, new at each start of the daemon
	StoreID      string
	StoreName    string // what people call the store; empty: its id
	Locale       string // BCP 47
	Version      string
	Zone         *time.Location
	Listen       string   // host:port as bound
	TLS          bool     // the listener speaks TLS
	PublicURL    string   // how browsers reach the box, when that is not Listen
	TrustedHosts []string // further names (or name:port) that browsers may call the box by
	DistanceM    float64  // from the cashier's eyes to the screen, metres; 0: 1.5

	Screens ScreenStore
	Cashier Cashier
	Lanes   func() []string // lanes that were seen or paired
	Today   func(context.Context) (Today, error)
	Idle    func() edge.Idle

	Healthy func(context.Context) error // /healthz; nil: as long as it answers
	Ready   func(context.Context) error // /readyz; nil: likewise
	// Metrics answers /metrics, to whoever holds MetricsToken or a manager's credential; nil: 404.
	Metrics      http.Handler
	MetricsToken string                // empty: a manager's credential only
	Registry     prometheus.Registerer // nil: counts nothing

	Log *slog.Logger
	Now func() time.Time
}

// Server serves screens and pages. Make it with New; it is safe for use by many goroutines.
type Server struct {
	opt     Options
	words   words.Words
	public  *url.URL // nil without a public URL
	hub     *hub
	pairing *pairing
	pages   *pages
	probe   probeSecret
	metrics *metrics
	handler http.Handler

	pumps sync.WaitGroup // one a connection
}

// New checks the options and makes a Server that is ready to handle requests.
func New(opt Options) (*Server, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	opt.fill()
	s := &Server{opt: opt, words: words.For(opt.Locale), probe: newProbeSecret()}
	if opt.PublicURL != "" {
		public, err := url.Parse(opt.PublicURL)
		if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
			return nil, fmt.Errorf("public url %q: want http:// or https:// and a host", opt.PublicURL)
		}
		s.public = public
	}
	metrics, err := newMetrics(opt.Registry)
	if err != nil {
		return nil, fmt.Errorf("registering the screens' metrics: %w", err)
	}
	s.metrics = metrics
	s.hub = newHub(opt.Idle, opt.Now, metrics)
	s.pairing = newPairing(opt.Now)
	if s.pages, err = newPages(); err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, nil
}

func (o *Options) check() error {
	switch {
	case o.Run == "":
		return errors.New("screens: no run id")
	case o.StoreID == "":
		return errors.New("screens: no store id")
	case o.Screens == nil:
		return errors.New("screens: no store for paired screens")
	case o.Cashier == nil:
		return errors.New("screens: nobody takes the cashier's words")
	case o.Lanes == nil:
		return errors.New("screens: no list of lanes")
	case o.Idle == nil:
		return errors.New("screens: nothing to show when idle")
	case o.DistanceM < 0 || o.DistanceM > 10:
		return fmt.Errorf("screens: a distance of %g m; want 0.3 to 10", o.DistanceM)
	}
	return nil
}

func (o *Options) fill() {
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.DistanceM == 0 {
		o.DistanceM = 1.5
	}
	if o.StoreName == "" {
		o.StoreName = o.StoreID
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Today == nil {
		o.Today = func(context.Context) (Today, error) { return Today{Since: o.Now()}, nil }
	}
}

// Handler answers everything that the box serves on its screens' port.
func (s *Server) Handler() http.Handler { return s.handler }

// Show puts what on every screen of a lane, and makes it what a screen that connects later sees. It never blocks.
func (s *Server) Show(lane string, what edge.Shown) { s.hub.show(lane, what) }

// Notice tells all screens the box's own state; an empty text takes the last notice away. It never blocks.
func (s *Server) Notice(notice edge.Notice) { s.hub.noticeAll(notice) }

// ConnectedScreen is a screen with an open connection.
type ConnectedScreen struct {
	ID     string    `json:"id"`
	Lane   string    `json:"lane"`
	Name   string    `json:"name,omitempty"`
	Remote string    `json:"remote"`
	Since  time.Time `json:"since"`
}

// Connected lists the screens that are connected now.
func (s *Server) Connected() []ConnectedScreen { return s.hub.connected() }

// Revoke makes a screen's credential void and closes its connections at once.
func (s *Server) Revoke(ctx context.Context, id string) error {
	if err := s.opt.Screens.RevokeScreen(ctx, id); err != nil {
		return fmt.Errorf("revoking screen %s: %w", id, err)
	}
	s.pairing.forget(id)
	s.hub.dropScreen(id)
	return nil
}

// Close says good-bye to every screen and waits for the connections to end, or for ctx. New ones are refused.
func (s *Server) Close(ctx context.Context) error {
	s.hub.close()
	done := make(chan struct{})
	go func() { s.pumps.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing screens: %w", ctx.Err())
	}
}

// base is where a browser on this machine, or by the public URL, reaches the box; without a slash at the end.
func (s *Server) base() string {
	if s.public != nil {
		return strings.TrimSuffix(s.opt.PublicURL, "/")
	}
	scheme := "http"
	if s.opt.TLS {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(s.opt.Listen)
	if err != nil {
		return scheme + "://" + s.opt.Listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

func newID() string {
	id, err := uuid.NewV7()
	if err != nil { // the system's random source is gone: nothing here can be safe
		panic(err)
	}
	return id.String()
}
