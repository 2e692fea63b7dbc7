// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redbench/edge"
)

func open(t testing.TB, dir string) *Box {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	a, b := open(t, dir), open(t, dir)
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the second start has other keys")
	}
	if other := open(t, t.TempDir()); other.Fingerprint() == a.Fingerprint() {
		t.Error("two boxes have the same keys")
	}
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left in the directory: %v %v", files, err)
	}
}

func TestADamagedKeyFileIsRefusedAndLeftAlone(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "not JSON": "x", "no keys": `{"version":1}`, "newer": `{"version":2}`,
		"short": `{"version":1,"box":"AAAA","wrapping":"AAAA","identifiers":[{"id":1,"key":"AAAA"}]}`,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, KeyFile)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil {
			t.Errorf("%s: opened", name)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != data {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestHashes(t *testing.T) {
	b := open(t, t.TempDir())
	hash := func(kind edge.IdentifierKind, value string) [32]byte {
		return b.Hashes(edge.Identifier{Kind: kind, Value: value})[0].Sum
	}
	same := [][2]string{
		{"phone:+49 30 / 1234-5", "phone:0049 (30) 12345"}, {"phone:+49 30 12345", "phone:+٤٩ ٣٠ ١٢٣٤٥"},
		{"email: Maya@Example.ORG", "email:maya@example.org"}, {"card:6001 ", "card:6001"}, {"app:e\u0301", "app:\u00e9"},
	}
	split := func(s string) [32]byte {
		kind, value, _ := strings.Cut(s, ":")
		return hash(edge.IdentifierKind(kind), value)
	}
	for _, pair := range same {
		if split(pair[0]) != split(pair[1]) {
			t.Errorf("%q and %q are two", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"card:6001", "phone:6001"}, {"card:6001", "card:6002"}, {"card:A", "card:a"}, {"card:1 2", "card:12"}} {
		if split(pair[0]) == split(pair[1]) {
			t.Errorf("%q and %q are one", pair[0], pair[1])
		}
	}
	if b.Tombstone(edge.Identifier{Kind: edge.KindCard, Value: "1"}) == hash(edge.KindCard, "1") {
		t.Error("a tombstone can be joined with the identifiers")
	}
	card := b.Hashes(edge.Identifier{Kind: edge.KindCard, Value: "1"})[0]
	other := Hash{Key: card.Key + 1, Sum: card.Sum}
	if of := b.TombstoneOf(card); of == card.Sum || of == b.TombstoneOf(other) || of != b.TombstoneOf(card) {
		t.Error("a tombstone of a hash is the hash, says nothing of its key, or changes")
	}
	if open(t, t.TempDir()).Hashes(edge.Identifier{Kind: edge.KindCard, Value: "6001"})[0].Sum == hash(edge.KindCard, "6001") {
		t.Error("two boxes hash alike")
	}
}

func TestDigestTellsPartsApart(t *testing.T) {
	b := open(t, t.TempDir())
	if b.Digest([]byte("ab"), []byte("c")) == b.Digest([]byte("a"), []byte("bc")) {
		t.Error("the parts' bounds are lost")
	}
	if first, again := b.Digest([]byte("ab")), b.Digest([]byte("ab")); first != again {
		t.Error("not the same twice")
	}
}

func TestSealedOpensOnlyWhereItBelongs(t *testing.T) {
	b := open(t, t.TempDir())
	maya, ada := [16]byte{1}, [16]byte{2}
	key, wrapped, err := b.NewCustomerKey(maya)
	if err != nil || len(wrapped) != WrappedSize {
		t.Fatal(len(wrapped), err)
	}
	sealed := key.Seal("name", []byte("Maya"))
	if bytes.Contains(sealed, []byte("Maya")) {
		t.Error("it is not sealed")
	}
	again, err := b.Unwrap(maya, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open("name", sealed); err != nil || string(plain) != "Maya" {
		t.Errorf("%q %v", plain, err)
	}
	if _, err := again.Open("fact", sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("another column: %v", err)
	}
	if _, err := b.Unwrap(ada, wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("another customer: %v", err)
	}
	if _, err := open(t, t.TempDir()).Unwrap(maya, wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("another box: %v", err)
	}
	if _, err := b.Unwrap(maya, make([]byte, WrappedSize)); !errors.Is(err, ErrSealed) {
		t.Errorf("a wiped key: %v", err)
	}
	for i := range sealed {
		sealed[i] ^= 1
		if _, err := again.Open("name", sealed); !errors.Is(err, ErrSealed) {
			t.Fatalf("a bit flipped at %d: %v", i, err)
		}
		sealed[i] ^= 1
	}
}

func TestTheBoxsOwn(t *testing.T) {
	b := open(t, t.TempDir())
	sealed := b.SealOwn("quarantine 1", []byte("payload"))
	if plain, err := b.OpenOwn("quarantine 1", sealed); err != nil || string(plain) != "payload" {
		t.Errorf("%q %v", plain, err)
	}
	if _, err := b.OpenOwn("quarantine 2", sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("another label: %v", err)
	}
}

// TestOldKeysStillFind: after a change of the identifier key, hashes come under both, the current one first.
func TestOldKeysStillFind(t *testing.T) {
	dir := t.TempDir()
	id := edge.Identifier{Kind: edge.KindCard, Value: "6001"}
	before := open(t, dir).Hashes(id)[0]
	path := filepath.Join(dir, KeyFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := decodeKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	keys.Identifiers = append([]edge.Key{{ID: 2, Key: random(32)}}, keys.Identifiers...)
	if data, err = json.Marshal(keys); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	after := open(t, dir).Hashes(id)
	if len(after) != 2 || after[0].Key != 2 || after[1] != before {
		t.Errorf("hashes %v, before %v", after, before)
	}
}

func FuzzDecodeKeys(f *testing.F) {
	f.Add([]byte(`{"version":1,"box":"AAAA","wrapping":"AAAA","identifiers":[{"id":1,"key":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := decodeKeys(data)
		if err != nil {
			return
		}
		if _, err := newBox("", keys); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzNormal(f *testing.F) {
	f.Add("phone", "+49 ٣")
	f.Fuzz(func(t *testing.T, kind, value string) {
		once := Normal(edge.Identifier{Kind: edge.IdentifierKind(kind), Value: value})
		if kind == "phone" {
			for _, r := range once {
				if r < '0' || r > '9' {
					t.Fatalf("%q in a phone number", r)
				}
			}
			return // 000049 loses one prefix at a time
		}
		if twice := Normal(edge.Identifier{Kind: edge.IdentifierKind(kind), Value: once}); twice != once {
			t.Fatalf("%q becomes %q and then %q", value, once, twice)
		}
	})
}

func BenchmarkHashes(b *testing.B) {
	box := open(b, b.TempDir())
	for b.Loop() {
		box.Hashes(edge.Identifier{Kind: edge.KindCard, Value: "6001002003004"})
	}
}

func BenchmarkTombstones(b *testing.B) {
	box := open(b, b.TempDir())
	id := edge.Identifier{Kind: edge.KindCard, Value: "6001002003004"}
	hash := box.Hashes(id)[0]
	for b.Loop() {
		box.Tombstone(id)
		box.TombstoneOf(hash)
	}
}

func BenchmarkNewCustomer(b *testing.B) {
	box := open(b, b.TempDir())
	for b.Loop() {
		key, _, err := box.NewCustomerKey([16]byte{1})
		if err != nil {
			b.Fatal(err)
		}
		key.Seal("person", make([]byte, 30))
	}
}
