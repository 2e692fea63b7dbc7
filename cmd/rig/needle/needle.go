// SPDX-License-Identifier: Apache-2.0

// Package needle looks through files for byte strings that would betray somebody.
package needle

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

// Set holds the byte strings that would betray somebody, by a hash of their first bytes.
type Set struct {
	all   map[string]Kind
	first map[uint32][][]byte
	maybe []uint64 // a bit for each three first bytes, so that most places are passed at once
}

// New makes an empty one.
func New() *Set {
	return &Set{all: map[string]Kind{}, first: map[uint32][][]byte{}, maybe: make([]uint64, 1<<24/64)}
}

const shortest = 8

// Add looks for data from now on.
func (n *Set) Add(kind Kind, data []byte) {
	if len(data) < shortest || n.all[string(data)] != "" {
		return
	}
	n.all[string(data)] = kind
	head := uint32(data[0])<<16 | uint32(data[1])<<8 | uint32(data[2])
	n.first[head] = append(n.first[head], bytes.Clone(data))
	n.maybe[head/64] |= 1 << (head % 64)
}

// Text looks for a text.
func (n *Set) Text(text string) { n.Add(ClearText, []byte(text)) }

// Bytes looks for something whole, and for what JSON or a person would make of it.
func (n *Set) Bytes(kind Kind, data []byte) {
	n.Add(kind, data)
	n.Add(kind, []byte(hex.EncodeToString(data)))
	n.Add(kind, []byte(base64.StdEncoding.EncodeToString(data)))
	n.Add(kind, []byte(base64.RawURLEncoding.EncodeToString(data)))
}

// part is how much of a long body is looked for, at its start, in its middle and at its end: a database may lay it over
// several pages.
const part = 20

// Blob looks for parts of something that a database may have cut.
func (n *Set) Blob(kind Kind, data []byte) {
	if len(data) < 3*part {
		n.Bytes(kind, data)
		return
	}
	n.Add(kind, data[:part])
	n.Add(kind, data[len(data)/2:len(data)/2+part])
	n.Add(kind, data[len(data)-part:])
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

// Add counts more.
func (f Found) Add(o Found) {
	for kind, n := range o {
		f[kind] += n
	}
}

const (
	window  = 4 << 20
	longest = 4 << 10 // of a needle, at most
)

// Read looks through a stream.
func (n *Set) Read(in io.Reader) (Found, error) {
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

// Len is how many byte strings are looked for.
func (n *Set) Len() int { return len(n.all) }

// count counts the needles that begin before upto.
func (n *Set) count(data []byte, upto int, found Found) {
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

// Dir looks through all files below a folder, as they are now.
func (n *Set) Dir(dir string) (Found, error) {
	all := Found{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a program that runs takes files away
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		found, err := n.file(name)
		all.Add(found)
		return err
	})
	if err != nil {
		return all, fmt.Errorf("looking through %s: %w", dir, err)
	}
	return all, nil
}

func (n *Set) file(name string) (Found, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return n.Read(bufio.NewReader(file))
}
