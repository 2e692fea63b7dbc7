// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t testing.TB, opt Options) *Authority {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Hostname == "" {
		opt.Hostname = "till-17"
	}
	a, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pool(t testing.TB, a *Authority) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(a.CA()) {
		t.Fatal("the authority's certificate is no PEM")
	}
	return p
}

func leaf(t testing.TB, a *Authority) *x509.Certificate {
	t.Helper()
	c, err := a.certificate()
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func TestTheAuthorityIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	a, b := open(t, Options{Dir: dir}), open(t, Options{Dir: dir})
	if a.Pin() != b.Pin() || !bytes.Equal(a.CA(), b.CA()) {
		t.Error("the second start has another authority")
	}
	if open(t, Options{}).Pin() == a.Pin() {
		t.Error("two head offices have one authority")
	}
	for name, mode := range map[string]os.FileMode{File: 0o600, PublicFile: 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want %v", name, info, err, mode)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("left in the directory: %v %v", files, err)
	}
	public, err := os.ReadFile(filepath.Join(dir, PublicFile))
	if err != nil || !bytes.Equal(public, a.CA()) || bytes.Contains(public, []byte("PRIVATE")) {
		t.Errorf("the public file: %s %v", public, err)
	}
	sum := sha256.Sum256(a.cert.Raw)
	if pin := a.Pin(); !bytes.Equal(pin[:], sum[:10]) {
		t.Error("the pin is not of the authority's certificate")
	}
	if a.cert.NotAfter.Sub(a.opt.Now()) < 3640*24*time.Hour {
		t.Errorf("the authority ends %v", a.cert.NotAfter)
	}
}

func TestTheServerIsVerifiedByEachOfItsNames(t *testing.T) {
	a := open(t, Options{PublicURL: "https://HQ.Example.com:8788", Listen: "192.0.2.7:8788"})
	listener, err := tls.Listen("tcp", "127.0.0.1:0", a.TLS())
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	dial := func(config *tls.Config) error {
		conn, err := tls.Dial("tcp", listener.Addr().String(), config)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	for _, name := range []string{"hq.example.com", "192.0.2.7", "till-17", "localhost", "127.0.0.1", "::1"} {
		if err := dial(&tls.Config{RootCAs: pool(t, a), ServerName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for what, config := range map[string]*tls.Config{
		"another name":      {RootCAs: pool(t, a), ServerName: "evil.example.com"},
		"another authority": {RootCAs: pool(t, open(t, Options{})), ServerName: "localhost"},
		"an old protocol":   {RootCAs: pool(t, a), ServerName: "localhost", MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10},
	} {
		if dial(config) == nil {
			t.Errorf("%s: verified", what)
		}
	}
}

// A box that enrols knows the pin only: it must find the authority in what the server sends.
func TestTheAuthorityTravelsWithTheServerCertificate(t *testing.T) {
	a := open(t, Options{})
	c, err := a.certificate()
	if err != nil || len(c.Certificate) != 2 || !bytes.Equal(c.Certificate[1], a.cert.Raw) {
		t.Errorf("sent: %d certificates, %v", len(c.Certificate), err)
	}
}

func TestTheServerCertificateIsRenewedBeforeItsEnd(t *testing.T) {
	now := &clock{start}
	a := open(t, Options{Now: now.Now})
	first := leaf(t, a)
	now.now = first.NotAfter.Add(-leafRenew - time.Hour)
	if leaf(t, a) != first {
		t.Error("renewed too early")
	}
	now.now = first.NotAfter.Add(-leafRenew)
	second := leaf(t, a)
	if second == first || !second.NotAfter.After(first.NotAfter) {
		t.Error("not renewed")
	}
	if life := second.NotAfter.Sub(second.NotBefore); life > 398*24*time.Hour {
		t.Errorf("a browser refuses a certificate of %v", life)
	}
	if now.now.Sub(second.NotBefore) < 29*24*time.Hour {
		t.Error("a box whose clock is behind would refuse it")
	}
}

func TestTheServerCertificateEndsWithItsAuthority(t *testing.T) {
	now := &clock{start}
	dir := t.TempDir()
	end := open(t, Options{Dir: dir, Now: now.Now}).cert.NotAfter
	now.now = end.Add(-time.Hour)
	var log bytes.Buffer
	a := open(t, Options{Dir: dir, Now: now.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if got := leaf(t, a).NotAfter; !got.Equal(end) {
		t.Errorf("ends %v, its authority %v", got, end)
	}
	if !strings.Contains(log.String(), "enrol the boxes anew") {
		t.Errorf("the log says %q", &log)
	}
	now.now = end
	if _, err := Open(Options{Dir: dir, Now: now.Now}); err == nil || !strings.Contains(err.Error(), "ended on") {
		t.Errorf("an ended authority: %v", err)
	}
}

func TestTheAuthorityIsConstrainedToItsDomain(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir, PublicURL: "https://hq.shop.example.co.uk"})
	for name, want := range map[string]bool{
		"hq.shop.example.co.uk": true, "other.example.co.uk": true, "till-17": true, "localhost": true,
		"example.com": false, "co.uk": false, "badexample.co.uk": false,
	} {
		if got := a.permitsName(name); got != want {
			t.Errorf("may sign for %s: %v", name, got)
		}
	}
	// The library that verifies must think so, too.
	forged, err := sign(&x509.Certificate{
		SerialNumber: nil, DNSNames: []string{"www.google.com"}, NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
	}, a.cert, a.key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := forged.Verify(x509.VerifyOptions{Roots: pool(t, a), DNSName: "www.google.com"}); err == nil {
		t.Error("the authority signs for anybody")
	}

	moved, err := Open(Options{Dir: dir, PublicURL: "https://hq.example.org", Hostname: "till-17"})
	if err == nil || !strings.Contains(err.Error(), "enrol the boxes anew") {
		t.Errorf("a name that it may not sign for: %v %v", moved, err)
	}
	// A machine that is called otherwise by now is only not reached by that name.
	renamed := open(t, Options{Dir: dir, PublicURL: "https://hq.shop.example.co.uk", Hostname: "other.example.net"})
	if err := leaf(t, renamed).VerifyHostname("hq.shop.example.co.uk"); err != nil {
		t.Error(err)
	}
	if leaf(t, renamed).VerifyHostname("other.example.net") == nil {
		t.Error("it signs for a name that nobody could verify, which spoils the whole certificate")
	}
}

// Looking tells what serving would say, and makes nothing.
func TestLookingChangesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := Look(Options{Dir: dir}); err == nil {
		t.Error("an authority that is not there was looked at")
	}
	a := open(t, Options{Dir: dir, PublicURL: "https://hq.chain.example"})
	public := filepath.Join(dir, PublicFile)
	if err := os.Remove(public); err != nil {
		t.Fatal(err)
	}
	if cert, err := Look(Options{Dir: dir, PublicURL: "https://hq.chain.example"}); err != nil || !cert.Equal(a.cert) {
		t.Errorf("%v %v", cert, err)
	}
	if _, err := Look(Options{Dir: dir, PublicURL: "https://elsewhere.example"}); err == nil || !strings.Contains(err.Error(), "may not sign for") {
		t.Errorf("another name: %v", err)
	}
	if _, err := os.Stat(public); err == nil {
		t.Error("looking wrote a file")
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for url, want := range map[string]string{
		"http://hq.example.com": "want https://", "https://": "want https://", "hq.example.com": "want https://",
		"https://hq example": "want https://", "https://*.example.com": "neither a host name",
	} {
		if _, err := Open(Options{Dir: t.TempDir(), PublicURL: url}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestADamagedAuthorityIsRefusedAndLeftAlone(t *testing.T) {
	good := open(t, Options{Dir: t.TempDir()})
	other := open(t, Options{Dir: t.TempDir()})
	whole, err := encode(good.cert, good.key)
	if err != nil {
		t.Fatal(err)
	}
	mixed, err := encode(good.cert, other.key)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "no PEM": []byte("x"), "no key": good.CA(), "another's key": mixed,
		"something behind": append(bytes.Clone(whole), 'x'), "cut": whole[:len(whole)-40],
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, File)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "restore it from the backup") {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, data) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	a := open(f, Options{Dir: f.TempDir()})
	whole, err := encode(a.cert, a.key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(a.CA())
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cert, key, err := decode(data)
		if err == nil && (!cert.IsCA || !key.PublicKey.Equal(cert.PublicKey)) {
			t.Error("decoded what is no authority")
		}
	})
}

func TestFilesAreReadAnewWhenTheyChange(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(a *Authority, what ...string) {
		t.Helper()
		c, err := a.certificate()
		if err != nil {
			t.Fatal(err)
		}
		text, err := encode(c.Leaf, a.leafKey())
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string][]byte{}
		parts[cert], parts[key], _ = bytes.Cut(text, []byte("-----BEGIN PRIVATE"))
		parts[key] = append([]byte("-----BEGIN PRIVATE"), parts[key]...)
		for _, path := range what {
			if err := os.WriteFile(path, parts[path], 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := open(t, Options{Dir: t.TempDir()}), open(t, Options{Dir: t.TempDir()})
	write(first, cert, key)
	var log bytes.Buffer
	now := &clock{start}
	f, err := OpenFiles(cert, key, now.Now, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	later := start
	touch := func() { // file systems' clocks are coarse
		later = later.Add(time.Hour)
		for _, path := range []string{cert, key} {
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
		}
	}
	serves := func(a *Authority) bool {
		now.now = now.now.Add(lookEvery)
		return f.certificate().Leaf.Equal(leaf(t, a))
	}
	if !serves(first) {
		t.Fatal("another certificate")
	}
	write(second, cert)
	touch()
	if before, still := serves(first), serves(first); !before || !still { // the second look finds what was refused before
		t.Error("half a change was taken")
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("the log was told %d times:\n%s", n, &log)
	}
	write(second, key)
	touch()
	if !serves(second) {
		t.Error("the change was not taken")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if !serves(second) {
		t.Error("a file that is gone took the certificate along")
	}
	if strings.Contains(log.String(), "PRIVATE") {
		t.Error("a key in the log")
	}
}

func TestFilesThatAreNone(t *testing.T) {
	if _, err := OpenFiles("/nowhere/cert.pem", "/nowhere/key.pem", nil, nil); err == nil || !strings.Contains(err.Error(), "looking at") {
		t.Errorf("%v", err)
	}
}

func TestAWholeCallOverTLS(t *testing.T) {
	a := open(t, Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{TLSConfig: a.TLS(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	})}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(t, a)}, ForceAttemptHTTP2: true}}
	t.Cleanup(client.CloseIdleConnections)
	answer, err := client.Get("https://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "HTTP/2.0" {
		t.Errorf("%s %v", body, err)
	}
}
