// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// visitBatch is 2,000 visits of five things each, every third one a customer's.
func visitBatch(tb testing.TB) []edge.Record {
	tb.Helper()
	at := time.Date(2026, 11, 22, 9, 30, 0, 123456000, time.UTC)
	var list []edge.Record
	for i := range 2_000 {
		at = at.Add(7 * time.Second)
		v := edge.VisitState{ID: uuid.NewString(), At: at, Lane: fmt.Sprint(i % 8), Checkout: fmt.Sprint("c-", i), Total: edge.Money{Minor: 2390, Currency: "EUR"}}
		if i%3 == 0 {
			v.Customer = uuid.NewString()
		}
		for n := range 5 {
			v.Items = append(v.Items, edge.Item{SKU: fmt.Sprint(40_000_000_000 + i*7919%1_000_000 + n), Name: fmt.Sprint("Oat flat white, size ", (i+n)%60), Quantity: 1, AmountMinor: int64(390 + n)})
		}
		list = append(list, edge.Record{Seq: uint64(i) + 1, Prev: uint64(i), ID: uuid.NewString(), Kind: edge.RecordVisit, At: at, Visit: &v})
	}
	return list
}

func perRecord(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkEncode(b *testing.B) {
	list := visitBatch(b)
	var data []byte
	for b.Loop() {
		var err error
		if data, err = EncodeRecords(data[:0], box, list); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data))/float64(len(list)), "bytes/record")
	perRecord(b, len(list))
}

func BenchmarkDecode(b *testing.B) {
	list := visitBatch(b)
	data, err := EncodeRecords(nil, box, list)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := DecodeRecords(data); err != nil {
			b.Fatal(err)
		}
	}
	perRecord(b, len(list))
}

func BenchmarkPack(b *testing.B) {
	list := visitBatch(b)
	data, err := EncodeRecords(nil, box, list)
	if err != nil {
		b.Fatal(err)
	}
	z, err := NewZstd(1)
	if err != nil {
		b.Fatal(err)
	}
	var packed []byte
	for b.Loop() {
		packed = z.Pack(packed[:0], data)
	}
	b.ReportMetric(float64(len(packed))/float64(len(list)), "bytes/record")
	perRecord(b, len(list))
}

func BenchmarkUnpack(b *testing.B) {
	list := visitBatch(b)
	data, err := EncodeRecords(nil, box, list)
	if err != nil {
		b.Fatal(err)
	}
	z, err := NewZstd(1)
	if err != nil {
		b.Fatal(err)
	}
	packed := z.Pack(nil, data)
	for b.Loop() {
		if _, err := z.Unpack(packed); err != nil {
			b.Fatal(err)
		}
	}
	perRecord(b, len(list))
}
