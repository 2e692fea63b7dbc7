// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"strings"
	"time"

	"redbench/edge"
	"redbench/edge/playbook"
	"redbench/ui/words"
)

// The people in the pictures are made up; what the screen says to them is not: the playbook that ships chose it.

const minute = time.Minute

// book speaks English, as the pictures' store does.
var book = playbook.Default()

var principle = edge.Idle{Principle: book.Principle(morning, "en")}

// days is so long before the pictures are taken.
func days(n int) time.Time { return morning.AddDate(0, 0, -n) }

// person is a customer with a record: how many visits, and how many days since the last.
func person(name, say string, visits, since int, facts ...edge.Fact) edge.Profile {
	p := edge.Profile{
		Customer: edge.Customer{Ref: 1, Name: name, Say: say, Consent: edge.ConsentRemember, Since: days(since + 12*visits)},
		Facts:    facts, Visits: visits, First: days(since + 9*visits), Gap: 9 * 24 * time.Hour,
		Last: edge.LastVisit{At: days(since), Store: "harbour", Lane: "1"},
	}
	if visits < 3 {
		p.Gap = 0
	}
	return p
}

func told(kind edge.FactKind, text, to string, ago int) edge.Fact {
	return edge.Fact{ID: "fact-" + string(kind), Customer: 1, Kind: kind, Text: text, ToldTo: to, Place: "Harbour Street", At: days(ago)}
}

// usually gives a person a thing that is in most of her baskets.
func usually(p edge.Profile, name string) edge.Profile {
	p.Usual = []edge.Habit{{SKU: "1", Name: name, P: .83, Times: p.Visits * 9 / 10, Last: p.Last.At}}
	p.Last.Items = []edge.Item{{SKU: "1", Name: name, Quantity: 1}}
	return p
}

func input(id string, p edge.Profile, language string) playbook.Input {
	return playbook.Input{
		Profile: p, Known: p.Customer.Ref != 0, Event: "e-" + id, Checkout: "c1", PromptID: id, Now: morning,
		Language: language, ShownFor: minute, Seed: 1,
	}
}

func prompt(id string, p edge.Profile) edge.Prompt { return book.Choose(input(id, p, "en")).Prompt }

var (
	mayaRecord = usually(person("Maya", "MY-uh", 29, 12,
		told(edge.FactPerson, "Ada started nursery on Monday", "Jo", 12),
		told(edge.FactInterest, "Bakes bread at the weekend", "Jo", 60)), "Oat flat white")
	stranger = prompt("p1", edge.Profile{})
	newcomer = prompt("p2", usually(person("Tom Okafor", "", 1, 4), "Rye loaf"))
	familiar = prompt("p3", usually(person("Ingrid Sørensen", "ING-rid SUR-en-sen", 9, 6,
		told(edge.FactPreference, "Pharmacy bag ready at the till", "Sam", 40)), "Oat crackers"))
	regular = prompt("p4", mayaRecord)
	other   = prompt("p5", person("Leon", "", 2, 3))
	avoid   = prompt("p6", addressed(person("Priya Raghunathan", "ra-goo-NAH-tan", 120, 4,
		told(edge.FactPromise, "Order the cardamom in", "Sam", 12), told(edge.FactPreference, "Paper receipt, folded", "Sam", 200),
		told(edge.FactAvoid, "The delivery", "Jo", 19)), "Dr Raghunathan"))
	long = prompt("p7", usually(person("Maximiliana Konstantinopoulou-Featherstonehaugh",
		"mak-si-mi-lee-AH-na kon-stan-ti-NO-poo-loo FAN-shaw", 31, 36,
		told(edge.FactPromise, "Put two sourdough loaves aside, unsliced, and a small bag of strong white flour beside them", "Alexandra", 36),
		told(edge.FactPreference, "Two sturdy paper bags, the heavy things below, and the receipt folded into the left one", "Alexandra", 80),
		told(edge.FactAvoid, "The walnut and fig recipe, which went wrong for the whole family at the end of last month", "Jo", 36)),
		"Strong white flour"))
	rtl = prompt("p8", speaking(usually(person("نور الهدى العبدالله", "NOOR al-HU-da", 11, 9,
		told(edge.FactPerson, "Her brother نبيل moved to Leeds", "Jo", 9)), "Medjool dates"), "ar"))
	cjk = prompt("p9", speaking(usually(person("佐藤 さくら", "SAH-toh sah-KOO-rah", 38, 3,
		told(edge.FactInterest, "Sings in the harbour choir", "Ben", 3)), "Green tea"), "ja"))
	german = book.Choose(input("p10", usually(person("Jürgen Groß", "", 44, 8,
		told(edge.FactInterest, "Der Schrebergarten bekommt ein neues Dach", "Anna", 8)), "Roggenbrot"), "de")).Prompt
	farewell = book.Farewell(input("p4", mayaRecord, "en"))
	notice   = edge.Notice{Level: "warn", Text: fill(words.For("en").Texts["notice.tills"], "09:12")}
)

func addressed(p edge.Profile, as string) edge.Profile {
	p.Customer.Address = as
	return p
}

func speaking(p edge.Profile, language string) edge.Profile {
	p.Customer.Language = language
	return p
}

// fill puts the time into a text, as the box does.
func fill(text, clock string) string { return strings.ReplaceAll(text, "{time}", clock) }
