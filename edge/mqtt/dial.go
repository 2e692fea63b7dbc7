// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
)

// dialer opens connections to a broker.
type dialer struct {
	url     string // for paho, which we do not let dial
	address string // host:port
	tls     *tls.Config
}

// newDialer reads a broker's URL: tcp or mqtt; tls, ssl or mqtts.
func newDialer(broker, caFile string) (*dialer, error) {
	u, err := url.Parse(broker)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("broker %q: must be like tcp://host:1883 or tls://host:8883", broker)
	}
	d := &dialer{url: u.Scheme + "://" + u.Host}
	port := "1883"
	switch u.Scheme {
	case "tcp", "mqtt":
	case "tls", "ssl", "mqtts":
		port = "8883"
		if d.tls, err = tlsConfig(u.Hostname(), caFile); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("broker %q: scheme %s is none of tcp, mqtt, tls, ssl, mqtts", broker, u.Scheme)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	d.address = net.JoinHostPort(u.Hostname(), port)
	return d, nil
}

func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var plain net.Dialer
	conn, err := plain.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	conn = quick(conn)
	if d.tls == nil {
		return conn, nil
	}
	secure := tls.Client(conn, d.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

func readCA(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the broker's CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the broker's CA: no certificate in %s", file)
	}
	return pool, nil
}
