// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"redbench/edge"
)

var aCard = edge.Identifier{Kind: edge.KindCard, Value: "6001"}

// aChain are keys as head office tells them.
func aChain(t testing.TB) edge.ChainKeys {
	t.Helper()
	head, err := OpenChain(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return head.ChainKeys()
}

func adopt(t testing.TB, b *Box, chain edge.ChainKeys) {
	t.Helper()
	if err := b.Adopt(chain); err != nil {
		t.Fatal(err)
	}
}

func TestAnEnrolledBoxHashesAsItsChainDoes(t *testing.T) {
	head, err := OpenChain(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	box := open(t, dir)
	fingerprint, alone, grave := box.Fingerprint(), box.Hashes(aCard)[0], box.Tombstones(aCard)[0]
	adopt(t, box, head.ChainKeys())
	for _, b := range []*Box{box, open(t, dir)} { // live, and after a restart
		hashes := b.Hashes(aCard)
		if len(hashes) != 2 || hashes[0] != head.Hashes(aCard)[0] || hashes[1] != alone {
			t.Errorf("hashes %v; head office's %v, before %v", hashes, head.Hashes(aCard), alone)
		}
		graves := b.Tombstones(aCard)
		if len(graves) != 2 || graves[0] != head.Tombstones(aCard)[0] || graves[1] != grave {
			t.Errorf("tombstones %v", graves)
		}
		if of := b.TombstonesOf(hashes[1]); len(of) != 2 || of[0] != head.TombstonesOf(alone)[0] {
			t.Errorf("tombstones of the former hash: %v", of)
		}
		if b.Tombstone(aCard) != graves[0] || b.Fingerprint() != fingerprint {
			t.Error("the tombstone that travels is not the chain's, or the record would not be opened any more")
		}
		if chain, is := b.Chain(); !is || !sameChain(chain, head.ChainKeys()) {
			t.Error("the chain's keys are not given back")
		}
		if own := b.OwnKeys(); len(own) != 1 || own[0].ID != alone.Key {
			t.Errorf("own keys: %d", len(own))
		}
	}
}

// TestAnotherChainLosesNobody: a head office that was set up anew has other keys; what rests under the former stays.
func TestAnotherChainLosesNobody(t *testing.T) {
	dir := t.TempDir()
	box := open(t, dir)
	first, second := aChain(t), aChain(t)
	second.Elsewhere = []edge.Key{{ID: 7, Key: random(32)}, {ID: 7, Key: random(32)}, first.Identifiers[0]}
	adopt(t, box, first)
	before, graves := box.Hashes(aCard), box.Tombstones(aCard)
	adopt(t, box, second)
	again := open(t, dir)
	for _, b := range []*Box{box, again} {
		now := b.Hashes(aCard)
		if len(now) != 3 || now[0].Key != second.Identifiers[0].ID || !slices.Contains(now, before[0]) || !slices.Contains(now, before[1]) {
			t.Errorf("hashes %v, before %v", now, before)
		}
		for _, grave := range graves {
			if !slices.Contains(b.Tombstones(aCard), grave) {
				t.Error("who was forgotten is not found any more")
			}
		}
		if everywhere := b.HashesEverywhere(aCard); len(everywhere) != 5 || !slices.Equal(everywhere[:3], now) {
			t.Errorf("everywhere: %v", everywhere)
		}
	}
}

func TestAdoptingTwiceChangesNothing(t *testing.T) {
	dir := t.TempDir()
	box, chain := open(t, dir), aChain(t)
	adopt(t, box, chain)
	path := filepath.Join(dir, KeyFile)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	adopt(t, box, chain)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o400 {
		t.Error("the file was written again", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left in the directory: %v %v", files, err)
	}
}

// TestBadKeysAreNotAdopted: neither live nor on the disk, where the next start would refuse them.
func TestBadKeysAreNotAdopted(t *testing.T) {
	for name, spoil := range map[string]func(*edge.ChainKeys){
		"none":             func(c *edge.ChainKeys) { *c = edge.ChainKeys{} },
		"no identifier":    func(c *edge.ChainKeys) { c.Identifiers = nil },
		"short":            func(c *edge.ChainKeys) { c.Identifiers[0].Key = c.Identifiers[0].Key[:31] },
		"no id":            func(c *edge.ChainKeys) { c.Identifiers[0].ID = 0 },
		"one id twice":     func(c *edge.ChainKeys) { c.Identifiers = append(c.Identifiers, c.Identifiers[0]) },
		"no tombstone key": func(c *edge.ChainKeys) { c.Tombstone = nil },
		"no playbook key":  func(c *edge.ChainKeys) { c.Playbook = nil },
		"a bad elsewhere":  func(c *edge.ChainKeys) { c.Elsewhere = []edge.Key{{ID: 1}} },
	} {
		dir := t.TempDir()
		box, chain := open(t, dir), aChain(t)
		spoil(&chain)
		if err := box.Adopt(chain); err == nil {
			t.Errorf("%s: adopted", name)
		}
		if _, is := open(t, dir).Chain(); is || len(box.Hashes(aCard)) != 1 {
			t.Errorf("%s: something of it stays", name)
		}
	}
}

// TestACrashWhileAdoptingKeepsTheOldKeys: what a crash leaves beside the file is never taken for it.
func TestACrashWhileAdoptingKeepsTheOldKeys(t *testing.T) {
	dir := t.TempDir()
	before := open(t, dir).Hashes(aCard)
	if err := os.WriteFile(filepath.Join(dir, KeyFile+".123"), []byte(`{"version":1,"box":`), 0o600); err != nil {
		t.Fatal(err)
	}
	box := open(t, dir)
	if !slices.Equal(box.Hashes(aCard), before) {
		t.Error("other keys")
	}
	// A disk that takes nothing leaves the old keys where they are, and live.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := box.Adopt(aChain(t)); err == nil {
		t.Error("adopted without a place to write to")
	}
	if !slices.Equal(box.Hashes(aCard), before) {
		t.Error("keys are live that are not on the disk")
	}
}

func TestAnOldKeyFileOpens(t *testing.T) {
	dir := t.TempDir()
	old := map[string]any{"version": 1, "box": random(32), "wrapping": random(32), "identifiers": []edge.Key{{ID: 1, Key: random(32)}}}
	data, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, KeyFile), data, 0o600); err != nil {
		t.Fatal(err)
	}
	box := open(t, dir)
	before := box.Hashes(aCard)[0]
	adopt(t, box, aChain(t))
	if got := open(t, dir).Hashes(aCard); len(got) != 2 || got[1] != before || before.Key != 1 {
		t.Errorf("hashes %v, before %v", got, before)
	}
}

func TestHeadOfficeKeepsItsChainsKeys(t *testing.T) {
	dir := t.TempDir()
	head, err := OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []edge.Key{{ID: 9, Key: random(32)}}
	if err := head.KnowElsewhere(elsewhere); err != nil {
		t.Fatal(err)
	}
	if got := head.ChainKeys(); len(got.Elsewhere) != 1 || len(head.HashesEverywhere(aCard)) != 2 || len(head.Hashes(aCard)) != 1 {
		t.Errorf("elsewhere: %+v", got.Elsewhere)
	}
	again, err := OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	chain := again.ChainKeys()
	chain.Elsewhere = elsewhere
	if !sameChain(chain, head.ChainKeys()) || again.Hashes(aCard)[0] != head.Hashes(aCard)[0] {
		t.Error("other keys after a restart")
	}
	message := edge.Published{Version: 3, Body: []byte("x")}.Message()
	if !ed25519.Verify(chain.Playbook, message, again.SignPlaybook(message)) {
		t.Error("the signature is not the chain's")
	}
	if err := head.Adopt(aChain(t)); err == nil {
		t.Error("head office adopts another's keys")
	}
	stores := t.TempDir()
	box := open(t, stores)
	if _, err := OpenChain(stores); err == nil || box.SignPlaybook(message) != nil || box.ChainKeys().Tombstone != nil {
		t.Error("a store's box is taken for head office")
	}
}

// TestAdoptingWhileTapping is for the race detector.
func TestAdoptingWhileTapping(t *testing.T) {
	box := open(t, t.TempDir())
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 10 {
			adopt(t, box, aChain(t))
		}
	})
	for range 1000 {
		if len(box.Hashes(aCard)) < 1 || len(box.Tombstones(aCard)) < 1 {
			t.Error("no keys")
		}
	}
	wait.Wait()
}
