// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/exchange"
)

// exportBoth writes what a store knows to a file of customers and one of visits.
func exportBoth(t *testing.T, s *Store, format exchange.Format) (customers, visits string, report [2]edge.ExportReport) {
	t.Helper()
	var out [2]strings.Builder
	c, err := exchange.NewCustomersWriter(&out[0], format)
	if err != nil {
		t.Fatal(err)
	}
	v, err := exchange.NewVisitsWriter(&out[1], format)
	if err != nil {
		t.Fatal(err)
	}
	if report[0], err = s.ExportCustomers(t.Context(), c.Customer, nil); err != nil {
		t.Fatal(err)
	}
	if report[1], err = s.ExportVisits(t.Context(), v.Visit, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	return out[0].String(), out[1].String(), report
}

func readBack(t *testing.T, s *Store, customers, visits string) (report [2]edge.ImportReport) {
	t.Helper()
	report[0] = importCustomers(t, s, customers)
	var err error
	if report[1], err = s.ImportVisits(t.Context(), exchange.Visits(strings.NewReader(visits), exchange.Options{}), edge.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	return report
}

// TestAnExportIsTakenBack and changes nothing; in another store it makes the same, which is exported alike. Consent that was
// assumed is not written as her word.
func TestAnExportIsTakenBack(t *testing.T) {
	for _, format := range []exchange.Format{exchange.CSV, exchange.JSONL} {
		t.Run(string(format), func(t *testing.T) {
			s := openStore(t, t.TempDir())
			var file strings.Builder
			file.WriteString("customer,identifier,name,say,consent,since,fact.interest,fact.date,fact.no-chat\n")
			file.WriteString("c0,60010,\"Maya, \"\"M\"\"\",MY-uh,remember,2020-05-01,sailing,2026-12-24 her wedding,\nc0,,,,,,chess,,\n")
			for i := 1; i < 1200; i++ { // several pages
				fmt.Fprintf(&file, "c%d,6001%d,Nr %d,,%s,,,,\n", i, i, i, []string{"", "recognise", "none"}[i%3])
			}
			importCustomers(t, s, file.String())
			now := s.opt.Now()
			ref := profile(t, s, "60010").Customer.Ref
			for text, change := range map[string]func(*edge.Fact){
				"closed": func(f *edge.Fact) { f.Closed = now }, "private": func(f *edge.Fact) { f.Private = true },
				"for a time": func(f *edge.Fact) { f.Until = now.Add(time.Hour) }, "": func(f *edge.Fact) { f.Kind = edge.FactNoChat },
			} {
				f := edge.Fact{ID: newID(), Customer: ref, Kind: edge.FactPerson, Text: text, ToldTo: "Jo", At: now}
				change(&f)
				commit(t, s, edge.Entry{Fact: &f})
			}
			for i := range 30 {
				buys(t, s, ref, "1", now.Add(time.Duration(i-60)*time.Hour), "quince", "milk")
			}
			customers, visits, report := exportBoth(t, s, format)
			if report[0].Customers != 1200 || report[0].LeftOut != 3 || report[1].Visits != 30 || report[1].Rows != 60 {
				t.Errorf("%+v", report)
			}
			for _, not := range []string{"closed", "private", "for a time"} {
				if strings.Contains(customers, not) {
					t.Errorf("%q is in it", not)
				}
			}
			if !strings.Contains(customers, "yes") {
				t.Error("that no chat is wanted is not in it")
			}
			if n := strings.Count(customers, "remember"); n != 1 {
				t.Errorf("%d customers are said to have agreed to be remembered", n)
			}
			back := readBack(t, s, customers, visits)
			if back[0].Unchanged != back[0].Rows || back[0].Rows < 1201 || back[1].Unchanged != 60 || back[1].Rows != 60 {
				t.Errorf("read back: %+v", back)
			}
			other := openStore(t, t.TempDir())
			readBack(t, other, customers, visits)
			again, visitsAgain, _ := exportBoth(t, other, format)
			if sorted(again) != sorted(customers) || sorted(visitsAgain) != sorted(visits) {
				t.Errorf("another store writes %d and %d bytes; this one %d and %d", len(again), len(visitsAgain), len(customers), len(visits))
			}
		})
	}
}

func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestWhoHasNoIDIsCounted: her row names her to nobody, and reading it back says so.
func TestWhoHasNoIDIsCounted(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Maya\n,6002,Ada\n")
	buys(t, s, profile(t, s, "6002").Customer.Ref, "1", s.opt.Now().Add(-time.Hour), "milk")
	customers, visits, report := exportBoth(t, s, exchange.CSV)
	if report[0].Nameless != 1 || report[1].Nameless != 1 || strings.Contains(customers+visits, "6002") {
		t.Errorf("%+v\n%s\n%s", report, customers, visits)
	}
	if back := readBack(t, s, customers, visits); back[0].Bad != 1 || back[0].Unchanged != 1 || back[1].Bad != 1 {
		t.Errorf("%+v", back)
	}
}

// TestAnExportIsOfItsBeginning: who comes while it is written is not in it, and who is forgotten is in no later page.
func TestAnExportIsOfItsBeginning(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Maya\nc2,6002,Ada\n")
	var got []string
	_, err := s.ExportCustomers(t.Context(), func(r edge.CustomerRow) error {
		importCustomers(t, s, "customer,identifier,name\nc3,6003,Late\n")
		got = append(got, r.Chain)
		return nil
	}, nil)
	slices.Sort(got)
	if err != nil || strings.Join(got, " ") != "c1 c2" {
		t.Errorf("%q, %v", got, err)
	}
}
