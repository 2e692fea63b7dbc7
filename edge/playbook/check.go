// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is something that a playbook may not say, or says at too great length.
type Problem struct {
	Rule     string // empty for a principle
	At       int    // the rule's line in the file; 0 for a principle
	Language string
	Kind     string // "transactional", "upsell", "money", "gender", "length"
	Detail   string
}

// String is the problem as one line of a report.
func (p Problem) String() string {
	return fmt.Sprintf("%d: %s (%s): %s: %s", p.At, cmp.Or(p.Rule, "principle"), p.Language, p.Kind, p.Detail)
}

// ban is what a language must not say, and where.
type ban struct {
	kind     string
	language string
	openings bool // in greetings only; else in every line
	words    *regexp.Regexp
}

// bans are the formulas of each language that are nobody's own words. They are a net, not a proof: a text still wants to
// be read aloud.
var bans = []ban{
	{"transactional", "en", true, phrases(`help you`, `i help`, `looking for`, `find everything`, `what can i`, `can i get`, `what will it be`, `next,? please`)},
	{"transactional", "es", true, phrases(`ayudar\pL*`, `le ayudo`, `en qué puedo`, `qué desea`, `qué le pongo`, `qué va a ser`, `busca algo`, `buscaba`, `le atienden`, `siguiente`)},
	{"transactional", "fr", true, phrases(`vous aider`, `vous désirez`, `que puis-je`, `vous cherchez`, `je vous sers`, `qu'est-ce que ce sera`, `suivante?`)},
	{"transactional", "de", true, phrases(`helfen`, `darf(’|')?s`, `darf es`, `was darf`, `suchen sie`, `womit kann ich`, `was kann ich`, `sie wünschen`, `nächste,? bitte`)},
	{"transactional", "it", true, phrases(`aiutar\pL*`, `desidera`, `cosa le do`, `che le do`, `cerca qualcosa`, `cercava`, `mi dica`, `serve aiuto`, `prossimo`)},

	{"upsell", "en", false, phrases(`anything else`, `something else`, `would you like to (add|try)`, `with that`, `special offers?`, `on offer`, `discounts?`, `deals?`, `promotions?`, `sign up`, `upgrade`, `today only`)},
	{"upsell", "es", false, phrases(`algo más`, `alguna otra cosa`, `ofertas?`, `descuentos?`, `promoción`, `promociones`, `quiere añadir`, `2x1`, `solo hoy`)},
	{"upsell", "fr", false, phrases(`autre chose`, `avec ceci`, `et avec ça`, `promos?`, `promotions?`, `remises?`, `réductions?`, `offres? spéciales?`, `aujourd'hui seulement`)},
	{"upsell", "de", false, phrases(`sonst noch`, `noch etwas dazu`, `noch was`, `(sonder)?angebote?`, `rabatte?`, `aktion`, `aktionen`, `sparen`, `nur heute`)},
	{"upsell", "it", false, phrases(`serve altro`, `altro\?`, `qualcos'altro`, `offert[ae]`, `sconti`, `sconto`, `promozion[ei]`, `solo oggi`)},

	{"money", "en", false, phrases(`points`, `balance`, `spent`, `in total`)},
	{"money", "es", false, phrases(`puntos`, `saldo`, `gastad[oa]s?`, `en total`)},
	{"money", "fr", false, phrases(`points`, `solde`, `dépensée?s?`, `au total`)},
	{"money", "de", false, phrases(`punkte`, `punktestand`, `guthaben`, `ausgegeben`, `insgesamt`)},
	{"money", "it", false, phrases(`punti`, `saldo`, `spes[oi] in totale`, `ha speso`, `in totale`)},

	{"gender", "en", false, phrases(`her`, `hers`, `his`, `him`, `she`, `he`, `sir`, `madam`)},
	{"gender", "es", false, phrases(`bienvenidos?`, `sea bienvenida`, `encantad[oa]`, `señora?`, `señorita`)},
	{"gender", "fr", false, phrases(`ravie?`, `enchantée?`, `madame`, `monsieur`)},
	{"gender", "de", false, phrases(`frau`, `herr`, `der kunde`, `die kundin`)},
	{"gender", "it", false, phrases(`benvenut[oa]`, `bentornat[oa]`, `lieta`, `lieto`, `signora?`, `signore`)},
}

// phrases matches any of these as whole words, in any case.
func phrases(all ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(` + strings.Join(all, "|") + `)(?:$|[^\pL\pN])`)
}

const (
	maxTitle     = 40  // a principle's title
	maxPrinciple = 140 // a principle's text
)

// Check finds what a playbook must not say: transactional openings, offers, sums and points, a guess at gender, and
// lines that are too long for a glance once they are filled in. It is the first part of `playbook check`.
func Check(p *Playbook) []Problem {
	var found []Problem
	for _, l := range lines {
		for _, r := range p.rules[line(l)] {
			for i, tag := range p.languages {
				for _, t := range r.texts[i] {
					found = append(found, p.checkText(r, i, tag, t)...)
				}
			}
		}
	}
	for _, each := range p.principles {
		for i, tag := range p.languages {
			found = append(found, checkPrinciple(each.titles[i], maxTitle, tag)...)
			found = append(found, checkPrinciple(each.texts[i], maxPrinciple, tag)...)
		}
	}
	slices.SortStableFunc(found, func(a, b Problem) int { return a.At - b.At })
	return found
}

func (p *Playbook) checkText(r *rule, lang int, tag string, t template) []Problem {
	text := p.typical(lang, t)
	found := banned(text, tag, r.line == lineGreeting)
	if n := utf8.RuneCountInString(text); n > glance {
		found = append(found, Problem{Language: tag, Kind: "length", Detail: fmt.Sprintf("%d characters are more than %d: %q", n, glance, text)})
	}
	for i := range found {
		found[i].Rule, found[i].At = r.name, r.at
	}
	return found
}

func checkPrinciple(text string, most int, tag string) []Problem {
	var found []Problem
	for _, each := range banned(text, tag, false) {
		if each.Kind != "gender" { // a principle may tell of a child and her parents
			found = append(found, each)
		}
	}
	if n := utf8.RuneCountInString(text); n > most {
		found = append(found, Problem{Language: tag, Kind: "length", Detail: fmt.Sprintf("%d characters are more than %d: %q", n, most, text)})
	}
	return found
}

func banned(text, tag string, opening bool) []Problem {
	var found []Problem
	for _, each := range bans {
		if each.language != tag || each.openings && !opening {
			continue
		}
		if m := each.words.FindStringSubmatch(text); m != nil {
			found = append(found, Problem{Language: tag, Kind: each.kind, Detail: fmt.Sprintf("%q in %q", m[1], text)})
		}
	}
	return found
}

// typical fills a text with what stands there on an ordinary day, to see how long it gets.
func (p *Playbook) typical(lang int, t template) string {
	w := &p.words[lang]
	return t.render(func(s slot) string {
		switch s {
		case "hello":
			return longest(w.hello)
		case "goodbye":
			return longest(w.goodbye)
		case "name":
			return "Alessandra"
		case "fact":
			return "Ada starts nursery on Monday"
		case "item":
			return "Oat Flat White LG"
		case "items":
			return "Sourdough" + w.phrases["and"].render(func(slot) string { return "" }) + "Figs"
		case "preference":
			return "No lid"
		case "as_liked":
			return "Oat Flat White LG, no lid"
		case "often", "source", "learned":
			return "At 8 of 9 visits"
		case "told": // left out where it would be too long
			return ""
		}
		return "12"
	})
}

func longest(all []spoken) string {
	most := ""
	for _, each := range all {
		if utf8.RuneCountInString(each.Say) > utf8.RuneCountInString(most) {
			most = each.Say
		}
	}
	return most
}
