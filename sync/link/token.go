// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"redbench/sync/wire"
)

// rotateAfter is how long a token is used.
const rotateAfter = 30 * 24 * time.Hour

// Upkeep changes the token for a new one when that is due, and does nothing else. Ask it now and then.
func (c *Client) Upkeep(ctx context.Context) error {
	c.mu.Lock()
	have := c.credentials
	c.mu.Unlock()
	since := have.Enrolled
	if have.Rotated.After(since) {
		since = have.Rotated
	}
	if c.options.Now().Sub(since) < rotateAfter {
		return nil
	}
	return c.Rotate(ctx)
}

// Rotate changes the token for a new one. The new one is durable before it is used, and the former one is kept until
// head office has taken the new one: whenever the power fails, one of the two is good.
func (c *Client) Rotate(ctx context.Context) error {
	answer, err := c.call(ctx, call{method: http.MethodPost, path: wire.PathToken(c.Store()), body: wire.Body{Type: wire.TypeJSON, Data: []byte("{}")}})
	var token wire.TokenAnswer
	if err == nil {
		err = wire.Unmarshal(answer, &token)
	}
	if err == nil && token.Token == "" {
		err = errors.New("head office gave none")
	}
	if err != nil {
		return fmt.Errorf("asking for a new token: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.credentials
	next.Former, next.Token, next.Rotated = c.credentials.Token, token.Token, c.options.Now().UTC()
	return c.keep(next)
}

// settle keeps the one token of the two that head office has taken.
func (c *Client) settle(used Credentials, good string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.credentials.Token != used.Token || c.credentials.Former == "" {
		return nil // another call was faster
	}
	next := c.credentials
	next.Token, next.Former = good, ""
	return c.keep(next)
}

// keep needs c.mu.
func (c *Client) keep(next Credentials) error {
	if err := c.options.Keep(next); err != nil {
		return fmt.Errorf("keeping the new token: %w", err)
	}
	c.credentials = next
	return nil
}
