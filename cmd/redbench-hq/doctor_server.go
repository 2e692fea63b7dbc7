// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redbench/daemon/doctor"
	"redbench/daemon/doctor/machine"
	"redbench/sync/hq/authority"
	"redbench/sync/hq/config"
)

// serving is what answers where head office listens.
type serving struct {
	want    string // where it is to listen, with the port that it picked
	address string // where head office answers; empty: it does not
	unready string
	took    time.Duration
	leaf    *x509.Certificate // that it shows; nil: no TLS
	foreign bool              // somebody else answers
}

// askServer asks head office whether it is ready. It is asked on this machine, past any proxy and name.
func askServer(ctx context.Context, cfg *config.Config) serving {
	s := serving{want: cfg.HQ.Listen}
	if raw, err := os.ReadFile(filepath.Join(cfg.State.Dir, addressFile)); err == nil && cfg.HQ.PublicURL == "" {
		if u, err := url.Parse(strings.TrimSpace(string(raw))); err == nil && u.Port() != "" {
			s.want = u.Host
		}
	}
	if _, port, err := net.SplitHostPort(s.want); err != nil || port == "0" {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s.ask(ctx, cfg)
	return s
}

func (s *serving) ask(ctx context.Context, cfg *config.Config) {
	at := reachable(s.want)
	scheme := "https"
	if cfg.HQ.Insecure {
		scheme = "http"
	}
	// Who answers is told by its certificate, below: a name is not what is looked at here.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+at+"/readyz", nil)
	if err != nil {
		return
	}
	began := time.Now()
	answer, err := client.Do(ask)
	if err != nil {
		dialling, is := errors.AsType[*net.OpError](err)
		s.foreign = !is || dialling.Op != "dial" // nobody is there
		return
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		s.leaf = answer.TLS.PeerCertificates[0]
	}
	ready := answer.StatusCode == http.StatusOK && string(body) == "ok\n"
	if s.foreign = !ready && answer.StatusCode != http.StatusServiceUnavailable || !s.ours(cfg); s.foreign {
		return
	}
	s.address, s.took = s.want, time.Since(began)
	if !ready {
		s.unready = answer.Status
	}
}

// ours reports whether the certificate is one that this head office shows.
func (s *serving) ours(cfg *config.Config) bool {
	if s.leaf == nil || cfg.HQ.CertFile != "" {
		return true // files may have been renewed a moment ago
	}
	ca, err := authority.Look(authority.Options{Dir: cfg.State.Dir, Listen: cfg.HQ.Listen})
	return ca == nil || err != nil || s.leaf.CheckSignatureFrom(ca) == nil
}

func (p *patient) ports(_ context.Context, f *doctor.Findings) {
	port := doctor.Port{Key: "[hq] listen", Want: p.cfg.HQ.Listen, Address: p.serving.address}
	if port.Address == "" {
		l, err := net.Listen("tcp", port.Want)
		if port.Error = err; err == nil {
			_ = l.Close()
		} else if _, number, err := net.SplitHostPort(port.Want); err == nil {
			port.Holder = machine.PortHolder(number)
		}
	}
	doctor.JudgePorts(f, []doctor.Port{port})
}

const authorityEarly = 365 * 24 * time.Hour // each box has to be enrolled anew

func (p *patient) certificates(_ context.Context, f *doctor.Findings) {
	c := p.cfg.HQ
	var all []doctor.Certificate
	name := ""
	if u, err := url.Parse(c.PublicURL); err == nil {
		name = u.Hostname()
	}
	switch {
	case c.Insecure:
	case c.CertFile != "":
		all = append(all, inFile(c, name))
	case p.isThere(authority.File):
		ca, err := authority.Look(authority.Options{Dir: p.cfg.State.Dir, PublicURL: c.PublicURL, Listen: c.Listen})
		if err != nil {
			f.Add("authority-wrong", "problem", err)
			return
		}
		if !authority.Constrained(ca) {
			f.Add("authority-wide", "public", authority.PublicFile, "file", filepath.Join(p.cfg.State.Dir, authority.File))
		}
		all = append(all, doctor.Certificate{Whose: "the built-in authority", Leaf: ca, Early: authorityEarly,
			How: fmt.Sprintf(": move %s away, start anew, and enroll each box anew", filepath.Join(p.cfg.State.Dir, authority.File))})
	}
	if p.serving.leaf != nil && c.CertFile == "" {
		all = append(all, doctor.Certificate{Whose: "the running head office", How: ", which a restart does (`sudo systemctl restart redbench-hq`)",
			Leaf: p.serving.leaf, Name: name})
	}
	doctor.JudgeCertificates(f, all, time.Now())
}

func inFile(c config.HQ, name string) doctor.Certificate {
	out := doctor.Certificate{Whose: "[hq]", How: "; it is read without a restart", Name: name}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if out.Error = err; err == nil {
		out.Leaf, out.Error = x509.ParseCertificate(pair.Certificate[0])
	}
	return out
}
