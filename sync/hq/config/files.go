// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// CheckFiles opens every file that the configuration names, as the server will, and tells what cannot be used.
func (c *Config) CheckFiles() error {
	all := []error{c.checkCertificate()}
	for _, w := range c.Webhooks {
		_, err := w.Secrets()
		all = append(all, err)
	}
	return errors.Join(all...)
}

func (c *Config) checkCertificate() error {
	if c.HQ.CertFile == "" {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(c.HQ.CertFile, c.HQ.KeyFile); err != nil {
		return fmt.Errorf("loading the certificate of [hq]: %w", err)
	}
	return nil
}
