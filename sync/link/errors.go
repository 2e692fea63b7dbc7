// SPDX-License-Identifier: Apache-2.0

package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"redbench/sync/wire"
)

var (
	// ErrNotEnrolled says that this box belongs to no head office.
	ErrNotEnrolled = errors.New("this box is not enrolled with a head office; `redbench enroll` does it")
	// ErrRevoked says that head office takes this box's credentials no longer.
	ErrRevoked = errors.New("this store's credentials were revoked; enroll again with a new code")
	// ErrUpgrade says that the two programs are too far apart.
	ErrUpgrade = errors.New("head office and this box speak different versions; bring both to the same release")
	// ErrCode says that a one-time code is of no use.
	ErrCode = errors.New("the code is wrong, used or too old; ask head office for a new one")
	// ErrPin says that whoever answers is not the head office that made the code.
	ErrPin = errors.New("the certificate is not the one that the code names; check the address, or what stands between this box and head office")
	// ErrSilent says that nothing moved on a connection for too long: a link that is half open.
	ErrSilent = errors.New("no answer from head office for too long")
)

// Refused is an answer that is no success.
type Refused struct {
	Status     int
	Problem    wire.Problem  // as far as it could be read
	RetryAfter time.Duration // what head office asked for; 0: nothing
	ours       bool          // a head office said it, not something between
	cause      error         // one of the errors above, or nil
}

func (r *Refused) Error() string {
	if r.cause == ErrCode { // head office's own words would say it again, and its number helps nobody
		return "head office refused it: " + ErrCode.Error()
	}
	text := fmt.Sprintf("head office answered %d", r.Status)
	if r.Problem.Title != "" || r.Problem.Detail != "" {
		text += " (" + r.Problem.Error() + ")"
	}
	if r.cause != nil {
		text += ": " + r.cause.Error()
	} else if advice := adviceFor(r.Status); advice != "" {
		text += ": " + advice
	}
	return text
}

// Ours reports whether a head office said it, and not something between.
func (r *Refused) Ours() bool { return r.ours }

// Unwrap gives ErrRevoked, ErrUpgrade or ErrCode where it is one of them.
func (r *Refused) Unwrap() error { return r.cause }

func adviceFor(status int) string {
	switch {
	case status >= 300 && status < 400:
		return "it has moved, or something between answers for it; set [hq] url to where it is"
	case status == http.StatusNotFound:
		return "is [hq] url the address of redbench-hq?"
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return "it is busy, and is asked again later"
	case status == http.StatusProxyAuthRequired:
		return "a proxy between asks for a login"
	}
	return ""
}

// causeOf names what a refusal means for the box.
func causeOf(status int, problem wire.Problem) error {
	switch {
	case problem.Type == wire.ProblemCode:
		return ErrCode
	case status == http.StatusUnauthorized, problem.Type == wire.ProblemRevoked:
		return ErrRevoked
	case status == http.StatusForbidden && strings.HasPrefix(problem.Type, "urn:redbench:"):
		return ErrRevoked
	case status == http.StatusUpgradeRequired:
		return ErrUpgrade
	}
	return nil
}

// explain adds to an error of the connection what a person can do about it.
func explain(err error, now time.Time) error {
	if err == nil || errors.Is(err, ErrPin) || errors.Is(err, ErrSilent) {
		return err
	}
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Errorf("%w; [hq] url must name head office as its certificate does: %s", err, strings.Join(name.Certificate.DNSNames, ", "))
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("%w; if head office has a new authority, enroll again", err)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return fmt.Errorf("%w; this box believes that it is %s: check its clock first", err, now.UTC().Format(time.RFC3339))
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return fmt.Errorf("%w; whoever answers there does not speak TLS", err)
	}
	return err
}
