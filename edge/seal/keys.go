// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"redbench/edge"
)

// KeyFile is the name of the key file in the state directory.
const KeyFile = "keys.json"

// keyFile is the file's content. Keys are base64 in JSON.
type keyFile struct {
	Version     int        `json:"version"`
	Box         []byte     `json:"box"`         // everything derived comes from it
	Wrapping    []byte     `json:"wrapping"`    // wraps customers' keys
	Identifiers []edge.Key `json:"identifiers"` // the box's own live identifier keys, current first, and those of former chains

	Chain      *edge.ChainKeys `json:"chain,omitempty"`      // on a box that is enrolled
	Tombstones [][]byte        `json:"tombstones,omitempty"` // tombstone keys of former chains
	Office     *office         `json:"office,omitempty"`     // at head office alone
}

// office are the keys that head office makes for its chain, beside Identifiers, which are the chain's there.
type office struct {
	Tombstone []byte `json:"tombstone"`
	Playbook  []byte `json:"playbook"` // Ed25519 seed
}

// Open reads the key file of a state directory, and makes it (and the directory) when there is none.
func Open(dir string) (*Box, error) {
	path := filepath.Join(dir, KeyFile)
	keys, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		keys, err = create(dir, nil)
	}
	if err != nil {
		return nil, err
	}
	return newBox(dir, keys)
}

func readKeys(path string) (keyFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return keyFile{}, fmt.Errorf("reading the keys: %w", err)
	}
	keys, err := decodeKeys(data)
	if err != nil {
		return keyFile{}, fmt.Errorf("reading the keys %q: %w", path, err)
	}
	return keys, nil
}

func create(dir string, head *office) (keyFile, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return keyFile{}, fmt.Errorf("making the state directory: %w", err)
	}
	keys := keyFile{Version: 1, Box: random(32), Wrapping: random(32), Identifiers: []edge.Key{newKey()}, Office: head}
	data, err := encodeKeys(keys)
	if err != nil {
		return keyFile{}, err
	}
	if err := writeDurably(dir, KeyFile, data); err != nil {
		return keyFile{}, fmt.Errorf("writing the keys: %w", err)
	}
	return keys, nil
}

// newKey makes an identifier key. Its id is a random one, so that the keys of boxes that worked alone do not get into
// each other's way when a chain brings them together.
func newKey() edge.Key {
	for {
		if id := binary.BigEndian.Uint32(random(4)); id != 0 {
			return edge.Key{ID: id, Key: random(32)}
		}
	}
}

func encodeKeys(keys keyFile) ([]byte, error) {
	data, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the keys: %w", err)
	}
	return append(data, '\n'), nil
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
	if err := checkKeys(keys.Identifiers); err != nil {
		return keyFile{}, err
	}
	if err := checkChain(keys); err != nil {
		return keyFile{}, err
	}
	return keys, nil
}

func checkKeys(keys []edge.Key) error {
	seen := make(map[uint32]bool)
	for _, k := range keys {
		if len(k.Key) != 32 || k.ID == 0 || seen[k.ID] {
			return errors.New("an identifier key has the wrong length, no id, or another's id")
		}
		seen[k.ID] = true
	}
	return nil
}

func checkChain(keys keyFile) error {
	for _, k := range keys.Tombstones {
		if len(k) != 32 {
			return errors.New("a tombstone key has the wrong length")
		}
	}
	if o := keys.Office; o != nil && (len(o.Tombstone) != 32 || len(o.Playbook) != ed25519.SeedSize) {
		return errors.New("a key of head office is missing or has the wrong length; restore the file from the backup")
	}
	if keys.Chain == nil {
		return nil
	}
	return CheckChain(*keys.Chain)
}

// CheckChain says what is wrong with a chain's keys, or nil. It quotes none of them.
func CheckChain(chain edge.ChainKeys) error {
	switch {
	case len(chain.Identifiers) == 0:
		return errors.New("the chain's keys have no identifier key")
	case len(chain.Tombstone) != 32:
		return errors.New("the chain's tombstone key is missing or has the wrong length")
	case len(chain.Playbook) != ed25519.PublicKeySize:
		return errors.New("the chain's playbook key is missing or has the wrong length")
	}
	for _, k := range chain.Elsewhere {
		if len(k.Key) != 32 || k.ID == 0 {
			return errors.New("a key of another box has the wrong length or no id")
		}
	}
	if err := checkKeys(chain.Identifiers); err != nil {
		return fmt.Errorf("the chain's keys: %w", err)
	}
	return nil
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

// replaceDurably writes a file over another: after a power cut it is the old one or the new one, whole.
func replaceDurably(dir, name string, data []byte) error {
	tmp, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if err := errors.Join(tmp.Chmod(0o600), write(tmp, data), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, name)); err != nil {
		return err
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
