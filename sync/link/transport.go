// SPDX-License-Identifier: Apache-2.0

package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// How long a connection may take or be silent.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	silence          = 30 * time.Second // without progress, beyond what was asked to wait
	idleTimeout      = 90 * time.Second
	probeAfter       = 15 * time.Second // TCP keep-alive
	probeEach        = 5 * time.Second
	probes           = 3
)

// newTransport is HTTP/1.1 on purpose: each call has a connection of its own, so that a call that hangs on a half-open
// link takes no other with it.
func newTransport(config *tls.Config) *http.Transport {
	dialer := &net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probeEach, Count: probes},
		Control:         userTimeout,
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    handshakeTimeout,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // zstd is ours to do
	}
}

// verifyingBy is a TLS configuration that trusts one authority (PEM) and no other; the system's where ca is empty, and
// beside those the ones of caFile.
func verifyingBy(ca, caFile string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case ca != "":
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("the authority of enrolment is damaged; enroll again")
		}
	case caFile != "":
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("reading the authorities for head office: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reading the authorities for head office: %q holds no certificate", caFile)
		}
	}
	return config, nil
}

// verifyingPin trusts whichever authority the code names, which head office sends along with its own certificate. The
// library's verification is replaced by the same one with that authority as its only root, never left out.
func verifyingPin(code Code, host string, now func() time.Time) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection does it
		VerifyConnection: func(state tls.ConnectionState) error {
			return verifyPinned(code, host, now(), state.PeerCertificates)
		},
	}
}

func verifyPinned(code Code, host string, now time.Time, chain []*x509.Certificate) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for i, certificate := range chain {
		switch {
		case code.names(certificate.Raw) && certificate.IsCA:
			roots.AddCert(certificate)
			found = true
		case i > 0:
			between.AddCert(certificate)
		}
	}
	if !found {
		return ErrPin
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between, CurrentTime: now})
	return err
}

// parseURL reads head office's address. Plain http is refused unless insecure was said: a token would travel in clear.
func parseURL(text string, insecure bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("head office's address must look like https://hq.example.org:8788")
	case u.Scheme == "http" && !insecure:
		return nil, errors.New("head office's address must begin with https://; http:// would send secrets in clear, and needs `insecure` to be said")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("head office's address must begin with https://")
	}
	return u, nil
}
