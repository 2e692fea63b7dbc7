// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redbench/edge"
	"redbench/edge/guard"
	"redbench/sync/wire"
)

// APIOptions are what the calls over HTTP need beside head office itself. All may be left out.
type APIOptions struct {
	CA        []byte       // PEM of the built-in authority, for boxes that enrol; empty: their system knows the certificate's
	Pages     http.Handler // everything that is no call of ours; nil: 404
	PublicURL string       // where people reach the pages, for links; empty: by whatever name they called
	// Insecure says that the listener speaks plain HTTP and nobody before it speaks TLS: cookies then travel in clear.
	Insecure bool

	Webhooks []Webhook    // vendors that may post here
	Guard    *guard.Guard // keeps payment cards out of what they post; nil: one that knows no loyalty cards

	Registry     prometheus.Registerer // nil: counts nothing
	Metrics      http.Handler          // answers /metrics; nil: 404
	MetricsToken string                // who may read them, beside readers of the feed and people who signed in

	Log *slog.Logger
	Now func() time.Time
}

// office is what the calls ask of head office: an *HQ.
type office interface {
	Enrol(context.Context, wire.EnrolRequest) (Enrolled, error)
	Authenticate(ctx context.Context, store string, serial uint64) error
	Rotate(ctx context.Context, store string) (uint64, error)
	Secret(ctx context.Context, purpose string) ([]byte, error)

	Take(ctx context.Context, store, box string, records []edge.Record) (wire.Ack, error)
	Orders(ctx context.Context, store string, orders []edge.Order) error
	Changes(ctx context.Context, store, cursor string, limit int) (edge.Page, error)
	Wait(ctx context.Context, store, cursor string) error
	Lookup(ctx context.Context, store string, hashes []edge.IdentifierHash) (edge.Found, error)
	Status(ctx context.Context, store string, s wire.BoxStatus) (wire.StatusAnswer, error)
	FeedWithin(ctx context.Context, after string, limit, bytes int) (items []FeedItem, next string, more bool, err error)

	CheckUser(ctx context.Context, name, secret string) (User, error)
	SignInByLink(ctx context.Context, code string) (token string, expires time.Time, err error)
	Session(ctx context.Context, token string) (User, error)
	SignOut(ctx context.Context, token string) error

	Relay(ctx context.Context, vendor string, events []edge.Event) (taken int, err error)

	Ready(ctx context.Context) error
}

// API answers the calls of boxes and of the chain's own programs. Make it with NewAPI; it is safe for concurrent use.
type API struct {
	hq      office
	opt     APIOptions
	key     *tokenKey
	zstd    *wire.Zstd
	metrics *metrics
	routes  []route
	hooks   map[string]*hook // by vendor
	log     *quietLog

	enrolEach, enrolAll *limits // failed attempts
	signEach, signAll   *limits // likewise
	lookups             *limits // by store
	lookupsDay          *daily  // likewise

	coming  *gate         // records on their way here
	batches *gate         // records on their way into the database
	bodies  *perStore     // bodies of one store
	hooking *gate         // bodies of vendors
	polls   *perStore     // questions that wait for something to tell
	closing chan struct{} // closed when the listener shuts down
	once    sync.Once
}

// How much is let in at once.
const (
	batchesAtWork  = 2 // one writes, one is decoded
	batchesInLine  = 16
	batchesComing  = 128 // packed: a hundred kilobytes each, and wire.MaxBatch at most
	bodiesOfStore  = 2   // one may hang on a dead link while the next comes
	pollsOfStore   = 2   // likewise
	hooksAtOnce    = 2   // one writes, one is mapped
	hooksInLine    = 64
	failuresEach   = 10 // attempts to enrol or to sign in, from one address
	failuresAll    = 200
	lookupsOfStore = 60 // at once, then two a second
	lookupsADay    = 5000
)

// NewAPI makes the calls of a head office. It reads the key that tokens are signed with, and makes it the first time.
func NewAPI(ctx context.Context, hq *HQ, opt APIOptions) (*API, error) {
	if hq == nil {
		return nil, errors.New("making the calls of head office: there is no head office")
	}
	return newAPI(ctx, hq, opt)
}

func newAPI(ctx context.Context, hq office, opt APIOptions) (*API, error) {
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	secret, err := hq.Secret(ctx, "tokens")
	if err != nil {
		return nil, fmt.Errorf("reading the key of the tokens: %w", err)
	}
	if len(secret) != len(tokenKey{}) {
		return nil, fmt.Errorf("reading the key of the tokens: it has %d bytes", len(secret))
	}
	a := &API{
		hq: hq, opt: opt, key: (*tokenKey)(secret), log: newQuietLog(opt.Log, opt.Now),
		enrolEach: newLimits(opt.Now, failuresEach, 1.0/6), enrolAll: newLimits(opt.Now, failuresAll, 2),
		signEach: newLimits(opt.Now, failuresEach, 1.0/6), signAll: newLimits(opt.Now, failuresAll, 2),
		lookups: newLimits(opt.Now, lookupsOfStore, 2), lookupsDay: newDaily(opt.Now, lookupsADay),
		coming: newGate(batchesComing, 0), batches: newGate(batchesAtWork, batchesInLine),
		bodies: newPerStore(bodiesOfStore), polls: newPerStore(pollsOfStore), hooking: newGate(hooksAtOnce, hooksInLine),
		closing: make(chan struct{}),
	}
	if a.zstd, err = wire.NewZstd(batchesAtWork); err != nil {
		return nil, err
	}
	if a.metrics, err = newMetrics(opt.Registry); err != nil {
		return nil, fmt.Errorf("registering the metrics of the calls: %w", err)
	}
	if err := a.addHooks(ctx); err != nil {
		return nil, err
	}
	a.routes = a.table()
	return a, nil
}

// addHooks makes the vendors' webhooks ready. Ids that are made up for their events are under a key of the database's, which
// all receivers share.
func (a *API) addHooks(ctx context.Context) error {
	if len(a.opt.Webhooks) == 0 {
		return nil
	}
	key, err := a.hq.Secret(ctx, "webhooks")
	if err != nil {
		return err
	}
	a.hooks, err = newHooks(a.opt.Webhooks, a.opt.Guard, keyedDigest(key))
	return err
}

// Close answers at once what waits for something to tell, so that a listener can shut down.
func (a *API) Close() { a.once.Do(func() { close(a.closing) }) }

// Server gives an http.Server with the time-outs and bounds that the calls count upon: a connection that says nothing, or
// says it a byte a minute, is closed. Address and TLS are the caller's.
func (a *API) Server() *http.Server {
	server := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute, // a box speaks each minute
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(a.opt.Log.Handler(), slog.LevelDebug),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 32,
			SendPingTimeout:      30 * time.Second, // finds a peer that is gone without a word
			PingTimeout:          15 * time.Second,
			WriteByteTimeout:     bodyPause,
		},
	}
	server.RegisterOnShutdown(a.Close)
	return server
}

func constantEqual(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// same tells whether a secret is the wanted one, in a time that says nothing about either.
func same(got, want string) bool {
	g, w := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return constantEqual(g[:], w[:])
}
