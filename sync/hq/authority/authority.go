// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// File holds the authority's key and certificate, in the state directory: who can read it can be head office.
	File = "authority.pem"
	// PublicFile holds the certificate alone, for browsers and for curl --cacert.
	PublicFile = "ca.pem"
	// FormerFile holds an authority that gave way to another, so that it can be put back.
	FormerFile = "authority.former.pem"

	caLife    = 10 * 365 * 24 * time.Hour
	caWarn    = 365 * 24 * time.Hour
	leafLife  = 365 * 24 * time.Hour
	leafRenew = 60 * 24 * time.Hour // before its end
	// A box whose clock is behind must come in all the same: head office is who tells it the time. Together with
	// leafLife it stays below the 398 days that browsers allow.
	leafBehind = 30 * 24 * time.Hour
	// retryAfter is how long after a renewal that did not work the next is tried.
	retryAfter = time.Minute
)

// Options say where the authority lives and for which names it answers. Now and Log may be left out.
type Options struct {
	Dir       string // the state directory, made when it is not there
	PublicURL string // https://hq.example.com:8788, as boxes and browsers reach it; may be empty
	Listen    string // host:port of the listener
	Hostname  string // the machine's name; empty: as the system says
	Unused    bool   // no box trusts it: one that was made for other names gives way to a new one

	Now func() time.Time
	Log *slog.Logger
}

// Authority is a built-in certificate authority and the server certificate that it signed. It is safe for concurrent use.
type Authority struct {
	opt   Options
	names names
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey

	mu    sync.Mutex
	leaf  *tls.Certificate
	tried time.Time // when a renewal did not work last
}

// Open reads the authority of a state directory, and makes it when there is none. It fails when the public URL's name is
// one that this authority was not made for, and says what to do.
func Open(opt Options) (*Authority, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	found, err := namesOf(opt)
	if err != nil {
		return nil, err
	}
	a := &Authority{opt: opt, names: found}
	if err := a.load(); err != nil {
		return nil, err
	}
	if err := a.replace(); err != nil {
		return nil, err
	}
	if err := a.checkNames(); err != nil {
		return nil, err
	}
	if left := a.cert.NotAfter.Sub(opt.Now()); left < caWarn {
		opt.Log.Warn("the built-in authority ends; move its file away and enrol the boxes anew before then",
			"file", filepath.Join(opt.Dir, File), "ends", a.cert.NotAfter)
	}
	if _, err := a.certificate(); err != nil {
		return nil, err
	}
	return a, nil
}

// Look reads the authority of a state directory and changes nothing: its certificate, and why it cannot be used.
func Look(opt Options) (*x509.Certificate, error) {
	opt.Log = slog.New(slog.DiscardHandler)
	path := filepath.Join(opt.Dir, File)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the built-in authority: %w", err)
	}
	a := &Authority{opt: opt}
	if a.cert, a.key, err = decode(data); err != nil {
		return nil, fmt.Errorf("reading the built-in authority %q: %w", path, err)
	}
	if a.names, err = namesOf(opt); err != nil {
		return nil, err
	}
	return a.cert, a.checkNames()
}

func (a *Authority) load() error {
	path := filepath.Join(a.opt.Dir, File)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a.create()
	}
	if err != nil {
		return fmt.Errorf("reading the built-in authority: %w", err)
	}
	if a.cert, a.key, err = decode(data); err != nil {
		return fmt.Errorf("reading the built-in authority %q: %w", path, err)
	}
	return a.publish()
}

func (a *Authority) create() error {
	if err := os.MkdirAll(a.opt.Dir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	cert, key, err := a.newCA()
	if err != nil {
		return fmt.Errorf("making the built-in authority: %w", err)
	}
	data, err := encode(cert, key)
	if err != nil {
		return fmt.Errorf("making the built-in authority: %w", err)
	}
	err = writeDurably(a.opt.Dir, File, data, 0o600, false)
	if errors.Is(err, fs.ErrExist) { // another process was faster: there is one authority, and it is that one
		return a.load()
	}
	if err != nil {
		return fmt.Errorf("writing the built-in authority: %w", err)
	}
	a.cert, a.key = cert, key
	return a.publish()
}

// replace makes a new authority in the place of one that does not fit, while no box trusts it. One that may sign for
// anything never fits: it was made before public_url was set, and whoever trusts it trusts it for every name.
func (a *Authority) replace() error {
	if a.Constrained() && a.permitsAll() {
		return nil
	}
	if !a.opt.Unused {
		if !a.Constrained() {
			a.opt.Log.Warn("the built-in authority may sign for every name: do not install its certificate in a browser. "+
				"A narrow one: stop head office, move this file away, start it, and enrol each box anew", "file", filepath.Join(a.opt.Dir, File))
		}
		return nil
	}
	path := filepath.Join(a.opt.Dir, File)
	if err := os.Rename(path, filepath.Join(a.opt.Dir, FormerFile)); err != nil {
		return fmt.Errorf("moving the built-in authority away: %w", err)
	}
	was := a.madeFor()
	if err := a.create(); err != nil {
		return err
	}
	a.opt.Log.Warn("the names of head office have changed and no store is enrolled: a new built-in authority was made. Codes that "+
		"were printed before are void (`redbench-hq store add` prints others); a browser needs the new "+PublicFile,
		"was_for", was, "is_for", a.madeFor(), "former", FormerFile)
	return nil
}

// publish keeps the public copy as it should be.
func (a *Authority) publish() error {
	want := a.CA()
	have, err := os.ReadFile(filepath.Join(a.opt.Dir, PublicFile))
	if err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := writeDurably(a.opt.Dir, PublicFile, want, 0o644, true); err != nil {
		return fmt.Errorf("writing the authority's certificate: %w", err)
	}
	return nil
}

// CA gives the authority's certificate as PEM, as an enrolled box keeps it.
func (a *Authority) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Pin is what a one-time code carries of the authority: the first 10 bytes of the SHA-256 of its certificate (DER).
func (a *Authority) Pin() [10]byte {
	sum := sha256.Sum256(a.cert.Raw)
	return [10]byte(sum[:10])
}

// TLS gives the listener's configuration. The server certificate is renewed before its end, without a restart; the
// authority's own certificate is sent along, since a box that enrols knows nothing but its pin.
func (a *Authority) TLS() *tls.Config {
	return serverConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certificate() })
}

func serverConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get, NextProtos: []string{"h2", "http/1.1"}}
}

// certificate gives the server certificate that holds now. A renewal that does not work keeps the former while it holds.
func (a *Authority) certificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.opt.Now()
	if a.leaf != nil && (now.Before(a.leaf.Leaf.NotAfter.Add(-leafRenew)) || now.Sub(a.tried) < retryAfter) {
		return a.leaf, nil
	}
	leaf, err := a.newLeaf(now)
	if err == nil {
		a.leaf = leaf
		return leaf, nil
	}
	a.tried = now
	if a.leaf == nil {
		return nil, fmt.Errorf("making the server certificate: %w", err)
	}
	a.opt.Log.Error("renewing the server certificate", "error", err, "ends", a.leaf.Leaf.NotAfter)
	return a.leaf, nil
}

// Ends says until when the server certificate and the authority's own hold.
func (a *Authority) Ends() (leaf, ca time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leaf.Leaf.NotAfter, a.cert.NotAfter
}
