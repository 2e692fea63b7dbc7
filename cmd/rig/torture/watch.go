// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/wire"
)

// watchAnswer looks at what head office says.
func (w *world) watchAnswer(s *sent, answer *http.Response, body []byte) {
	if answer.StatusCode >= 500 && answer.StatusCode != http.StatusServiceUnavailable {
		w.fail("head office answers %s of %s with %d: %s", s.name(), s.from.name, answer.StatusCode, body)
	}
	if answer.StatusCode == http.StatusBadRequest && !s.spoilt {
		w.fail("head office does not understand %s of %s: %s", s.name(), s.from.name, body)
	}
	if strings.HasSuffix(s.name(), "records") && !s.spoilt {
		w.watchRecords(s, answer, body)
	}
}

func (w *world) watchRecords(s *sent, answer *http.Response, body []byte) {
	box, records, err := w.unpack(s)
	if err != nil || len(records) == 0 {
		w.fail("a batch of %s cannot be read: %v", s.from.name, err)
		return
	}
	key := outboxKey{s.from.store, box}
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusConflict:
		w.say("%s: conflict", s.from.name)
		if !w.ledger.mayConflict[box] {
			w.fail("head office says that box %s of %s is a copy, and it is none", box, s.from.name)
		}
		return
	default:
		return
	}
	var ack wire.Ack
	if err := wire.Unmarshal(body, &ack); err != nil {
		w.fail("an acknowledgement cannot be read: %v", err)
		return
	}
	if durable := w.office.upto[key]; ack.Upto > durable {
		w.fail("head office acknowledges %d of box %s, and has %d", ack.Upto, box, durable)
	}
	w.ledger.sentBy(w, key, records, ack.Upto)
}

func (w *world) unpack(s *sent) (string, []edge.Record, error) {
	data := s.body
	if s.header.Get("Content-Encoding") == wire.Encoding {
		packer, err := wire.NewZstd(1)
		if err != nil {
			return "", nil, err
		}
		if data, err = packer.Unpack(data); err != nil {
			return "", nil, err
		}
	}
	return wire.DecodeRecords(data)
}

// sayPage tells what a machine is told.
func (m *machine) sayPage(page edge.Page) {
	if !m.w.watching {
		return
	}
	for _, c := range page.Changes {
		switch {
		case c.Erasure != nil:
			m.w.say("     %s is told: forget %v, by order %s of %s with %d tombstones, of %v", m.name, c.Erasure.Customers, c.Erasure.ID, c.Erasure.Stamp,
				len(c.Erasure.Tombstones), m.w.buriedOnes(c.Erasure.Tombstones))
		case c.Customer != nil:
			m.w.say("     %s is told: %s is %q, consent %+v, also %v, with %v", m.name, c.Customer.ID, c.Customer.Fields[edge.FieldName].Value,
				c.Customer.Fields[edge.FieldConsent], c.Customer.Also, m.w.ownersOf(c.Customer.Identifiers))
		case c.Fact != nil:
			m.w.say("     %s is told: fact %s of %s", m.name, c.Fact.ID, c.Fact.Customer)
		}
	}
}

// sayRecords tells what a machine tells.
func (m *machine) sayRecords(records []edge.Record) {
	if !m.w.watching {
		return
	}
	for _, r := range records {
		switch {
		case r.Customer != nil:
			m.w.say("     %s tells %d: %s is %q, consent %+v, unlearnt %s, also %v, with %v", m.name, r.Seq, r.Customer.ID, r.Customer.Fields[edge.FieldName].Value,
				r.Customer.Fields[edge.FieldConsent], r.Customer.Unlearnt, r.Customer.Also, m.w.ownersOf(r.Customer.Identifiers))
		case r.Fact != nil:
			m.w.say("     %s tells %d: fact %s of %s, gone %v, learnt %s", m.name, r.Seq, r.Fact.ID, r.Fact.Customer, r.Fact.Gone, r.Fact.Learnt())
		default:
			m.w.say("     %s tells %d: %s", m.name, r.Seq, r.Kind)
		}
	}
}

// hashes calls f for every hash that hides an identifier of somebody in the world, with what it hides.
func (w *world) hashes(f func(whose string, h seal.Hash)) {
	for _, p := range w.people {
		for n, id := range p.everything() {
			whose := fmt.Sprintf("%s.%s%d", p.name(), id.Kind, n)
			for _, box := range append([]*machine{{seal: w.office.seal}}, w.boxes...) {
				for _, h := range append(box.seal.Hashes(id), box.seal.HashesEverywhere(id)...) {
					f(whose, h)
				}
			}
		}
	}
}

// ownersOf tells what hashes hide.
func (w *world) ownersOf(ids []edge.IdentifierHash) []string {
	var out []string
	w.hashes(func(whose string, h seal.Hash) {
		for _, id := range ids {
			if string(id.Sum) == string(h.Sum[:]) {
				out = append(out, fmt.Sprintf("%s by key %d", whose, h.Key))
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// buriedOnes tells of what there are tombstones.
func (w *world) buriedOnes(tombstones [][]byte) []string {
	var out []string
	w.hashes(func(whose string, h seal.Hash) {
		t := w.office.seal.TombstoneOf(h)
		if slices.ContainsFunc(tombstones, func(each []byte) bool { return string(each) == string(t[:]) }) {
			out = append(out, fmt.Sprintf("%s by key %d", whose, h.Key))
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}
