// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"redbench/edge"
	"redbench/edge/exchange"
	"redbench/edge/guard"
	"redbench/sync/hq"
)

func (o *office) importCustomers(csv string) edge.ImportReport {
	o.t.Helper()
	report, err := o.ImportCustomers(o.t.Context(), exchange.Customers(strings.NewReader(csv), exchange.Options{Guard: guard.New(nil)}), edge.ImportOptions{})
	must(o.t, err)
	return report
}

func (o *office) importVisits(csv string) edge.ImportReport {
	o.t.Helper()
	report, err := o.ImportVisits(o.t.Context(), exchange.Visits(strings.NewReader(csv), exchange.Options{}), edge.ImportOptions{})
	must(o.t, err)
	return report
}

func counts(r edge.ImportReport) string {
	return fmt.Sprintf("%d new, %d changed, %d unchanged, %d bad", r.New, r.Changed, r.Unchanged, r.Bad)
}

const customersFile = `customer,identifier,kind,name,language,consent,fact.interest
C1,60011,card,Maya,en,,she rides
C1,60012,card,,,,
,60013,card,Ben,,recognise,he sails
C3,60014,card,Ada,,none,
C4,4111111111111111,card,Eve,,,
`

func TestTheSameRowsMayComeAgain(t *testing.T) {
	o := newOffice(t)
	o.enrolled("harbour")
	first := o.importCustomers(customersFile)
	if got := counts(first); got != "3 new, 1 changed, 0 unchanged, 1 bad" || first.FactsLeftOut != 1 || first.Rows != 5 {
		t.Errorf("first: %s, %+v", got, first)
	}
	mark := o.all()
	again := o.importCustomers(customersFile)
	if got := counts(again); got != "0 new, 0 changed, 4 unchanged, 1 bad" {
		t.Errorf("again: %s", got)
	}
	if after := o.all(); len(after) != len(mark) || after[len(after)-1].Cursor != mark[len(mark)-1].Cursor {
		t.Error("the second run changed something")
	}
	people := o.people()
	names := map[string]edge.CustomerState{}
	for _, p := range people {
		names[p.Fields[edge.FieldName].Value] = p
	}
	if maya := names["Maya"]; len(maya.Identifiers) != 3 || maya.Fields[edge.FieldChain].Value != "C1" || maya.Consent() != edge.ConsentRemember {
		t.Errorf("Maya: %+v", maya)
	}
	if _, is := names["Ada"]; is || len(people) != 3 {
		t.Errorf("%d customers, and a name of one who said no: %v", len(people), is)
	}
	if f := o.only("fact"); len(f) != 1 || f[0].Fact.Fields[edge.FieldPlace].Value != edge.PlaceImport {
		t.Errorf("facts %+v", f)
	}
}

func TestARowStandsBelowWhatAPersonSaid(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	o.importCustomers("customer,identifier,name\nC1,60011,Maja\n")
	c := o.onlyPerson()
	c.Fields.Tell(edge.FieldName, "Maya", b.stamp(), edge.RankCorrected)
	b.tell(told(c)...)
	o.clock.forward(1e9)
	if got := counts(o.importCustomers("customer,identifier,name\nC1,60011,Maja\n")); got != "0 new, 0 changed, 1 unchanged, 0 bad" {
		t.Errorf("the row: %s", got)
	}
	if got := o.onlyPerson().Fields[edge.FieldName].Value; got != "Maya" {
		t.Errorf("she is called %s", got)
	}
	// A store that knew her by her card alone hears of what an import adds.
	o.clock.forward(1e9)
	b.changes()
	o.importCustomers("customer,identifier,language,fact.interest\nC1,60011,de,she sails\n")
	if got := kinds(b.changes()); got != "customer fact" {
		t.Errorf("the store hears %s", got)
	}
}

func TestARowDoesNotBringTheForgottenBack(t *testing.T) {
	o := newOffice(t)
	o.importCustomers("customer,identifier,name\nC1,60011,Maya\n")
	if _, err := o.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "60011"}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"C1,60011,Maya,", ",60011,Maya,", "C1,,Maya,", "C1,60011,Maya,none"} {
		if got := counts(o.importCustomers("customer,identifier,name,consent\n" + row + "\n")); got != "0 new, 0 changed, 0 unchanged, 1 bad" {
			t.Errorf("%s: %s", row, got)
		}
	}
	if len(o.people()) != 0 {
		t.Error("she is back")
	}
	if got := counts(o.importCustomers("customer,identifier,name,consent\nC1,60011,Maya,remember\n")); got != "1 new, 0 changed, 0 unchanged, 0 bad" {
		t.Errorf("with new consent: %s", got)
	}
}

const visitsFile = `identifier,at,checkout,sku,name,quantity,amount_minor,currency
60011,2026-11-01T09:00:00Z,1,4001,Oat milk,1,219,EUR
60011,2026-11-01T09:00:00Z,1,4002,Rye bread,1,349,EUR
60011,2026-11-02T09:00:00Z,1,4001,Oat milk,1,219,EUR
60013,2026-11-02T09:00:00Z,1,4001,Oat milk,1,219,EUR
9,2026-11-02T09:00:00Z,1,4001,Oat milk,1,219,EUR
`

func TestImportedVisits(t *testing.T) {
	o := newOffice(t)
	o.importCustomers(customersFile)
	if got := counts(o.importVisits(visitsFile)); got != "3 new, 0 changed, 0 unchanged, 2 bad" {
		t.Errorf("first: %s", got)
	}
	if got := counts(o.importVisits(visitsFile)); got != "0 new, 0 changed, 3 unchanged, 2 bad" {
		t.Errorf("again: %s", got)
	}
	split := "identifier,at,checkout,sku,amount_minor\n60011,2026-11-01T09:00:00Z,1,4001,219\n"
	if got := counts(o.importVisits(split)); got != "0 new, 0 changed, 0 unchanged, 1 bad" {
		t.Errorf("with other lines: %s", got)
	}
	v := o.only("visit")
	if len(v) != 2 || v[0].Visit.Total != (edge.Money{Minor: 568, Currency: "EUR"}) || v[0].Visit.Customer == "" {
		t.Errorf("visits %+v", v)
	}
}

func TestExportHasEverything(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.chained("Maya", "C1", card(1))
	b.tell(told(maya, b.fact(maya.ID, "she rides"), b.visit(maya.ID, 1), b.visit("", 2), outcome(maya.ID, "p", "seen"),
		edge.Summary{ID: newID(), From: noon, Counts: map[string]int{"visit": 7}, Totals: map[string]int64{"EUR": 900}})...)
	var out bytes.Buffer
	done, err := o.Export(t.Context(), &out)
	must(t, err)
	if done != (hq.Exported{Customers: 1, Facts: 1, Visits: 2, Outcomes: 1, Summaries: 1}) {
		t.Errorf("%+v", done)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		var item hq.FeedItem
		must(t, json.Unmarshal([]byte(line), &item))
		lines = append(lines, item.Kind)
	}
	if got := strings.Join(lines, " "); got != "customer fact visit visit outcome summary" {
		t.Errorf("lines %s", got)
	}
	for _, want := range []string{`"C1"`, "she rides", "Maya", `"EUR":900`, "Oat milk", "harbour"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("without %s", want)
		}
	}
}
