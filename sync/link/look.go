// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"redbench/edge"
)

// Seen is what a look at head office showed.
type Seen struct {
	Reach   error             // it is not reached, or is not what answers
	Refused error             // it does not take this box
	Took    time.Duration     // of the call
	Date    time.Time         // what its clock said; zero: it did not say
	Leaf    *x509.Certificate // its own; nil: no TLS
}

// LookAt asks head office for a card that nobody has: a call that changes nothing at either end, the token included.
func LookAt(ctx context.Context, o Options) (seen Seen) {
	o.Keep = nil
	config, err := verifyingBy(o.Credentials.CA, o.CAFile)
	if err != nil {
		seen.Reach = err
		return seen
	}
	watching := &onlooker{next: newTransport(config), seen: &seen}
	o.Transport = watching
	client, err := New(o)
	if err != nil {
		seen.Reach = err
		return seen
	}
	defer client.Close()
	nobody := make([]byte, 32)
	_, _ = rand.Read(nobody)
	began := time.Now()
	_, err = client.Lookup(ctx, []edge.IdentifierHash{{Key: 1, Sum: nobody, Kind: edge.KindCard}})
	seen.Took = time.Since(began)
	refused, answered := errors.AsType[*Refused](err)
	switch {
	case err == nil, errors.Is(err, edge.ErrNotFound):
	case answered && refused.Ours():
		seen.Refused = err
	default:
		seen.Reach = err
	}
	return seen
}

// onlooker notes what an answer tells of who gave it.
type onlooker struct {
	next http.RoundTripper
	seen *Seen
}

// RoundTrip passes a call on.
func (l *onlooker) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		l.seen.Date = date
	}
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		l.seen.Leaf = response.TLS.PeerCertificates[0]
	}
	return response, nil
}
