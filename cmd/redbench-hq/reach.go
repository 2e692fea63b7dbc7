// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"redbench/sync/hq/authority"
	"redbench/sync/hq/config"
)

// reach is how boxes and browsers come to head office.
type reach struct {
	tls *tls.Config // nil: plain HTTP
	ca  []byte      // PEM of the built-in authority; nil: the certificate is somebody else's
	pin []byte      // of the built-in authority, for one-time codes
}

// openReach reads the certificate, or makes the built-in authority and one of its own. Where that one is unused, it gives
// way to another when the names have changed: only serve may say so, since a server goes on with the one that it has read.
func openReach(cfg *config.Config, unused bool, log *slog.Logger) (reach, error) {
	if cfg.HQ.Insecure {
		return reach{}, nil
	}
	if cfg.HQ.CertFile != "" {
		files, err := authority.OpenFiles(cfg.HQ.CertFile, cfg.HQ.KeyFile, nil, log)
		if err != nil {
			return reach{}, err
		}
		return reach{tls: files.TLS()}, nil
	}
	own, err := authority.Open(authority.Options{Dir: cfg.State.Dir, PublicURL: cfg.HQ.PublicURL, Listen: cfg.HQ.Listen, Unused: unused, Log: log})
	if err != nil {
		return reach{}, err
	}
	pin := own.Pin()
	return reach{tls: own.TLS(), ca: own.CA(), pin: pin[:]}, nil
}

// addressFile tells the verbs beside serve what it is called by: --listen and port 0 are known to serve alone.
const addressFile = "listening"

func noteAddress(cfg *config.Config, url string) (forget func() error, err error) {
	path := filepath.Join(cfg.State.Dir, addressFile)
	if err := os.WriteFile(path, []byte(url+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("noting the address: %w", err)
	}
	return func() error { return os.Remove(path) }, nil
}

// publicURL is what boxes and browsers call head office: as configured, as serve says that runs, or as it would.
func publicURL(cfg *config.Config) string {
	if cfg.HQ.PublicURL == "" {
		if raw, err := os.ReadFile(filepath.Join(cfg.State.Dir, addressFile)); err == nil {
			return strings.TrimSpace(string(raw))
		}
	}
	return urlOf(cfg, cfg.HQ.Listen)
}

func urlOf(cfg *config.Config, address string) string {
	switch {
	case cfg.HQ.PublicURL != "":
		return strings.TrimRight(cfg.HQ.PublicURL, "/")
	case cfg.HQ.Insecure:
		return "http://" + reachable(address)
	}
	return "https://" + reachable(address)
}

// reachable names this machine where an address is every one of it.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
		if name, err := os.Hostname(); err == nil {
			host = strings.ToLower(name)
		}
	}
	return net.JoinHostPort(host, port)
}
