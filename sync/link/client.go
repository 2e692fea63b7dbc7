// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// Options are what a Client is made of. Credentials is required.
type Options struct {
	Credentials Credentials
	Keep        func(Credentials) error // makes new credentials durable; nil: they live as long as the Client
	Transport   http.RoundTripper       // nil: the network, verified by the authority of enrolment, else CAFile, else the system's
	CAFile      string                  // PEM
	Insecure    bool                    // http:// is allowed
	Version     string                  // of the program, for head office's log
	Throttle    *Throttle               // of records and pages; nil: none
	Now         func() time.Time        // nil: time.Now
}

// Client makes a box's calls to head office. It is safe for concurrent use.
type Client struct {
	options Options
	base    *url.URL
	http    *http.Client
	zstd    *wire.Zstd

	mu          sync.Mutex
	credentials Credentials
	plain       bool // head office does not take zstd
}

// New makes a client. It does not connect.
func New(options Options) (*Client, error) {
	if options.Credentials.Store == "" || options.Credentials.Token == "" {
		return nil, ErrNotEnrolled
	}
	base, err := parseURL(options.Credentials.URL, options.Insecure)
	if err != nil {
		return nil, err
	}
	if options.Transport == nil {
		config, err := verifyingBy(options.Credentials.CA, options.CAFile)
		if err != nil {
			return nil, err
		}
		options.Transport = newTransport(config)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Keep == nil {
		options.Keep = func(Credentials) error { return nil }
	}
	packer, err := wire.NewZstd(1)
	if err != nil {
		return nil, err
	}
	return &Client{options: options, base: base, http: newHTTP(options.Transport), zstd: packer, credentials: options.Credentials}, nil
}

// newHTTP follows nobody elsewhere: a token goes to whom it was given for.
func newHTTP(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Store is the store's id at head office.
func (c *Client) Store() string { return c.options.Credentials.Store }

// URL is head office's address.
func (c *Client) URL() string { return c.base.String() }

// Pack makes a body of a batch's lines for Records.
func (c *Client) Pack(lines []byte) wire.Body {
	c.mu.Lock()
	plain := c.plain
	c.mu.Unlock()
	if plain {
		return wire.Body{Type: wire.TypeLines, Data: lines}
	}
	return c.zstd.PackBody(wire.TypeLines, lines)
}

// Records sends a batch. It fails with a *wire.Conflict where the box must take a new box id.
func (c *Client) Records(ctx context.Context, batch wire.Body) (ack wire.Ack, err error) {
	answer, err := c.call(ctx, call{method: http.MethodPost, path: wire.PathRecords(c.Store()), body: batch, throttled: true})
	if refused, ok := errors.AsType[*Refused](err); ok {
		switch {
		case refused.Status == http.StatusConflict && refused.Problem.Type == wire.ProblemConflict:
			return ack, fmt.Errorf("sending records: %w", &wire.Conflict{Detail: refused.Problem.Detail})
		case refused.Status == http.StatusUnsupportedMediaType:
			c.mu.Lock()
			c.plain = true
			c.mu.Unlock()
		}
	}
	if err == nil {
		err = wire.Unmarshal(answer, &ack)
	}
	if err != nil {
		return wire.Ack{}, fmt.Errorf("sending records: %w", err)
	}
	return ack, nil
}

// Orders sends erasures and receipts, at most wire.MaxOrders: all are taken, or it fails.
func (c *Client) Orders(ctx context.Context, orders []edge.Order) error {
	var answer wire.OrdersAnswer
	err := c.ask(ctx, wire.PathOrders(c.Store()), wire.OrdersRequest{Orders: orders}, &answer)
	if err == nil && answer.Taken != len(orders) {
		err = fmt.Errorf("head office took %d of %d", answer.Taken, len(orders))
	}
	if err != nil {
		return fmt.Errorf("sending erasures and receipts: %w", err)
	}
	return nil
}

// Changes asks what comes after the cursor. Head office may take so long to answer until there is something to tell.
func (c *Client) Changes(ctx context.Context, cursor string, wait time.Duration) (edge.Page, error) {
	answer, err := c.call(ctx, call{method: http.MethodGet, path: wire.PathChanges(c.Store(), cursor, wait), wait: wait, throttled: true})
	if err != nil {
		return edge.Page{}, fmt.Errorf("asking for changes: %w", err)
	}
	return wire.DecodePage(answer)
}

// Lookup asks for somebody by any of the hashes. It fails with edge.ErrNotFound where head office knows nobody.
func (c *Client) Lookup(ctx context.Context, hashes []edge.IdentifierHash) (found edge.Found, err error) {
	err = c.ask(ctx, wire.PathLookup(c.Store()), wire.LookupRequest{Hashes: hashes}, &found)
	if refused, ok := errors.AsType[*Refused](err); ok && refused.Status == http.StatusNotFound && refused.ours {
		return edge.Found{}, edge.ErrNotFound
	}
	if err == nil {
		err = wire.CheckFound(&found)
	}
	if err != nil {
		return edge.Found{}, fmt.Errorf("looking up a card: %w", err)
	}
	return found, nil
}

// Status tells how the box is.
func (c *Client) Status(ctx context.Context, status wire.BoxStatus) (answer wire.StatusAnswer, err error) {
	if err := c.ask(ctx, wire.PathStatus(c.Store()), status, &answer); err != nil {
		return wire.StatusAnswer{}, fmt.Errorf("telling the box's status: %w", err)
	}
	return answer, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
