// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"redbench/edge"
)

// maxLine is the longest line that is read where Options say nothing, in bytes.
const maxLine = 64 << 10

// lines reads a text line by line and counts.
type lines struct {
	in     *bufio.Reader
	number int   // of the line read last, from 1
	read   int64 // bytes
}

func newLines(r io.Reader, longest int) *lines {
	return &lines{in: bufio.NewReaderSize(r, longest)}
}

// next gives the next line that is not blank, without its end; it holds until the next call. A line that is too long is
// skipped with an *edge.BadRow. At the end it gives io.EOF.
func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.in.ReadSlice('\n')
		l.read += int64(len(line))
		if len(line) > 0 {
			l.number++
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, l.skip()
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("reading line %d: %w", l.number+1, err)
		}
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // the mark that some spreadsheets put first
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(bytes.TrimSpace(line)) > 0 {
			return line, nil
		}
		if err != nil {
			return nil, io.EOF
		}
	}
}

func (l *lines) skip() error {
	for {
		rest, err := l.in.ReadSlice('\n')
		l.read += int64(len(rest))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading line %d: %w", l.number, err)
		}
		return l.bad("the line is longer than %d bytes", l.in.Size())
	}
}

func (l *lines) bad(format string, args ...any) *edge.BadRow {
	return &edge.BadRow{Line: l.number, Reason: fmt.Sprintf(format, args...)}
}
