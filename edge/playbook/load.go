// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFile and maxRules bound what a playbook may cost.
const (
	maxFile  = 1 << 20
	maxRules = 500
)

//go:embed default.toml
var defaultFile string

// Default is the playbook that ships with the program.
func Default() *Playbook {
	p, err := parse(defaultFile, "default")
	if err != nil {
		panic(fmt.Errorf("the embedded playbook: %w", err)) // a test loads it
	}
	return p
}

// DefaultFile is the embedded playbook's text: where a retailer's own begins.
func DefaultFile() string { return defaultFile }

// Load reads a playbook. It is strict: each unknown key, place, variable or word, and each text that misses a language,
// is an error that tells name, line and, where one is near, the name that was probably meant. All are reported at
// once, joined. The phrases and principles that a file leaves out are the default's.
func Load(r io.Reader, name string) (*Playbook, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading playbook %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("playbook %s: more than %d bytes", name, maxFile)
	}
	return parse(string(data), name)
}

// Mistake is one thing that keeps a playbook from being loaded. What [Load] returns joins them.
type Mistake struct {
	File string
	Line int // 0: of the file as a whole
	Text string
}

// Error is the mistake as one line of a report.
func (m *Mistake) Error() string {
	if m.Line == 0 {
		return m.File + ": " + m.Text
	}
	return m.File + ":" + itoa(m.Line) + ": " + m.Text
}

// document is the file as it stands.
type document struct {
	Version    int                          `toml:"version"`
	Languages  []string                     `toml:"languages"`
	Hush       []string                     `toml:"hush"`
	Dull       map[string][]string          `toml:"dull"`
	Hello      map[string][]spoken          `toml:"hello"`
	Goodbye    map[string][]spoken          `toml:"goodbye"`
	Phrases    map[string]map[string]string `toml:"phrases"`
	Rules      []ruleDoc                    `toml:"rule"`
	Principles []principleDoc               `toml:"principle"`
}

type ruleDoc struct {
	Name     string              `toml:"name"`
	Line     string              `toml:"line"`
	About    string              `toml:"about"`
	Facts    []string            `toml:"facts"`
	Aged     bool                `toml:"aged"`
	Stage    string              `toml:"stage"`
	When     string              `toml:"when"`
	Priority int                 `toml:"priority"`
	Cooldown int                 `toml:"cooldown_days"`
	Repeat   bool                `toml:"repeat"`
	Once     string              `toml:"once"`
	Lanes    variants            `toml:"lanes"`
	Hours    variants            `toml:"hours"`
	Weekdays variants            `toml:"weekdays"`
	Text     map[string]variants `toml:"text"`
	Why      map[string]string   `toml:"why"`
}

type principleDoc struct {
	Title map[string]string `toml:"title"`
	Text  map[string]string `toml:"text"`
}

// variants is one text, or several that take turns.
type variants []string

// UnmarshalTOML reads a string or a list of strings.
func (v *variants) UnmarshalTOML(value any) error {
	switch value := value.(type) {
	case string:
		*v = variants{value}
		return nil
	case []any:
		for _, each := range value {
			text, ok := each.(string)
			if !ok {
				return errors.New("a text is a string, or a list of strings")
			}
			*v = append(*v, text)
		}
		return nil
	}
	return errors.New("a text is a string, or a list of strings")
}

// keys lists the known keys of each table, for the nearest name.
var keys = map[string][]string{
	"": {"version", "languages", "hush", "dull", "hello", "goodbye", "phrases", "rule", "principle"},
	"rule": {"name", "line", "about", "facts", "aged", "stage", "when", "priority", "cooldown_days", "repeat", "once", "lanes", "hours", "weekdays",
		"text", "why"},
	"principle": {"title", "text"},
}

// loader turns a document into a playbook and gathers what is wrong with it.
type loader struct {
	name  string
	index *index
	out   *Playbook
	found []fault
}

type fault struct {
	line int
	text string
}

func (l *loader) wrong(path, format string, args ...any) {
	l.found = append(l.found, fault{l.index.line(path), fmt.Sprintf(format, args...)})
}

func parse(source, name string) (*Playbook, error) {
	var doc document
	meta, err := toml.Decode(source, &doc)
	if err != nil {
		return nil, sayTOML(name, err)
	}
	l := &loader{name: name, index: newIndex(source), out: &Playbook{name: name, rules: map[line][]*rule{}}}
	l.unknown(meta)
	if source != defaultFile {
		l.fill(&doc)
	}
	l.head(&doc)
	l.words(&doc)
	l.rules(&doc)
	l.principles(&doc)
	l.out.hush(doc.Hush)
	if err := l.err(); err != nil {
		return nil, err
	}
	l.out.machines.New = func() any { return new(machine) }
	return l.out, nil
}

func sayTOML(name string, err error) error {
	if at, ok := errors.AsType[toml.ParseError](err); ok {
		return errors.Join(&Mistake{name, at.Position.Line, lowered(at.Message)})
	}
	return errors.Join(&Mistake{name, 0, strings.TrimPrefix(err.Error(), "toml: ")})
}

// lowered begins a text in lower case, as errors do.
func lowered(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// err joins the faults, in the order of the file.
func (l *loader) err() error {
	slices.SortStableFunc(l.found, func(a, b fault) int { return a.line - b.line })
	var all []error
	for _, each := range l.found {
		all = append(all, &Mistake{l.name, each.line, each.text})
	}
	return errors.Join(all...)
}

// unknown reports each key that means nothing.
func (l *loader) unknown(meta toml.MetaData) {
	told := map[string]bool{}
	for _, key := range meta.Undecoded() {
		bare := strings.Join(key, ".")
		table, last := strings.Join(key[:len(key)-1], "."), key[len(key)-1]
		if inside(told, key) {
			continue
		}
		told[bare] = true
		lines := l.index.anywhere(bare)
		if len(lines) == 0 {
			lines = []int{0}
		}
		for _, n := range lines {
			l.found = append(l.found, fault{n, fmt.Sprintf("unknown key %q%s", last, meant(last, keys[table]))})
		}
	}
}

// inside reports whether a key, or a table around it, was told already.
func inside(told map[string]bool, key toml.Key) bool {
	for n := range key {
		if told[strings.Join(key[:n+1], ".")] {
			return true
		}
	}
	return false
}

// fill takes from the default what a retailer's file leaves out.
func (l *loader) fill(doc *document) {
	var def document
	if _, err := toml.Decode(defaultFile, &def); err != nil {
		return
	}
	if doc.Languages == nil {
		doc.Languages = def.Languages
	}
	if doc.Hush == nil {
		doc.Hush = def.Hush
	}
	fillMap(&doc.Dull, def.Dull)
	fillMap(&doc.Hello, def.Hello)
	fillMap(&doc.Goodbye, def.Goodbye)
	fillMap(&doc.Phrases, def.Phrases)
	for tag, phrases := range def.Phrases {
		have := doc.Phrases[tag]
		fillMap(&have, phrases)
		doc.Phrases[tag] = have
	}
	if len(doc.Principles) == 0 {
		l.borrow(doc, def.Principles)
	}
}

// borrow takes the default's principles, where it has the file's languages.
func (l *loader) borrow(doc *document, principles []principleDoc) {
	for _, tag := range doc.Languages {
		if _, found := principles[0].Text[tag]; !found {
			l.wrong("principle", "no principles in language %q: write at least one [[principle]]", tag)
			return
		}
	}
	for i := range principles {
		keepOnly(principles[i].Title, doc.Languages)
		keepOnly(principles[i].Text, doc.Languages)
	}
	doc.Principles = principles
}

// fillMap adds the languages that are missing; what is there stays as it is.
func fillMap[V any](have *map[string]V, def map[string]V) {
	if *have == nil {
		*have = map[string]V{}
	}
	for tag, value := range def {
		if _, found := (*have)[tag]; !found {
			(*have)[tag] = value
		}
	}
}

func keepOnly(texts map[string]string, languages []string) {
	for tag := range texts {
		if !slices.Contains(languages, tag) {
			delete(texts, tag)
		}
	}
}

func (l *loader) head(doc *document) {
	if doc.Version != 1 {
		l.wrong("version", "version is %d; this program reads version 1", doc.Version)
	}
	if len(doc.Languages) == 0 {
		l.wrong("languages", "no languages")
	}
	for i, tag := range doc.Languages {
		if tag == "" || base(tag) != tag || slices.Contains(doc.Languages[:i], tag) {
			l.wrong("languages", "language %q: give each once, as its two or three letters", tag)
		}
	}
	l.out.languages = doc.Languages
}

func (l *loader) words(doc *document) {
	for _, tag := range l.out.languages {
		w := words{hello: doc.Hello[tag], goodbye: doc.Goodbye[tag], phrases: map[string]template{}, fromRight: isFromRight(tag)}
		l.spoken("hello", tag, w.hello)
		l.spoken("goodbye", tag, w.goodbye)
		for name := range doc.Phrases[tag] {
			if !known(name, phraseNames) {
				l.wrong("phrases."+tag+"."+name, "unknown phrase %q%s", name, meant(name, phraseNames))
			}
		}
		var missing []string
		for _, name := range phraseNames {
			path := "phrases." + tag + "." + name
			text, found := doc.Phrases[tag][name]
			if !found {
				missing = append(missing, name)
			}
			w.phrases[name] = l.template(path, "phrase "+name, text, phraseSlots)
		}
		if len(missing) > 0 {
			l.wrong("phrases."+tag, "phrases in language %q miss: %s", tag, strings.Join(missing, ", "))
		}
		l.out.words = append(l.out.words, w)
		l.out.dull = append(l.out.dull, doc.Dull[tag])
	}
}

func (l *loader) spoken(kind, tag string, all []spoken) {
	path := kind + "." + tag
	if len(all) == 0 {
		l.wrong(path, "%s misses language %q", kind, tag)
	}
	for i, each := range all {
		if each.Say == "" || each.From < 0 || each.From > 23 || i > 0 && each.From <= all[i-1].From {
			l.wrong(path, "%s: each phrase has a text and an hour from 0 to 23, in rising order", path)
			return
		}
	}
}

func (l *loader) template(path, what, text string, slots []string) template {
	t, err := parseTemplate(text, slots)
	if err != nil {
		l.wrong(path, "%s: %v", what, err)
	}
	return t
}

func (l *loader) principles(doc *document) {
	for i, each := range doc.Principles {
		at := fmt.Sprintf("principle[%d]", i)
		titles := l.eachLanguage(at+".title", "the principle's title", each.Title)
		texts := l.eachLanguage(at+".text", "the principle's text", each.Text)
		l.out.principles = append(l.out.principles, principle{titles: titles, texts: texts})
	}
}

// eachLanguage gives the texts in the order of the playbook's languages; each must be there, and no other.
func (l *loader) eachLanguage(path, what string, texts map[string]string) []string {
	l.tags(path, what, texts)
	all := make([]string, len(l.out.languages))
	for i, tag := range l.out.languages {
		all[i] = strings.TrimSpace(texts[tag])
		if all[i] == "" {
			l.wrong(path, "%s misses language %q", what, tag)
		}
	}
	return all
}

func (l *loader) tags(path, what string, texts map[string]string) {
	for tag := range texts {
		if !slices.Contains(l.out.languages, tag) {
			l.wrong(path+"."+tag, "%s has language %q, which is not in languages%s", what, tag, meant(tag, l.out.languages))
		}
	}
}
