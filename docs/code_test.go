// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"redbench/edge"
)

// What the code's words are is read from its source, where no list of them is exported: a list made for the test alone
// would be one more that can be forgotten.

func parse(t testing.TB, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// constants gives the values of a file's string constants by name, those of a type, or with a prefix of their names.
func constants(t testing.TB, path, typeName, prefix string) map[string]string {
	t.Helper()
	found := map[string]string{}
	ast.Inspect(parse(t, path), func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		named, _ := spec.Type.(*ast.Ident)
		for i, name := range spec.Names {
			if i >= len(spec.Values) || !strings.HasPrefix(name.Name, prefix) || typeName != "" && (named == nil || named.Name != typeName) {
				continue
			}
			if value, ok := spec.Values[i].(*ast.BasicLit); ok && value.Kind == token.STRING {
				found[name.Name], _ = strconv.Unquote(value.Value)
			}
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("no constants %s%s in %s", typeName, prefix, path)
	}
	return found
}

func values(constants map[string]string) []string {
	var list []string
	for _, v := range constants {
		list = append(list, v)
	}
	slices.Sort(list)
	return list
}

func same(t *testing.T, what string, documented, code []string) {
	t.Helper()
	slices.Sort(documented)
	slices.Sort(code)
	if !slices.Equal(documented, code) {
		t.Errorf("%s: documented %v\nbut the code has %v", what, documented, code)
	}
}

func strs[T ~string](list []T) []string {
	var out []string
	for _, each := range list {
		out = append(out, string(each))
	}
	return out
}

func TestWordsOfTheCode(t *testing.T) {
	d := open(t)
	schemas := func(path ...string) []string { return append([]string{"components", "schemas"}, path...) }
	same(t, "stages", d.enum(t, schemas("who", "properties", "stage")...), strs(edge.Stages))
	same(t, "kinds of fact", d.enum(t, schemas("factKind")...), strs(edge.FactKinds))
	same(t, "lines", d.enum(t, schemas("feedback", "properties", "line")...), slices.Clone(edge.LineNames))
	same(t, "verdicts", d.enum(t, schemas("feedback", "properties", "verdict")...), values(constants(t, "../edge/cashier.go", "Verdict", "")))
	same(t, "reasons to clear", d.enum(t, schemas("clearReason")...), values(constants(t, "../edge/prompt.go", "ClearReason", "")))
	same(t, "kinds of identifier", d.enum(t, schemas("loyaltyPresented", "properties", "data", "properties", "kind")...),
		values(constants(t, "../edge/event.go", "IdentifierKind", "")))
}

func TestEveryWordIsAMessage(t *testing.T) {
	d := open(t)
	same(t, "messages from a screen", operation(t, d, "hearCashier"), values(constants(t, "../edge/cashier.go", "WordType", "")))
}

func TestEveryMessageToAScreenIsDocumented(t *testing.T) {
	d := open(t)
	documented := append(operation(t, d, "showOnScreen"), "ok", "error")
	same(t, "messages to a screen", documented, values(constants(t, "../ui/message.go", "", "type")))
}

// operation names the messages of an operation.
func operation(t *testing.T, d *document, name string) []string {
	var list []string
	for _, each := range d.at(t, "operations", name, "messages").([]any) {
		ref := each.(map[string]any)["$ref"].(string)
		list = append(list, ref[strings.LastIndex(ref, "/")+1:])
	}
	return list
}

func TestErrorCodesAreTheCodes(t *testing.T) {
	d := open(t)
	codes := values(constants(t, "../ui/word.go", "", "code"))
	for _, path := range []string{"../edge/serve/tell.go", "../edge/serve/lanes.go"} {
		codes = append(codes, refusals(t, path)...)
	}
	slices.Sort(codes)
	same(t, "codes of an error", d.enum(t, "components", "schemas", "errorCode"), slices.Compact(codes))
}

// refusals gives the codes that a file refuses with.
func refusals(t testing.TB, path string) (codes []string) {
	ast.Inspect(parse(t, path), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Refuse" {
			literal, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s refuses with a code that the test cannot read", path)
			}
			code, _ := strconv.Unquote(literal.Value)
			codes = append(codes, code)
		}
		return true
	})
	if len(codes) == 0 {
		t.Fatalf("%s refuses nothing", path)
	}
	return codes
}

func TestReasonsOfQuarantineAreTheCodes(t *testing.T) {
	d := open(t)
	codes := values(constants(t, "../edge/adapt/adapt.go", "", "Code"))
	codes = append(codes, values(constants(t, "../edge/guard/guard.go", "", ""))...)
	codes = append(codes, refusals(t, "../edge/serve/lanes.go")...)
	codes = append(codes, reasons(t, "../edge/serve/receive.go")...)
	slices.Sort(codes)
	same(t, "reasons of a refusal", d.enum(t, "components", "schemas", "refusalReason"), slices.Compact(codes))
}

// reasons gives the codes and reasons that a file's struct literals name.
func reasons(t testing.TB, path string) (codes []string) {
	ast.Inspect(parse(t, path), func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, _ := pair.Key.(*ast.Ident)
		value, _ := pair.Value.(*ast.BasicLit)
		if key != nil && value != nil && (key.Name == "Code" || key.Name == "Reason") {
			code, _ := strconv.Unquote(value.Value)
			codes = append(codes, code)
		}
		return true
	})
	return codes
}

// What the box says of itself has no exported type; its fields are read from the source.
func TestWhatTheBoxTellsOfItself(t *testing.T) {
	d := open(t)
	for name, structName := range map[string]string{"status": "boxStatus", "quarantine": "boxQuarantine"} {
		always, sometimes := fieldsOf(t, "../daemon/announce.go", structName)
		same(t, name, d.names(t, "components", "schemas", name, "properties"), append(slices.Clone(always), sometimes...))
		var required []string
		for _, each := range d.at(t, "components", "schemas", name, "required").([]any) {
			required = append(required, each.(string))
		}
		same(t, name+", required", required, always)
	}
}

// fieldsOf gives the JSON names of a struct's fields: those that are always there, and those that may be left out.
func fieldsOf(t *testing.T, path, structName string) (always, sometimes []string) {
	ast.Inspect(parse(t, path), func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != structName {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			text, _ := strconv.Unquote(f.Tag.Value)
			name, rest, _ := strings.Cut(reflect.StructTag(text).Get("json"), ",")
			if strings.HasPrefix(rest, "omit") {
				sometimes = append(sometimes, name)
			} else {
				always = append(always, name)
			}
		}
		return false
	})
	if len(always) == 0 {
		t.Fatalf("no struct %s in %s", structName, path)
	}
	return always, sometimes
}

// A test that a document calls upon has to exist, and so has a file.
func TestWhatDocumentsPointAtExists(t *testing.T) {
	tests := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, each := range parse(t, path).Decls {
			if f, ok := each.(*ast.FuncDecl); ok {
				tests[f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []string{"privacy.md", "threat-model.md"} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, quoted := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
			name := quoted[1]
			switch {
			case regexp.MustCompile(`^(Test|Fuzz)[A-Z]`).MatchString(name):
				if !tests[name] {
					t.Errorf("%s: no test is called %s", document, name)
				}
			case regexp.MustCompile(`^(edge|ui|daemon|packaging)/`).MatchString(name):
				if _, err := os.Stat(filepath.Join("..", name)); err != nil {
					t.Errorf("%s: no file %s", document, name)
				}
			}
		}
	}
}

// Each table of the record is spoken of, so that a new one cannot come without a line on privacy.
func TestPrivacyKnowsEveryTable(t *testing.T) {
	spoken := map[string]string{
		"meta": "", "items": "goods", "memory": "what was learnt", "habits": "what was learnt", "held": "her card, phone",
		"identifiers": "her card, phone", "customers": "a customer's name", "facts": "facts:", "visits": "visits:", "prompts": "prompts:",
		"said": "which lines were said", "outcomes": "verdict on a line", "words": "words from screens", "lanes": "a lane's state",
		"clocks": "clock stands", "quarantine": "refused events", "screens": "paired screens", "tombstones": "tombstones of",
		"events": "events of tills", "tally": "counts (", "gone": "(`gone`)", "aliases": "(`aliases`)", "outbox": "(`outbox`)",
		"orders": "(`orders`)", "playbooks": "head office's playbooks", "relayed": "(`relayed`)", "spared": "(`spared`)", "sums": "(`sums`)", "rules": "(`rules`)",
		"merges": "(`merges`)", "lineage": "(`lineage`)", "carded": "(`carded`)",
	}
	text, err := os.ReadFile("privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../edge/store/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, file := range files {
		schema, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllStringSubmatch(string(schema), -1) {
			if line, known := spoken[table[1]]; !known || !strings.Contains(string(text), line) {
				t.Errorf("privacy.md does not speak of table %s", table[1])
			}
		}
	}
}
