// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"redbench/edge"
)

// vars is what a condition can see. Nothing in it tells what she spends.
type vars struct {
	Stage         string   `expr:"stage"`          // stranger, new, familiar, regular, honoured
	Visits        int      `expr:"visits"`         // completed checkouts; -1: not counted
	Days          int      `expr:"days"`           // since the last visit; -1: none
	GapDays       float64  `expr:"gap_days"`       // mean days between visits; 0: not known
	LongAway      bool     `expr:"long_away"`      // by her own rhythm
	Hour          int      `expr:"hour"`           // 0 to 23
	Weekday       string   `expr:"weekday"`        // monday to sunday
	Month         int      `expr:"month"`          // 1 to 12
	NoChat        bool     `expr:"no_chat"`        //
	NoGreeting    bool     `expr:"no_greeting"`    //
	HasName       bool     `expr:"has_name"`       //
	HasSay        bool     `expr:"has_say"`        // how to say the name is known
	OtherLanguage bool     `expr:"other_language"` // hers is not the store's
	Interests     int      `expr:"interests"`      // told facts of each kind
	Preferences   int      `expr:"preferences"`    //
	People        int      `expr:"people"`         //
	Complaints    int      `expr:"complaints"`     //
	Promises      int      `expr:"promises"`       //
	Fact          factVar  `expr:"fact"`           // in rules with facts
	Usual         useVar   `expr:"usual"`          // her most usual thing
	Last          lastVar  `expr:"last"`           // the last visit
	Wrong         wrongVar `expr:"wrong"`          // what was called wrong lately
	Lane          string   `expr:"lane"`           //
	Load          string   `expr:"load"`           // calm, busy, rush
}

type factVar struct {
	Kind    string `expr:"kind"`
	AgeDays int    `expr:"age_days"` // since it was told
	HasDate bool   `expr:"has_date"`
	InDays  int    `expr:"in_days"` // to its date; negative: past; see has_date
}

type useVar struct {
	Share float64 `expr:"share"` // of her recent baskets, 0 to 1; 0: nothing is usual enough to be named
	Times int     `expr:"times"`
	Days  int     `expr:"days"` // since it was last bought
}

type lastVar struct {
	Things int `expr:"things"` // worth a word
	Size   int `expr:"size"`   // different things in all; 8: that many or more
	Days   int `expr:"days"`
}

type wrongVar struct {
	Kind string `expr:"kind"` // a kind of fact, or "thing"; empty: nothing is to be put right
	Days int    `expr:"days"` // since it was called wrong
}

// condition is a compiled `when`.
type condition struct {
	source  string
	program *vm.Program
	names   []string // variables: "visits", "fact", "fact.kind"
	numbers []float64
	words   []string // that something is compared with
}

// machine is what one choice needs to evaluate conditions; it is used again.
type machine struct {
	vm   vm.VM
	vars vars
}

// conditionNames lists the variables, for the nearest known name.
var conditionNames = varNames(reflect.TypeFor[vars](), "")

func varNames(t reflect.Type, prefix string) []string {
	var names []string
	for field := range t.Fields() {
		name := prefix + field.Tag.Get("expr")
		names = append(names, name)
		if field.Type.Kind() == reflect.Struct {
			names = append(names, varNames(field.Type, name+".")...)
		}
	}
	return names
}

// closed says which words a variable can hold, so that a misspelt one is not a rule that never speaks.
var closed = map[string][]string{
	"stage":      stageNames(),
	"weekday":    {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"},
	"fact.kind":  kindNames(),
	"wrong.kind": append(kindNames(), wrongThing, ""),
	"load":       loadNames,
}

func stageNames() []string {
	var names []string
	for _, each := range edge.Stages {
		names = append(names, string(each))
	}
	return names
}

func kindNames() []string {
	var names []string
	for _, each := range edge.FactKinds {
		names = append(names, string(each))
	}
	return names
}

var unknownName = regexp.MustCompile(`(?:unknown name|has no field) ([A-Za-z_][A-Za-z_0-9]*)`)

// compile checks a condition against the variables. An empty one always holds.
func compile(source string) (*condition, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil
	}
	look := &looker{}
	program, err := expr.Compile(source,
		expr.Env(&vars{}), expr.AsBool(), expr.MaxNodes(200), expr.DisableAllBuiltins(), expr.Patch(look))
	if look.err != nil {
		return nil, look.err
	}
	if err != nil {
		return nil, sayCompile(err)
	}
	return &condition{source: source, program: program, names: look.names, numbers: look.numbers, words: look.words}, nil
}

// sayCompile gives the first line of the compiler's error, with the nearest known name where one is unknown.
func sayCompile(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if m := unknownName.FindStringSubmatch(text); m != nil {
		short := make([]string, 0, len(conditionNames))
		for _, each := range conditionNames {
			short = append(short, each[strings.LastIndexByte(each, '.')+1:])
		}
		return fmt.Errorf("unknown variable %q%s", m[1], meant(m[1], short))
	}
	return fmt.Errorf("%s", text)
}

// looker walks a condition while it is compiled: which variables, numbers and words it uses, and whether it compares one
// with a word that this can never be.
type looker struct {
	names   []string
	numbers []float64
	words   []string
	err     error
}

// Visit looks at one node.
func (l *looker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		l.names = append(l.names, n.Value)
	case *ast.MemberNode:
		l.names = append(l.names, n.String())
	case *ast.IntegerNode:
		l.numbers = append(l.numbers, float64(n.Value))
	case *ast.FloatNode:
		l.numbers = append(l.numbers, n.Value)
	case *ast.StringNode:
		l.words = append(l.words, n.Value)
	case *ast.BinaryNode:
		l.compare(n.Left, n.Right)
		l.compare(n.Right, n.Left)
	}
}

func (l *looker) compare(variable, with ast.Node) {
	words, limited := closed[variable.String()]
	if !limited {
		return
	}
	for _, word := range stringsOf(with) {
		if !slices.Contains(words, word) {
			l.err = fmt.Errorf("%s is never %q%s", variable.String(), word, meant(word, words))
		}
	}
}

func stringsOf(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.StringNode:
		return []string{n.Value}
	case *ast.ArrayNode:
		var all []string
		for _, each := range n.Nodes {
			all = append(all, stringsOf(each)...)
		}
		return all
	}
	return nil
}

// holds evaluates the condition. One that fails while it runs (a division by zero) does not hold.
func (c *condition) holds(m *machine) bool {
	if c == nil {
		return true
	}
	out, err := m.vm.Run(c.program, &m.vars)
	if err != nil {
		return false
	}
	holds, _ := out.(bool)
	return holds
}

// uses reports whether the condition looks at a name.
func (c *condition) uses(name string) bool { return c != nil && slices.Contains(c.names, name) }
