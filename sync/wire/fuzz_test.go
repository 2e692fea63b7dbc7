// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"testing"

	"redbench/edge"
)

// Whatever is taken is written again and taken again as the same.

func FuzzDecodeRecords(f *testing.F) {
	f.Add([]byte(`{"box":"b","seq":5,"prev":3,"id":"r","kind":"visit","at":"2026-11-22T09:30:00Z","body":{"id":"v","at":"2026-11-22T09:30:00Z","total":{"minor":1,"currency":"EUR"}}}`))
	f.Add([]byte(`{"box":"b","seq":1,"id":"r","kind":"fact","at":"2026-11-22T09:30:00Z","body":{"id":"f","customer":"c","kind":"praise","fields":{"text":{"v":"x","t":"0000000000001-00000000-b","r":2}}}}`))
	f.Add([]byte(`{"box":"b","seq":1,"id":"r","kind":"void","at":"2026-11-22T09:30:00Z"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		box, records, err := DecodeRecords(data)
		if err != nil || len(records) == 0 {
			return
		}
		again, err := EncodeRecords(nil, box, records)
		if err != nil {
			t.Fatal(err)
		}
		_, second, err := DecodeRecords(again)
		if err != nil || len(second) != len(records) {
			t.Fatalf("%v\n%s", err, again)
		}
	})
}

func FuzzDecodePage(f *testing.F) {
	f.Add([]byte(`{"kind":"settings","settings":{"version":3,"silent":true}}` + "\n" + `{"cursor":"a","more":true}`))
	f.Add([]byte(`{"kind":"erasure","erasure":{"id":"e","at":"2026-11-22T09:30:00Z","stamp":"0000000000001-00000000-b"}}` + "\n" + `{"cursor":""}` + "\n"))
	f.Add([]byte(`{"kind":"event","event":{"id":"r","lane":"3","payload":"e30=","waited_ms":7}}` + "\n" + `{"cursor":"a"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		page, err := DecodePage(data)
		if err != nil {
			return
		}
		again, err := EncodePage(nil, page)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := DecodePage(again); err != nil || len(second.Changes) != len(page.Changes) || second.Cursor != page.Cursor {
			t.Fatalf("%v\n%s", err, again)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	z, err := NewZstd(1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(z.Pack(nil, []byte("hello, hello, hello")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if body, err := z.Unpack(data); err == nil && len(body) > MaxBatch {
			t.Fatalf("%d bytes", len(body))
		}
	})
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte(`{"orders":[{"receipt":{"erasure":"e","at":"2026-11-22T09:30:00Z","found":true}}]}`))
	f.Add([]byte(`{"upto":18446744073709551615}`))
	f.Add([]byte(`{"hashes":[{"key":1,"sum":"AAAA","kind":"card"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, message := range []any{new(Ack), new(EnrolRequest), new(EnrolAnswer), new(BoxStatus), new(StatusAnswer), new(LookupRequest), new(OrdersRequest), new(Problem), new(edge.Found)} {
			if Unmarshal(data, message) != nil {
				continue
			}
			first, err := Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			if Unmarshal(first, message) != nil {
				t.Fatalf("%T is not read again: %s", message, first)
			}
			if second, err := Marshal(message); err != nil || !bytes.Equal(first, second) {
				t.Fatalf("%T: %s, then %s", message, first, second)
			}
		}
	})
}
