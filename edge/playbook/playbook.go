// SPDX-License-Identifier: Apache-2.0

// Package playbook decides what the cashier's screen says. A playbook is a TOML file that a retailer's people can read
// and write: rules, each for one line of the prompt, with a condition, texts in each language and a reason. Choosing is
// pure and deterministic: the same [Input] gives the same [Choice].
//
// Some of what a prompt may say is no matter of taste, and no playbook can switch it off: consent, private facts, the
// stage as a ceiling, a guess named only when it is sure enough, an old fact never stated as knowledge, no line twice
// running. That lives in the code.
package playbook

import (
	"sync"
	"time"

	"redbench/edge"
)

// Playbook is a loaded playbook. It never changes and may be used by many goroutines at once.
type Playbook struct {
	name       string
	languages  []string
	rules      map[line][]*rule // by priority, highest first
	words      []words          // by language
	principles []principle
	hushed     map[string][]string // by the first three bytes
	dull       [][]string          // by language: words of things that make a poor memory
	machines   sync.Pool           // of *machine
	articles   articles
}

// Name is the file's name, or "default".
func (p *Playbook) Name() string { return p.name }

// Languages lists the playbook's languages; the first stands in for one that it does not have.
func (p *Playbook) Languages() []string { return append([]string(nil), p.languages...) }

// Rules is how many rules the playbook has.
func (p *Playbook) Rules() int {
	n := 0
	for _, each := range p.rules {
		n += len(each)
	}
	return n
}

// Input is all that a choice depends on.
type Input struct {
	Profile  edge.Profile
	Known    bool   // false: the card, if any, told nobody; Profile is not looked at
	Event    string // id of the event that caused the prompt
	Checkout string
	PromptID string
	Now      time.Time // in the store's zone
	Language string    // the screen's, BCP 47
	ShownFor time.Duration
	Lane     string       // where she stands, for rules that speak on some lanes only
	Load     LoadLevel    // how busy that lane is: fewer and shorter lines
	Tallies  []edge.Tally // what became of each rule at this store, with all customers; hers are in the profile
	Seed     uint64       // breaks ties; equal inputs with equal seeds choose alike
	Explain  bool         // fill Choice.Considered and Choice.StageWhy
}

// Choice is a prompt, and what else was considered for it.
type Choice struct {
	Prompt     edge.Prompt
	Considered []Candidate // only when asked for, as is StageWhy
	StageWhy   string      // the evidence that the stage rests on, in English
}

// Candidate is one rule, with one fact or thing where it needs one, and what became of it.
type Candidate struct {
	Rule     string
	Line     string
	Fact     string  // the fact's id
	Text     string  // as it would read; empty when the rule was out before
	Priority int     // as the file has it
	Moved    int     // by how much verdicts move it
	Welcome  float64 // how likely the rule is to be welcome; 0 where verdicts have no say
	Verdicts string  // what that rests on; empty where nothing was counted
	Chosen   bool
	Why      string // the reason that travels with the prompt, in the screen's language; of the chosen only
	Reason   string // why it was chosen or not, in English, for `playbook try`
}

// line is what a rule speaks for.
type line string

const (
	lineGreeting line = "greeting"
	lineRemember line = "remember"
	lineDo       line = "do"
	lineAsk      line = "ask"
	lineAvoid    line = "avoid"
	lineFarewell line = "farewell"
)

var lines = []string{"greeting", "remember", "do", "ask", "avoid", "farewell"}

// about is what a rule is tried for: once, for each told fact, for the most usual thing, for the last visit, for what
// was called wrong.
type about string

const (
	aboutNothing about = ""
	aboutFact    about = "fact"
	aboutUsual   about = "usual"
	aboutLast    about = "last"
	aboutWrong   about = "wrong"
)

// rule is one rule of the file, ready to be used.
type rule struct {
	name     string
	line     line
	about    about
	facts    []edge.FactKind
	aged     bool // for facts that are too old to be stated
	serves   int  // what that stays open it may speak for: 2 a complaint, 1 a promise, 0 neither
	scope    scope
	stage    int // lowest rank: what the file says, and never below the ceiling of what the rule uses
	written  int // lowest rank by the file; -1: it leaves it out
	when     *condition
	priority int
	cooldown time.Duration
	repeat   bool
	texts    [][]template // by language, then variant
	whys     []template   // by language; may be empty
	ids      []string     // by variant: what Line.Rule and Said.Rule hold
	short    [][2]int     // by language: the two shortest variants
	at       int          // line in the file
}
