// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

// certificate makes one for 127.0.0.1, and gives its files.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", private)
}

func TestBrokerOverTLS(t *testing.T) {
	certFile, keyFile := certificate(t)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	_, url, in := embedded(t, mqtt.BrokerOptions{
		TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, Tills: map[string]string{"1": "secret"},
	})
	till, err := mqtt.NewTill(mqtt.TillOptions{
		Broker: strings.Replace(url, "tcp:", "tls:", 1), ClientID: "till-1", Username: "1", Password: "secret", CAFile: certFile,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer till.Close()
	outcome := make(chan error, 1)
	go func() { outcome <- till.Publish(t.Context(), loyalty1, []byte("one")) }()
	in.next(t).done(nil)
	if err := await(t, "the answer", outcome); err != nil {
		t.Error(err)
	}
	shown, err := mqtt.Certificate(t.Context(), strings.Replace(url, "tcp:", "tls:", 1), certFile)
	if err != nil || !shown.Equal(pair.Leaf) {
		t.Errorf("its certificate: %v, %v", shown, err)
	}
	if none, err := mqtt.Certificate(t.Context(), url, ""); none != nil || err != nil {
		t.Errorf("a broker without TLS shows %v, %v", none, err)
	}
}

func TestClientOverTLS(t *testing.T) {
	certFile, keyFile := certificate(t)
	broker := mqtttest.Mosquitto(t, "cafile "+certFile, "certfile "+certFile, "keyfile "+keyFile)
	url := strings.Replace(broker.URL, "tcp:", "mqtts:", 1)
	_, in, _ := outside(t, url, func(o *mqtt.ClientOptions) { o.CAFile = certFile })
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: url, ClientID: "till-1", CAFile: certFile})
	if err != nil {
		t.Fatal(err)
	}
	defer till.Close()
	if err := till.Publish(t.Context(), loyalty1, []byte("one")); err != nil {
		t.Fatal(err)
	}
	in.next(t).done(nil)
}
