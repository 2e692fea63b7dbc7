// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"redbench/daemon/config/keyed"
	"redbench/edge"
)

// TLS loads the screens' certificate; nil without one.
func (u UI) TLS() (*tls.Config, error) { return loadTLS("ui", u.CertFile, u.KeyFile) }

// TLS loads the embedded broker's certificate; nil without one.
func (m MQTT) TLS() (*tls.Config, error) { return loadTLS("mqtt", m.CertFile, m.KeyFile) }

// TLS loads the metrics listener's certificate; nil without one.
func (m Metrics) TLS() (*tls.Config, error) { return loadTLS("metrics", m.CertFile, m.KeyFile) }

func loadTLS(section, cert, key string) (*tls.Config, error) {
	if cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("loading the certificate of [%s]: %w", section, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// Password reads the password for the outside broker; empty without a file.
func (m MQTT) Password() (string, error) { return secret("mqtt", "password_file", m.PasswordFile) }

// Token reads the token that /metrics asks for; empty without a file.
func (m Metrics) Token() (string, error) { return secret("metrics", "token_file", m.TokenFile) }

// secret reads the first line of a file.
func secret(section, key, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", keyed.Label(section, key), err)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(string(raw), "\ufeff"), "\n")
	line = strings.TrimRight(line, "\r")
	if line == "" {
		return "", fmt.Errorf("reading %s: the first line of %s is empty", keyed.Label(section, key), path)
	}
	return line, nil
}

// Tills reads who may publish at the embedded broker, by lane; nil without a file, which means anybody on loopback.
func (m MQTT) Tills() (map[string]string, error) {
	if m.TillsFile == "" {
		return nil, nil
	}
	file, err := os.Open(m.TillsFile)
	if err != nil {
		return nil, fmt.Errorf("reading [mqtt] tills_file: %w", err)
	}
	defer file.Close()
	tills := map[string]string{}
	scanner := bufio.NewScanner(file)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		lane, secret, ok := strings.Cut(line, ":")
		switch {
		case !ok || secret == "":
			return nil, fmt.Errorf("reading [mqtt] tills_file: %s:%d: must be lane:secret", m.TillsFile, number)
		case !edge.ValidLane(lane):
			return nil, fmt.Errorf("reading [mqtt] tills_file: %s:%d: a lane is 1 to 32 letters, digits, _ or -, and not \"box\"", m.TillsFile, number)
		case tills[lane] != "":
			return nil, fmt.Errorf("reading [mqtt] tills_file: %s:%d: lane %s stands above already", m.TillsFile, number, lane)
		}
		tills[lane] = secret
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading [mqtt] tills_file: %w", err)
	}
	return tills, nil
}

// Named is a file that the configuration names and the daemon reads.
type Named struct {
	Key, Path string
	Secret    bool
}

// Named lists the files that the daemon will read as it is configured, the configuration itself last.
func (c *Config) Named() (all []Named) {
	add := func(key, path string) {
		if path != "" {
			secret := strings.HasSuffix(key, " key_file") || slices.Contains([]string{"[metrics] token_file", "[mqtt] tills_file", "[mqtt] password_file"}, key)
			all = append(all, Named{key, path, secret})
		}
	}
	add("[ui] cert_file", c.UI.CertFile)
	add("[ui] key_file", c.UI.KeyFile)
	add("[metrics] cert_file", c.Metrics.CertFile)
	add("[metrics] key_file", c.Metrics.KeyFile)
	add("[metrics] token_file", c.Metrics.TokenFile)
	if c.MQTT.Broker == "" {
		add("[mqtt] cert_file", c.MQTT.CertFile)
		add("[mqtt] key_file", c.MQTT.KeyFile)
		add("[mqtt] tills_file", c.MQTT.TillsFile)
	} else {
		add("[mqtt] password_file", c.MQTT.PasswordFile)
		add("[mqtt] ca_file", c.MQTT.CAFile)
	}
	add("[hq] ca_file", c.HQ.CAFile)
	add("[playbook] file", c.Playbook.File)
	add("the configuration", c.File)
	return all
}

// CheckFiles opens every file that the configuration names, as the daemon will, and tells all that cannot be used.
func (c *Config) CheckFiles() error {
	var all []error
	note := func(_ any, err error) {
		if err != nil {
			all = append(all, err)
		}
	}
	note(c.UI.TLS())
	note(c.Metrics.TLS())
	note(c.Metrics.Token())
	if c.MQTT.Broker == "" {
		note(c.MQTT.TLS())
		note(c.MQTT.Tills())
	} else {
		note(c.MQTT.Password())
		note(nil, keyed.Readable("mqtt", "ca_file", c.MQTT.CAFile))
	}
	note(nil, keyed.Readable("playbook", "file", c.Playbook.File))
	return errors.Join(all...)
}
