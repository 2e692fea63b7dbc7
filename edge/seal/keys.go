// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// KeyFile is the name of the key file in the state directory.
const KeyFile = "keys.json"

// keyFile is the file's content. Keys are base64 in JSON.
type keyFile struct {
	Version     int         `json:"version"`
	Box         []byte      `json:"box"`         // everything derived comes from it
	Wrapping    []byte      `json:"wrapping"`    // wraps customers' keys
	Identifiers []keyWithID `json:"identifiers"` // live identifier keys, current first
}

type keyWithID struct {
	ID  uint32 `json:"id"`
	Key []byte `json:"key"`
}

// Open reads the key file of a state directory, and makes it (and the directory) when there is none.
func Open(dir string) (*Box, error) {
	path := filepath.Join(dir, KeyFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	keys, err := decodeKeys(data)
	if err != nil {
		return nil, fmt.Errorf("reading the keys %q: %w", path, err)
	}
	return newBox(keys)
}

func create(dir string) (*Box, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the state directory: %w", err)
	}
	keys := keyFile{Version: 1, Box: random(32), Wrapping: random(32), Identifiers: []keyWithID{{ID: 1, Key: random(32)}}}
	data, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the keys: %w", err)
	}
	if err := writeDurably(dir, KeyFile, append(data, '\n')); err != nil {
		return nil, fmt.Errorf("writing the keys: %w", err)
	}
	return newBox(keys)
}

// decodeKeys is strict: a key file with a surprise in it must stop the start, since what is written under a misread
// key is lost.
func decodeKeys(data []byte) (keyFile, error) {
	var keys keyFile
	if err := json.Unmarshal(data, &keys); err != nil {
		// The decoder's own error may quote from the file, which holds nothing but secrets.
		return keyFile{}, errors.New("it is not valid JSON of the expected shape; restore it from the backup")
	}
	if keys.Version != 1 {
		return keyFile{}, fmt.Errorf("it has version %d, and this program knows version 1", keys.Version)
	}
	if len(keys.Box) != 32 || len(keys.Wrapping) != 32 || len(keys.Identifiers) == 0 {
		return keyFile{}, errors.New("a key is missing or has the wrong length; restore the file from the backup")
	}
	seen := make(map[uint32]bool)
	for _, k := range keys.Identifiers {
		if len(k.Key) != 32 || k.ID == 0 || seen[k.ID] {
			return keyFile{}, errors.New("an identifier key has the wrong length, no id, or another's id")
		}
		seen[k.ID] = true
	}
	return keys, nil
}

// writeDurably writes a file that is either absent or whole, also after a power cut: losing the keys is losing the
// record. It does not replace a file that has appeared meanwhile.
func writeDurably(dir, name string, data []byte) (err error) {
	tmp, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if err := errors.Join(tmp.Chmod(0o600), write(tmp, data), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	target := filepath.Join(dir, name)
	// A link fails where the target exists; a rename would overwrite the keys of a process that was faster.
	if err := os.Link(tmp.Name(), target); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := os.Rename(tmp.Name(), target); err != nil { // a file system without links
			return err
		}
	}
	return syncDir(dir)
}

func write(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return err
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program rather than give weak bytes
	return b
}
