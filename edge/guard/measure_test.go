// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"redbench/edge/guard"
)

// issued is how the planted numbers are drawn: issuers evenly, their lengths as they are issued. The 12- and 13-digit
// ones are rare, but there.
var issued = map[string][]struct {
	prefix string
	length int
}{
	"visa":       {{"4", 16}, {"4", 16}, {"4", 16}, {"4", 16}, {"4", 16}, {"4", 16}, {"4", 16}, {"4", 19}, {"4", 19}, {"4", 13}},
	"mastercard": {{"51", 16}, {"52", 16}, {"53", 16}, {"54", 16}, {"55", 16}, {"2221", 16}, {"2500", 16}, {"2720", 16}},
	"amex":       {{"34", 15}, {"37", 15}},
	"discover":   {{"6011", 16}, {"622126", 16}, {"622925", 16}, {"644", 16}, {"649", 16}, {"65", 16}, {"6011", 19}},
	"jcb":        {{"3528", 16}, {"3589", 16}, {"3540", 16}, {"3566", 19}},
	"diners":     {{"300", 14}, {"305", 14}, {"3095", 14}, {"36", 14}, {"38", 14}, {"39", 14}, {"36", 16}},
	"unionpay":   {{"62", 16}, {"62", 17}, {"62", 18}, {"62", 19}, {"8100", 16}, {"8171", 19}},
	"maestro": {{"5018", 16}, {"5020", 16}, {"5038", 16}, {"5893", 16}, {"6304", 16}, {"6759", 16}, {"6761", 16}, {"6762", 16},
		{"6763", 16}, {"5018", 19}, {"6304", 19}, {"6759", 18}, {"6759", 12}, {"6304", 13}, {"6761", 14}, {"5020", 15}, {"6763", 17}},
}

var issuers = []string{"visa", "mastercard", "amex", "discover", "jcb", "diners", "unionpay", "maestro"}

// TestMeasured plants card data everywhere in every disguise, and shows every loyalty format that we know of: at least
// 99.9 % of the one must be caught, at most 0.1 % of the other refused.
func TestMeasured(t *testing.T) {
	const planted, harmless = 200_000, 200_000
	r := rand.New(rand.NewPCG(7, 2026))
	g := guard.New([]string{"600100", "634004", "4929"})

	missed := map[string]int{}
	total := 0
	for range planted {
		issuer := issuers[r.IntN(len(issuers))]
		text := plant(r, cardOf(r, issuer))
		if _, found := g.Find([]byte(text)); !found {
			missed[issuer]++
			if total++; total <= 5 {
				t.Logf("missed: %s", text)
			}
		}
	}
	t.Logf("planted %d, caught %.4f %%, missed by issuer: %v", planted, 100-100*float64(total)/planted, missed)
	if total > planted/1000 {
		t.Errorf("missed %d of %d", total, planted)
	}

	refused := map[string]int{}
	total = 0
	for i := range harmless {
		kind := harmlessKinds[i%len(harmlessKinds)]
		text := kind.make(r)
		if what, found := g.Find([]byte(text)); found {
			refused[kind.name]++
			if total++; total <= 5 {
				t.Logf("refused as %s: %s", what, text)
			}
		}
	}
	t.Logf("harmless %d, refused %.4f %%, by kind: %v", harmless, 100*float64(total)/harmless, refused)
	if total > harmless/1000 {
		t.Errorf("refused %d of %d", total, harmless)
	}
	for name, n := range refused { // nor may one format alone suffer
		if per := harmless / len(harmlessKinds); n > per/200 {
			t.Errorf("refused %d of %d %s", n, per, name)
		}
	}
}

func cardOf(r *rand.Rand, issuer string) string {
	kind := issued[issuer][r.IntN(len(issued[issuer]))]
	number := checked(kind.prefix+digits(r, kind.length-len(kind.prefix)-1), luhnDigit)
	if strings.HasPrefix(number, "4929") { // the test's chain owns it
		return cardOf(r, issuer)
	}
	return number
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func checked(body string, digit func(string) int) string {
	return body + string(rune('0'+digit(body)))
}

func luhnDigit(body string) int {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return (10 - sum%10) % 10
}

func eanDigit(body string) int {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return (10 - sum%10) % 10
}

// plant hides a number in a payload.
func plant(r *rand.Rand, number string) string {
	switch r.IntN(24) {
	case 20, 21:
		if text, ok := spread(r, number); ok {
			return text
		}
	case 22:
		if len(number) == 16 || number[0] == '3' && len(number) == 15 {
			year, month := 24+r.IntN(10), 1+r.IntN(12)
			return number + []string{fmt.Sprintf("%02d%02d", year, month), fmt.Sprintf("%02d%02d", month, year)}[r.IntN(2)] +
				[]string{"?", "", "201", " "}[r.IntN(4)]
		}
	case 23:
		return []string{"cafe" + number + "cafe00", "ab" + number + "c", "deadbeef" + number}[r.IntN(3)]
	case 0:
		return fmt.Sprintf(`{"data":{"pan":%s,"total_minor":%d}}`, number, r.IntN(10000))
	case 1:
		return fmt.Sprintf(`<RetailTransaction><Tender Type="CreditDebit"><PrimaryAccountNumber>%s</PrimaryAccountNumber></Tender></RetailTransaction>`, disguise(r, number))
	case 2:
		return url.Values{"store": {"0042"}, "card": {disguise(r, number)}, "t": {"1763803800123"}}.Encode()
	case 3:
		return fmt.Sprintf(`{"t":"%%B%s^DOE/JANE^2712101%s?"}`, number, digits(r, 10))
	case 4:
		return fmt.Sprintf(`{"t":";%s=2712101%s?"}`, number, digits(r, 10))
	case 5:
		return disguise(r, number)
	case 6:
		return fmt.Sprintf(`<Tender card="%s"/>`, disguise(r, number))
	case 7:
		inner, _ := json.Marshal(map[string]string{"card": disguise(r, number)})
		outer, _ := json.Marshal(map[string]string{"raw": string(inner)})
		return string(outer)
	}
	field := []string{"identifier", "identifier", "name", "checkout", "cashier", "reason", "id", "note", "sku"}[r.IntN(9)]
	value, _ := json.Marshal(disguise(r, number))
	if r.IntN(4) == 0 {
		value = []byte(strconvEscape(disguise(r, number)))
	}
	return fmt.Sprintf(`{"specversion":"1.0","id":"e-%d","source":"/till/3","type":"redbench.loyalty.presented",`+
		`"time":"2026-11-22T09:30:00Z","data":{"kind":"card","%s":%s,"method":"tap"}}`, r.IntN(1e9), field, value)
}

// spread writes a number in groups that commas, lines or a list's texts part.
func spread(r *rand.Rand, number string) (string, bool) {
	sizes := map[int][]int{14: {4, 6, 4}, 15: {4, 6, 5}, 16: {4, 4, 4, 4}, 19: {4, 4, 4, 4, 3}}[len(number)]
	if sizes == nil {
		return "", false
	}
	var groups []string
	for _, size := range sizes {
		groups = append(groups, number[:size])
		number = number[size:]
	}
	if r.IntN(3) == 0 {
		list, _ := json.Marshal(groups)
		text := `{"data":{"x":` + string(list) + `}}`
		if r.IntN(2) == 0 {
			text = strings.ReplaceAll(text, ",", ", ")
		}
		return text, true
	}
	gaps := []string{",", ":", "|", "*", "'", "\n", "\r\n", "    ", ", ", ";", " | ", "\t\t\t\t", " ,", "','"}
	text := strings.Join(groups, gaps[r.IntN(len(gaps))])
	if r.IntN(2) == 0 {
		value, _ := json.Marshal(text)
		return fmt.Sprintf(`{"data":{"note":%s}}`, value), true
	}
	return text, true
}

// strconvEscape writes every character as a JSON escape.
func strconvEscape(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		if c > 0xffff {
			c -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
			continue
		}
		fmt.Fprintf(&b, `\u%04X`, c)
	}
	return b.String() + `"`
}

var zeros = []rune{'٠', '۰', '०', '০', '๐', '０', '𝟎', '၀', '០', '߀'}

// disguise writes a number as people and machines do, and in other scripts.
func disguise(r *rand.Rand, number string) string {
	if r.IntN(3) == 0 {
		return number
	}
	if r.IntN(3) == 0 {
		zero := zeros[r.IntN(len(zeros))]
		number = strings.Map(func(c rune) rune { return zero + c - '0' }, number)
	}
	separators := []string{" ", "-", ".", "\u00a0", " - ", "\u2009", "\u2011", "–", "/", "\u200b"}
	separator := separators[r.IntN(len(separators))]
	runes := []rune(number)
	sizes := []int{4, 4, 4, 4, 4}
	switch {
	case len(runes) == 15:
		sizes = []int{4, 6, 5}
	case len(runes) == 14 && r.IntN(2) == 0:
		sizes = []int{4, 6, 4}
	case len(runes) == 19 && r.IntN(2) == 0:
		sizes = []int{6, 13}
	case r.IntN(10) == 0:
		sizes = []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	}
	var parts []string
	for _, size := range sizes {
		size = min(size, len(runes))
		if size > 0 {
			parts = append(parts, string(runes[:size]))
		}
		runes = runes[size:]
	}
	return strings.Join(parts, separator)
}

// harmlessKinds are the formats that a till sends all day.
var harmlessKinds = []struct {
	name string
	make func(r *rand.Rand) string
}{
	{"EAN-13 loyalty", func(r *rand.Rand) string {
		return loyalty(checked(digits(r, 12), eanDigit))
	}},
	{"EAN-13 loyalty as a bare scan", func(r *rand.Rand) string {
		return checked(digits(r, 12), eanDigit) + "\r\n"
	}},
	{"13 digits, no issuer's", func(r *rand.Rand) string {
		return loyalty([]string{"0", "1", "2", "3", "7", "8", "9", "60", "61"}[r.IntN(9)] + digits(r, 11) + digits(r, 1))
	}},
	{"16 digits, no issuer's", func(r *rand.Rand) string {
		return loyalty(checked([]string{"0", "1", "20", "29", "31", "33", "59", "60000", "61", "66", "7", "80", "9"}[r.IntN(13)]+digits(r, 10)+"1234", luhnDigit)[:16])
	}},
	{"16 digits of the chain's, in Visa's range", func(r *rand.Rand) string {
		return loyalty(checked("4929"+digits(r, 11), luhnDigit))
	}},
	{"18 digits of the chain's, in Maestro's range", func(r *rand.Rand) string {
		return loyalty(checked("634004"+digits(r, 11), luhnDigit))
	}},
	{"19 digits, no issuer's", func(r *rand.Rand) string {
		return loyalty(checked([]string{"1", "2", "31", "7", "82", "9", "9826"}[r.IntN(7)]+digits(r, 18), luhnDigit)[:19])
	}},
	{"phone", func(r *rand.Rand) string {
		country := []string{"39", "49", "44", "33", "34", "43", "41", "1", "57", "58", "501", "63"}[r.IntN(12)]
		number := country + digits(r, 12-len(country)+r.IntN(2))
		if r.IntN(2) == 0 {
			number = "+" + number
		}
		return fmt.Sprintf(`{"data":{"identifier":"%s","kind":"phone"}}`, number)
	}},
	{"UUID", func(r *rand.Rand) string {
		return fmt.Sprintf(`{"id":"%08x-%04x-%04x-%04x-%012x"}`, r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Int64N(1<<48))
	}},
	{"trace id", func(r *rand.Rand) string {
		return fmt.Sprintf(`{"id":"%016x%016x"}`, r.Uint64(), r.Uint64())
	}},
	{"time stamps", func(r *rand.Rand) string {
		at := time.Unix(1_600_000_000+r.Int64N(400_000_000), r.Int64N(1e9)).UTC()
		return fmt.Sprintf(`{"time":"%s","ms":%d,"us":%d,"ns":%d,"at":"%s"}`, at.Format(time.RFC3339Nano), at.UnixMilli(),
			at.UnixMicro(), at.UnixNano(), at.Format("02.01.2006 15.04.05"))
	}},
	{"barcodes", func(r *rand.Rand) string {
		return fmt.Sprintf(`{"items":[{"sku":"%s","name":"Caffè 250 g","quantity":%v,"amount_minor":%d},{"sku":"%s"},{"sku":"%s"}]}`,
			checked(digits(r, 12), eanDigit), r.Float64()*3, r.IntN(100000), checked(digits(r, 7), eanDigit), checked(digits(r, 11), eanDigit))
	}},
	{"amounts", func(r *rand.Rand) string {
		return fmt.Sprintf(`{"total_minor":%d,"quantity":%v,"weights":[%v,%v],"text":"%d.%02d %d.%02d %d.%02d"}`, r.IntN(1e7), r.Float64(),
			r.Float64()*10, r.Float32(), r.IntN(100), r.IntN(100), r.IntN(100), r.IntN(100), r.IntN(100), r.IntN(100))
	}},
	{"lists of amounts", func(r *rand.Rand) string {
		amounts := make([]int, 1+r.IntN(12))
		for i := range amounts {
			amounts[i] = int(50 * math.Exp(r.Float64()*6))
		}
		list, _ := json.Marshal(map[string]any{"amounts": amounts})
		return string(list)
	}},
	{"20 digits", func(r *rand.Rand) string { return loyalty(digits(r, 20)) }},
	{"ids in hexadecimal", func(r *rand.Rand) string {
		id := fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
		return fmt.Sprintf(`{"id":"%s"}`, id[:[]int{24, 32, 40, 56, 64, 16, 12, 8}[r.IntN(8)]])
	}},
	{"checkout ids", func(r *rand.Rand) string {
		return fmt.Sprintf(`{"checkout":"2026-11-22-%04d-%06d","id":"till3-%d"}`, r.IntN(1e4), r.IntN(1e6), 1e15+r.Int64N(1e12))
	}},
}

func loyalty(number string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"01JD9","source":"/till/3","type":"redbench.loyalty.presented",`+
		`"time":"2026-11-22T09:30:00Z","data":{"identifier":"%s","kind":"card","method":"scan"}}`, number)
}
