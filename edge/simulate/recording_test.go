// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecodeRecorded(t *testing.T) {
	for _, c := range []struct{ name, line, payload, problem string }{
		{"json", `{"topic":"a/b","payload":{"x": 1},"at":"2026-11-22T09:30:00Z"}`, `{"x": 1}`, ""},
		{"text", `{"topic":"a/b","payload":"bare scan\r"}`, "bare scan\r", ""},
		{"bytes", `{"topic":"a/b","payload_base64":"AAE="}`, "\x00\x01", ""},
		{"empty bytes", `{"topic":"a/b","payload_base64":""}`, "", ""},
		{"both", `{"topic":"a","payload":1,"payload_base64":"AAE="}`, "", "exclude each other"},
		{"no payload", `{"topic":"a"}`, "", "payload is missing"},
		{"no topic", `{"payload":1}`, "", "topic is missing"},
		{"wildcard", `{"topic":"a/#","payload":1}`, "", "published to"},
		{"time", `{"topic":"a","payload":1,"at":"yesterday"}`, "", "RFC 3339"},
		{"no json", `hello`, "", "not a JSON object"},
	} {
		got, err := DecodeRecorded([]byte(c.line))
		if c.problem == "" && (err != nil || string(got.Payload) != c.payload) {
			t.Errorf("%s: got %q, %v", c.name, got.Payload, err)
		}
		if c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%s: error %v does not tell of %q", c.name, err, c.problem)
		}
	}
}

func FuzzDecodeRecorded(f *testing.F) {
	f.Add([]byte(`{"topic":"a/b","payload":{"x":1},"at":"2026-11-22T09:30:00Z"}`))
	f.Add([]byte(`{"topic":"a/b","payload":"text"}`))
	f.Add([]byte(`{"topic":"a/b","payload_base64":"AAE="}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		first, err := DecodeRecorded(line)
		if err != nil {
			return
		}
		var written bytes.Buffer
		if err := WriteRecorded(&written, first); err != nil {
			t.Fatal(err)
		}
		again, err := DecodeRecorded(written.Bytes())
		if err != nil {
			t.Fatalf("%q was written as %q: %v", line, written.Bytes(), err)
		}
		same := bytes.Equal(first.Payload, again.Payload) || json.Valid(first.Payload)
		if again.Topic != first.Topic || !same {
			t.Errorf("%q became %q", line, written.Bytes())
		}
	})
}

func TestAFolderIsMergedByTime(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "lane-1.jsonl"), `{"topic":"a","payload":1,"at":"2026-11-22T09:00:00Z"}

{"topic":"a","payload":4}
{"topic":"a","payload":3,"at":"2026-11-22T09:02:00Z"}
`)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(`{"topic":"b","payload":2,"at":"2026-11-22T09:01:00Z"}`))
	_ = w.Close()
	write(t, filepath.Join(dir, "lane-2.jsonl.gz"), zipped.String())
	recording, err := OpenRecording(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer recording.Close()
	var got []string
	for {
		r, err := recording.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(r.Payload))
	}
	if want := []string{"1", "4", "2", "3"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestABadLineIsNamed(t *testing.T) {
	recording, err := OpenRecording("-", strings.NewReader("{\"topic\":\"a\",\"payload\":1}\n{\"topic\":\"a\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	messages, failed := Replay(recording, ReplayOptions{})
	for range messages {
	}
	if err := failed(); err == nil || !strings.Contains(err.Error(), "line 2: payload is missing") {
		t.Errorf("error %v does not name the line", err)
	}
}

func TestOpenRecordingTellsWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	if _, err := OpenRecording(empty, nil); err == nil || !strings.Contains(err.Error(), "*.jsonl") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := OpenRecording(filepath.Join(empty, "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestRestampMakesTheEventsNewAndKeepsRedeliveries(t *testing.T) {
	event := `{"topic":"redbench/v1/old/3/checkout","at":"2026-11-22T09:00:00Z","payload":{"specversion":"1.0","id":"a","source":"/till/3","type":"redbench.shift.started","time":"2026-11-22T09:00:00Z","data":{}}}`
	lines := event + "\n" + strings.Replace(event, "09:00:00Z\",\"payload", "09:00:05Z\",\"payload", 1) + "\n"
	recording, err := OpenRecording("-", strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	messages, _ := Replay(recording, ReplayOptions{Store: "new", Restamp: "xyz"})
	var payloads []string
	now := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	for m := range messages {
		if m.Topic != "redbench/v1/new/3/checkout" || m.Lane != "3" {
			t.Errorf("topic %q, lane %q", m.Topic, m.Lane)
		}
		payloads = append(payloads, string(m.Payload(now)))
		now = now.Add(time.Second)
	}
	var got struct{ ID, Time string }
	if err := json.Unmarshal([]byte(payloads[0]), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != "a-xyz" || got.Time != "2027-01-02T03:04:05Z" {
		t.Errorf("restamped as %+v", got)
	}
	if payloads[0] != payloads[1] {
		t.Errorf("the redelivery became another event: %s", payloads[1])
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
