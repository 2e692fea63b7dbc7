// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
)

// What there can be, for properties.

func ids() *rapid.Generator[string] { return rapid.StringMatching(`[0-9a-f-]{1,36}`) }

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC()
	})
}

func stamps() *rapid.Generator[edge.Stamp] {
	return rapid.Custom(func(t *rapid.T) edge.Stamp {
		return edge.Stamp{Wall: rapid.Int64Range(0, 1<<50).Draw(t, "wall"), Count: rapid.Uint32().Draw(t, "count"), Origin: ids().Draw(t, "origin")}
	})
}

func allFields(t *rapid.T) edge.Fields {
	return rapid.MapOfN(rapid.SampledFrom([]string{edge.FieldName, edge.FieldConsent, edge.FieldText, edge.FieldHeld}), rapid.Custom(func(t *rapid.T) edge.Register {
		return edge.Register{Value: rapid.String().Draw(t, "value"), At: stamps().Draw(t, "at"),
			Rank: rapid.SampledFrom([]edge.Rank{edge.RankGuess, edge.RankTold, edge.RankCorrected}).Draw(t, "rank")}
	}), 1, 4).Draw(t, "fields")
}

func hashes(t *rapid.T) (list []edge.IdentifierHash) {
	for range rapid.IntRange(0, 3).Draw(t, "identifiers") {
		list = append(list, edge.IdentifierHash{Key: rapid.Uint32().Draw(t, "key"), Kind: edge.KindCard,
			Sum: rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "sum")})
	}
	return list
}

func customer(t *rapid.T) edge.CustomerState {
	return edge.CustomerState{ID: ids().Draw(t, "id"), Identifiers: hashes(t), Fields: allFields(t), Unlearnt: stamps().Draw(t, "unlearnt")}
}

func fact(t *rapid.T) edge.FactState {
	f := edge.FactState{ID: ids().Draw(t, "id"), Customer: ids().Draw(t, "customer"), Kind: rapid.SampledFrom(edge.FactKinds).Draw(t, "kind")}
	if f.Gone = rapid.Bool().Draw(t, "gone"); !f.Gone {
		f.Fields = allFields(t)
	}
	return f
}

func visit(t *rapid.T) edge.VisitState {
	v := edge.VisitState{ID: ids().Draw(t, "id"), At: times().Draw(t, "at"), Lane: rapid.String().Draw(t, "lane"),
		Total: edge.Money{Minor: rapid.Int64().Draw(t, "minor"), Currency: "EUR"}}
	for range rapid.IntRange(0, 5).Draw(t, "items") {
		v.Items = append(v.Items, edge.Item{SKU: rapid.String().Draw(t, "sku"), Name: rapid.String().Draw(t, "name"),
			Quantity: rapid.Float64Range(-1e6, 1e6).Draw(t, "quantity"), AmountMinor: rapid.Int64().Draw(t, "amount")})
	}
	return v
}

func record(t *rapid.T, r *edge.Record) {
	switch r.Kind {
	case edge.RecordCustomer:
		c := customer(t)
		r.Customer = &c
	case edge.RecordFact:
		f := fact(t)
		r.Fact = &f
	case edge.RecordVisit:
		v := visit(t)
		r.Visit = &v
	case edge.RecordOutcome:
		r.Outcome = &edge.OutcomeState{ID: ids().Draw(t, "id"), Prompt: ids().Draw(t, "prompt"), Kind: "seen", Line: rapid.String().Draw(t, "line"), At: times().Draw(t, "at")}
	case edge.RecordSummary:
		r.Summary = &edge.Summary{ID: ids().Draw(t, "id"), From: times().Draw(t, "from"), To: times().Draw(t, "to"), Counts: map[string]int{"visit": rapid.Int().Draw(t, "n")}}
	}
}

func records() *rapid.Generator[[]edge.Record] {
	kinds := []edge.RecordKind{edge.RecordCustomer, edge.RecordFact, edge.RecordVisit, edge.RecordOutcome, edge.RecordSummary, edge.RecordVoid}
	return rapid.Custom(func(t *rapid.T) (list []edge.Record) {
		last := rapid.Uint64Range(0, 1<<52).Draw(t, "last")
		for range rapid.IntRange(1, 6).Draw(t, "records") {
			r := edge.Record{Prev: last, ID: ids().Draw(t, "id"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: times().Draw(t, "at")}
			r.Seq = last + rapid.Uint64Range(1, 3).Draw(t, "step")
			record(t, &r)
			last = r.Seq
			list = append(list, r)
		}
		return list
	})
}

func page(t *rapid.T) edge.Page {
	p := edge.Page{Cursor: rapid.StringN(0, 50, 200).Draw(t, "cursor"), More: rapid.Bool().Draw(t, "more")}
	for range rapid.IntRange(0, 5).Draw(t, "changes") {
		p.Changes = append(p.Changes, change(t))
	}
	return p
}

func change(t *rapid.T) edge.Change {
	key := rapid.SliceOfN(rapid.Byte(), 32, 32)
	switch kind := rapid.SampledFrom([]edge.ChangeKind{edge.ChangeErasure, edge.ChangeKeys, edge.ChangeCustomer, edge.ChangeFact, edge.ChangePlaybook, edge.ChangeSettings}).Draw(t, "kind"); kind {
	case edge.ChangeErasure:
		return edge.Change{Kind: kind, Erasure: &edge.Erasure{ID: ids().Draw(t, "id"), At: times().Draw(t, "at"), Stamp: stamps().Draw(t, "stamp"), Tombstones: [][]byte{key.Draw(t, "tombstone")}}}
	case edge.ChangeKeys:
		return edge.Change{Kind: kind, Keys: &edge.ChainKeys{Identifiers: []edge.Key{{ID: 7, Key: key.Draw(t, "key")}}, Tombstone: key.Draw(t, "tombstone"), Playbook: key.Draw(t, "playbook")}}
	case edge.ChangeCustomer:
		c := customer(t)
		out := edge.Change{Kind: kind, Customer: &c}
		for range rapid.IntRange(0, 3).Draw(t, "visits") {
			out.Visits = append(out.Visits, visit(t))
		}
		return out
	case edge.ChangeFact:
		f := fact(t)
		return edge.Change{Kind: kind, Fact: &f}
	case edge.ChangePlaybook:
		return edge.Change{Kind: kind, Playbook: &edge.Published{Version: rapid.Int().Draw(t, "version"), Body: key.Draw(t, "body"), Signature: key.Draw(t, "signature")}}
	default:
		return edge.Change{Kind: kind, Settings: &edge.Settings{Version: rapid.Int().Draw(t, "version"), Silent: rapid.Bool().Draw(t, "silent")}}
	}
}
