// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"redbench/edge"
)

const box = "0193c5a0-0000-7000-8000-000000000001"

func TestRecordsComeAsTheyWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := records().Draw(t, "records")
		data, err := EncodeRecords(nil, box, want)
		if err != nil {
			t.Fatal(err)
		}
		from, got, err := DecodeRecords(data)
		if err != nil || from != box {
			t.Fatalf("%v %q\n%s", err, from, data)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		again, err := EncodeRecords(nil, box, got)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("the same records in other bytes: %v", err)
		}
	})
}

func TestPagesComeAsTheyWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := page(t)
		data, err := EncodePage(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodePage(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		cut := rapid.IntRange(0, len(data)-2).Draw(t, "cut") // the last line feed may be missing
		if _, err := DecodePage(data[:cut]); err == nil {
			t.Fatalf("a page that was cut off after %d of %d bytes was taken", cut, len(data))
		}
	})
}

func TestTheLineOfARecord(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	records := []edge.Record{
		{Seq: 5, Prev: 4, ID: "r5", Kind: edge.RecordVisit, At: at, Visit: &edge.VisitState{ID: "v", At: at, Lane: "3", Total: edge.Money{Minor: 390, Currency: "EUR"}}},
		{Seq: 9, Prev: 5, ID: "r9", Kind: edge.RecordVoid, At: at},
	}
	data, err := EncodeRecords(nil, "b1", records)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"box":"b1","seq":5,"id":"r5","kind":"visit","at":"2026-11-22T09:30:00Z","body":{"id":"v","at":"2026-11-22T09:30:00Z","lane":"3","total":{"minor":390,"currency":"EUR"}}}
{"box":"b1","seq":9,"prev":5,"id":"r9","kind":"void","at":"2026-11-22T09:30:00Z"}
`
	if string(data) != want {
		t.Fatalf("got\n%s", data)
	}
}

// A record that was cut in the database must not stop all that come after it.
func TestABrokenCharacterIsReplaced(t *testing.T) {
	data, err := EncodeRecords(nil, "b1", []edge.Record{{Seq: 1, ID: "r", Kind: edge.RecordVisit, Visit: &edge.VisitState{ID: "v", Lane: "a\xffb"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := DecodeRecords(data)
	if err != nil || got[0].Visit.Lane != "a\ufffdb" {
		t.Fatalf("%v %+v", err, got)
	}
}

func TestRecordsThatAreRefused(t *testing.T) {
	line := func(change string) string {
		fields := map[string]string{"box": `"b"`, "seq": "2", "id": `"r"`, "kind": `"visit"`, "at": `"2026-11-22T09:30:00Z"`, "body": `{"id":"v","at":"2026-11-22T09:30:00Z","total":{"minor":1,"currency":"EUR"}}`}
		name, value, _ := strings.Cut(change, "=")
		fields[name] = value
		var out []string
		for _, name := range []string{"box", "seq", "prev", "id", "kind", "at", "body", "more"} {
			if fields[name] != "" {
				out = append(out, fmt.Sprintf("%q:%s", name, fields[name]))
			}
		}
		return "{" + strings.Join(out, ",") + "}"
	}
	if _, _, err := DecodeRecords([]byte(line(""))); err != nil {
		t.Fatalf("the good line: %v", err)
	}
	for name, data := range map[string]string{
		"unknown field":        line("more=1"),
		"unknown field inside": line(`body={"id":"v","at":"2026-11-22T09:30:00Z","total":{"minor":1,"currency":"EUR"},"more":1}`),
		"twice":                strings.Replace(line(""), `"seq":2`, `"seq":2,"seq":3`, 1),
		"no seq":               line("seq="),
		"seq 0":                line("seq=0"),
		"negative seq":         line("seq=-1"),
		"prev beyond":          line("prev=2"),
		"no box":               line("box="),
		"no id":                line("id="),
		"blank in an id":       line(`id="a b"`),
		"no kind":              line("kind="),
		"another kind":         line(`kind="rumour"`),
		"kind of another body": line(`kind="customer"`),
		"no body":              line("body="),
		"body null":            line("body=null"),
		"body a list":          line("body=[]"),
		"void with a body":     line(`kind="void"`),
		"no moment":            line(`at="yesterday"`),
		"two boxes":            line("") + "\n" + strings.Replace(line("seq=3"), `"b"`, `"c"`, 1),
		"not in order":         line("") + "\n" + line(""),
		"two on a line":        line("") + line("seq=3"),
		"an empty line":        line("") + "\n\n" + line("seq=3"),
		"cut off":              line("")[:40],
		"broken text":          line("box=\"b\xff\""),
		"a short hash":         `{"box":"b","seq":1,"id":"r","kind":"customer","at":"2026-11-22T09:30:00Z","body":{"id":"c","identifiers":[{"key":1,"sum":"AAAA","kind":"card"}]}}`,
		"a rank too high":      `{"box":"b","seq":1,"id":"r","kind":"fact","at":"2026-11-22T09:30:00Z","body":{"id":"f","customer":"c","kind":"praise","fields":{"text":{"v":"x","r":9}}}}`,
		"a stamp that is none": `{"box":"b","seq":1,"id":"r","kind":"fact","at":"2026-11-22T09:30:00Z","body":{"id":"f","customer":"c","kind":"praise","fields":{"text":{"v":"x","t":"zffffffffffff-00000000-b"}}}}`,
	} {
		if _, got, err := DecodeRecords([]byte(data)); err == nil {
			t.Errorf("%s was taken: %+v", name, got)
		}
	}
}

// Errors go to the log, where no name may be.
func TestErrorsDoNotQuote(t *testing.T) {
	for _, data := range []string{
		`{"box":"b","seq":"Maya"}`, `{"Maya":1}`, `{"box":"b","seq":1,"id":"r","kind":"Maya"}`, `Maya`,
		`{"box":"b","seq":1,"id":"r","kind":"fact","at":"2026-11-22T09:30:00Z","body":{"id":"f","fields":{"Maya":3}}}`,
	} {
		_, _, err := DecodeRecords([]byte(data))
		if err == nil || strings.Contains(err.Error(), "Maya") {
			t.Errorf("%s: %v", data, err)
		}
		if _, err := DecodePage([]byte(data)); err == nil || strings.Contains(err.Error(), "Maya") {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestLimits(t *testing.T) {
	long := edge.Record{Seq: 1, ID: "r", Kind: edge.RecordVisit, Visit: &edge.VisitState{ID: "v"}}
	for range 20 {
		long.Visit.Items = append(long.Visit.Items, edge.Item{Name: strings.Repeat("x", MaxLine/20)})
	}
	if _, err := EncodeRecords(nil, box, []edge.Record{long}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a line too long: %v", err)
	}
	var many []edge.Record
	for i := range MaxRecords + 1 {
		many = append(many, edge.Record{Seq: uint64(i) + 1, Prev: uint64(i), ID: "r", Kind: edge.RecordVoid})
	}
	if _, err := EncodeRecords(nil, box, many); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too many records: %v", err)
	}
	if _, _, err := DecodeRecords(make([]byte, MaxBatch+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a batch too large: %v", err)
	}
	if _, _, err := DecodeRecords(bytes.Repeat([]byte(" "), MaxLine+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a line too long: %v", err)
	}
}

func TestPackedBodies(t *testing.T) {
	z, err := NewZstd(1)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		packed := z.Pack(nil, want)
		got, err := z.Unpack(packed)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v", err)
		}
		if len(want) > 0 { // the checksum at its end covers what was packed
			packed[len(packed)-1] ^= 1
			if _, err := z.Unpack(packed); err == nil {
				t.Fatal("a broken body was taken")
			}
		}
	})
}

func TestBombsAreNotUnpacked(t *testing.T) {
	z, err := NewZstd(1)
	if err != nil {
		t.Fatal(err)
	}
	bomb := z.Pack(nil, make([]byte, 64<<20))
	if _, err := z.Unpack(bomb); !errors.Is(err, ErrTooLarge) {
		t.Errorf("64 MB of nothing in %d bytes: %v", len(bomb), err)
	}
	wide, err := zstd.NewWriter(nil, zstd.WithWindowSize(64<<20), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer // a stream does not say its size, so that only its window tells
	wide.Reset(&stream)
	for range 40 {
		if _, err := wide.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := wide.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Unpack(stream.Bytes()); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a window of 64 MB: %v", err)
	}
}

// Visits come beside a customer, or not at all.
func TestVisitsBesideSomethingElseAreRefused(t *testing.T) {
	visits := []edge.VisitState{{ID: "v", At: time.Unix(1, 0)}}
	maya := &edge.CustomerState{ID: "c"}
	good := edge.Page{Changes: []edge.Change{{Kind: edge.ChangeCustomer, Customer: maya, Visits: visits}}}
	if _, err := EncodePage(nil, good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]edge.Change{
		"beside settings": {Kind: edge.ChangeSettings, Settings: &edge.Settings{}, Visits: visits},
		"too many":        {Kind: edge.ChangeCustomer, Customer: maya, Visits: slices.Repeat(visits, maxVisits+1)},
		"one without id":  {Kind: edge.ChangeCustomer, Customer: maya, Visits: []edge.VisitState{{At: time.Unix(1, 0)}}},
	} {
		if _, err := EncodePage(nil, edge.Page{Changes: []edge.Change{change}}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	line := `{"kind":"settings","settings":{"version":1},"visits":[{"id":"v","at":"2026-01-01T00:00:00Z","total":{"minor":1,"currency":"EUR"}}]}` + "\n" + `{"cursor":"c"}`
	if _, err := DecodePage([]byte(line)); err == nil {
		t.Error("read: visits beside settings")
	}
}
