// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// clock is the box's, held from outside. Tills go by it, too.
type clock struct {
	address string
	offset  atomic.Int64
	client  http.Client
}

func newClock(address string, begin time.Time) *clock {
	c := &clock{address: address, client: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	c.offset.Store(int64(time.Until(begin)))
	return c
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// to moves the clock on.
func (c *clock) to(ctx context.Context, at time.Time) error {
	c.offset.Store(max(c.offset.Load(), int64(time.Until(at))))
	_, err := c.ask(ctx, http.MethodPost, "/clock?offset="+url.QueryEscape(time.Duration(c.offset.Load()).String()))
	return err
}

// self asks the daemon how it stands, after a collection.
func (c *clock) self(ctx context.Context) (self, error) { return c.ask(ctx, http.MethodGet, "/self") }

func (c *clock) ask(ctx context.Context, method, path string) (s self, err error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, nil)
	if err != nil {
		return s, err
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return s, fmt.Errorf("asking the box: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return s, fmt.Errorf("asking the box: %s", answer.Status)
	}
	if method == http.MethodGet {
		err = json.NewDecoder(answer.Body).Decode(&s)
	}
	return s, err
}
