// SPDX-License-Identifier: Apache-2.0

package link

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// authority certifies head offices.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "head office"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{t, cert, key}
}

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// certify makes a server's certificate for a name, which holds from so long ago for two hours, and sends more along.
func (a authority) certify(name string, since time.Duration, along ...[]byte) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().Add(-since),
		NotAfter: time.Now().Add(2*time.Hour - since), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: append([][]byte{der}, along...), PrivateKey: key}
}

func (a authority) code() string {
	a.t.Helper()
	code, err := NewCode(Pin(a.cert.Raw))
	if err != nil {
		a.t.Fatal(err)
	}
	return code.String()
}

// headOffice answers every call with what an enrolment brings, and a status.
func headOffice(t *testing.T, certificate tls.Certificate, answer wire.EnrolAnswer) string {
	t.Helper()
	z, err := wire.NewZstd(1)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message any = answer
		if r.URL.Path != wire.PathEnrol {
			message = wire.StatusAnswer{Now: time.Now()}
		}
		_ = z.AnswerMessage(w, r, http.StatusOK, message)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what the tests make
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	return "https://localhost:" + port
}

func enrolment(a authority) wire.EnrolAnswer {
	key := make([]byte, 32)
	return wire.EnrolAnswer{Store: "harbour", Token: "t", CA: a.pem(), Chain: edge.ChainKeys{Identifiers: []edge.Key{{ID: 9, Key: key}}, Tombstone: key, Playbook: key}}
}

func TestEnrolByThePinAndThenByTheAuthority(t *testing.T) {
	a := newAuthority(t)
	url := headOffice(t, a.certify("localhost", time.Hour, a.cert.Raw), enrolment(a))
	got, err := Enrol(t.Context(), EnrolOptions{URL: url, Code: a.code(), Store: "harbour"})
	if err != nil || got.Credentials.Token != "t" || got.Credentials.CA != a.pem() || got.Chain.Identifiers[0].ID != 9 {
		t.Fatalf("%v %+v", err, got)
	}
	client, err := New(Options{Credentials: got.Credentials})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Status(t.Context(), wire.BoxStatus{}); err != nil {
		t.Fatal(err)
	}
}

func TestEnrolBelievesNobodyElse(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	answer := enrolment(a)
	wrongStore, wrongCA, noKeys := answer, answer, answer
	wrongStore.Store, wrongCA.CA, noKeys.Chain.Tombstone = "station", other.pem(), nil
	plain, err := NewCode(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := a.certify("localhost", time.Hour, a.cert.Raw)
	for name, c := range map[string]struct {
		certificate tls.Certificate
		answer      wire.EnrolAnswer
		code        string
		is          error
		says        string
	}{
		"another authority":                   {other.certify("localhost", time.Hour, other.cert.Raw), answer, a.code(), ErrPin, ""},
		"the right one sent along by another": {other.certify("localhost", time.Hour, a.cert.Raw, other.cert.Raw), answer, a.code(), nil, "certificate"},
		"the authority was not sent":          {a.certify("localhost", time.Hour), answer, a.code(), ErrPin, ""},
		"another name":                        {a.certify("hq.test", time.Hour, a.cert.Raw), answer, a.code(), nil, "hq.test"},
		"expired":                             {a.certify("localhost", 3*time.Hour, a.cert.Raw), answer, a.code(), nil, "check its clock first"},
		"no pin, and not the system's":        {good, answer, plain.String(), nil, "unknown authority"},
		"another store's code":                {good, wrongStore, a.code(), nil, `store "station"`},
		"credentials of another authority":    {good, wrongCA, a.code(), ErrPin, ""},
		"no keys":                             {good, noKeys, a.code(), nil, "keys"},
		"mistyped":                            {good, answer, a.code()[1:], ErrMistyped, ""},
	} {
		t.Run(name, func(t *testing.T) {
			url := headOffice(t, c.certificate, c.answer)
			_, err := Enrol(t.Context(), EnrolOptions{URL: url, Code: c.code, Store: "harbour"})
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A code that names an authority is shown to nobody who proves nothing, whatever is allowed.
func TestACodeWithAPinIsNotSentInClear(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(server.Close)
	_, err := Enrol(t.Context(), EnrolOptions{URL: server.URL, Code: newAuthority(t).code(), Store: "harbour", Insecure: true})
	if !errors.Is(err, ErrPin) || asked {
		t.Errorf("%v, asked %v", err, asked)
	}
}

// With an authority of enrolment nobody else's certificate is good, whatever the system or a file trusts.
func TestTheAuthorityOfEnrolmentOnly(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(other.pem()), 0o600); err != nil {
		t.Fatal(err)
	}
	url := headOffice(t, other.certify("localhost", time.Hour, other.cert.Raw), enrolment(other))
	for _, c := range []struct {
		ca   string
		fine bool
	}{{a.pem(), false}, {"", true}} {
		client, err := New(Options{Credentials: Credentials{URL: url, Store: "harbour", Token: "t", CA: c.ca}, CAFile: file})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		_, err = client.Status(t.Context(), wire.BoxStatus{})
		if (err == nil) != c.fine || err != nil && !strings.Contains(err.Error(), "enroll again") {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestWhoDoesNotSpeakTLS(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client, err := New(Options{Credentials: Credentials{URL: strings.Replace(server.URL, "http:", "https:", 1), Store: "harbour", Token: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Status(t.Context(), wire.BoxStatus{}); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Error(err)
	}
}
