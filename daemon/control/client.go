// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"redbench/edge"
)

// base stands in for a host: the transport goes to the socket whatever the URL says.
const base = "http://redbench"

// Client is a Box at the other end of the socket.
type Client struct {
	http *http.Client
}

var _ Box = (*Client)(nil)

// Dial speaks to the daemon on a state directory. The error is [ErrNotRunning] where nobody answers, and
// [ErrNotAllowed] where the socket is not this user's.
func Dial(ctx context.Context, stateDir string) (*Client, error) {
	probe, err := dial(ctx, stateDir)
	if err != nil {
		return nil, dialError(err)
	}
	_ = probe.Close()
	transport := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, stateDir) },
		DisableCompression: true,
	}
	return &Client{http: &http.Client{Transport: transport}}, nil
}

func dialError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return ErrNotAllowed
	case absent(err):
		return ErrNotRunning
	}
	return fmt.Errorf("speaking to the daemon: %w", err)
}

// Close lets the connections go.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Status tells how the box stands.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/status", nil)
}

// Pair mints a credential.
func (c *Client) Pair(ctx context.Context, req PairRequest) (Pairing, error) {
	return call[Pairing](ctx, c, http.MethodPost, "/pair", req)
}

// Approve accepts a code.
func (c *Client) Approve(ctx context.Context, req ApproveRequest) error {
	_, err := call[any](ctx, c, http.MethodPost, "/approve", req)
	return err
}

// Screens lists the paired screens.
func (c *Client) Screens(ctx context.Context) ([]Screen, error) {
	return call[[]Screen](ctx, c, http.MethodGet, "/screens", nil)
}

// Revoke takes a credential back.
func (c *Client) Revoke(ctx context.Context, id string) error {
	_, err := call[any](ctx, c, http.MethodDelete, "/screens/"+url.PathEscape(id), nil)
	return err
}

// Enroll exchanges a one-time code for credentials.
func (c *Client) Enroll(ctx context.Context, req EnrollRequest) (EnrollReport, error) {
	return call[EnrollReport](ctx, c, http.MethodPost, "/enroll", req)
}

// Forget takes one customer out.
func (c *Client) Forget(ctx context.Context, id edge.Identifier) (ForgetReport, error) {
	return call[ForgetReport](ctx, c, http.MethodPost, "/forget", id)
}

// Customer tells what is known of one customer.
func (c *Client) Customer(ctx context.Context, id edge.Identifier) (Customer, error) {
	return call[Customer](ctx, c, http.MethodPost, "/customer", id)
}

// Dossier gives everything that is held of one customer.
func (c *Client) Dossier(ctx context.Context, id edge.Identifier) (edge.Dossier, error) {
	return call[edge.Dossier](ctx, c, http.MethodPost, "/dossier", id)
}

// Merge makes one customer of two.
func (c *Client) Merge(ctx context.Context, req MergeRequest) (MergeReport, error) {
	return call[MergeReport](ctx, c, http.MethodPost, "/merge", req)
}

// Unmerge makes two of one again.
func (c *Client) Unmerge(ctx context.Context, req UnmergeRequest) (UnmergeReport, error) {
	return call[UnmergeReport](ctx, c, http.MethodPost, "/unmerge", req)
}

// Try chooses a prompt without showing it.
func (c *Client) Try(ctx context.Context, req TryRequest) (Trial, error) {
	return call[Trial](ctx, c, http.MethodPost, "/try", req)
}

// Quarantine lists refused events.
func (c *Client) Quarantine(ctx context.Context, limit int) ([]Quarantined, error) {
	return call[[]Quarantined](ctx, c, http.MethodGet, "/quarantine?limit="+strconv.Itoa(limit), nil)
}

// QuarantineShow tells of one refused event.
func (c *Client) QuarantineShow(ctx context.Context, id string) (Quarantined, error) {
	return call[Quarantined](ctx, c, http.MethodGet, "/quarantine/"+url.PathEscape(id), nil)
}

// call asks and reads the answer.
func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var out T
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return out, fmt.Errorf("asking the daemon: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return out, fmt.Errorf("asking the daemon: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return out, c.explain(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return out, readError(response)
	}
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		return out, c.explain(ctx, err)
	}
	return out, nil
}

func readError(response *http.Response) error {
	var wire wireError
	if err := json.NewDecoder(response.Body).Decode(&wire); err != nil || wire.Code == "" {
		return fmt.Errorf("the daemon answered %s; are redbench and the daemon of one version?", response.Status)
	}
	return wire.err()
}

// explain drops the URL that http.Client puts into its errors, which means nothing here.
func (c *Client) explain(ctx context.Context, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case absent(err), errors.Is(err, fs.ErrPermission):
		return dialError(err)
	}
	return err
}
