// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redbench/edge/guard"
)

func TestFind(t *testing.T) {
	g := guard.New([]string{"634004", "4929 88"})
	for _, test := range []struct {
		name string
		text string
		want string
	}{
		{"nothing", `{"id":"01JD9","data":{}}`, ""},
		{"empty", ``, ""},
		{"visa", `{"data":{"identifier":"4111111111111111"}}`, "card-number"},
		{"as a JSON number", `{"data":{"pan":4111111111111111}}`, "card-number"},
		{"as a float", `{"pan":4.111111111111111e15}`, "card-number"},
		{"with spaces", `paid with 4111 1111 1111 1111, thanks`, "card-number"},
		{"with dashes", `4111-1111-1111-1111`, "card-number"},
		{"with dots", `4111.1111.1111.1111`, "card-number"},
		{"with dashes and spaces around", `4111 - 1111 - 1111 - 1111`, "card-number"},
		{"with non-breaking spaces", "4111\u00a01111\u00a01111\u00a01111", "card-number"},
		{"with zero-width spaces", "4111\u200b1111\u200b1111\u200b1111", "card-number"},
		{"each digit apart", `4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1`, "card-number"},
		{"with its expiry", `4111 1111 1111 1111 12/27 123`, "card-number"},
		{"amex as printed", `3782 822463 10005`, "card-number"},
		{"padded with zeros", `0004111111111111111`, "card-number"},
		{"between letters", `PAN4111111111111111EXP`, "card-number"},
		{"Arabic-Indic digits", "٤١١١١١١١١١١١١١١١", "card-number"},
		{"full-width digits", "４１１１ １１１１ １１１１ １１１１", "card-number"},
		{"Devanagari and ASCII mixed", "४111१111१111१111", "card-number"},
		{"mathematical digits", "𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏", "card-number"},
		{"JSON escapes", `"\u0034\u0031\u0031111\u003111111111\u0031"`, "card-number"},
		{"escapes in escapes", `"{\"a\":\"\\u0034111111111111111\"}"`, "card-number"},
		{"escaped slashes", `"4111\/1111\/1111\/1111"`, "card-number"},
		{"a form", `pan=4111+1111+1111+1111&x=1`, "card-number"},
		{"an escaped form", `pan=4111%201111%201111%201111`, "card-number"},
		{"XML", `<Tender><Account>4111111111111111</Account></Tender>`, "card-number"},
		{"XML entities", `<A>&#52;111111111111111</A>`, "card-number"},
		{"UTF-16", strings.Join(strings.Split("<A>4111111111111111</A>", ""), "\x00"), "card-number"},
		{"track 1", `%B4111111111111111^DOE/JANE^27121010000000000000?`, "track-data"},
		{"track 2", `;4111111111111111=27121010000000000000?`, "track-data"},
		{"track 2, bare", `4111111111111111D27121010000000000000F`, "track-data"},
		{"track 2 in JSON with an escaped =", `{"t":"4111111111111111\u003d27121010000"}`, "track-data"},
		{"track 1 in a form", `t=%25B4111111111111111%5EDOE%2FJANE%5E27121010000`, "track-data"},
		{"track of a number that fails Luhn", `;4111111111111112=2712101?`, "track-data"},
		{"with commas", `4111,1111,1111,1111`, "card-number"},
		{"with colons", `4111:1111:1111:1111`, "card-number"},
		{"with bars", `a|4111|1111|1111|1111|b`, "card-number"},
		{"with asterisks", `4111*1111*1111*1111`, "card-number"},
		{"with apostrophes", `4111'1111'1111'1111`, "card-number"},
		{"on four lines", "4111\r\n1111\r\n1111\r\n1111", "card-number"},
		{"on four lines in JSON", `"4111\n1111\n1111\n1111"`, "card-number"},
		{"with wide gaps", `4111    1111    1111    1111`, "card-number"},
		{"as a list of texts", `{"pan":["4111","1111","1111","1111"]}`, "card-number"},
		{"as a list of texts with spaces", `["4111", "1111", "1111", "1111"]`, "card-number"},
		{"as a list of texts in a text", `"[\"4111\",\"1111\",\"1111\",\"1111\"]"`, "card-number"},
		{"as a list of numbers", `[4111,1111,1111,1111]`, "card-number"},
		{"nineteen digits as a list", `["4000","0000","0000","0000","006"]`, "card-number"},
		{"amex with commas", `3782,822463,10005`, "card-number"},
		{"diners as a list", `["3056","930902","5904"]`, "card-number"},
		{"groups of another script with commas", `４１１１,１１１１,１１１１,１１１１`, "card-number"},
		{"in a row of other columns", `2026,4111,1111,1111,1111,12,27`, ""}, // a fifth group of four: it reads like amounts
		{"behind a column of another size", `77,4111,1111,1111,1111,12,27`, "card-number"},
		{"glued to its expiry", `41111111111111111225?`, "card-number"},
		{"glued to its expiry, year first", `x41111111111111112512x`, "card-number"},
		{"glued to expiry and service code", `41111111111111112512101`, "card-number"},
		{"amex glued to its expiry", `3782822463100051225`, "card-number"},
		{"between hexadecimal letters", `cafe4111111111111111cafe00`, "card-number"},
		{"hexadecimal letters on one side", `4111111111111111abcdefab`, "card-number"},
		{"a telephone's tag far away", `<phone ` + strings.Repeat(" ", 300) + `>4000000000006`, "card-number"},
		{"a telephone's kind far away", `{"identifier":"4000000000014",` + strings.Repeat(" ", 300) + `"kind":"phone"}`, "card-number"},

		{"glued to what is no expiry", `41111111111111111399 41111111111111119912`, ""},
		{"a row of amounts", `[4111,1111,1111,1111,1111]`, ""},
		{"groups with different gaps", `4111,1111:1111,1111`, ""},
		{"SHA-256", `4111111111111111aaaabbbbccccddddeeeeffff000011112222333344445555`, ""},
		{"wrong check digit", `4111111111111112`, ""},
		{"the contract's card", `{"identifier":"6001002003004","kind":"card"}`, ""},
		{"configured prefix", `{"identifier":"634004000000000004"}`, ""},
		{"configured prefix in an issuer's range", `4929881234567890 4929880000000006`, ""},
		{"track of a loyalty card", `;634004000000000004=2712101?`, ""},
		{"barcode as sku", `{"sku":"4006381333900"}`, ""},
		{"phone", `{"identifier":"4915112345672","kind":"phone"}`, ""},
		{"phone, international", `+4915112345672`, ""},
		{"long fraction", `{"quantity":0.30000000000000004,"q":3.6000000000000005}`, ""},
		{"prices in a row", `4.99 12.50 3.75 22.10 9.99 10.00`, ""},
		{"UUID of digits", `"41111111-1111-4111-8111-411111111111"`, ""},
		{"hexadecimal digest", `"aabbccddee4111111111111111ffaabb"`, ""},
		{"time stamps", `"2026-11-22T09:30:00.123456789Z" 1763803800123 1763803800123456 1763803800123456789`, ""},
		{"a number that is too long", `4111111111111111111111111111`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			what, found := g.Find([]byte(test.text))
			if what != test.want || found != (test.want != "") {
				t.Errorf("Find(%q) = %q, %v; want %q", test.text, what, found, test.want)
			}
		})
	}
}

// TestHostileTextIsReadOnce: what stands around a number must not be read anew for each of them. Thirty-two times the
// text would then cost a thousand times as much. The limit lies far from both, since a busy machine measures badly.
func TestHostileTextIsReadOnce(t *testing.T) {
	g := guard.New(nil)
	for name, make := range map[string]func(n int) string{
		"blanks before":       func(n int) string { return strings.Repeat(" ", n/2) + strings.Repeat(`"ean":"4000000000006",`, n/44) },
		"identifiers":         func(n int) string { return strings.Repeat(`"identifier":"4000000000006",`, n/29) },
		"groups without end":  func(n int) string { return strings.Repeat("4111,", n/5) },
		"groups far apart":    func(n int) string { return strings.Repeat("4111"+strings.Repeat(",", 60), n/64) },
		"one digit at a time": func(n int) string { return strings.Repeat("4 ", n/2) },
	} {
		small, large := cost(t, g, make(4<<10)), cost(t, g, make(128<<10))
		if ratio := float64(large) / float64(small); ratio > 200 {
			t.Errorf("%s: thirty-two times the text costs %.0f times as much", name, ratio)
		}
	}
}

// cost is the shortest of some runs over a text with nothing in it.
func cost(t *testing.T, g *guard.Guard, text string) time.Duration {
	t.Helper()
	best := time.Hour
	for range 7 {
		start := time.Now()
		_, found := g.Find([]byte(text))
		best = min(best, time.Since(start))
		if found { // and the rest was not read
			t.Fatalf("found something in %.60s", text)
		}
	}
	return best
}

// payload is an ordinary tap of about 300 bytes.
const payload = `{"specversion":"1.0","id":"01JD9ZK4M7Q2W8E5R1T6Y3U0PA","source":"/till/3","type":"redbench.loyalty.presented",` +
	`"time":"2026-11-22T09:30:00.123Z","datacontenttype":"application/json","data":{"identifier":"6001002003004",` +
	`"kind":"card","method":"tap","checkout":"2026-11-22-0003-000417"}}`

func BenchmarkFind(b *testing.B) {
	g := guard.New([]string{"600100"})
	items := fmt.Sprintf(`{"items":[%s]}`, strings.TrimSuffix(strings.Repeat(
		`{"sku":"4006381333931","name":"Caffè Latte 250 ml","quantity":1,"amount_minor":189},`, 40), ","))
	for _, test := range []struct{ name, text string }{
		{"tap", payload}, {"escaped tap", strings.ReplaceAll(payload, "/", `\/`)}, {"forty items", items},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(test.text)))
			for b.Loop() {
				if what, found := g.Find([]byte(test.text)); found {
					b.Fatal(what)
				}
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte(payload))
	f.Add([]byte(`;4111111111111111=27121010000000000000?`))
	f.Add([]byte(`\u003\ud83d\u0034%4%zz&#52;&`))
	f.Add([]byte("٤١١١ - １１１１"))
	g := guard.New([]string{"600100"})
	f.Fuzz(func(t *testing.T, text []byte) {
		_, before := g.Find(text)
		_, after := g.Find(append(append([]byte{}, text...), " 4111 1111 1111 1111 "...))
		if before && !after {
			t.Errorf("a card more hides the one before it in %q", text)
		}
	})
}
