// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"errors"
	"strings"
	"testing"

	"redbench/edge"
)

func TestWordsAreReadStrictly(t *testing.T) {
	tests := []struct{ name, body, code string }{
		{"seen", `{"id":"1","type":"seen","prompt":"p","seq":3,"rendered_at":"2026-11-22T09:30:00.123Z"}`, ""},
		{"feedback", `{"id":"1","type":"feedback","prompt":"p","line":"do","verdict":"not-now"}`, ""},
		{"note", `{"id":"1","type":"note","prompt":"p","kind":"date","text":"Birthday","date":"2026-12-01","until":"","private":true}`, ""},
		{"note without words", `{"id":"1","type":"note","prompt":"p","kind":"no-chat"}`, ""},
		{"resolve", `{"id":"1","type":"resolve","fact":"f"}`, ""},
		{"pause", `{"id":"1","type":"pause","minutes":0}`, ""},
		{"undo", `{"id":"1","type":"undo","of":"p"}`, ""},

		{"not json", `hello`, codeJSON},
		{"an array", `[]`, codeJSON},
		{"two objects", `{"id":"1","type":"undo","of":"p"} {}`, codeJSON},
		{"cut short", `{"id":"1","type":"undo","of":"p"`, codeJSON},
		{"a name twice", `{"id":"1","id":"2","type":"undo","of":"p"}`, codeJSON},
		{"not utf-8", "{\"id\":\"1\",\"type\":\"undo\",\"of\":\"\xff\"}", codeJSON},
		{"no id", `{"type":"undo","of":"p"}`, codeField},
		{"an id with markup", `{"id":"<b>","type":"undo","of":"p"}`, codeField},
		{"an id too long", `{"id":"` + strings.Repeat("a", 65) + `","type":"undo","of":"p"}`, codeField},
		{"a type that nobody knows", `{"id":"1","type":"dance"}`, codeType},
		{"no type", `{"id":"1"}`, codeType},
		{"a type in capitals", `{"id":"1","type":"Undo","of":"p"}`, codeType},
		{"another type's field", `{"id":"1","type":"undo","of":"p","minutes":5}`, codeField},
		{"a field in capitals", `{"id":"1","type":"undo","OF":"p"}`, codeField},
		{"a wrong kind of value", `{"id":"1","type":"pause","minutes":"5"}`, codeField},
		{"a pause without minutes", `{"id":"1","type":"pause"}`, codeField},
		{"a pause of a day", `{"id":"1","type":"pause","minutes":1440}`, codeField},
		{"a negative pause", `{"id":"1","type":"pause","minutes":-1}`, codeField},
		{"half a minute", `{"id":"1","type":"pause","minutes":0.5}`, codeField},
		{"a verdict that is none", `{"id":"1","type":"feedback","prompt":"p","line":"do","verdict":"meh"}`, codeField},
		{"a line that is none", `{"id":"1","type":"feedback","prompt":"p","line":"who","verdict":"used"}`, codeField},
		{"a kind that is none", `{"id":"1","type":"note","prompt":"p","kind":"gossip","text":"x"}`, codeField},
		{"a note that says nothing", `{"id":"1","type":"note","prompt":"p","kind":"interest","text":""}`, codeField},
		{"a note too long", `{"id":"1","type":"note","prompt":"p","kind":"interest","text":"` + strings.Repeat("é", 281) + `"}`, codeField},
		{"a note with a control character", `{"id":"1","type":"note","prompt":"p","kind":"interest","text":"a\u0007"}`, codeField},
		{"a day that is none", `{"id":"1","type":"note","prompt":"p","kind":"date","text":"x","date":"2026-02-30"}`, codeField},
		{"seen without seq", `{"id":"1","type":"seen","prompt":"p"}`, codeField},
		{"seen at no time", `{"id":"1","type":"seen","prompt":"p","seq":1,"rendered_at":"yesterday"}`, codeField},
		{"undo of nothing", `{"id":"1","type":"undo"}`, codeField},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			word, refusal := decodeWord([]byte(test.body))
			code := ""
			if refusal != nil {
				code = refusal.Code
			}
			if code != test.code {
				t.Errorf("code %q (%v), want %q", code, refusal, test.code)
			}
			if refusal == nil && word.ID != "1" {
				t.Errorf("id %q", word.ID)
			}
		})
	}
}

func FuzzDecodeWord(f *testing.F) {
	f.Add([]byte(`{"id":"1","type":"note","prompt":"p","kind":"date","text":"Birthday","date":"2026-12-01"}`))
	f.Add([]byte(`{"id":"1","type":"seen","prompt":"p","seq":3,"rendered_at":"2026-11-22T09:30:00Z"}`))
	f.Add([]byte(`{"id":"1","type":"pause","minutes":5}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		word, refusal := decodeWord(body)
		if refusal != nil {
			if word.Text != "" || word.Type != "" && refusal.Code == codeField && word.Prompt != "" {
				t.Error("a refused word carries more than its id")
			}
			return
		}
		if !wordID.MatchString(word.ID) || len([]rune(word.Text)) > maxNote || word.Minutes < 0 || word.Minutes > maxMinutes {
			t.Errorf("accepted %q", body)
		}
	})
}

func TestWordsAreAnswered(t *testing.T) {
	r := newRig(t)
	r.cashier.Answer = func(_ string, w edge.Word) error {
		switch w.Of {
		case "refused":
			return edge.Refuse("prompt", "no such prompt")
		case "broken":
			return errors.New("disk full")
		}
		return nil
	}
	s := r.screen("3")
	s.nextOf("hello")
	tests := []struct{ say, kind, id, code string }{
		{`{"id":"a","type":"undo","of":"p"}`, "ok", "a", ""},
		{`{"id":"b","type":"undo","of":"refused"}`, "error", "b", "prompt"},
		{`{"id":"c","type":"undo","of":"broken"}`, "error", "c", codeUnavailable},
		{`{"id":"d","type":"dance"}`, "error", "d", codeType},
		{`{"id":"e","type":"note","prompt":"p","kind":"x","text":"y"}`, "error", "e", codeField},
		{`nonsense`, "error", "", codeJSON},
	}
	for _, test := range tests {
		s.say(test.say)
		m := s.nextOf(test.kind)
		if m["id"] != test.id || test.code != "" && m["code"] != test.code {
			t.Errorf("%s is answered %v", test.say, m)
		}
		if strings.Contains(asJSON(t, m), "disk full") {
			t.Error("an error of the inside is told outside")
		}
	}
	if told := r.cashier.Words(); len(told) != 1 || told[0].Lane != "3" || told[0].Word.ID != "a" {
		t.Errorf("told %v", told)
	}
}

func TestTooManyWordsAtOnceAreAskedToWait(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	ok, late := 0, 0
	for range 60 {
		s.say(`{"id":"a","type":"undo","of":"p"}`)
		switch m := s.next(); {
		case m["type"] == "ok":
			ok++
		case m["code"] == codeRate:
			late++
		}
	}
	if ok != 40 || late != 20 {
		t.Errorf("%d taken and %d asked to wait, want 40 and 20", ok, late)
	}
	r.clock.pass(1e9)
	s.say(`{"id":"a","type":"undo","of":"p"}`)
	s.nextOf("ok")
}

func TestWordThatIsTooLargeEndsTheConnection(t *testing.T) {
	r := newRig(t)
	s := r.screen("3")
	s.nextOf("hello")
	s.say(`{"id":"` + strings.Repeat("a", readLimit) + `"}`)
	s.closedWith()
	if told := r.cashier.Words(); len(told) != 0 {
		t.Errorf("told %v", told)
	}
}
