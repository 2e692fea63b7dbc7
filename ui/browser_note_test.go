// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"testing"
	"time"

	"redbench/edge"

	"github.com/chromedp/chromedp"
)

var goodbye = edge.Farewell{ID: "f1", Prompt: "p1", Text: "Enjoy it, Maya", Chips: []edge.FactKind{edge.FactPromise, edge.FactInterest}}

func farewellTakesANote(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	r.Show("3", maya)
	r.Show("3", goodbye)
	b.mode("farewell")
	b.click(`[data-kind=promise]`)
	b.mode("note")
	b.noName()
	b.click(`.note .chips button`)
	note := r.told(edge.WordNote)
	if note.Prompt != "p1" || note.Kind != edge.FactPromise || note.Text == "" {
		t.Errorf("told %+v", note)
	}
	b.click(`#toast button`)
	if undo := r.told(edge.WordUndo); undo.Of != note.ID {
		t.Errorf("undo of %q, want %q", undo.Of, note.ID)
	}
}

func furtherKindsUnfold(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	many := goodbye
	many.Chips, many.ShownFor = edge.FactKinds, 400*time.Millisecond
	r.Show("3", many)
	b.mode("farewell")
	if got := b.read(`document.querySelectorAll('.chips [data-kind]').length`); got != "6" {
		t.Errorf("%s chips at once", got)
	}
	b.click(`.chips .more`)
	b.mode("note")
	b.until(`(window.since ??= performance.now()) + 900 < performance.now()`) // the farewell's time is over
	if got := b.read(`document.querySelectorAll('.chips [data-kind]').length`); got != fmt.Sprint(len(edge.FactKinds)) {
		t.Errorf("%s chips unfolded", got)
	}
	b.click(`[data-kind=no-chat]`)
	b.click(`.note form button`)
	if note := r.told(edge.WordNote); note.Prompt != "p1" || note.Kind != edge.FactNoChat {
		t.Errorf("told %+v", note)
	}
	b.mode("idle")
}

func noteDuringAVisit(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	r.Show("3", edge.Prompt{ID: "p0", Who: edge.Who{Stage: edge.StageStranger, Greeting: "Good morning"}})
	b.mode("prompt")
	if b.read(`document.querySelector('#note').hidden`) != "true" {
		t.Error("a note about a stranger is offered")
	}
	r.Show("3", maya)
	b.until(`!document.querySelector('#note').hidden`)
	b.click(`#note`)
	b.mode("note")
	b.noName()
	b.click(`.note .back`)
	b.until(`document.querySelector('.name')?.textContent === 'Maya'`)
	b.click(`#note`)
	b.click(`[data-kind=complaint]`)
	r.Show("3", goodbye) // what is being written is not taken from under her fingers
	r.Show("3", edge.Notice{Text: "marker"})
	b.until(`document.querySelector('#notice').textContent === 'marker'`)
	b.click(`.note .chips button`)
	if note := r.told(edge.WordNote); note.Prompt != "p1" || note.Kind != edge.FactComplaint {
		t.Errorf("told %+v", note)
	}
	b.mode("farewell")
}

func newCustomerPutsNoteAside(t *testing.T, r *rig, b *tab) {
	leon := edge.Prompt{ID: "p2", ShownFor: time.Minute, Who: edge.Who{Name: "Leon", Stage: edge.StageNew}}
	r.ready(b)
	r.Show("3", goodbye)
	b.mode("farewell")
	b.click(`[data-kind=interest]`)
	b.mode("note")
	r.Show("3", thought) // the farewell's time is over: what is being written may be finished
	r.Show("3", edge.Notice{Text: "marker"})
	b.until(`document.querySelector('#notice').textContent === 'marker'`)
	b.mode("note")
	b.do(chromedp.SendKeys(chromedp.CSS(`.note input`), "Sings in the har"))
	r.Show("3", leon)
	b.mode("prompt")
	b.until(`!document.querySelector('.note') && !document.querySelector('#finish').hidden`)
	b.click(`#finish`)
	b.mode("note")
	if got := b.read(`document.querySelector('.note input').value`); got != "Sings in the har" {
		t.Errorf("the note reads %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS(`.note input`), "bour choir"))
	b.click(`.note form button`)
	if note := r.told(edge.WordNote); note.Prompt != "p1" || note.Kind != edge.FactInterest || note.Text != "Sings in the harbour choir" {
		t.Errorf("told %+v", note)
	}
	b.until(`document.querySelector('.name')?.textContent === 'Leon' && document.querySelector('#finish').hidden`)
	b.click(`#note`)
	b.click(`[data-kind=praise]`)
	b.do(chromedp.SendKeys(chromedp.CSS(`.note input`), "about somebody"))
	r.Show("3", edge.Clear{Reason: edge.ClearForgotten})
	b.mode("idle")
	if b.read(`document.querySelector('#finish').hidden`) != "true" {
		t.Error("a note about somebody who is to be forgotten is kept")
	}
}

func questionIsAnswered(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	asking := maya
	asking.Ask = &edge.Line{Text: "Still at the choir?", Why: "told a year ago", Fact: "fact-7"}
	r.Show("3", asking)
	b.mode("prompt")
	b.click(`.line.ask`)
	b.click(`#sheet .actions button:nth-child(2)`)
	if word := r.told(edge.WordFeedback); word.Line != "ask" || word.Verdict != edge.VerdictConfirmed {
		t.Errorf("told %+v", word)
	}
	b.click(`.line.ask`)
	b.click(`#sheet .actions button:nth-child(1)`)
	b.mode("note")
	b.click(`.tabs [data-kind=person]`)
	b.click(`.note .chips button`)
	if note := r.told(edge.WordNote); note.Answers != "fact-7" || note.Kind != edge.FactPerson || note.Prompt != "p1" {
		t.Errorf("told %+v", note)
	}
	asking.ID, asking.Ask = "p2", &edge.Line{Text: "What do you like best here?", Why: "gap"}
	r.Show("3", asking)
	b.until(`document.querySelector('.line.ask .text')?.textContent.startsWith('What')`)
	b.click(`.line.ask`)
	if got := b.read(`document.querySelectorAll('#sheet .actions button').length`); got != "3" {
		t.Errorf("a question that rests on no fact has %s answers", got)
	}
}
