// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"redbench/edge"
	"redbench/sync/wire"
)

// A key that is none would stop what every other box is told, for ever: it is refused, and the code stays good.
func TestKeysThatAreNoneAreNotKept(t *testing.T) {
	enrolled := 0
	a := fakeAPI(t, &fakeOffice{enrol: func(r wire.EnrolRequest) (Enrolled, error) {
		enrolled++
		return Enrolled{Store: r.Store, Serial: 1}, nil
	}})
	good := edge.Key{ID: 1, Key: bytes.Repeat([]byte{1}, 32)}
	for name, each := range map[string]struct {
		keys []edge.Key
		want int
	}{
		"short":    {[]edge.Key{good, {ID: 2, Key: []byte("short")}}, http.StatusUnprocessableEntity},
		"no id":    {[]edge.Key{{Key: good.Key}}, http.StatusUnprocessableEntity},
		"too many": {slices.Repeat([]edge.Key{good}, mostOwnKeys+1), http.StatusUnprocessableEntity},
		"good":     {[]edge.Key{good}, http.StatusOK},
	} {
		body, err := wire.Marshal(wire.EnrolRequest{Code: "c", Store: "s1", Keys: each.keys})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.do(t, asked{method: "POST", path: "/v1/enroll", body: string(body), plain: true}); got.status != each.want {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if enrolled != 1 {
		t.Errorf("%d enrolled, want 1", enrolled)
	}
}
