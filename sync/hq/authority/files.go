// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery bounds how often the files' dates are looked at.
const lookEvery = 5 * time.Second

// Files is a certificate and its key that somebody else keeps fresh in files. They are read anew when they change, without a
// restart. It is safe for concurrent use.
type Files struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	state   state // of the files that pair was read from
	refused state // of the files that were not to be read, so that the log is told once
	looked  time.Time
}

// state tells one writing of the files from another.
type state struct {
	cert, key         time.Time
	certSize, keySize int64
}

// OpenFiles reads a certificate (with its chain) and its key, both PEM. now and log may be nil.
func OpenFiles(cert, key string, now func() time.Time, log *slog.Logger) (*Files, error) {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f := &Files{cert: cert, key: key, now: now, log: log}
	if err := f.read(); err != nil {
		return nil, err
	}
	f.looked = now()
	return f, nil
}

// TLS gives the listener's configuration.
func (f *Files) TLS() *tls.Config {
	return serverConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.certificate(), nil })
}

// Ends says until when the certificate holds.
func (f *Files) Ends() time.Time { return f.certificate().Leaf.NotAfter }

// certificate looks whether the files are others now. A pair that is not whole yet (the certificate is new, the key still
// the old one) is left alone until it is.
func (f *Files) certificate() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.looked).Abs() >= lookEvery {
		f.looked = now
		f.look()
	}
	return f.pair
}

func (f *Files) look() {
	found, err := f.stat()
	if err == nil && (found == f.state || found == f.refused) {
		return
	}
	if err == nil {
		err = f.read()
	}
	if err != nil {
		f.refused = found
		f.log.Error("reading the TLS files anew; going on with the former certificate", "error", err, "ends", f.pair.Leaf.NotAfter)
		return
	}
	f.log.Info("TLS certificate read anew", "ends", f.pair.Leaf.NotAfter)
}

func (f *Files) read() error {
	found, err := f.stat()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("reading the TLS certificate %q with its key %q: %w", f.cert, f.key, err)
	}
	f.pair, f.state, f.refused = &pair, found, state{}
	return nil
}

func (f *Files) stat() (s state, err error) {
	cert, err := os.Stat(f.cert)
	if err != nil {
		return state{}, fmt.Errorf("looking at the TLS certificate: %w", err)
	}
	key, err := os.Stat(f.key)
	if err != nil {
		return state{}, fmt.Errorf("looking at the TLS key: %w", err)
	}
	return state{cert: cert.ModTime(), key: key.ModTime(), certSize: cert.Size(), keySize: key.Size()}, nil
}
