// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"io"
	"net/http"
)

func (c *call) healthz() error { return c.ok() }

// readyz says whether the database answers. Why it does not is for the log: whoever asks here has shown nothing.
func (c *call) readyz() error {
	if err := c.api.hq.Ready(c.r.Context()); err != nil {
		return errors.Join(refuse(http.StatusServiceUnavailable, "the database does not answer; the log says why under request %s", c.id), err)
	}
	return c.ok()
}

func (c *call) ok() error {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(c.w, "ok\n") // whoever asked is gone: nothing to do about it
	return nil
}

// metrics answers to whoever holds the token for it, reads the feed, or has signed in.
func (c *call) metrics() error {
	if err := c.mayMeasure(); err != nil {
		return err
	}
	if c.api.opt.Metrics == nil {
		return refuse(http.StatusNotFound, "nothing is measured here")
	}
	c.api.opt.Metrics.ServeHTTP(c.w, c.r)
	return nil
}

func (c *call) mayMeasure() error {
	if want := c.api.opt.MetricsToken; want != "" && same(bearer(c.r), want) {
		return nil
	}
	if bearer(c.r) != "" {
		return c.reader()
	}
	_, err := c.api.signedIn(c.r)
	if errors.Is(err, ErrSignIn) {
		return refuse(http.StatusUnauthorized, "metrics are read with a token: a reader's of the feed will do").
			with("WWW-Authenticate", `Bearer realm="redbench-hq metrics"`)
	}
	return err
}
