// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"redbench/edge"
)

// Of an imported fact nobody knows who was told: the line says only what she told, and the reason since when it is there.
func TestWhatWasImportedIsNotTold(t *testing.T) {
	p := Default()
	for tag, want := range map[string][2]string{
		"en": {"On record since yesterday", "On record for 3 months"}, "es": {"Anotado desde ayer", "Anotado desde hace 3 meses"},
		"fr": {"Noté depuis hier", "Noté depuis 3 mois"}, "de": {"Seit gestern vermerkt", "Seit 3 Monaten vermerkt"},
		"it": {"Annotato da ieri", "Annotato da 3 mesi"},
	} {
		for i, days := range []int{1, 90} {
			fact := told("f", edge.FactPerson, "Ada started nursery", 0)
			fact.At, fact.ToldTo, fact.Place = morning.AddDate(0, 0, -days), "", edge.PlaceImport
			in := maya().with(fact)
			in.Language = tag
			if got := p.Choose(in).Prompt.Remember; text(got) != "Ada started nursery" || got.Why != want[i] {
				t.Errorf("%s: %+v, want %q", tag, got, want[i])
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		for i := range in.Profile.Facts {
			in.Profile.Facts[i].ToldTo, in.Profile.Facts[i].Place = "", edge.PlaceImport
		}
		for _, each := range texts(p.Choose(in).Prompt) {
			if strings.Contains(strings.ToLower(each), "import") {
				t.Fatalf("%q", each)
			}
		}
	})
}

func TestWhoWasTold(t *testing.T) {
	p := Default()
	for _, test := range []struct{ who, place, want string }{
		{"Jo", "Harbour Bakery", "Likes figs (told to Jo at Harbour Bakery)"}, {"Jo", "", "Likes figs (told to Jo)"},
		{"", "Harbour Bakery", "Likes figs (told at Harbour Bakery)"}, {"", "", "Likes figs"}, {"4711", "", "Likes figs"},
		{"c-17", "", "Likes figs"}, {"c-17", "Harbour Bakery", "Likes figs (told at Harbour Bakery)"}, {"c-١٧", "", "Likes figs"},
		{"Jo", edge.PlaceImport, "Likes figs (told to Jo)"}, {"4711", "harbour · 3", "Likes figs (told at harbour)"},
	} {
		fact := told("f", edge.FactInterest, "Likes figs", day)
		fact.ToldTo, fact.Place = test.who, test.place
		if got := text(p.Choose(maya().with(fact)).Prompt.Remember); got != test.want {
			t.Errorf("%q at %q: %q, want %q", test.who, test.place, got, test.want)
		}
	}
}

// A quick choice like "First name" names the thing itself: the line must not read as advice to do it.
func TestWhatToAvoidReadsAsSuch(t *testing.T) {
	p := Default()
	for tag, want := range map[string]string{
		"en": "Please avoid: The delivery", "es": "Mejor evitar: The delivery", "fr": "À éviter : The delivery",
		"de": "Bitte vermeiden: The delivery", "it": "Meglio evitare: The delivery",
	} {
		in := maya().with(told("a", edge.FactAvoid, "The delivery.", day))
		in.Language = tag
		if got := text(p.Choose(in).Prompt.Avoid); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

// No line takes more than two lines of an ordinary screen, and where its source is left off, the reason has it.
func TestALineFitsTheScreen(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		in.Profile.Customer.Consent = edge.ConsentRemember
		for i := range in.Profile.Facts {
			in.Profile.Facts[i].Text = strings.Repeat("Tells of it ", rapid.IntRange(1, 20).Draw(t, "long"))
		}
		for name, each := range p.Choose(in).Prompt.Lines() {
			n := utf8.RuneCountInString(each.Text)
			if n > twoLines || n > glance && strings.Contains(each.Text, "harbour") {
				t.Fatalf("%s has %d characters: %q", name, n, each.Text)
			}
			if each.Fact != "" && !strings.Contains(each.Why, "harbour") { // rule 5: every line knows where it was learned
				t.Fatalf("%s: why %q does not tell where", each.Rule, each.Why)
			}
		}
	})
}

// A thing and a wish read aloud as one, and name nothing twice.
func TestAThingAndAWishAreOne(t *testing.T) {
	p := Default()
	for _, test := range []struct{ tag, thing, wish, want string }{
		{"en", "Oat flat white", "No lid on the coffee", "Oat flat white, no lid on the coffee"},
		{"en", "Rye loaf", "Rye loaf sliced thick", "Rye loaf, sliced thick"}, {"en", "RYE LOAF", "rye loaf: sliced thick.", "Rye Loaf, sliced thick"},
		{"en", "Masala chai", "Chai not too sweet", "Masala chai, not too sweet"}, {"en", "Pretzel", "Well salted", "Pretzel, well salted"},
		{"en", "Oat flat white", "Oat drink never soya", "Oat flat white, oat drink never soya"},
		{"en", "Butter croissant", "Butter on the side", "Butter croissant, butter on the side"},
		{"en", "Latte", "Extra shot in the latte", "Extra shot in the latte"}, {"en", "Tea", "Teaspoon beside", "Tea, teaspoon beside"},
		{"en", "Latte", "Ada's cup", "Latte, Ada's cup"}, {"en", "Latte", "Earl Grey if it is out", "Latte, Earl Grey if it is out"},
		{"en", "Latte", "A straw", "Latte, a straw"}, {"en", "Latte", "Saturday only", "Latte, Saturday only"}, {"en", "Latte", "Latte", "Latte"},
		{"de", "Milchkaffee", "Ohne Deckel", "Milchkaffee, ohne Deckel"}, {"de", "Milchkaffee", "Deckel weglassen", "Milchkaffee, Deckel weglassen"},
		{"es", "Café con leche", "Sin tapa", "Café con leche, sin tapa"}, {"es", "Pan de centeno", "Pan cortado grueso", "Pan de centeno, cortado grueso"},
		{"fr", "Baguette", "Bien cuite", "Baguette, bien cuite"}, {"it", "Caffè lungo", "Caffè ben caldo", "Caffè lungo, ben caldo"},
		{"en", "Espresso", "Custard tart warm", "Espresso and custard tart warm"}, // her other usual thing
		{"en", "Espresso", "Lemon cake in halves", "Espresso"},                    // she seldom takes it
	} {
		in := maya().with(told("f", edge.FactPreference, test.wish, day))
		in.Language = test.tag
		in.Profile.Usual[0].Name = test.thing
		in.Profile.Usual = append(in.Profile.Usual,
			edge.Habit{SKU: "8", Name: "CUSTARD TART", P: .6, Times: 6}, edge.Habit{SKU: "9", Name: "LEMON CAKE", P: .2, Times: 2})
		got := p.Choose(in).Prompt
		if line := text(got.Do); !strings.HasSuffix(line, ": "+test.want) {
			t.Errorf("%s: %s + %s: %q, want %q", test.tag, test.thing, test.wish, line, test.want)
		}
		if test.want != test.thing && got.Do.Fact != "f" {
			t.Errorf("%s: the line does not rest on the wish: %+v", test.want, got.Do)
		}
	}
}

// What is remembered of the last visit is what was rare about it.
func TestTheLastVisitIsAMemoryNotAReceipt(t *testing.T) {
	p := Default()
	shop := func(usual bool, names ...string) string {
		in := maya().with()
		in.Profile.Usual[0].Times = 2
		if usual {
			in.Profile.Usual[0].Times = 8
		}
		in.Profile.Usual = append(in.Profile.Usual, edge.Habit{SKU: "Bun", Name: "Bun", P: .6, Times: 6},
			edge.Habit{SKU: "Tart", Name: "Tart", P: .4, Times: 4}, edge.Habit{SKU: "Figs", Name: "Figs", P: .2, Times: 3})
		if !usual {
			in.Profile.Usual = in.Profile.Usual[2:]
		}
		in.Profile.Last.Items = nil
		for _, name := range names {
			in.Profile.Last.Items = append(in.Profile.Last.Items, edge.Item{SKU: name, Name: name, Quantity: 1})
		}
		_, items, _ := strings.Cut(text(p.Choose(in).Prompt.Remember), ": ")
		return items
	}
	for _, test := range []struct {
		usual bool
		last  []string
		want  string
	}{
		{true, []string{"Bun", "Tart"}, ""}, // as always
		{true, []string{"Bun", "Figs", "Quince"}, "Quince"}, {true, []string{"Bun", "Figs"}, "Figs"},
		{true, []string{"Carrier bag", "Deposit", "Local newspaper", "Whole milk 1 l", "Free-range eggs (6)"}, ""},
		{true, []string{"Milk chocolate"}, "Milk chocolate"}, {true, []string{"Bagel"}, "Bagel"},
		{false, []string{"Quince", "Figs", "Pear"}, "Quince and Pear"}, {false, []string{"Quince"}, "Quince"},
		{false, []string{"Cheese toastie", "Egg and cress sandwich"}, "Cheese toastie"},
	} {
		if got := shop(test.usual, test.last...); got != test.want {
			t.Errorf("%v: %q, want %q", test.last, got, test.want)
		}
	}
}

func TestWhatIsToBeDoneIsNotRememberedToo(t *testing.T) {
	p := Default()
	in := maya().with(told("f", edge.FactPreference, "Walnut bread sliced", day))
	in.Profile.Usual = nil
	in.Profile.Last.Items = []edge.Item{{SKU: "7", Name: "WALNUT BREAD", Quantity: 1}}
	got := p.Choose(in).Prompt
	if !strings.Contains(text(got.Do), "Walnut bread") || got.Remember != nil {
		t.Errorf("do %q, remember %q", text(got.Do), text(got.Remember))
	}
}

func TestABagIsNobodysUsual(t *testing.T) {
	p := Default()
	in := maya().with()
	in.Profile.Usual = []edge.Habit{{SKU: "7", Name: "LOCAL NEWSPAPER", P: .9, Times: 9}, in.Profile.Usual[0]}
	if got := text(p.Choose(in).Prompt.Do); !strings.Contains(got, "Oat Flat White") {
		t.Errorf("%q", got)
	}
	in = in.with(told("f", edge.FactPreference, "Newspaper not folded", day)) // but she told how she wants it
	if got := text(p.Choose(in).Prompt.Do); !strings.HasSuffix(got, "Local Newspaper, not folded") {
		t.Errorf("%q", got)
	}
	in = maya().with()
	in.Profile.Usual = []edge.Habit{{SKU: "7", Name: "POSTAGE", P: .9, Times: 9}}
	if got := p.Choose(in).Prompt.Do; got != nil {
		t.Errorf("%q", got.Text)
	}
	in.Profile.Usual = []edge.Habit{{SKU: "7", Name: "PAPIERTÜTE GROSS", P: .9, Times: 9}, {SKU: "8", Name: "MEHRWEGTASCHE", P: .9, Times: 9}, in.Profile.Usual[0]}
	in.Language = "de"
	if got := text(p.Choose(in).Prompt.Do); !strings.Contains(got, "Gross") && !strings.Contains(got, "Oat Flat White") || strings.Contains(got, "tasche") {
		t.Errorf("%q", got)
	}
}

// One question a visit: none in the greeting, and none beside an open complaint.
func TestOneQuestionAtMost(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		got := p.Choose(in).Prompt
		if strings.Contains(got.Who.Greeting, "?") {
			t.Fatalf("the greeting asks: %q", got.Who.Greeting)
		}
		if slices.ContainsFunc(openFacts(in.Profile.Facts, nil, in.Now), func(f edge.Fact) bool { return f.Kind == edge.FactComplaint }) && got.Ask != nil {
			t.Fatalf("%q is asked beside a complaint", got.Ask.Text)
		}
	})
	for _, r := range p.rules[lineAsk] {
		if strings.HasPrefix(r.name, "ask-") && r.about == aboutNothing && r.name != "ask-name" && r.name != "ask-weekend" && len(r.ids) < 3 {
			t.Errorf("%s has %d variants", r.name, len(r.ids))
		}
	}
}
