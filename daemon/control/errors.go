// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"net/http"

	"redbench/edge"
)

var (
	// ErrNotRunning says that no daemon answers on the state directory.
	ErrNotRunning = errors.New("redbench is not running")
	// ErrRunning says that another daemon answers on the state directory.
	ErrRunning = errors.New("another redbench is running on this state directory")
	// ErrNeedsDaemon says that a stopped daemon's store cannot do this.
	ErrNeedsDaemon = errors.New("this needs the running box, and redbench is not running")
	// ErrNotAllowed says that the socket's file permissions keep this user out.
	ErrNotAllowed = errors.New("this user may not speak to redbench; run it as root or as the service's user, as in sudo redbench status")
)

// The codes of errors that keep their meaning across the socket. Any other error is codeFailed and its text.
const (
	codeNotFound    = "not-found"
	codeAmbiguous   = "ambiguous"
	codeNeedsDaemon = "needs-daemon"
	codeCancelled   = "cancelled"
	codeFailed      = "failed"
	codeRefused     = "refused" // with the refusal's own code beside it
)

// wireError is an error as it travels.
type wireError struct {
	Code    string `json:"code"`
	Refusal string `json:"refusal,omitempty"`
	Text    string `json:"text"`
}

func toWire(err error) *wireError {
	var refusal *edge.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return &wireError{Code: codeRefused, Refusal: refusal.Code, Text: refusal.Text}
	case errors.Is(err, edge.ErrNotFound):
		return &wireError{Code: codeNotFound, Text: err.Error()}
	case errors.Is(err, edge.ErrAmbiguous):
		return &wireError{Code: codeAmbiguous, Text: err.Error()}
	case errors.Is(err, ErrNeedsDaemon):
		return &wireError{Code: codeNeedsDaemon, Text: err.Error()}
	case errors.Is(err, context.Canceled):
		return &wireError{Code: codeCancelled, Text: err.Error()}
	}
	return &wireError{Code: codeFailed, Text: err.Error()}
}

func (w *wireError) status() int {
	switch w.Code {
	case codeNotFound:
		return http.StatusNotFound
	case codeAmbiguous, codeNeedsDaemon:
		return http.StatusConflict
	case codeRefused:
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

func (w *wireError) err() error {
	meaning := map[string]error{
		codeNotFound:    edge.ErrNotFound,
		codeAmbiguous:   edge.ErrAmbiguous,
		codeNeedsDaemon: ErrNeedsDaemon,
		codeCancelled:   context.Canceled,
	}[w.Code]
	switch {
	case w.Code == codeRefused:
		return &edge.Refusal{Code: w.Refusal, Text: w.Text}
	case meaning != nil:
		return remoteError{w.Text, meaning}
	}
	return errors.New(w.Text)
}

// remoteError has the daemon's text and a meaning that errors.Is finds.
type remoteError struct {
	text    string
	meaning error
}

func (e remoteError) Error() string { return e.text }
func (e remoteError) Unwrap() error { return e.meaning }
