// SPDX-License-Identifier: Apache-2.0

package scrub

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// look finds any of many texts in one pass, so that many erasures cost one reading of the file.
type look struct {
	begins  []uint64            // a bit for each way that the first three bytes can be
	byStart map[uint64][][]byte // by the first eight
	longest int
}

func newLook(traces Traces) *look {
	l := &look{begins: make([]uint64, 1<<24/64), byStart: map[uint64][][]byte{}}
	for _, t := range traces {
		start := binary.LittleEndian.Uint64(t)
		l.begins[start&first3>>6] |= 1 << (start & 63)
		l.byStart[start] = append(l.byStart[start], t)
		l.longest = max(l.longest, len(t))
	}
	return l
}

const (
	chunk  = 1 << 20
	first3 = 1<<24 - 1
)

func (l *look) file(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	return l.in(f)
}

func (l *look) in(r io.Reader) (bool, error) {
	window := make([]byte, 0, chunk+l.longest)
	for {
		n, err := io.ReadFull(r, window[len(window):len(window)+chunk])
		window = window[:len(window)+n]
		if l.among(window) {
			return true, nil
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		// What may be the beginning of one goes before what comes next.
		keep := min(l.longest-1, len(window))
		window = append(window[:0], window[len(window)-keep:]...)
	}
}

func (l *look) among(data []byte) bool {
	for i := 0; i+8 <= len(data); i++ {
		start := binary.LittleEndian.Uint64(data[i:])
		if l.begins[start&first3>>6]&(1<<(start&63)) == 0 {
			continue
		}
		for _, t := range l.byStart[start] {
			if bytes.HasPrefix(data[i:], t) {
				return true
			}
		}
	}
	return false
}
