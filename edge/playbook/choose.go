// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// Choose finds what to say to whoever stands at the till. Without consent, or without a record, she is a stranger; with
// consent to be recognised only, her name is all that is said.
func (p *Playbook) Choose(in Input) Choice {
	c := p.chooser(in)
	defer p.release(c)
	prompt := edge.Prompt{ID: in.PromptID, Event: in.Event, Checkout: in.Checkout, ShownFor: in.ShownFor, Who: c.who()}
	if c.level != edge.ConsentNone {
		prompt.Customer = in.Profile.Customer.Ref
	}
	if c.level == edge.ConsentRemember {
		c.below(&prompt)
	}
	return Choice{Prompt: prompt, Considered: c.considered, StageWhy: in.stageWhy()}
}

// below finds the lines below the first. What to do comes before what to remember, so that the latter does not say the
// same; the question comes last, because it is the first to be left out.
func (c *chooser) below(prompt *edge.Prompt) {
	prompt.Avoid = c.choose(lineAvoid)
	rush := c.in.Load >= LoadRush
	if rush && c.isOpen() {
		c.closed = "left out: the lane is in a rush, and something is open"
	}
	prompt.Do = c.choose(lineDo)
	c.spoken(prompt.Do)
	if rush && prompt.Do != nil {
		c.closed = "left out: the lane is in a rush"
	}
	prompt.Remember = c.choose(lineRemember)
	c.spoken(prompt.Remember)
	prompt.Ask = c.ask(prompt)
}

// ask finds the one question, if there is one today: none to whoever prefers no chat, none beside what is to be avoided,
// none when there is no time for an answer.
func (c *chooser) ask(prompt *edge.Prompt) *edge.Line {
	why := ""
	switch {
	case c.m.vars.NoChat:
		why = "whoever likes it quiet is not asked"
	case prompt.Avoid != nil:
		why = "what is to be avoided stands in its place"
	case c.in.Load >= LoadRush:
		why = "left out: the lane is in a rush"
	case c.in.Load == LoadBusy && prompt.Do != nil && prompt.Remember != nil:
		why = "left out: the lane is busy"
	default:
		c.closed = ""
		return c.choose(lineAsk)
	}
	if c.in.Explain {
		for _, r := range c.p.rules[lineAsk] {
			c.note(r, nil, why)
		}
	}
	return nil
}

// chooser is one choice in the making.
type chooser struct {
	p     *Playbook
	in    *Input
	lang  int
	words *words
	m     *machine
	level edge.Consent // what may be said of her; none for whoever is not known
	stage edge.Stage
	rank  int
	days  int // since the last visit; -1: none
	seed  uint64
	facts []edge.Fact // open, not private, newest first
	usual *edge.Habit // the most usual thing that is sure enough to be named and is nobody's secret
	last  []string    // things of the last visit that are worth a word, readable, the rarest first
	said  []string    // the rules of the last prompt, with their variants
	at    time.Time   // when that was
	used  []string    // ids of facts that stand in this prompt already
	wrong time.Time   // when the latest thing was called wrong that may be asked about; zero: none

	closed     string // why nothing more is said but what is open; empty: more may be
	considered []Candidate
}

// chooser takes in what the choice depends on.
func (p *Playbook) chooser(in Input) *chooser {
	m, _ := p.machines.Get().(*machine)
	c := &chooser{p: p, in: &in, lang: p.language(in.Language), m: m, level: edge.ConsentNone, stage: edge.StageStranger, days: -1, seed: in.Seed}
	c.words = &p.words[c.lang]
	m.vars = vars{Stage: string(edge.StageStranger), Days: -1, Hour: in.Now.Hour(), Weekday: closed["weekday"][(in.Now.Weekday()+6)%7], Month: int(in.Now.Month()), Lane: in.Lane, Load: in.Load.String()}
	if !in.Known || in.Profile.Customer.Ref == edge.Stranger {
		return c
	}
	switch in.Profile.Customer.Consent {
	case edge.ConsentRecognise, edge.ConsentRemember:
		c.level = in.Profile.Customer.Consent
	default:
		return c
	}
	c.stage = memory.Stage(in.Profile, in.Now)
	c.rank = c.stage.Rank()
	c.known()
	return c
}

func (p *Playbook) release(c *chooser) {
	c.m.vars = vars{} // nothing of a customer waits in the pool
	p.machines.Put(c.m)
}

// joinedLately is how long ago she may have joined to be met for the first time now.
const joinedLately = 60 * 24 * time.Hour

// visits is how many visits of hers are known; -1 where none is, though she may have been here: nobody counted.
func (c *chooser) visits() int {
	p := &c.in.Profile
	if p.Visits == 0 && !p.Customer.Since.IsZero() && c.in.Now.Sub(p.Customer.Since) > joinedLately {
		return -1
	}
	return p.Visits
}

// known takes in the profile of a customer who wishes to be known.
func (c *chooser) known() {
	profile, v := &c.in.Profile, &c.m.vars
	v.Stage = string(c.stage)
	v.HasName, v.HasSay = profile.Customer.Name != "", profile.Customer.Say != ""
	v.OtherLanguage = c.language() != ""
	c.facts = openFacts(profile.Facts, profile.Denied, c.in.Now)
	for _, f := range c.facts {
		v.count(f.Kind)
	}
	if c.level != edge.ConsentRemember {
		v.Visits = -1
		return
	}
	v.Visits = c.visits()
	c.days = memory.DaysSince(profile.Last.At, c.in.Now)
	v.Days, v.GapDays, v.LongAway = c.days, profile.Gap.Hours()/24, memory.LongAway(*profile, c.in.Now)
	c.things()
	c.lastSaid()
	c.wrongs()
}

func (v *vars) count(kind edge.FactKind) {
	switch kind {
	case edge.FactInterest:
		v.Interests++
	case edge.FactPreference:
		v.Preferences++
	case edge.FactPerson:
		v.People++
	case edge.FactComplaint:
		v.Complaints++
	case edge.FactPromise:
		v.Promises++
	case edge.FactNoChat:
		v.NoChat = true
	case edge.FactNoGreeting:
		v.NoGreeting = true
	}
}

// openFacts leaves out what must not be shown: private, closed, called wrong, no longer true. What a store reads is so
// already; this is the last door.
func openFacts(all []edge.Fact, denied []edge.Denied, now time.Time) []edge.Fact {
	hidden := func(f edge.Fact) bool {
		return f.Private || !f.Closed.IsZero() || !f.Until.IsZero() && !f.Until.After(now) || !f.Kind.Valid() || deniedFact(denied, f.ID)
	}
	if !slices.ContainsFunc(all, hidden) {
		return all
	}
	open := make([]edge.Fact, 0, len(all))
	for _, f := range all {
		if !hidden(f) {
			open = append(open, f)
		}
	}
	return open
}

// lastSaid finds what the last prompt said. A prompt of this same visit (she was put aside and comes back) is not one: it
// may stand there again as it was.
func (c *chooser) lastSaid() {
	for _, each := range c.in.Profile.Said {
		if each.At.After(c.at) && !c.thisVisit(each.At) {
			c.at = each.At
		}
	}
	for _, each := range c.in.Profile.Said {
		if !c.at.IsZero() && c.at.Sub(each.At).Abs() < time.Second {
			c.said = append(c.said, each.Rule)
		}
	}
}

// thisVisit reports whether a moment lies in the visit that goes on now: after the last completed one, and just now.
func (c *chooser) thisVisit(at time.Time) bool {
	return at.After(c.in.Profile.Last.At) && c.in.Now.Sub(at).Abs() < time.Hour
}

// stageWhy tells the evidence that the stage rests on, when that was asked for.
func (in *Input) stageWhy() string {
	switch {
	case !in.Explain:
		return ""
	case !in.Known:
		return memory.StageWhy(edge.Profile{}, in.Now)
	}
	return memory.StageWhy(in.Profile, in.Now)
}
