// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Kind says what a needle is of.
type Kind string

// The kinds of needle.
const (
	ClearText Kind = "clear text"
	Hash      Kind = "identifier hash"
	Sealed    Kind = "sealed body"
	Wrapped   Kind = "wrapped key"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{ClearText, Hash, Sealed, Wrapped} }

// needles are the byte strings that would betray somebody, by a hash of their first bytes.
type needles struct {
	all   map[string]Kind
	first map[uint32][][]byte
	maybe []uint64 // a bit for each three first bytes, so that most places are passed at once
}

func newNeedles() *needles {
	return &needles{all: map[string]Kind{}, first: map[uint32][][]byte{}, maybe: make([]uint64, 1<<24/64)}
}

const shortest = 8

// add looks for data from now on.
func (n *needles) add(kind Kind, data []byte) {
	if len(data) < shortest || n.all[string(data)] != "" {
		return
	}
	n.all[string(data)] = kind
	head := uint32(data[0])<<16 | uint32(data[1])<<8 | uint32(data[2])
	n.first[head] = append(n.first[head], bytes.Clone(data))
	n.maybe[head/64] |= 1 << (head % 64)
}

// text looks for a text.
func (n *needles) text(text string) { n.add(ClearText, []byte(text)) }

// bytes looks for something whole, and for what JSON or a person would make of it.
func (n *needles) bytes(kind Kind, data []byte) {
	n.add(kind, data)
	n.add(kind, []byte(hex.EncodeToString(data)))
	n.add(kind, []byte(base64.StdEncoding.EncodeToString(data)))
	n.add(kind, []byte(base64.RawURLEncoding.EncodeToString(data)))
}

// part is how much of a long body is looked for, at its start, in its middle and at its end: a database may lay it over
// several pages.
const part = 20

func (n *needles) blob(kind Kind, data []byte) {
	if len(data) < 3*part {
		n.bytes(kind, data)
		return
	}
	n.add(kind, data[:part])
	n.add(kind, data[len(data)/2:len(data)/2+part])
	n.add(kind, data[len(data)-part:])
}

// Found counts what was found of each kind, each needle as often as it is there.
type Found map[Kind]int

// Total adds up.
func (f Found) Total() (all int) {
	for _, n := range f {
		all += n
	}
	return all
}

func (f Found) add(o Found) {
	for kind, n := range o {
		f[kind] += n
	}
}

const (
	window  = 4 << 20
	longest = 4 << 10 // of a needle, at most
)

// read looks through a stream.
func (n *needles) read(in io.Reader) (Found, error) {
	found := Found{}
	buffer := make([]byte, 0, window+longest)
	for {
		room := buffer[len(buffer):cap(buffer)]
		got, err := io.ReadFull(in, room)
		buffer = buffer[:len(buffer)+got]
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return found, err
		}
		upto := len(buffer)
		if !ended {
			upto -= longest // begins there are seen with the next window
		}
		n.count(buffer, upto, found)
		if ended {
			return found, nil
		}
		buffer = append(buffer[:0], buffer[upto:]...)
	}
}

// count counts the needles that begin before upto.
func (n *needles) count(data []byte, upto int, found Found) {
	for i := 0; i < upto && i+3 <= len(data); i++ {
		head := uint32(data[i])<<16 | uint32(data[i+1])<<8 | uint32(data[i+2])
		if n.maybe[head/64]&(1<<(head%64)) == 0 {
			continue
		}
		for _, needle := range n.first[head] {
			if bytes.HasPrefix(data[i:], needle) {
				found[n.all[string(needle)]]++
			}
		}
	}
}

// dir looks through all files below a folder, as they are now.
func (n *needles) dir(dir string) (Found, error) {
	all := Found{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a program that runs takes files away
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		found, err := n.file(name)
		all.add(found)
		return err
	})
	if err != nil {
		return all, fmt.Errorf("looking through %s: %w", dir, err)
	}
	return all, nil
}

func (n *needles) file(name string) (Found, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return n.read(bufio.NewReader(file))
}
