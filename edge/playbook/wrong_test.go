// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
)

// What a cashier called wrong is not named again, by any line.
func TestWhatWasCalledWrongIsNotNamed(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		in.Profile.Last.Items = append(in.Profile.Last.Items, edge.Item{SKU: "9", Name: "Quince", Quantity: 1})
		in.Profile.Usual[0].P, in.Profile.Usual[0].Times = .9, 9
		lie := told("lie", rapid.SampledFrom(edge.FactKinds).Draw(t, "kind"), "Xylophone", 3*day)
		in.Profile.Facts = append(in.Profile.Facts, lie)
		at := in.Now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "ago")) * day)
		in.Profile.Denied = []edge.Denied{{Fact: "lie", Kind: lie.Kind, At: at}, {SKU: "1", At: at}, {SKU: "9", At: at}}
		for _, each := range texts(p.Choose(in).Prompt) {
			if strings.Contains(each, "Xylophone") || strings.Contains(each, "Oat Flat White") || strings.Contains(each, "Quince") {
				t.Fatalf("%q", each)
			}
		}
	})
	in := maya().with()
	if got := text(p.Choose(in).Prompt.Remember); !strings.Contains(got, "Cardamom Bun") {
		t.Fatalf("%q", got)
	}
	in.Profile.Denied = []edge.Denied{{SKU: "2", At: morning.Add(-day)}}
	if got := text(p.Choose(in).Prompt.Remember); strings.Contains(got, "Cardamom Bun") {
		t.Errorf("%q", got)
	}
	in.Profile.Denied = []edge.Denied{{SKU: "1", At: morning.Add(-400 * day)}} // knowledge ages, and so does this
	if got := text(p.Choose(in).Prompt.Do); !strings.Contains(got, "Oat Flat White") {
		t.Errorf("%q", got)
	}
}

// It is opened for correction: asked about once, kindly, at a later visit, and not by its name.
func TestWhatWasCalledWrongIsAskedAboutOnce(t *testing.T) {
	p := Default()
	in := maya().with()
	in.Profile.Denied = []edge.Denied{{SKU: "1", At: in.Now.Add(-time.Minute)}}
	if got := p.Choose(in).Prompt; got.Ask != nil && got.Ask.Rule == "ask-right" {
		t.Error("asked in the visit in which it was called wrong")
	}
	in = later(in, edge.Prompt{}, 6*day)
	var asked []int
	for visit := range 8 {
		got := p.Choose(in).Prompt
		if got.Ask != nil && got.Ask.Rule == "ask-right" {
			asked = append(asked, visit)
		}
		in = later(in, got, 6*day)
	}
	if len(asked) != 1 || asked[0] != 0 {
		t.Errorf("asked at visits %v", asked)
	}
	in = in.with(told("q", edge.FactNoChat, "", day))
	in.Profile.Denied = []edge.Denied{{SKU: "2", At: in.Profile.Last.At.Add(-day)}}
	if got := p.Choose(in).Prompt; got.Ask != nil {
		t.Errorf("whoever likes it quiet is asked %q", got.Ask.Text)
	}
	// Who matters to her is no guess of ours: the gap is asked about in its turn, and not as a mistake.
	in = maya().with()
	in.Profile.Denied = []edge.Denied{{Fact: "f", Kind: edge.FactPerson, At: morning.Add(-13 * day)}}
	if got := p.Choose(in).Prompt; got.Ask != nil && got.Ask.Rule == "ask-right" {
		t.Errorf("%q", got.Ask.Text)
	}
}
