// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// EnrolOptions are what a box enrols with. URL, Code and Store are required.
type EnrolOptions struct {
	URL       string
	Code      string     // as a person typed it
	Store     string     // the id that the box is configured with
	Keys      []edge.Key // the box's own identifier keys
	CAFile    string     // PEM; used where the code names no authority
	Insecure  bool       // http:// is allowed
	Version   string
	Transport http.RoundTripper // nil: the network
	Now       func() time.Time  // nil: time.Now
}

// Enrolled is what a box got for its code.
type Enrolled struct {
	Credentials Credentials
	Chain       edge.ChainKeys
}

// Enrol gives a one-time code for credentials and the chain's keys. Nothing is kept: that is the caller's to do, the keys
// first. It fails with ErrMistyped, ErrCode or ErrPin, among others.
func Enrol(ctx context.Context, o EnrolOptions) (Enrolled, error) {
	code, err := ParseCode(o.Code)
	if err != nil {
		return Enrolled{}, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	answer, err := enrol(ctx, o, code)
	if err != nil {
		return Enrolled{}, fmt.Errorf("enrolling: %w", err)
	}
	credentials := Credentials{URL: o.URL, Store: answer.Store, Token: answer.Token, CA: answer.CA, Enrolled: o.Now().UTC()}
	return Enrolled{Credentials: credentials, Chain: answer.Chain}, nil
}

func enrol(ctx context.Context, o EnrolOptions, code Code) (answer wire.EnrolAnswer, err error) {
	base, err := parseURL(o.URL, o.Insecure)
	if err != nil {
		return answer, err
	}
	if code.Pinned() && base.Scheme != "https" { // nobody would prove anything, and whoever answers would have the code
		return answer, ErrPin
	}
	transport := o.Transport
	if transport == nil {
		config, err := verifyingBy("", o.CAFile)
		if err != nil {
			return answer, err
		}
		if code.Pinned() {
			config = verifyingPin(code, base.Hostname(), o.Now)
		}
		transport = newTransport(config)
	}
	packer, err := wire.NewZstd(1)
	if err != nil {
		return answer, err
	}
	data, err := wire.Marshal(wire.EnrolRequest{Code: code.String(), Store: o.Store, Version: o.Version, Keys: o.Keys})
	if err != nil {
		return answer, err
	}
	client := newHTTP(transport)
	defer client.CloseIdleConnections()
	q := call{method: http.MethodPost, path: wire.PathEnrol, body: wire.Body{Type: wire.TypeJSON, Data: data}}
	got, err := roundTrip(ctx, client, base.String(), packer, q, Options{Version: o.Version, Now: o.Now})
	if err != nil {
		return answer, err
	}
	if err := wire.Unmarshal(got, &answer); err != nil {
		return wire.EnrolAnswer{}, err
	}
	return answer, checkEnrolled(answer, o.Store, code)
}

func checkEnrolled(answer wire.EnrolAnswer, store string, code Code) error {
	if answer.Store != store {
		return fmt.Errorf("the code is for store %q, and this box is %q", answer.Store, store)
	}
	if answer.Token == "" {
		return errors.New("head office gave no token")
	}
	if code.Pinned() {
		block, _ := pem.Decode([]byte(answer.CA))
		if block == nil || !code.names(block.Bytes) {
			return ErrPin
		}
	}
	return wire.CheckKeys(answer.Chain)
}
