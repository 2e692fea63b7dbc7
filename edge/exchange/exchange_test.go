// SPDX-License-Identifier: Apache-2.0

package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/guard"
)

// fakeGuard finds the word CARD.
type fakeGuard struct{}

func (fakeGuard) Find(text []byte) (string, bool) {
	return "card-number", bytes.Contains(text, []byte("CARD"))
}

type outcome[R any] struct {
	rows []R
	bad  []string
	err  string
}

func gather[R any](rows iter.Seq2[R, error]) (o outcome[R]) {
	for row, err := range rows {
		bad, isBad := errors.AsType[*edge.BadRow](err)
		switch {
		case isBad:
			o.bad = append(o.bad, bad.Error())
		case err != nil:
			o.err = err.Error()
		default:
			o.rows = append(o.rows, row)
		}
	}
	return o
}

func TestCustomers(t *testing.T) {
	in := "\xef\xbb\xbfcustomer,identifier,kind,name,say,consent,since,fact.interest\r\n" +
		"c1,6001,card,\"Mayer, Maya\",MY-uh,remember,2020-05-01,\"says \"\"hi\"\"\"\r\n" +
		"\r\n" +
		",ada@example.org,email,Ada,,,,\n" +
		"c3,,,Bo,,,,"
	got := gather(Customers(strings.NewReader(in), Options{}))
	want := []edge.CustomerRow{
		{Line: 2, Read: int64(strings.Index(in, "\r\n\r\n") + 2), Chain: "c1", Identifier: edge.Identifier{Kind: edge.KindCard, Value: "6001"}, Name: "Mayer, Maya", Say: "MY-uh",
			Consent: edge.ConsentRemember, Since: time.Date(2020, 5, 1, 0, 0, 0, 0, time.UTC), Facts: []edge.FactText{{Kind: edge.FactInterest, Text: `says "hi"`}}},
		{Line: 4, Read: int64(strings.Index(in, "c3")), Identifier: edge.Identifier{Kind: edge.KindEmail, Value: "ada@example.org"}, Name: "Ada"},
		{Line: 5, Read: int64(len(in)), Chain: "c3", Name: "Bo"},
	}
	if diff := cmp.Diff(want, got.rows); diff != "" || got.bad != nil || got.err != "" {
		t.Fatalf("%s %v %s", diff, got.bad, got.err)
	}
}

func TestBadRowsAreNamedAndSkipped(t *testing.T) {
	in := strings.Join([]string{
		"customer,identifier,kind,name,consent,since",
		"c1,,,Good,,",
		"c2,,,Short",
		",,,Nobody,,",
		"c4,,,\"open,,",
		"c5,7,crad,,,",
		"c6,,,,maybe,",
		"c7,,,,,yesterday",
		"c8,,,my CARD is,,",
		"c9,,,\xff,,",
		"c10,,," + strings.Repeat("x", 101) + ",,",
		"c11,,,\"a\"b,,",
		"c12,,,a\x01b,,",
		"c13,,," + strings.Repeat("y", 70_000) + ",,",
		"c14,,,Good too,,",
	}, "\n")
	got := gather(Customers(strings.NewReader(in), Options{Guard: fakeGuard{}}))
	want := []string{
		"line 3: the row has 4 fields, and the header 6",
		"line 4: the row names neither a customer nor an identifier",
		"line 5: a quoted field is not closed before the end of its line",
		"line 6: kind: is not card, phone, email, app or customer",
		"line 7: consent: is not none, recognise or remember",
		"line 8: since: is not a time such as 2026-11-22T09:30:00Z or 2026-11-22",
		"line 9: name: holds what looks like a payment card (card-number)",
		"line 10: name: is not valid UTF-8; save the file as UTF-8",
		"line 11: name: is longer than 100 characters",
		"line 12: a quoted field goes on behind its closing quote",
		"line 13: name: holds a control character",
		"line 14: the line is longer than 65536 bytes",
	}
	if diff := cmp.Diff(want, got.bad); diff != "" || got.err != "" {
		t.Error(diff, got.err)
	}
	if len(got.rows) != 2 || got.rows[1].Name != "Good too" {
		t.Errorf("rows %+v", got.rows)
	}
}

func TestHeaders(t *testing.T) {
	for in, want := range map[string]string{
		"customer,nmae\n":         `reading the header: unknown column "nmae"; did you mean "name"?`,
		"customer,name,customer":  `reading the header: column "customer" stands there twice`,
		"customer,fact.intrest\n": `reading the header: unknown column "fact.intrest"; the kinds of fact are interest, preference, person, date, complaint, praise, promise, avoid, limit, no-chat, no-greeting`,
		"":                        "",
	} {
		if got := gather(Customers(strings.NewReader(in), Options{})); got.err != want {
			t.Errorf("%q gives %q, want %q", in, got.err, want)
		}
	}
	if got := gather(Customers(strings.NewReader("customer,birthday\n"), Options{})); !strings.Contains(got.err, `"birthday"; known are customer, identifier`) {
		t.Errorf("a column that is like none gives %q", got.err)
	}
	got := gather(Customers(strings.NewReader("17,6001,Maya Mayer\n18,6002,Ada\n"), Options{}))
	if !strings.Contains(got.err, "names no known column") || strings.Contains(got.err, "Maya") {
		t.Errorf("a file without header gives %q", got.err)
	}
}

// TestADayStandsFirst: the day of a date is taken out of its text; a day alone is nothing to tell.
func TestADayStandsFirst(t *testing.T) {
	in := "customer,fact.date,fact.promise\nc1,2026-12-24 her wedding,2026-12-24 a cake\nc2,1990-05-12: birthday,\nc3,2026-12-24,\nc4,2026-12-245 x,\nc5,Monday,\n"
	got := gather(Customers(strings.NewReader(in), Options{}))
	var facts []edge.FactText
	for _, r := range got.rows {
		facts = append(facts, r.Facts...)
	}
	want := []edge.FactText{{Kind: edge.FactDate, Text: "her wedding", Date: "2026-12-24"}, {Kind: edge.FactPromise, Text: "2026-12-24 a cake"},
		{Kind: edge.FactDate, Text: "birthday", Date: "1990-05-12"}, {Kind: edge.FactDate, Text: "2026-12-245 x"}, {Kind: edge.FactDate, Text: "Monday"}}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
	if len(got.bad) != 1 || !strings.HasPrefix(got.bad[0], "line 4: fact.date: is a day") {
		t.Errorf("%q", got.bad)
	}
}

func TestJSONLines(t *testing.T) {
	in := `{"customer": 12345678901234567890, "name": "Zoë", "fact.person": "Ada, her daughter", "say": null}
{"customer": "c2", "nmae": "x"}
{"customer": ["c3"]}
nonsense
{"identifier": "+49 30 1234", "kind": "phone"}`
	got := gather(Customers(strings.NewReader(in), Options{}))
	wantBad := []string{
		`line 2: an unknown key, nearest to "name"`,
		`line 3: customer: is neither a string nor a number`,
		`line 4: the line is not a JSON object`,
	}
	if diff := cmp.Diff(wantBad, got.bad); diff != "" {
		t.Error(diff)
	}
	if len(got.rows) != 2 || got.rows[0].Chain != "12345678901234567890" || got.rows[0].Facts[0].Text != "Ada, her daughter" || got.rows[1].Identifier.Kind != edge.KindPhone {
		t.Errorf("rows %+v", got.rows)
	}
}

func TestVisits(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	in := `customer;identifier;at;checkout;sku;name;quantity;amount_minor;currency
c1;;2026-11-22T09:30:00Z;r1;150;Milk;2;199;eur
;6001;2026-11-22;;151;Bread;;;
c1;;2026-11-22 10:00:00;r2;150;Milk;-0.5;-50;EUR
c1;;;r2;150;Milk;1;1;EUR
;;2026-11-22;r3;150;Milk;1;1;EUR
c1;;2026-11-22;r3;;;1;1;EUR
c1;;2026-11-22;r3;1;;much;1;EUR
;6002;2026-11-22;r4;1;Milk;1;1.5;EUR
;6003;2026-11-22;r4;1;Milk;1;1;EURO
;6004;2026-11-22;r5;1;Milk;1;1;EUR`
	got := gather(Visits(strings.NewReader(in), Options{Zone: rome}))
	wantBad := []string{
		"line 5: at: is missing",
		"line 6: the row names neither a customer nor an identifier",
		"line 7: sku: is missing",
		"line 8: quantity: is not a number between -1000000 and 1000000",
		"line 9: amount_minor: is not a whole number of minor units",
		"line 10: currency: is not an ISO 4217 code",
	}
	if diff := cmp.Diff(wantBad, got.bad); diff != "" || got.err != "" {
		t.Error(diff, got.err)
	}
	for i := range got.rows {
		got.rows[i].Read = 0
	}
	day := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC) // midnight in Rome
	want := []edge.VisitRow{
		{Line: 2, Identifier: edge.Identifier{Kind: edge.KindCustomer, Value: "c1"}, At: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Checkout: "r1",
			Item: edge.Item{SKU: "150", Name: "Milk", Quantity: 2, AmountMinor: 199}, Currency: "EUR"},
		{Line: 3, Identifier: edge.Identifier{Kind: edge.KindCard, Value: "6001"}, At: day, Item: edge.Item{SKU: "151", Name: "Bread", Quantity: 1}},
		{Line: 4, Identifier: edge.Identifier{Kind: edge.KindCustomer, Value: "c1"}, At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Checkout: "r2",
			Item: edge.Item{SKU: "150", Name: "Milk", Quantity: -.5, AmountMinor: -50}, Currency: "EUR"},
		// The row before this one ended in the middle; nothing of it may be left over.
		{Line: 11, Identifier: edge.Identifier{Kind: edge.KindCard, Value: "6004"}, At: day, Checkout: "r5",
			Item: edge.Item{SKU: "1", Name: "Milk", Quantity: 1, AmountMinor: 1}, Currency: "EUR"},
	}
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Error(diff)
	}
}

// TestPaymentCardsAreRefused in every field that is kept: a till's guard would refuse them too.
func TestPaymentCardsAreRefused(t *testing.T) {
	const visa, own = "4111111111111111", "6304000000000000"
	o := Options{Guard: guard.New([]string{"6304"})}
	customers := "customer,identifier,kind\n" + visa + ",,\n," + visa + ",\n,4111 1111 1111 1111,app\n," + visa + ",phone\n" +
		"," + own + ",card\n,4915112345017,phone\n,5012345678900,card\nc1,,\n"
	got := gather(Customers(strings.NewReader(customers), o))
	for i, field := range []string{"customer", "identifier", "identifier", "identifier"} {
		want := fmt.Sprintf("line %d: %s: ", i+2, field)
		if len(got.bad) != 4 || !strings.HasPrefix(got.bad[i], want) || !strings.Contains(got.bad[i], "payment card") || strings.Contains(got.bad[i], "4111") {
			t.Errorf("customers: want %q: %q", want, got.bad)
		}
	}
	if len(got.rows) != 4 {
		t.Errorf("customers: %+v", got.rows)
	}
	visits := "customer,identifier,kind,at,checkout,sku\n" + visa + ",,,2026-11-22,r1,1\n," + visa + ",,2026-11-22,r1,1\nc1,,,2026-11-22," + visa + ",1\n" +
		visa + ",,,2026-11-22,r1,1\n," + own + ",,2026-11-22,r1,4111111111111111\n,4915112345017,phone,2026-11-22,r1,1\n"
	seen := gather(Visits(strings.NewReader(visits), o))
	for i, field := range []string{"customer", "identifier", "checkout", "customer"} {
		want := fmt.Sprintf("line %d: %s: ", i+2, field)
		if len(seen.bad) != 4 || !strings.HasPrefix(seen.bad[i], want) || !strings.Contains(seen.bad[i], "payment card") {
			t.Errorf("visits: want %q: %q", want, seen.bad)
		}
	}
	if len(seen.rows) != 2 { // an article's number may look like anything
		t.Errorf("visits: %+v", seen.rows)
	}
}

// TestWhoSaysTheFormatIsBelieved: a damaged first line must not turn JSON lines into CSV.
func TestWhoSaysTheFormatIsBelieved(t *testing.T) {
	in := "oops\n{\"customer\":\"c1\"}\n"
	if got := gather(Customers(strings.NewReader(in), Options{Format: JSONL})); len(got.rows) != 1 || len(got.bad) != 1 {
		t.Errorf("%+v", got)
	}
	if got := gather(Customers(strings.NewReader(in), Options{})); got.err == "" {
		t.Errorf("%+v", got)
	}
	if got := gather(Customers(strings.NewReader("{\"customer\":\"c1\"}\n"), Options{Format: CSV})); got.err == "" {
		t.Errorf("%+v", got)
	}
}

func TestTheLongestLineIsAnOption(t *testing.T) {
	in := "customer,name\nc1," + strings.Repeat("x", 50) + strings.Repeat(" ", 2000) + "\nc2,Ada\n"
	got := gather(Customers(strings.NewReader(in), Options{MaxLine: 1024}))
	if diff := cmp.Diff([]string{"line 2: the line is longer than 1024 bytes"}, got.bad); diff != "" || len(got.rows) != 1 {
		t.Error(diff, got.rows)
	}
}

// TestNothingOfABadRowIsLeft: a row that fails after its customer was read must not lend her to the next.
func TestNothingOfABadRowIsLeft(t *testing.T) {
	in := "customer,identifier,at,sku,quantity\nc1,,never,1,5\n,6001,2026-11-22,1,\n"
	got := gather(Visits(strings.NewReader(in), Options{}))
	if len(got.rows) != 1 || got.rows[0].Identifier.Value != "6001" || got.rows[0].Item.Quantity != 1 {
		t.Fatalf("rows %+v", got.rows)
	}
}

func TestAReadErrorEndsTheRows(t *testing.T) {
	r := io.MultiReader(strings.NewReader("customer,name\nc1,Maya\n"), brokenReader{})
	got := gather(Customers(r, Options{}))
	if len(got.rows) != 1 || !strings.Contains(got.err, "broken") {
		t.Fatalf("%+v", got)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// FuzzSplitCSV compares with the standard library's reader on what both take.
func FuzzSplitCSV(f *testing.F) {
	for _, seed := range []string{"a,b", `"a","b""c",d`, `a"b,c`, `"a`, `"a"b`, ",,", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") || line == "" {
			return
		}
		got, err := splitCSV([]byte(line), ',', nil)
		r := csv.NewReader(strings.NewReader(line))
		want, wantErr := r.Read()
		if wantErr != nil {
			return // it is stricter about bare quotes
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %q (%v), want %q", line, got, err, want)
		}
		for i := range want {
			if string(got[i]) != want[i] {
				t.Fatalf("%q: field %d is %q, want %q", line, i, got[i], want[i])
			}
		}
	})
}

func FuzzCustomers(f *testing.F) {
	f.Add([]byte("customer,name,fact.date\nc1,Maya,2020-01-01\n"))
	f.Add([]byte(`{"customer":"c1","identifier":5,"kind":"phone"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := 0
		for row, err := range Customers(bytes.NewReader(data), Options{Guard: fakeGuard{}}) {
			if err == nil && row.Chain == "" && row.Identifier.Value == "" {
				t.Fatal("a row without a customer")
			}
			if lines++; lines > bytes.Count(data, []byte("\n"))+1 {
				t.Fatal("more rows than lines")
			}
		}
	})
}

func FuzzVisits(f *testing.F) {
	f.Add([]byte("customer,at,sku,quantity\nc1,2020-01-01,1,2\n"))
	f.Add([]byte(`{"customer":"c1","at":"2020-01-01T00:00:00Z","sku":"1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for row, err := range Visits(bytes.NewReader(data), Options{Guard: fakeGuard{}}) {
			if err == nil && (row.Identifier.Value == "" || row.At.IsZero()) {
				t.Fatalf("an incomplete row: %+v", row)
			}
		}
	})
}
