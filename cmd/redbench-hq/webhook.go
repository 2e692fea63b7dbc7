// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"redbench/sync/hq"
	"redbench/sync/hq/config"
)

// webhooks reads the secrets of the vendors that may post.
func webhooks(cfg *config.Config) (all []hq.Webhook, err error) {
	for _, w := range cfg.Webhooks {
		secrets, err := w.Secrets()
		if err != nil {
			return nil, err
		}
		all = append(all, hq.Webhook{Vendor: w.Vendor, Secrets: secrets, Header: w.Header, Scheme: w.Scheme, Prefix: w.Prefix,
			TimestampHeader: w.TimestampHeader, Format: w.Format, Program: w.Program})
	}
	return all, nil
}

// checkWebhooks compiles every vendor's program.
func checkWebhooks(cfg *config.Config) error {
	all, err := webhooks(cfg)
	for _, w := range all {
		err = errors.Join(err, hq.CheckWebhook(w))
	}
	return err
}

// tidyEvery is how often what head office must not keep for longer is looked for.
const tidyEvery = time.Hour

// tidy deletes vendors' events that no box came for, at the start and each hour, until it is ended.
func tidy(ctx context.Context, o *office, log *slog.Logger) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(tidyEvery)
		defer ticker.Stop()
		for ctx.Err() == nil {
			if err := o.Tidy(ctx); err != nil && ctx.Err() == nil {
				log.Error("tidying up", "error", err)
			}
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	})
	return func() { cancel(); running.Wait() }
}
