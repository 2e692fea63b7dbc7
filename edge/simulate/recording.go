// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// MaxRecordedLine is the longest line of a recording, in bytes.
const MaxRecordedLine = 1 << 20

// Recorded is one line of a recording (docs/replay.md): what was published where, and when.
type Recorded struct {
	Topic   string
	Payload []byte
	At      time.Time // zero where the line does not tell
}

// recordedLine is a line as it is written.
type recordedLine struct {
	At      string          `json:"at,omitempty"`
	Topic   string          `json:"topic"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Base64  *[]byte         `json:"payload_base64,omitempty"`
}

// DecodeRecorded reads one line of a recording.
func DecodeRecorded(line []byte) (Recorded, error) {
	var raw recordedLine
	if err := json.Unmarshal(line, &raw); err != nil {
		return Recorded{}, fmt.Errorf("not a JSON object of topic, payload and at: %w", err)
	}
	if err := checkTopic(raw.Topic); err != nil {
		return Recorded{}, err
	}
	got := Recorded{Topic: raw.Topic}
	if raw.At != "" {
		at, err := time.Parse(time.RFC3339, raw.At)
		if err != nil {
			return Recorded{}, errors.New("at is no RFC 3339 time")
		}
		got.At = at
	}
	payload, err := raw.bytes()
	got.Payload = payload
	return got, err
}

func checkTopic(topic string) error {
	if topic == "" {
		return errors.New("topic is missing")
	}
	if strings.ContainsAny(topic, "#+\x00") || len(topic) > 1024 {
		return errors.New("topic is not one that can be published to")
	}
	return nil
}

// bytes gives what was published: the JSON as it stands, the text of a JSON string, or base64.
func (r recordedLine) bytes() ([]byte, error) {
	switch {
	case len(r.Payload) > 0 && r.Base64 != nil:
		return nil, errors.New("payload and payload_base64 exclude each other")
	case r.Base64 != nil:
		return *r.Base64, nil
	case len(r.Payload) == 0:
		return nil, errors.New("payload is missing")
	case r.Payload[0] != '"':
		return r.Payload, nil
	}
	var text string
	err := json.Unmarshal(r.Payload, &text)
	return []byte(text), err
}

// WriteRecorded writes one line.
func WriteRecorded(w io.Writer, r Recorded) error {
	line := recordedLine{Topic: r.Topic}
	if !r.At.IsZero() {
		line.At = r.At.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
	if trimmed := bytes.TrimSpace(r.Payload); json.Valid(trimmed) && len(trimmed) > 0 && trimmed[0] != '"' {
		line.Payload = trimmed
	} else {
		raw := append([]byte{}, r.Payload...) // never nil, which would be written as null
		line.Base64 = &raw
	}
	out, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("writing a recording: %w", err)
	}
	_, err = w.Write(append(out, '\n'))
	return err
}

// Recording reads a recording line by line. It is not safe for use by several goroutines.
type Recording struct {
	parts []*part
	close []io.Closer
}

// part is one file of a recording, with its next line read ahead.
type part struct {
	name string
	scan *bufio.Scanner
	line int
	next Recorded
	last time.Time
}

// OpenRecording opens a file of JSON lines (gzip when it ends in .gz), "-" for stdin, or a folder of such files, which
// are merged by time.
func OpenRecording(path string, stdin io.Reader) (*Recording, error) {
	if path == "-" {
		return readRecording(map[string]io.Reader{"-": stdin}, []string{"-"}, nil)
	}
	names, err := recordingFiles(path)
	if err != nil {
		return nil, err
	}
	readers := map[string]io.Reader{}
	var closers []io.Closer
	for _, name := range names {
		r, c, err := openPart(name)
		closers = append(closers, c...)
		if err != nil {
			closeAll(closers)
			return nil, err
		}
		readers[name] = r
	}
	return readRecording(readers, names, closers)
}

func recordingFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening recording: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var names []string
	for _, pattern := range []string{"*.jsonl", "*.jsonl.gz"} {
		found, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return nil, fmt.Errorf("opening recording %q: %w", path, err)
		}
		names = append(names, found...)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("opening recording %q: the folder holds no *.jsonl and no *.jsonl.gz", path)
	}
	return names, nil
}

func openPart(name string) (io.Reader, []io.Closer, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("opening recording: %w", err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return file, []io.Closer{file}, nil
	}
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, []io.Closer{file}, fmt.Errorf("opening recording %q: %w", name, err)
	}
	return unzipped, []io.Closer{unzipped, file}, nil
}

func readRecording(readers map[string]io.Reader, names []string, closers []io.Closer) (*Recording, error) {
	r := &Recording{close: closers}
	for _, name := range names {
		scan := bufio.NewScanner(readers[name])
		scan.Buffer(make([]byte, 64<<10), MaxRecordedLine)
		p := &part{name: name, scan: scan}
		switch err := p.advance(); {
		case errors.Is(err, io.EOF):
		case err != nil:
			closeAll(closers)
			return nil, err
		default:
			r.parts = append(r.parts, p)
		}
	}
	return r, nil
}

// Next gives the next message in time; io.EOF after the last. An error names the file and the line.
func (r *Recording) Next() (Recorded, error) {
	if len(r.parts) == 0 {
		return Recorded{}, io.EOF
	}
	first := 0
	for i, p := range r.parts {
		if p.next.At.Before(r.parts[first].next.At) {
			first = i
		}
	}
	got := r.parts[first].next
	switch err := r.parts[first].advance(); {
	case errors.Is(err, io.EOF):
		r.parts = append(r.parts[:first], r.parts[first+1:]...)
	case err != nil:
		return Recorded{}, err
	}
	return got, nil
}

// Close closes the files.
func (r *Recording) Close() error { return closeAll(r.close) }

func closeAll(closers []io.Closer) error {
	var errs []error
	for _, c := range closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// advance reads the part's next line. A line without a time happened with the one before it.
func (p *part) advance() error {
	for p.scan.Scan() {
		p.line++
		if len(bytes.TrimSpace(p.scan.Bytes())) == 0 {
			continue
		}
		next, err := DecodeRecorded(p.scan.Bytes())
		if err != nil {
			return fmt.Errorf("recording %s, line %d: %w", p.name, p.line, err)
		}
		if next.At.IsZero() {
			next.At = p.last
		}
		p.next, p.last = next, next.At
		return nil
	}
	if err := p.scan.Err(); err != nil {
		return fmt.Errorf("recording %s, line %d: %w", p.name, p.line+1, err)
	}
	return io.EOF
}
