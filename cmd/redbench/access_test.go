// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/sync/hq"
)

// told gives the box an event of a lane, as a till of the embedded broker tells it.
func (v *victim) told(store, lane, channel, kind, data string) {
	v.t.Helper()
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: v.tills(), ClientID: "till-" + lane})
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = till.Close() }()
	now := time.Now().UTC().Format(time.RFC3339Nano)
	event := fmt.Sprintf(`{"specversion":"1.0","id":"%s-%s","source":"/till/%s","type":"redbench.%s","time":%q,"data":{%s}}`, kind, now, lane, kind, now, data)
	if err := till.Publish(v.t.Context(), "redbench/v1/"+store+"/"+lane+"/"+channel, []byte(event)); err != nil {
		v.t.Fatal(err)
	}
}

func (v *victim) taps(store, lane, card string) {
	v.t.Helper()
	v.told(store, lane, "loyalty", "loyalty.presented", fmt.Sprintf(`"identifier":%q,"kind":"card","method":"tap"`, card))
}

// shops has a customer show her card and pay.
func (v *victim) shops(store, lane, card string) {
	v.t.Helper()
	v.taps(store, lane, card)
	sale := `"checkout":"` + store + lane + `"`
	v.told(store, lane, "checkout", "checkout.started", sale)
	v.told(store, lane, "checkout", "checkout.completed",
		sale+`,"items":[{"sku":"1","name":"Tea","quantity":1,"amount_minor":250}],"total_minor":250,"currency":"EUR"`)
}

// eventually asks until it is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("after half a minute still not: %s", what)
		}
	}
}

// dossier is what `export customer` writes of her.
func (v *victim) dossier(card string) (d edge.Dossier) {
	v.t.Helper()
	file := filepath.Join(v.t.TempDir(), "her.json")
	v.must("export", "customer", card, "--to", file)
	data, err := os.ReadFile(file)
	if err := errors.Join(err, json.Unmarshal(data, &d)); err != nil {
		v.t.Fatal(err)
	}
	return d
}

// herPart is what docs/operations.md has a person take out of head office's export: the lines with any of her ids.
func herPart(t *testing.T, head *hq.HQ, ids map[string]bool) (hers []hq.FeedItem, raw string) {
	t.Helper()
	var all bytes.Buffer
	if _, err := head.Export(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(all.String()) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(ids)), func(id string) bool { return strings.Contains(line, id) }) {
			continue
		}
		var item hq.FeedItem
		if err := json.Unmarshal([]byte(line), &item); err != nil {
			t.Fatal(err)
		}
		hers = append(hers, item)
		text.WriteString(line)
		if item.Customer != nil {
			for _, id := range append(item.Customer.Also, item.Customer.ID) {
				ids[id] = true
			}
		}
	}
	return hers, text.String()
}

func kinds(items []hq.FeedItem) map[string]int {
	n := map[string]int{}
	for _, each := range items {
		n[each.Kind]++
	}
	return n
}

// twoStores are a chain's, each a real process. In the first both halves of one person are known; in the second nobody yet.
func twoStores(t *testing.T) (head *hq.HQ, first, second *victim) {
	head, url := headOffice(t)
	first, second = newVictim(t, ""), newVictim(t, "")
	text, err := os.ReadFile(second.config())
	if err == nil {
		err = os.WriteFile(second.config(), bytes.Replace(text, []byte("[store]\n"), []byte("[store]\nid = \"store-2\"\n"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	first.enrols(head, url)
	second.plain()
	second.joins(head, url, "store-2")
	file := filepath.Join(first.dir, "people.csv")
	rows := "customer,identifier,kind,name,consent,fact.interest\nc1,29120001,card,Maya,remember,sailing\n,29120002,card,Mayah,remember,chess\nchain-9,29120009,card,Grace,remember,opera\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	first.must("import", "customers", file)
	first.launch()
	second.launch()
	return head, first, second
}

// TestAChainAnswersHerAndForgetsHer: what a person is told who asks what is held of her, a merged one's both halves with it; and
// that nothing of it is told after she was forgotten, as each store has confirmed.
func TestAChainAnswersHerAndForgetsHer(t *testing.T) {
	head, first, second := twoStores(t)
	first.shops("store-1", "1", "29120001")
	first.shops("store-1", "2", "29120002")
	first.shops("store-1", "3", "29120009")
	first.must("customer", "merge", "29120001", "29120002", "--yes", "--for-good")
	d := first.dossier("29120001")
	ids := map[string]bool{d.ID: true}
	for _, id := range d.Also {
		ids[id] = true
	}
	eventually(t, "head office knows both as one", func() bool {
		hers, _ := herPart(t, head, ids)
		n := kinds(hers)
		return n["customer"] == 1 && n["fact"] == 2
	})
	second.meets("29120001", "29120002")
	second.shops("store-2", "4", "29120002")

	facts := []string{}
	for _, f := range d.Facts {
		facts = append(facts, f.Text)
	}
	slices.Sort(facts)
	if d.Name != "Maya" || d.Chain != "c1" || !slices.Equal(facts, []string{"chess", "sailing"}) || len(d.Visits) != 2 || len(d.Identifiers) < 2 || len(d.Merges) != 1 {
		t.Errorf("the first store tells %+v", d)
	}
	if other := first.dossier("29120002"); other.ID != d.ID {
		t.Errorf("by her other card she is %s, not %s", other.ID, d.ID)
	}
	var hers []hq.FeedItem
	var raw string
	eventually(t, "head office has both halves and three visits", func() bool {
		hers, raw = herPart(t, head, ids)
		n := kinds(hers)
		return n["customer"] == 1 && n["fact"] == 2 && n["visit"] == 3
	})
	stores := map[string]bool{}
	for _, each := range hers {
		if each.Kind == "visit" {
			stores[each.Store] = true
		}
	}
	if !stores["store-1"] || !stores["store-2"] || !strings.Contains(raw, "sailing") || !strings.Contains(raw, "chess") {
		t.Errorf("head office tells %s", raw)
	}
	for _, foreign := range []string{"Grace", "opera", "chain-9"} {
		if strings.Contains(raw, foreign) || strings.Contains(fmt.Sprintf("%+v", d), foreign) {
			t.Errorf("she is told of %s", foreign)
		}
	}
	eventually(t, "the second store tells of her visit there", func() bool {
		d := second.dossier("29120001")
		return ids[d.ID] && slices.ContainsFunc(d.Visits, func(v edge.DossierVisit) bool { return v.Store == "store-2" })
	})
	forgotten(t, head, ids, first, second)
}

// meets has the second store ask head office for cards that it does not know, until it does.
func (v *victim) meets(cards ...string) {
	v.t.Helper()
	for n, card := range cards {
		eventually(v.t, "the second store knows her by card "+card, func() bool {
			_, is := v.typed("customer", "show", card)
			if !is {
				v.taps("store-2", fmt.Sprint(8+n), card)
			}
			return is
		})
	}
}

// owes waits until these stores owe a receipt, and no other.
func owes(t *testing.T, head *hq.HQ, stores ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("a receipt is owed by %q alone", stores), func() bool {
		owed, err := head.Owing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, each := range owed {
			left = append(left, each.Store)
		}
		return slices.Equal(left, stores)
	})
}

// forgotten has head office forget her by the card that only the first store was given, while the second is off, and looks everywhere.
func forgotten(t *testing.T, head *hq.HQ, ids map[string]bool, boxes ...*victim) {
	t.Helper()
	boxes[1].terminate()
	done, err := head.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "29120002"})
	if err != nil || !done.Known || done.Stores != len(boxes) {
		t.Fatalf("forgot %+v, %v", done, err)
	}
	owes(t, head, "store-2")
	boxes[1].launch()
	owes(t, head)
	if hers, raw := herPart(t, head, ids); len(hers) > 0 {
		t.Errorf("head office tells %s", raw)
	}
	for n, v := range boxes {
		for _, card := range []string{"29120001", "29120002"} {
			file := filepath.Join(v.dir, "after.json")
			out, err := exec.Command("redbench", "export", "customer", card, "--to", file, "--config", v.config()).CombinedOutput()
			if _, there := os.Stat(file); err == nil || there == nil || !strings.Contains(string(out), "nobody here is known") {
				t.Errorf("box %d tells of %s: %s", n+1, card, out)
			}
		}
		v.terminate()
	}
	if d := boxes[0].dossier("29120009"); d.Name != "Grace" || len(d.Visits) != 1 {
		t.Errorf("another customer is %+v", d)
	}
}
