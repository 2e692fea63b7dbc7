// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Transport carries calls to a handler in this process. A handler that panics with http.ErrAbortHandler breaks the line:
// before its first byte the call fails, and after it the body ends early, as it does on a network.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

var errBroken = errors.New("the line broke")

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	in, err := incoming(request)
	if err != nil {
		return nil, err
	}
	type result struct {
		recorder *httptest.ResponseRecorder
		aborted  bool
	}
	done := make(chan result, 1)
	go func() {
		recorder := httptest.NewRecorder()
		aborted := serve(t.handler, recorder, in)
		done <- result{recorder, aborted}
	}()
	select {
	case <-request.Context().Done():
		return nil, request.Context().Err()
	case r := <-done:
		return answer(request, r.recorder, r.aborted)
	}
}

// incoming is the request as the other side sees it: with its own copy of the body.
func incoming(request *http.Request) (*http.Request, error) {
	var body []byte
	if request.Body != nil {
		var err error
		body, err = io.ReadAll(request.Body)
		if err = errors.Join(err, request.Body.Close()); err != nil {
			return nil, err
		}
	}
	in := httptest.NewRequestWithContext(context.WithoutCancel(request.Context()), request.Method, request.URL.RequestURI(), bytes.NewReader(body))
	in.Header = request.Header.Clone()
	in.Host = request.URL.Host
	stop, cancel := context.WithCancel(in.Context())
	context.AfterFunc(request.Context(), cancel)
	return in.WithContext(stop), nil
}

func serve(handler http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if value := recover(); value != nil {
			if value != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(value)
			}
			aborted = true
		}
	}()
	handler.ServeHTTP(w, r)
	return false
}

func answer(request *http.Request, recorder *httptest.ResponseRecorder, aborted bool) (*http.Response, error) {
	response := recorder.Result()
	if aborted && recorder.Body.Len() == 0 {
		return nil, errBroken
	}
	response.Request = request
	length, err := strconv.Atoi(response.Header.Get("Content-Length"))
	if err == nil && length > recorder.Body.Len() {
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(recorder.Body.Bytes()), cutOff{}))
	}
	return response, nil
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
