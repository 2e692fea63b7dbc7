// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"redbench/daemon/config"
	"redbench/edge"
)

// A certificate that names neither the listener nor this machine does not keep test events away: it is for those outside.
func TestATestEventComesThroughOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	pair := server.TLS.Certificates[0]
	server.Close()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cert, private := write("cert.pem", "CERTIFICATE", pair.Certificate[0]), write("key.pem", "PRIVATE KEY", key)
	r := start(t, t.TempDir(), func(c *config.Config) {
		c.UI.CertFile, c.UI.KeyFile, c.MQTT.CertFile, c.MQTT.KeyFile = cert, private, cert, private
		c.UI.Listen, c.MQTT.Listen = "[::]:0", "0.0.0.0:0"
		c.UI.Insecure, c.MQTT.Insecure = true, true // the broker has no passwords here
	})
	if report := r.probe(); !report.OK || len(report.Steps) != len(edge.ProbeSteps) {
		t.Errorf("it found %+v", report)
	}
}
