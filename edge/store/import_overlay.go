// SPDX-License-Identifier: Apache-2.0

package store

import "redbench/edge"

// overlay lays what the rows say over what is known of a customer, and finds out whether anything changes. A name from a
// file is a guess, which does not win over what a person said; consent that a row states is what she said last. Stated again it
// changes nothing, unless something of hers was forgotten since: everybody has to know that she said it after that.
func (im *customerImport) overlay(p *newcomer, r stateRow, before person) error {
	stamps, err := unpackStamps(r.stamps, im.usual(r.consentAt))
	if err != nil {
		return err
	}
	p.told = p.consent != ""
	said := p.told && (p.consent != edge.Consent(r.consent) || stamps.rank(edge.FieldConsent) < edge.RankTold || len(p.lift) > 0)
	if !said {
		p.consent = edge.Consent(r.consent)
	}
	p.consentAt = r.consentAt
	sameSince := p.since == 0 || p.since == r.since
	if !said && sameSince && before.merged(p.person).allowed(p.consent) == before {
		p.person, p.since = before, r.since
		return nil // the usual case of a file that comes each night
	}
	fields := stamps.fields(before.values(edge.Consent(r.consent), r.since))
	was := fields.Merge(nil)
	for name, value := range p.person.allowed(p.consent).values(p.consent, p.since) {
		if value == "" || value == fields[name].Value || name == edge.FieldConsent {
			continue
		}
		fields[name] = fields[name].Merge(edge.Register{Value: value, At: im.stamp, Epoch: fields[name].Epoch})
	}
	if said {
		fields[edge.FieldConsent] = fields[edge.FieldConsent].Merge(edge.Register{Value: string(p.consent), At: im.stamp, Rank: edge.RankTold})
	}
	im.settle(p, r, fields, stamps.unlearnt, was)
	return nil
}

// settle takes back what her consent does not cover, and puts her row together.
func (im *customerImport) settle(p *newcomer, r stateRow, fields edge.Fields, unlearnt edge.Stamp, was edge.Fields) {
	p.consent = edge.Consent(fields[edge.FieldConsent].Value)
	p.lowered = lowers(edge.Consent(r.consent), p.consent)
	if p.lowered && p.consent != edge.ConsentRemember {
		unlearnt = im.stamp
	}
	if p.consent == edge.ConsentNone {
		fields.TakeBack(im.stamp, edge.NameFields...)
	}
	value := func(name string) string { return fields[name].Value }
	p.person = person{value(edge.FieldName), value(edge.FieldSay), value(edge.FieldAddress), value(edge.FieldLanguage), value(edge.FieldChain)}
	if fields[edge.FieldSince] == was[edge.FieldSince] || p.since == 0 {
		p.since = r.since
	}
	if p.consent != edge.Consent(r.consent) {
		p.consentAt = im.now
	}
	for name, each := range fields {
		p.update = p.update || each != was[name]
	}
	p.stamps = packStamps(marksOf(fields, unlearnt), im.usual(p.consentAt))
}
