// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/wire"
)

// calls is openapi.yaml, as far as the tests read it.
type calls struct {
	tree     map[string]any
	compiler *jsonschema.Compiler

	mu     sync.Mutex
	schema map[string]*jsonschema.Schema // by JSON pointer
}

const callsURL = "https://redbench.example/openapi.json"

var readCalls = sync.OnceValues(func() (*calls, error) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	parsed, err := viaJSON(tree)
	if err != nil {
		return nil, err
	}
	c := &calls{tree: parsed.(map[string]any), compiler: jsonschema.NewCompiler(), schema: map[string]*jsonschema.Schema{}}
	c.compiler.DefaultDraft(jsonschema.Draft2020) // which OpenAPI 3.1 builds on
	c.compiler.AssertFormat()
	return c, c.compiler.AddResource(callsURL, parsed)
})

func openCalls(t testing.TB) *calls {
	t.Helper()
	c, err := readCalls()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *calls) at(path ...string) any {
	var v any = c.tree
	for _, step := range path {
		object, _ := v.(map[string]any)
		v = object[step]
	}
	return v
}

// follow gives what a reference stands for, or v itself.
func (c *calls) follow(v any) map[string]any {
	object, _ := v.(map[string]any)
	if ref, ok := object["$ref"].(string); ok {
		object, _ = c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any)
	}
	return object
}

// check validates JSON text against a schema of the document, by its pointer.
func (c *calls) check(t testing.TB, pointer string, text []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.schema[pointer]
	if s == nil {
		if s, err = c.compiler.Compile(callsURL + pointer); err != nil {
			t.Fatalf("the schema at %s: %v", pointer, err)
		}
		c.schema[pointer] = s
	}
	return s.Validate(v)
}

// body is what one call takes or answers, in one media type.
type body struct {
	of        string // "POST /v1/enroll", "POST /v1/enroll 200"
	mediaType string
	pointer   string // of its schema, or of a line's
	last      string // of the last line's, where that is another
	example   any
	request   bool
}

// bodies lists what is documented with a schema: requests and answers, JSON objects and JSON lines.
func (c *calls) bodies() (list []body) {
	for path, item := range c.tree["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			op, ok := operation.(map[string]any)
			if !ok {
				continue // the parameters of all methods
			}
			of := strings.ToUpper(method) + " " + path
			list = append(list, c.contents(of, op["requestBody"], true)...)
			responses, _ := op["responses"].(map[string]any)
			for status, response := range responses {
				list = append(list, c.contents(of+" "+status, response, false)...)
			}
		}
	}
	slices.SortFunc(list, func(a, b body) int { return strings.Compare(a.of, b.of) })
	return list
}

func (c *calls) contents(of string, v any, request bool) (list []body) {
	content, _ := c.follow(v)["content"].(map[string]any)
	for mediaType, each := range content {
		object := each.(map[string]any)
		b := body{of: of, mediaType: mediaType, example: object["example"], request: request}
		switch mediaType {
		case wire.TypeJSON, wire.TypeProblem:
			b.pointer = refOf(object["schema"])
		case wire.TypeLines:
			b.pointer, b.last = refOf(object["x-line"]), refOf(object["x-last-line"])
		}
		list = append(list, b) // a text has no schema to hold it to
	}
	return list
}

func refOf(v any) string {
	object, _ := v.(map[string]any)
	ref, _ := object["$ref"].(string)
	return ref
}

// validate checks a whole body.
func (c *calls) validate(t testing.TB, b body, text []byte) error {
	t.Helper()
	if b.pointer == "" {
		return nil // an empty object, or a text
	}
	if b.mediaType != wire.TypeLines {
		return c.check(t, b.pointer, text)
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	for i, line := range lines {
		pointer := b.pointer
		if b.last != "" && i == len(lines)-1 {
			pointer = b.last
		}
		if err := c.check(t, pointer, line); err != nil {
			return err
		}
	}
	return nil
}

func (b body) text(t testing.TB) []byte {
	t.Helper()
	if text, ok := b.example.(string); ok {
		return []byte(text)
	}
	text, err := json.Marshal(b.example)
	if err != nil || b.example == nil {
		t.Fatalf("%s has no example (%v)", b.of, err)
	}
	return text
}

func TestEveryCallIsDocumented(t *testing.T) {
	c := openCalls(t)
	var documented, served []string
	for path, item := range c.tree["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				documented = append(documented, strings.ToUpper(method)+" "+path)
			}
		}
	}
	for _, call := range hq.Calls() {
		served = append(served, call.Method+" "+call.Path)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("documented %v\nand served  %v", documented, served)
	}
}

func TestEveryReferenceOfTheCallsResolves(t *testing.T) {
	c := openCalls(t)
	used := map[string]bool{}
	walk(c.tree, func(object map[string]any) {
		ref, ok := object["$ref"].(string)
		if !ok {
			return
		}
		used[ref] = true
		if !strings.HasPrefix(ref, "#/") || c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
			t.Errorf("%q leads nowhere", ref)
		}
	})
	for kind, all := range c.tree["components"].(map[string]any) {
		for name := range all.(map[string]any) {
			if kind != "securitySchemes" && !used["#/components/"+kind+"/"+name] {
				t.Errorf("nobody uses %s %s", kind, name)
			}
		}
	}
}

// In YAML's short form a comma in a text that is not quoted begins a new key without a value.
func TestNoTextOfTheCallsIsCutAtAComma(t *testing.T) {
	walk(openCalls(t).tree, func(object map[string]any) {
		for key, value := range object {
			if value == nil {
				t.Errorf("%q has no value; quote the text that it is a part of", key)
			}
		}
	})
}

func TestEveryExampleOfACallValidates(t *testing.T) {
	c := openCalls(t)
	for _, b := range c.bodies() {
		if b.pointer == "" {
			continue
		}
		if err := c.validate(t, b, b.text(t)); err != nil {
			t.Errorf("%s: %v", b.of, err)
		}
	}
}

// The control: a field that nobody knows, or a wrong type, is found at any depth.
func TestAWrongBodyOfACallDoesNotValidate(t *testing.T) {
	c := openCalls(t)
	tried := 0
	for _, b := range c.bodies() {
		if b.pointer == "" {
			continue
		}
		for line := range bytes.Lines(b.text(t)) {
			if b.mediaType == wire.TypeLines && bytes.HasPrefix(line, []byte(`{"cursor":`)) && b.last != "" && !bytes.Contains(line, []byte("kind")) {
				continue // the last line, which has a schema of its own
			}
			var payload map[string]any
			if err := json.Unmarshal(line, &payload); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range spoilt(example{message: b.of, payload: payload}) {
				if free := strings.Contains(wrong.name, ".fields.nobody_knows") || strings.Contains(wrong.name, "counts.nobody_knows") ||
					strings.Contains(wrong.name, "totals.nobody_knows") || strings.HasSuffix(wrong.name, " fields.nobody_knows = 1"); free {
					continue // a map, whose names are free
				}
				tried++
				if c.check(t, b.pointer, wrong.body()) == nil {
					t.Errorf("%s passes", wrong)
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d wrong bodies were tried", tried)
	}
}

// What is documented is what the code reads and writes: the same names, and as required what is always written.
func TestSchemasAreTheTypes(t *testing.T) {
	c := openCalls(t)
	for name, of := range map[string]any{
		"Problem": wire.Problem{}, "EnrolRequest": wire.EnrolRequest{}, "EnrolAnswer": wire.EnrolAnswer{}, "TokenAnswer": wire.TokenAnswer{},
		"Key": edge.Key{}, "ChainKeys": edge.ChainKeys{}, "Ack": wire.Ack{}, "Register": edge.Register{},
		"IdentifierHash": edge.IdentifierHash{}, "CustomerState": edge.CustomerState{}, "FactState": edge.FactState{},
		"Item": edge.Item{}, "Money": edge.Money{}, "VisitState": edge.VisitState{}, "OutcomeState": edge.OutcomeState{},
		"Summary": edge.Summary{}, "OrdersRequest": wire.OrdersRequest{}, "Order": edge.Order{}, "OrdersAnswer": wire.OrdersAnswer{},
		"Erasure": edge.Erasure{}, "Receipt": edge.Receipt{}, "Change": edge.Change{}, "Published": edge.Published{},
		"Settings": edge.Settings{}, "LookupRequest": wire.LookupRequest{}, "Found": edge.Found{}, "BoxStatus": wire.BoxStatus{},
		"Backlog": edge.Backlog{}, "Refusal": wire.Refusal{}, "StatusAnswer": wire.StatusAnswer{}, "FeedItem": hq.FeedItem{},
		"Relayed": edge.Relayed{}, "WebhookAnswer": wire.WebhookAnswer{},
	} {
		schema, _ := c.at("components", "schemas", name).(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		var required []string
		for _, each := range asList(schema["required"]) {
			required = append(required, each.(string))
		}
		names, always := jsonFields(reflect.TypeOf(of))
		if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, names) {
			t.Errorf("%s has %v, and the code %v", name, got, names)
		}
		if name == "Problem" {
			continue // a box reads those of others, too, and they may lack any
		}
		slices.Sort(required)
		if !slices.Equal(required, always) {
			t.Errorf("%s requires %v, and the code always writes %v", name, required, always)
		}
	}
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

func jsonFields(t reflect.Type) (all, always []string) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, name)
		if !strings.Contains(options, "omit") {
			always = append(always, name)
		}
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}

// The examples are what the code itself takes, not only what a schema would let through.
func TestTheCodeReadsTheExamples(t *testing.T) {
	read := map[string]func([]byte) error{
		"POST /v1/enroll":                    message(&wire.EnrolRequest{}),
		"POST /v1/enroll 200":                message(&wire.EnrolAnswer{}),
		"POST /v1/stores/{store}/records":    func(b []byte) error { _, _, err := wire.DecodeRecords(b); return err },
		"POST /v1/stores/{store}/orders":     message(&wire.OrdersRequest{}),
		"GET /v1/stores/{store}/changes 200": func(b []byte) error { _, err := wire.DecodePage(b); return err },
		"POST /v1/stores/{store}/lookup":     message(&wire.LookupRequest{}),
		"POST /v1/stores/{store}/lookup 200": message(&edge.Found{}),
		"POST /v1/stores/{store}/status":     message(&wire.BoxStatus{}),
		"POST /v1/stores/{store}/status 200": message(&wire.StatusAnswer{}),
		"POST /v1/stores/{store}/token 200":  message(&wire.TokenAnswer{}),
		"POST /v1/webhooks/{vendor} 200":     message(&wire.WebhookAnswer{}),
		"POST /v1/webhooks/{vendor} 202":     message(&wire.WebhookAnswer{}),
	}
	for _, b := range openCalls(t).bodies() {
		if f := read[b.of]; f != nil {
			delete(read, b.of)
			if err := f(b.text(t)); err != nil {
				t.Errorf("%s: %v", b.of, err)
			}
		}
	}
	if len(read) > 0 {
		t.Errorf("not documented: %v", slices.Sorted(maps.Keys(read)))
	}
}

func message(into any) func([]byte) error {
	return func(text []byte) error { return wire.Unmarshal(text, into) }
}
