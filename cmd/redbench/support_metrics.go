// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
)

// maxMetrics is more than a box measures.
const maxMetrics = 1 << 20

// metrics asks the running box for what it measures, where it listens for that: [metrics] listen, or [ui] with the token.
func (p *patient) metrics(ctx context.Context) ([]byte, error) {
	token, err := p.cfg.Metrics.Token()
	if err != nil {
		return nil, err
	}
	if p.status == nil {
		return nil, fmt.Errorf("asking for metrics: no box runs")
	}
	at := p.status.UI
	if p.status.Metrics != nil {
		at = *p.status.Metrics
	} else if token == "" {
		return nil, fmt.Errorf("asking for metrics: neither [metrics] listen nor token_file is set")
	}
	scheme := "http"
	if at.Secure {
		scheme = "https"
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+at.Address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		ask.Header.Set("Authorization", "Bearer "+token)
	}
	// The running box told this address by its control socket, and its certificate is for another name.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	answer, err := client.Do(ask)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for metrics: the box answered %s", answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, maxMetrics))
}
