// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"testing"

	"redbench/edge"
	"redbench/sync/wire"
)

// BenchmarkBatch is what a call costs beside the rules and the database: token, digest, unpacking, decoding, the answer.
func BenchmarkBatch(b *testing.B) {
	const size = 1000
	a, err := newAPI(b.Context(), &fakeOffice{}, APIOptions{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	list := make([]edge.Record, size)
	for i := range list {
		list[i] = edge.Record{Seq: uint64(i + 1), Prev: uint64(i), ID: newRequestID(), Kind: edge.RecordVisit, At: apiStart, Visit: &edge.VisitState{
			ID: newRequestID(), Customer: newRequestID(), At: apiStart, Lane: "3", Checkout: newRequestID(),
			Items: []edge.Item{{SKU: "OFW", Name: "Oat flat white", Quantity: 1, AmountMinor: 390}, {SKU: "CB", Name: "Cinnamon bun", Quantity: 2, AmountMinor: 580}},
			Total: edge.Money{Minor: 970, Currency: "EUR"},
		}}
	}
	lines, err := wire.EncodeRecords(nil, "b1", list)
	if err != nil {
		b.Fatal(err)
	}
	packed := a.zstd.PackBody(wire.TypeLines, lines)
	token := "Bearer " + a.key.mint(claims{Store: "s1", Serial: 7})
	for b.Loop() {
		r := httptest.NewRequest("POST", wire.PathRecords("s1"), bytes.NewReader(packed.Data))
		packed.SetHeader(r.Header)
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
}
