// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
)

// The codes of an error that the hub itself answers. A screen sends a word again after rate and unavailable only.
const (
	codeJSON        = "json"
	codeType        = "type"
	codeField       = "field"
	codeRate        = "rate"
	codeUnavailable = "unavailable"
)

const (
	maxNote    = 280 // characters of a note
	maxMinutes = 8 * 60
)

var wordID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// wordFields names what each type may say beside type and id.
func wordFields(t edge.WordType) ([]string, bool) {
	switch t {
	case edge.WordSeen:
		return []string{"prompt", "seq", "rendered_at"}, true
	case edge.WordFeedback:
		return []string{"prompt", "line", "verdict"}, true
	case edge.WordNote:
		return []string{"prompt", "kind", "text", "answers", "date", "until", "private"}, true
	case edge.WordResolve:
		return []string{"fact"}, true
	case edge.WordPause:
		return []string{"minutes"}, true
	case edge.WordUndo:
		return []string{"of"}, true
	}
	return nil, false
}

// decodeWord reads one message from a screen. The word carries its id also beside a refusal, where it could be read, so
// that the screen knows which of its words was refused. No refusal repeats a value.
func decodeWord(body []byte) (edge.Word, *edge.Refusal) {
	fields, ok := object(body)
	if !ok {
		return edge.Word{}, edge.Refuse(codeJSON, "want one JSON object")
	}
	var word edge.Word
	if json.Unmarshal(fields["id"], &word.ID) != nil || !wordID.MatchString(word.ID) {
		return edge.Word{}, edge.Refuse(codeField, "id: want 1 to 64 letters, digits, dots, colons, dashes or underscores")
	}
	bare := edge.Word{ID: word.ID}
	if json.Unmarshal(fields["type"], &word.Type) != nil {
		return bare, edge.Refuse(codeType, "type: want a string")
	}
	allowed, ok := wordFields(word.Type)
	if !ok {
		return bare, edge.Refuse(codeType, "type: want seen, feedback, note, resolve, pause or undo")
	}
	for name := range fields {
		if name != "id" && name != "type" && !slices.Contains(allowed, name) {
			return bare, edge.Refuse(codeField, "a field that a %s does not have", word.Type)
		}
	}
	if json.Unmarshal(body, &word) != nil {
		return bare, edge.Refuse(codeField, "a field of the wrong type")
	}
	if refusal := checkWord(word, fields); refusal != nil {
		return bare, refusal
	}
	return word, nil
}

// object reads one JSON object, in which no name comes twice, and nothing after it.
func object(body []byte) (map[string]json.RawMessage, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	fields := map[string]json.RawMessage{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, false
		}
		if _, twice := fields[name.(string)]; twice {
			return nil, false
		}
		fields[name.(string)] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return fields, err == io.EOF
}

func checkWord(w edge.Word, fields map[string]json.RawMessage) *edge.Refusal {
	for _, ref := range []struct{ name, value string }{
		{"prompt", w.Prompt}, {"answers", w.Answers}, {"fact", w.Fact}, {"of", w.Of},
	} {
		if ref.value != "" && !wordID.MatchString(ref.value) {
			return edge.Refuse(codeField, "%s: not an id", ref.name)
		}
	}
	switch w.Type {
	case edge.WordSeen:
		return need(w.Prompt != "" && w.Seq > 0, "seen: needs prompt and seq")
	case edge.WordFeedback:
		return checkFeedback(w)
	case edge.WordNote:
		return checkNote(w)
	case edge.WordResolve:
		return need(w.Fact != "", "resolve: needs fact")
	case edge.WordPause:
		_, said := fields["minutes"]
		return need(said && w.Minutes >= 0 && w.Minutes <= maxMinutes, "minutes: want 0 to 480")
	default:
		return need(w.Of != "", "undo: needs of")
	}
}

func checkFeedback(w edge.Word) *edge.Refusal {
	if refusal := need(w.Prompt != "", "feedback: needs prompt"); refusal != nil {
		return refusal
	}
	if !slices.Contains([]string{"remember", "do", "ask", "avoid"}, w.Line) {
		return edge.Refuse(codeField, "line: want remember, do, ask or avoid")
	}
	verdicts := []edge.Verdict{edge.VerdictUsed, edge.VerdictNotNow, edge.VerdictWrong, edge.VerdictConfirmed}
	return need(slices.Contains(verdicts, w.Verdict), "verdict: want used, not-now, wrong or confirmed")
}

func checkNote(w edge.Word) *edge.Refusal {
	switch {
	case w.Prompt == "":
		return edge.Refuse(codeField, "note: needs prompt")
	case !w.Kind.Valid():
		return edge.Refuse(codeField, "kind: not a kind of fact")
	case utf8.RuneCountInString(w.Text) > maxNote:
		return edge.Refuse(codeField, "text: longer than %d characters", maxNote)
	case w.Text == "" && w.Kind != edge.FactNoChat && w.Kind != edge.FactNoGreeting:
		return edge.Refuse(codeField, "text: empty")
	case !isDay(w.Date), !isDay(w.Until):
		return edge.Refuse(codeField, "date and until: want YYYY-MM-DD")
	}
	for _, r := range w.Text {
		if unicode.IsControl(r) {
			return edge.Refuse(codeField, "text: a control character")
		}
	}
	return nil
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return s == "" || err == nil
}

func need(ok bool, text string) *edge.Refusal {
	if ok {
		return nil
	}
	return &edge.Refusal{Code: codeField, Text: text}
}
