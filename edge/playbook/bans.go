// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"redbench/edge"
)

// ban is what must not be said, and where.
type ban struct {
	kind     string
	language string // whose words these are
	anywhere bool   // in texts of other languages too: a formula is one in whatever file it stands
	lines    []line // empty: in every line
	below    edge.Stage
	words    *regexp.Regexp
	but      string // a turn that is none of it
}

var (
	openings = []line{lineGreeting, lineAsk}
	aloud    = []line{lineGreeting, lineAsk, lineFarewell}
	greets   = []line{lineGreeting}
	ends     = []line{lineGreeting, lineFarewell}
)

// bans are formulas that are nobody's own words, and words that claim too much. They are a net, not a proof: a text still
// wants to be read aloud. Accents and capitals do not count.
var bans = slices.Concat(
	transactional("en", `help you`, `i help`, `need (any|some) help`, `need a hand`, `looking for`, `find everything`, `found everything`, `did you find`,
		`what can i`, `can i get`, `what will it be`, `what would you like`, `what'?ll it be`, `next,? please`, `next customer`, `being served`,
		`(loyalty|club|store|bonus) card`, `cash or card`),
	transactional("es", `ayudar\w*`, `necesita ayuda`, `le ayudo`, `en que puedo`, `en que le`, `que desea`, `que le pongo`, `que va a ser`, `que va a llevar`,
		`busca algo`, `buscaba`, `le atienden`, `siguiente`, `digame`, `tiene (la |su )?tarjeta`, `encontro todo`, `ha encontrado todo`),
	transactional("fr", `vous aider`, `besoin d'aide`, `vous desirez`, `que puis-je`, `puis-je vous`, `vous cherchez`, `je vous sers`, `je vous mets`,
		`qu'est-ce que ce sera`, `ce sera quoi`, `et pour vous`, `a qui le tour`, `c'est a qui`, `suivante?`, `(votre|la|une) carte`, `trouve votre bonheur`,
		`tout trouve`),
	transactional("de", `helfen`, `hilfe`, `darf'?s`, `darf es`, `was darf`, `suchen sie`, `womit kann ich`, `was kann ich`, `sie wunschen`, `was bekommen sie`,
		`was hatten sie`, `nachste[rn]?,? bitte`, `wer ist (der|die) nachste`, `wer bekommt`, `(kunden|treue|bonus)karte`, `alles gefunden`),
	transactional("it", `aiutar\w*`, `serve aiuto`, `desidera`, `cosa le do`, `che le do`, `cosa prende`, `cerca qualcosa`, `cercava`, `mi dica`, `prossimo`,
		`a chi tocca`, `(tessera|carta) fedelta`, `ha la tessera`, `trovato tutto`),

	upsell("en", `anything else`, `something else`, `would you like to (add|try)`, `with that`, `special offers?`, `on offer`, `discounts?`, `deals?`,
		`promotions?`, `sign up`, `upgrade`, `today only`, `half price`, `on sale`, `two for one`, `coupons?`, `vouchers?`, numbersFor(`for`), `buy one`, `get one free`,
		percent+`off`, `(percent|per cent) off`,
		`(join|enrol in|become a member of) (our|the) [\w -]*(club|pro?gramm?e?|scheme)`, `(loyalty|rewards?|bonus) (club|pro?gramm?e?|scheme)`),
	upsell("es", `algo mas`, `alguna otra cosa`, `ofertas?`, `descuentos?`, `promocion(es)?`, `quiere anadir`, numbersFor(`por`), percent+`(de )?(descuento|menos|dto)`, `por ciento (de )?(descuento|menos)`, `dos por uno`, `solo hoy`,
		`(club|programa) de (fidelidad|fidelizacion|puntos|clientes|socios)`, `(unase|unete|apuntese|apuntate|hagase socio|hazte socio)`, `rebajas?`, `cupon(es)?`),
	upsell("fr", `autre chose`, `avec ceci`, `et avec ca`, `ce sera tout`, `promos?`, `promotions?`, `remises?`, `reductions?`, `offres? speciales?`,
		`aujourd'hui seulement`, `soldes`, numbersFor(`pour`), percent+`(de )?(remise|reduction|moins|rabais)`, `pour cent (de )?(remise|reduction|moins)`,
		`deux pour un`, `pour le prix d[e'\w]*`, `(club|programme) (de )?fidelite`, `rejoign\w+ (notre|le) (club|programme)`, `adher\w+ (a|au) (notre |programme|club)`,
		`devenez membre`),
	upsell("de", `sonst noch`, `noch etwas dazu`, `noch was`, `darf es noch`, `(sonder)?angebote?`, `rabatte?`, `aktion(en)?`, `sparen`, `nur heute`,
		`gutscheine?`, numbersFor(`fur`), numbersFor(`zum preis von`), percent+`(rabatt|gunstiger|billiger|nachlass|weniger|auf)`,
		`prozent (rabatt|gunstiger|billiger|nachlass|weniger|auf)`, `zwei fur eins`, `(kunden|treue|bonus|vorteils)(club|programm)`, `(werden sie|jetzt) mitglied`, `mitglied (werden|in unserem)`),
	upsell("it", `serve altro`, `altro\?`, `qualcos'altro`, `offert[ae]`, `sconti`, `sconto`, `promozion[ei]`, `solo oggi`, `saldi`, `buono sconto`,
		numbersFor(`per`), numbersFor(`al prezzo di`), percent+`(di )?(sconto|in meno|off)`,
		`per cento (di )?(sconto|in meno)`, `due per uno`, `prendi \d`,
		`(club|programma) (di )?fedelta`, `(si unisca|unisciti|si iscriva|iscriviti) al`, `diventi socio`, `diventa socio`),

	money("en", `points`, `balance`, `spent`, `in total`, `receipts? total`),
	money("es", `puntos`, `saldo`, `gastad[oa]s?`, `en total`),
	money("fr", `points`, `solde`, `depensee?s?`, `au total`),
	money("de", `punkte`, `punktestand`, `guthaben`, `ausgegeben`, `insgesamt`),
	money("it", `punti`, `spes[oi] in totale`, `ha speso`, `in totale`),

	gender("en", `her`, `hers`, `his`, `him`, `she`, `he`, `sir`, `madam`, `ma'am`, `lady`, `gentleman`),
	except("la bienvenida", gender("es", `bienvenid[oa]s?`, `encantad[oa]s?`, `content[oa]s?`, `senora?`, `senorita`, `caballero`, `acompanad[oa]`)),
	gender("fr", `ravie?s?`, `enchantee?s?`, `contente?s?`, `heureu(x|se)`, `venue?s?`, `attendue?s?`, `madame`, `monsieur`, `mademoiselle`),
	gender("de", `frau`, `herr`, `der kunde`, `die kundin`, `gnadige`),
	gender("it", `benvenut[oai]`, `bentornat[oai]`, `liet[oa]`, `content[oa]`, `attes[oa]`, `tornat[oa]`, `signora?`, `signore`, `signorina`),

	// Know, don't love: affection that nobody earned.
	affection("en", `darling`, `sweetheart`, `honey`, `my dear`, `my love`, `love you`, `miss(ed)? you`, `my friend`),
	affection("es", `carino`, `querid[oa]`, `corazon`, `guap[oa]`, `echa\w+ de menos`, `extran\w+`, `mi amig[oa]`),
	affection("fr", `ma chere`, `mon cher`, `cherie?`, `manquee?s?`, `mon ami`, `ma belle`),
	affection("de", `liebling`, `schatz`, `vermisst`, `mein freund`, `gefehlt`),
	affection("it", `tesoro`, `car[oa] mi[oa]`, `mancat[oa]`, `bell[oa] mi[oa]`, `amic[oa] mi[oa]`),

	// A long absence is welcomed, not reproached.
	reproach("en", `where have you been`, `long time no see`, `haven't seen you`, `been (a while|ages|so long|too long)`, `at last`, `finally`, `stranger`),
	reproach("es", `donde (se habia|ha) `, `cuanto tiempo`, `hace mucho`, `por fin`, `sin verle`),
	reproach("fr", `ou etiez-vous`, `fait longtemps`, `enfin`, `depuis tout ce temps`, `une eternite`),
	reproach("de", `wo waren sie`, `lange nicht`, `endlich`, `lange her`, `ewigkeit`),
	reproach("it", `dov'era`, `dove era`, `quanto tempo`, `finalmente`, `da tanto`, `era ora`),

	familiar(greets, edge.StageNew, "en", `again`, `back`), familiar(ends, edge.StageRegular, "en", `always`, `forward to`, `as ever`),
	familiar(greets, edge.StageNew, "es", `de nuevo`, `otra vez`, `volver a`), familiar(ends, edge.StageRegular, "es", `siempre`, `esperabamos`),
	familiar(greets, edge.StageNew, "fr", `revoir`, `a nouveau`, `de nouveau`, `retour`, `retrouver`), familiar(ends, edge.StageRegular, "fr", `toujours`, `hate de`),
	familiar(greets, edge.StageNew, "de", `wieder\w*`, `zuruck`), familiar(ends, edge.StageRegular, "de", `immer`, `auf sie gefreut`),
	familiar(greets, edge.StageNew, "it", `di nuovo`, `riveder\w*`, `riaver\w*`, `ritrovar\w*`), familiar(ends, edge.StageRegular, "it", `sempre`, `aspettava\w*`),
)

// percent is a number with its sign, and what goes between it and the next word.
const percent = `\d+ ?% `

// numbersFor is so many pieces for the price of so many, as in "3 for 2" and 2x1.
func numbersFor(word string) string { return `\d ?(?:` + word + `|[x×+]) ?\d` }

func transactional(tag string, all ...string) []ban {
	return []ban{{kind: "transactional", language: tag, anywhere: true, lines: openings, words: phrases(all)}}
}

func upsell(tag string, all ...string) []ban {
	return []ban{{kind: "upsell", language: tag, anywhere: true, words: phrases(all)}}
}

func money(tag string, all ...string) []ban {
	return []ban{{kind: "money", language: tag, anywhere: true, words: phrases(all)}}
}

func gender(tag string, all ...string) []ban {
	return []ban{{kind: "gender", language: tag, words: phrases(all)}}
}

func affection(tag string, all ...string) []ban {
	return []ban{{kind: "affection", language: tag, words: phrases(all)}}
}

func reproach(tag string, all ...string) []ban {
	return []ban{{kind: "reproach", language: tag, lines: aloud, words: phrases(all)}}
}

func familiar(lines []line, below edge.Stage, tag string, all ...string) []ban {
	return []ban{{kind: "familiarity", language: tag, lines: lines, below: below, words: phrases(all)}}
}

func except(turn string, all []ban) []ban {
	all[0].but = turn
	return all
}

// phrases matches any of these as whole words, in a text that is folded.
func phrases(all []string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^\pL\pN])(` + strings.Join(all, "|") + `)(?:$|[^\pL\pN])`)
}

// hedges are the words by which a guess is known for one.
var hedges = map[string]*regexp.Regexp{
	"en": phrases([]string{`perhaps`, `maybe`, `might`, `if`, `in case`, `at hand`, `probably`, `likely`}),
	"es": phrases([]string{`quizas?`, `tal vez`, `por si`, `a lo mejor`, `si`, `puede que`, `probablemente`}),
	"fr": phrases([]string{`peut-etre`, `au cas`, `si`, `sous la main`, `sans doute`, `probablement`}),
	"de": phrases([]string{`vielleicht`, `falls`, `wenn`, `fur alle falle`, `moglicherweise`, `wahrscheinlich`, `wohl`}),
	"it": phrases([]string{`forse`, `se`, `nel caso`, `magari`, `probabilmente`}),
}

// accents are what folding takes off; both are as long.
var accents = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ä", "a", "ã", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i",
	"î", "i", "ï", "i", "ó", "o", "ò", "o", "ô", "o", "ö", "o", "ú", "u", "ù", "u", "û", "u", "ü", "u", "ñ", "n", "ç", "c", "œ", "oe", "ß", "ss",
	"’", "'", "\u00a0", " ", "\u202f", " ")

// folded is a text in small letters, without accents, with single spaces.
func folded(text string) string {
	return strings.Join(strings.Fields(accents.Replace(strings.ToLower(text))), " ")
}

// banned finds what a text of a rule at this line and stage must not say.
func banned(text, tag string, l line, stage int) []Problem {
	var found []Problem
	plain := folded(text)
	for _, each := range bans {
		switch {
		case each.language != tag && !each.anywhere, len(each.lines) > 0 && !slices.Contains(each.lines, l):
			continue
		case each.below != "" && stage >= each.below.Rank():
			continue
		}
		m := each.words.FindStringSubmatch(strings.ReplaceAll(plain, cmp.Or(each.but, "\x00"), ""))
		if m == nil {
			continue
		}
		detail := fmt.Sprintf("%q in %q", m[1], text)
		if each.below != "" {
			detail += fmt.Sprintf(" is for %s and above", each.below)
		}
		if !slices.ContainsFunc(found, func(p Problem) bool { return p.Kind == each.kind }) {
			found = append(found, Problem{Language: tag, Kind: each.kind, Detail: detail})
		}
	}
	return found
}
