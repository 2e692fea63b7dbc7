// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
)

type evenDigest struct{}

func (evenDigest) Digest(parts ...[]byte) (d [16]byte) {
	sum := sha256.Sum256(bytes.Join(parts, []byte{0}))
	return [16]byte(sum[:16])
}

// groups counts the groups that were told.
func (f *fakeStore) groups() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]int{}
	for _, e := range f.entries {
		if e.Outcome != nil {
			out[e.Outcome.Kind]++
		}
	}
	return out
}

// TestAShareOfVisitsGoesWithoutAPrompt: by chance, one customer's visits of a day alike, and each is recorded.
func TestAShareOfVisitsGoesWithoutAPrompt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		const people, percent = 600, 20
		b.service.Experiment, b.service.Digester = Experiment{ControlPercent: percent}, evenDigest{}
		for i := range people {
			b.store.add(fmt.Sprint(6001000000+i), fmt.Sprint("P", i), edge.ConsentRemember)
		}
		before := b.screens.names()
		for range 2 {
			for i := range people {
				b.send(card(fmt.Sprint(6001000000 + i)))
			}
		}
		time.Sleep(2 * linger)
		synctest.Wait()
		got := b.store.groups()
		if n := got["shown"] + got["control"]; n != 2*people || len(got) != 2 {
			t.Fatalf("groups: %v", got)
		}
		if got["control"]%2 != 0 || got["control"]/2 < people*percent/100-45 || got["control"]/2 > people*percent/100+45 {
			t.Errorf("%d of %d are held back, want about %d", got["control"]/2, people, people*percent/100)
		}
		if shown := len(b.screens.names()) - len(before); shown != got["shown"] {
			t.Errorf("%d were shown, %d told as shown", shown, got["shown"])
		}
	})
}

// TestSilentChoosesAndShowsNothing: neither a prompt nor a farewell; what stood there before goes, and a stranger is no part
// of it.
func TestSilentChoosesAndShowsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(card("6001009999999"))
		b.service.Experiment = Experiment{Silent: true}
		b.send(checkout("started", "c1"))
		b.send(card(mayas))
		if _, idle := b.screens.last().(edge.Idle); !idle {
			t.Errorf("the screen shows %T", b.screens.last())
		}
		b.send(completed("c1"))
		if _, idle := b.screens.last().(edge.Idle); !idle {
			t.Errorf("at the end the screen shows %T", b.screens.last())
		}
		b.send(card("6001009999998"))
		time.Sleep(2 * linger)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"-", "-"})
		want(t, "groups", b.store.groups(), map[string]int{"silent": 1})
		want(t, "visits", len(b.store.visits()), 1)
		var held []edge.Prompt
		for _, e := range b.store.entries {
			if e.Prompt != nil && e.Prompt.Held {
				held = append(held, *e.Prompt)
			}
		}
		if len(held) != 1 || held[0].Who.Name != "Maya" || held[0].ID == "" {
			t.Errorf("kept as held back: %+v", held)
		}
	})
}

// TestWhatOutranksAllIsNeverHeldBack: a promise, a complaint, something to avoid.
func TestWhatOutranksAllIsNeverHeldBack(t *testing.T) {
	for _, kind := range []edge.FactKind{edge.FactPromise, edge.FactComplaint, edge.FactAvoid} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.service.Experiment = Experiment{Silent: true}
			b.store.add("6001000000009", "Ida", edge.ConsentRemember, edge.Fact{ID: "f", Kind: kind, Text: "the cardamom", At: time.Now().Add(-time.Hour)})
			b.send(card("6001000000009"))
			time.Sleep(2 * linger)
			synctest.Wait()
			want(t, string(kind)+" shown", b.screens.names(), []string{"Ida"})
			want(t, "groups", b.store.groups(), map[string]int{"exempt": 1})
		})
	}
}
