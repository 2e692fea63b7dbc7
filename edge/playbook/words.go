// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"strings"
	"time"
)

// words are the phrases of one language that rules fill into their texts.
type words struct {
	hello   []spoken
	goodbye []spoken
	phrases map[string]template

	fromRight bool // the language is written from right to left
}

// spoken is a phrase for a part of the day that begins at an hour.
type spoken struct {
	From int    `toml:"from"`
	Say  string `toml:"say"`
}

// phraseNames lists the phrases that each language has.
var phraseNames = []string{
	"since_today", "since_yesterday", "since_days", "since_months",
	"ago_today", "ago_yesterday", "ago_days", "ago_months",
	"told", "told_to", "told_at", "told_to_at",
	"noted", "kept", "kept_today", "kept_yesterday", "kept_days", "kept_months",
	"often_few", "often_many",
	"and",
}

// at gives the phrase for an hour; before the day's first it is still last night's.
func at(all []spoken, hour int) string {
	say := ""
	if len(all) > 0 {
		say = all[len(all)-1].Say
	}
	for _, each := range all {
		if each.From <= hour {
			say = each.Say
		}
	}
	return say
}

// language finds a language's place in the playbook, by its base: "en-IE" is "en". One that is missing gives the first.
func (p *Playbook) language(tag string) int {
	return max(0, slices.Index(p.languages, base(tag)))
}

// base is the part of a BCP 47 tag, or of a POSIX locale, that names the language.
func base(tag string) string {
	if i := strings.IndexAny(tag, "-_."); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}

// principle is one thought of the day, by language.
type principle struct {
	titles, texts []string
}

// ofDay picks one of n by the calendar day, each in turn.
func ofDay(day time.Time, n int) int {
	y, m, d := day.Date()
	number := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	return ((number % n) + n) % n
}
