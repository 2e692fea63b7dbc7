// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func (a *Authority) newCA() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := a.opt.Now().UTC()
	domains, ranges := a.names.constraints()
	draft := &x509.Certificate{
		// Two authorities must not have one name: a browser that knows both would take either for the other.
		Subject:   pkix.Name{Organization: []string{"Redbench"}, CommonName: "Redbench head office " + randomHex(4)},
		NotBefore: now.Add(-leafBehind), NotAfter: now.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomains: domains, PermittedIPRanges: ranges, PermittedDNSDomainsCritical: true,
	}
	cert, err := sign(draft, draft, key, key)
	return cert, key, err
}

// newLeaf makes a server certificate. It and its key live in memory only: the authority's key lies beside it anyway, and
// a start that makes a new one needs no file of its own to lose.
func (a *Authority) newLeaf(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	draft := &x509.Certificate{
		Subject:   pkix.Name{Organization: []string{"Redbench"}, CommonName: "head office"},
		NotBefore: now.Add(-leafBehind), NotAfter: now.Add(leafLife),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if draft.NotAfter.After(a.cert.NotAfter) {
		draft.NotAfter = a.cert.NotAfter
	}
	if !now.Before(draft.NotAfter) {
		return nil, fmt.Errorf("the built-in authority ended on %s; move %s away and enrol the boxes anew",
			a.cert.NotAfter.Format(time.DateOnly), filepath.Join(a.opt.Dir, File))
	}
	for _, name := range a.names.dns {
		if a.permitsName(name) {
			draft.DNSNames = append(draft.DNSNames, name)
		}
	}
	for _, ip := range a.names.ips {
		if a.permitsAddress(ip) {
			draft.IPAddresses = append(draft.IPAddresses, ip.AsSlice())
		}
	}
	cert, err := sign(draft, a.cert, key, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{cert.Raw, a.cert.Raw}, PrivateKey: key, Leaf: cert}, nil
}

// checkNames refuses a public name that boxes could not verify, and tells of the others that are left out.
func (a *Authority) checkNames() error {
	for _, name := range a.names.dns {
		if a.permitsName(name) {
			continue
		}
		if name == a.names.public {
			return a.otherName(name)
		}
		a.opt.Log.Warn("the built-in authority was made for other names; head office is not reached by this one", "name", name)
	}
	for _, ip := range a.names.ips {
		if a.permitsAddress(ip) {
			continue
		}
		if ip.String() == a.names.public {
			return a.otherName(ip.String())
		}
		a.opt.Log.Warn("the built-in authority was made for other addresses; head office is not reached by this one", "address", ip)
	}
	return nil
}

func (a *Authority) otherName(name string) error {
	return fmt.Errorf("the built-in authority was made for %s and may not sign for %q. While no store is enrolled, starting head "+
		"office anew makes another. Boxes that are enrolled trust this one: set public_url to a name among those, or move %s "+
		"away, start head office and enrol the boxes anew", a.madeFor(), name, filepath.Join(a.opt.Dir, File))
}

// Constrained reports whether it may sign for some names only.
func (a *Authority) Constrained() bool { return Constrained(a.cert) }

// Constrained reports whether an authority may sign for some names only. Those of earlier versions may not be.
func Constrained(cert *x509.Certificate) bool {
	return len(cert.PermittedDNSDomains) > 0 && len(cert.PermittedIPRanges) > 0
}

func (a *Authority) madeFor() string {
	if !a.Constrained() {
		return "any name"
	}
	return strings.Join(a.cert.PermittedDNSDomains, ", ")
}

func (a *Authority) permitsAll() bool {
	return !slices.ContainsFunc(a.names.dns, func(name string) bool { return !a.permitsName(name) }) &&
		!slices.ContainsFunc(a.names.ips, func(ip netip.Addr) bool { return !a.permitsAddress(ip) })
}

func (a *Authority) permitsName(name string) bool {
	return len(a.cert.PermittedDNSDomains) == 0 || slices.ContainsFunc(a.cert.PermittedDNSDomains, func(domain string) bool {
		return name == domain || strings.HasSuffix(name, "."+domain)
	})
}

func (a *Authority) permitsAddress(ip netip.Addr) bool {
	return len(a.cert.PermittedIPRanges) == 0 || slices.ContainsFunc(a.cert.PermittedIPRanges, func(each *net.IPNet) bool {
		return each.Contains(ip.AsSlice())
	})
}

func sign(draft, parent *x509.Certificate, key, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, draft, parent, &key.PublicKey, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program rather than give weak bytes
	return hex.EncodeToString(raw)
}

const (
	keyBlock  = "PRIVATE KEY"
	certBlock = "CERTIFICATE"
)

func encode(cert *x509.Certificate, key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: certBlock, Bytes: cert.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der})...), nil
}

// decode is strict, and its errors quote nothing of the file, which holds a secret.
func decode(data []byte) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	first, rest := pem.Decode(data)
	if first == nil || first.Type != certBlock {
		return nil, nil, errors.New("it does not start with a certificate; restore it from the backup")
	}
	second, rest := pem.Decode(rest)
	if second == nil || second.Type != keyBlock || len(rest) > 0 {
		return nil, nil, errors.New("it does not end with one private key; restore it from the backup")
	}
	cert, err := x509.ParseCertificate(first.Bytes)
	if err != nil || !cert.IsCA {
		return nil, nil, errors.New("its certificate is damaged or no authority's; restore it from the backup")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, errors.New("its key is damaged or another certificate's; restore it from the backup")
	}
	return cert, key, nil
}
