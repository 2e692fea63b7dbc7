// SPDX-License-Identifier: Apache-2.0

// Package docs_test holds the documents to the code.
package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"redbench/edge"
)

// document is asyncapi.yaml, as far as the tests read it.
type document struct {
	tree      map[string]any // as encoding/json would give it, numbers as json.Number
	published *jsonschema.Compiler
	exact     *jsonschema.Compiler

	mu     sync.Mutex
	schema map[string]*jsonschema.Schema // by compiler and message
}

const documentURL = "https://redbench.example/asyncapi.json"

// read parses the document. Exact schemas allow no property that the document does not name, also where a box would
// ignore it: so a misspelt or undocumented one is found.
var read = sync.OnceValues(func() (*document, error) {
	text, err := os.ReadFile("asyncapi.yaml")
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	open, err := viaJSON(tree)
	if err != nil {
		return nil, err
	}
	exact, err := viaJSON(tree)
	if err != nil {
		return nil, err
	}
	closeObjects(exact)
	d := &document{tree: open.(map[string]any), schema: map[string]*jsonschema.Schema{}}
	if d.published, err = compiler(open); err == nil {
		d.exact, err = compiler(exact)
	}
	return d, err
})

// compiler compiles the payloads of a document. Draft 7 is what AsyncAPI builds on.
func compiler(tree any) (*jsonschema.Compiler, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	return c, c.AddResource(documentURL, tree)
}

func viaJSON(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["additionalProperties"] == true {
			v["additionalProperties"] = false
		}
		for _, each := range v {
			closeObjects(each)
		}
	case []any:
		for _, each := range v {
			closeObjects(each)
		}
	}
}

func open(t testing.TB) *document {
	t.Helper()
	d, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at gives what a JSON pointer without escapes leads to.
func (d *document) at(t testing.TB, path ...string) any {
	t.Helper()
	var v any = d.tree
	for _, step := range path {
		object, ok := v.(map[string]any)
		if !ok || object[step] == nil {
			t.Fatalf("asyncapi.yaml has no %s", strings.Join(path, "/"))
		}
		v = object[step]
	}
	return v
}

func (d *document) names(t testing.TB, path ...string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(d.at(t, path...).(map[string]any)))
}

// enum gives the values that a schema lists.
func (d *document) enum(t testing.TB, path ...string) []string {
	t.Helper()
	var values []string
	for _, v := range d.at(t, append(path, "enum")...).([]any) {
		if s, ok := v.(string); ok && s != "" {
			values = append(values, s)
		}
	}
	slices.Sort(values)
	return values
}

// check validates JSON text against a message's schema, exactly.
func (d *document) check(t testing.TB, message string, body []byte) error {
	t.Helper()
	return d.validate(t, "exact", d.exact, message, body)
}

// checkPublished validates with the document as it stands, in which unknown fields of a till are allowed.
func (d *document) checkPublished(t testing.TB, message string, body []byte) error {
	t.Helper()
	return d.validate(t, "published", d.published, message, body)
}

func (d *document) validate(t testing.TB, how string, with *jsonschema.Compiler, message string, body []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", message, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.schema[how+message]
	if s == nil {
		ref, _ := d.at(t, "components", "messages", message, "payload", "$ref").(string)
		if s, err = with.Compile(documentURL + ref); err != nil {
			t.Fatalf("the schema of %s: %v", message, err)
		}
		d.schema[how+message] = s
	}
	return s.Validate(v)
}

// example is one example of a message.
type example struct {
	message, name string
	payload       map[string]any
}

func (e example) String() string { return e.message + "/" + e.name }

func (e example) body() []byte {
	text, err := json.Marshal(e.payload)
	if err != nil {
		panic(err) // it came from JSON
	}
	return text
}

// with gives the example with its payload changed by f, which gets a copy.
func (e example) with(f func(payload map[string]any)) example {
	copied, err := viaJSON(e.payload)
	if err != nil {
		panic(err)
	}
	e.payload = copied.(map[string]any)
	f(e.payload)
	return e
}

// examples gives the examples of a message; each message has one at least.
func (d *document) examples(t testing.TB, message string) []example {
	t.Helper()
	var list []example
	for _, each := range d.at(t, "components", "messages", message, "examples").([]any) {
		each := each.(map[string]any)
		list = append(list, example{message: message, name: fmt.Sprint(each["name"]), payload: each["payload"].(map[string]any)})
	}
	if len(list) == 0 {
		t.Fatalf("%s has no example", message)
	}
	return list
}

func isTill(message string) bool { return strings.HasPrefix(message, "redbench.") }

func TestEveryEventTypeIsAMessage(t *testing.T) {
	d := open(t)
	var documented, known []string
	for _, name := range d.names(t, "components", "messages") {
		if isTill(name) {
			documented = append(documented, name)
		}
	}
	for _, each := range edge.EventTypes {
		known = append(known, string(each))
	}
	slices.Sort(known)
	if !slices.Equal(documented, known) {
		t.Errorf("documented event types %v\nand the code's %v", documented, known)
	}
	for _, name := range documented {
		ref := d.at(t, "components", "messages", name, "payload", "$ref").(string)
		schema := strings.TrimPrefix(ref, "#/components/schemas/")
		if got := d.at(t, "components", "schemas", schema, "properties", "type", "const"); got != name {
			t.Errorf("%s has the schema of %v", name, got)
		}
	}
}

func TestEveryMessageIsOnAChannel(t *testing.T) {
	d := open(t)
	var on []string
	for _, channel := range d.names(t, "channels") {
		for _, name := range d.names(t, "channels", channel, "messages") {
			if got := d.at(t, "channels", channel, "messages", name, "$ref"); got != "#/components/messages/"+name {
				t.Errorf("channel %s: %s refers to %v", channel, name, got)
			}
			on = append(on, name)
		}
	}
	slices.Sort(on)
	if on = slices.Compact(on); !slices.Equal(on, d.names(t, "components", "messages")) {
		t.Errorf("messages on channels: %v\nall messages: %v", on, d.names(t, "components", "messages"))
	}
}

func TestEveryReferenceResolves(t *testing.T) {
	d := open(t)
	walk(d.tree, func(object map[string]any) {
		ref, ok := object["$ref"].(string)
		if !ok {
			return
		}
		rest, local := strings.CutPrefix(ref, "#/")
		if !local {
			t.Errorf("%q leads out of the document", ref)
			return
		}
		d.at(t, strings.Split(rest, "/")...)
	})
}

func walk(v any, visit func(object map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, each := range v {
			walk(each, visit)
		}
	case []any:
		for _, each := range v {
			walk(each, visit)
		}
	}
}

func TestEveryExampleValidates(t *testing.T) {
	d := open(t)
	for _, message := range d.names(t, "components", "messages") {
		for _, e := range d.examples(t, message) {
			if err := d.check(t, message, e.body()); err != nil {
				t.Errorf("%s: %v", e, err)
			}
		}
	}
}

// The control: were the schemas so loose that anything passes, the tests beside this one would hold nothing.
func TestAWrongFieldDoesNotValidate(t *testing.T) {
	d := open(t)
	for _, message := range d.names(t, "components", "messages") {
		for _, e := range d.examples(t, message) {
			for _, wrong := range spoilt(e) {
				if d.check(t, message, wrong.body()) == nil {
					t.Errorf("%s passes", wrong)
				}
			}
		}
	}
}

// spoilt gives copies of an example with one thing wrong in each, at any depth: a field that nobody knows in each
// object, and each field with a value of a type that it never has.
func spoilt(e example) []example {
	var list []example
	var inside func(path []string, object map[string]any)
	change := func(path []string, name string, value any) {
		wrong := e.with(func(payload map[string]any) { reach(payload, path)[name] = value })
		wrong.name += " with " + strings.Join(append(path, name), ".") + fmt.Sprintf(" = %v", value)
		list = append(list, wrong)
	}
	inside = func(path []string, object map[string]any) {
		change(path, "nobody_knows", 1)
		for name, value := range object {
			if deeper, ok := value.(map[string]any); ok {
				inside(append(slices.Clone(path), name), deeper)
			}
			change(path, name, []any{true})
		}
	}
	inside(nil, e.payload)
	return list
}

func reach(object map[string]any, path []string) map[string]any {
	for _, step := range path {
		object = object[step].(map[string]any)
	}
	return object
}
