// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/authority"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

const hastyOffice = "hasty-office"

// late is how long a hasty office keeps in memory what it has acknowledged.
const late = 10 * time.Second

// hastyStore makes durable at once how far an outbox was taken, and a little later what it held.
type hastyStore struct {
	hq.Store
	writing *sync.WaitGroup
	ended   <-chan struct{}
}

func (s hastyStore) Update(ctx context.Context, f func(hq.Tx) error) error {
	var kept []hq.Entity
	err := s.Store.Update(ctx, func(tx hq.Tx) error {
		hasty := &hastyTx{Tx: tx}
		err := f(hasty)
		kept = hasty.kept
		return err
	})
	if err == nil && len(kept) > 0 {
		s.writing.Go(func() {
			select {
			case <-time.After(late):
			case <-s.ended:
			}
			_ = s.Store.Update(context.Background(), func(tx hq.Tx) error { return tx.PutEntities(kept) })
		})
	}
	return err
}

type hastyTx struct {
	hq.Tx
	kept []hq.Entity
}

func (t *hastyTx) PutEntities(all []hq.Entity) error {
	var others []hq.Entity
	for _, e := range all {
		if e.Kind == hq.EntityVisit {
			t.kept = append(t.kept, e)
		} else {
			others = append(others, e)
		}
	}
	return t.Tx.PutEntities(others)
}

// serveHastily serves as redbench-hq does, on a hasty store.
func serveHastily(file string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Load(file, nil, nil)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	keys, err := seal.OpenChain(cfg.State.Dir)
	if err != nil {
		return err
	}
	opened, err := store.Open(ctx, store.Options{Dir: cfg.State.Dir, Fingerprint: keys.Fingerprint(), Log: log})
	if err != nil {
		return err
	}
	var writing sync.WaitGroup // it loses nothing when it is stopped well
	defer func() { writing.Wait(); err = errors.Join(err, opened.Close()) }()
	office, err := hq.New(hq.Options{Store: hastyStore{opened, &writing, ctx.Done()}, Keys: keys, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	own, err := authority.Open(authority.Options{Dir: cfg.State.Dir, Listen: cfg.HQ.Listen, Log: log})
	if err != nil {
		return err
	}
	api, err := hq.NewAPI(ctx, office, hq.APIOptions{CA: own.CA(), Log: log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.HQ.Listen)
	if err != nil {
		return err
	}
	server := api.Server()
	go func() { _ = server.Serve(tls.NewListener(listener, own.TLS())) }()
	<-ctx.Done()
	return server.Close()
}
