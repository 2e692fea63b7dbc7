// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A package starts head office before anybody could say what it is called.
func TestWithoutAPublicURLTheAuthorityIsConstrained(t *testing.T) {
	a := open(t, Options{Listen: "192.0.2.7:8788"})
	for name, want := range map[string]bool{"localhost": true, "till-17": true, "hq.example.org": false, "example.org": false} {
		if a.permitsName(name) != want {
			t.Errorf("may sign for %s: %v", name, !want)
		}
	}
	forged, err := sign(&x509.Certificate{DNSNames: []string{"www.google.com"}, NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter}, a.cert, a.key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := forged.Verify(x509.VerifyOptions{Roots: pool(t, a), DNSName: "www.google.com"}); err == nil {
		t.Error("the authority signs for anybody")
	}
	for _, name := range []string{"localhost", "192.0.2.7"} {
		if _, err := leaf(t, a).Verify(x509.VerifyOptions{Roots: pool(t, a), DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// unconstrained lays down an authority as earlier versions made it before public_url was set.
func unconstrained(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	draft := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "of old"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(caLife)}
	cert, err := sign(draft, draft, key, key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := encode(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, File), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhileNoBoxTrustsItAnotherNameMakesAnother(t *testing.T) {
	for what, before := range map[string]func(dir string){
		"the defaults":    func(dir string) { open(t, Options{Dir: dir}) },
		"another name":    func(dir string) { open(t, Options{Dir: dir, PublicURL: "https://hq.example.net"}) },
		"without a bound": func(dir string) { unconstrained(t, dir) },
	} {
		dir := t.TempDir()
		before(dir)
		former, err := os.ReadFile(filepath.Join(dir, File))
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		opt := Options{Dir: dir, PublicURL: "https://hq.example.org", Unused: true, Log: slog.New(slog.NewTextHandler(&log, nil))}
		a := open(t, opt)
		if _, err := leaf(t, a).Verify(x509.VerifyOptions{Roots: pool(t, a), DNSName: "hq.example.org"}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if !a.Constrained() || a.permitsName("hq.example.net") {
			t.Errorf("%s: may sign for %s", what, a.madeFor())
		}
		if !strings.Contains(log.String(), "a new built-in authority was made") || !strings.Contains(log.String(), "example.org") {
			t.Errorf("%s: the log says %s", what, &log)
		}
		public, err := os.ReadFile(filepath.Join(dir, PublicFile))
		if err != nil || !bytes.Equal(public, a.CA()) {
			t.Errorf("%s: the public file is another's: %v", what, err)
		}
		kept, err := os.ReadFile(filepath.Join(dir, FormerFile))
		if err != nil || !bytes.Equal(kept, former) {
			t.Errorf("%s: the former one is gone: %v", what, err)
		}
		if again := open(t, opt); again.Pin() != a.Pin() {
			t.Errorf("%s: the next start made another", what)
		}
	}
}

func TestAnAuthorityThatBoxesTrustIsKept(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir, PublicURL: "https://hq.example.org"}); err == nil || !strings.Contains(err.Error(), "enrol the boxes anew") {
		t.Errorf("%v", err)
	}
	if open(t, Options{Dir: dir}).Pin() != first.Pin() {
		t.Error("another authority")
	}

	unconstrained(t, dir)
	var log bytes.Buffer
	old := open(t, Options{Dir: dir, PublicURL: "https://hq.example.org", Log: slog.New(slog.NewTextHandler(&log, nil))})
	if old.Constrained() || !strings.Contains(log.String(), "enrol each box anew") {
		t.Errorf("constrained: %v; the log says %s", old.Constrained(), &log)
	}
}
