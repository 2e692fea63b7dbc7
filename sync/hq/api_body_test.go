// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"io"
	"net/http"
	"testing"

	"redbench/edge"
	"redbench/sync/wire"
)

// Whoever is revoked while a body comes is not heard: a slow one may take an hour.
func TestRevokedWhileItsBodyComes(t *testing.T) {
	taken := false
	office := &fakeOffice{take: func(context.Context, string, string, []edge.Record) (wire.Ack, error) {
		taken = true
		return wire.Ack{}, nil
	}}
	a := fakeAPI(t, office)
	from, to := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), "POST", a.url+"/v1/stores/s1/records", from)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", a.bearer())
	r.Header.Set("Content-Type", wire.TypeLines)
	r.Header.Set("Expect", "100-continue") // the server answers it when it begins to read: the token was looked at
	go func() {
		body := records(t, 2)
		_, _ = io.WriteString(to, body[:10])
		office.revoke("s1")
		_, _ = io.WriteString(to, body[10:])
		_ = to.Close()
	}()
	client := &http.Transport{ExpectContinueTimeout: 1 << 40}
	defer client.CloseIdleConnections()
	answer, err := client.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized || taken {
		t.Errorf("status %d, taken %v", answer.StatusCode, taken)
	}
}
