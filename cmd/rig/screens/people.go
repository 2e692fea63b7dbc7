// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"time"

	"redbench/edge"
)

// The people in the pictures are made up.

const minute = time.Minute

func line(text, why string) *edge.Line { return &edge.Line{Text: text, Why: why} }

var principle = edge.Idle{Principle: edge.Principle{
	Title: "Pick up where you left off",
	Text: "A child who found her parents on the same red bench each noon believed they had sat there all morning, " +
		"waiting for her. Let the next person feel that too.",
}}

var (
	stranger = edge.Prompt{ID: "p1", ShownFor: minute, Who: edge.Who{
		Stage: edge.StageStranger, Greeting: "Good morning! Cold out there today?",
	}}
	newcomer = edge.Prompt{ID: "p2", ShownFor: minute, Who: edge.Who{
		Name: "Tom Okafor", Stage: edge.StageNew, Greeting: "Good morning", Since: "second visit, first was on Tuesday",
	}, Remember: line("Took the rye loaf to try last time", "from the last visit")}
	familiar = edge.Prompt{ID: "p3", ShownFor: minute, Who: edge.Who{
		Name: "Ingrid Sørensen", Say: "ING-rid SUR-en-sen", Stage: edge.StageFamiliar, Greeting: "Good morning",
		Since: "6 days since the last visit",
	}, Do: line("Have the pharmacy bag ready", "asked for at the last three visits")}
	regular = edge.Prompt{ID: "p4", Checkout: "c1", ShownFor: minute, Who: edge.Who{
		Name: "Maya", Say: "MY-uh", Stage: edge.StageRegular, Greeting: "Good to see you again",
		Since: "12 days since the last visit",
	},
		Remember: line("Ada started nursery on Monday", "told to Jo, at the harbour store, 12 days ago"),
		Do:       line("Start an oat flat white, no lid", "in 9 of the last 10 baskets"),
		Ask:      line("Which day does Ada finish early?", "the next thing worth knowing")}
	other = edge.Prompt{ID: "p5", Checkout: "c1", ShownFor: minute, Who: edge.Who{Name: "Leon", Stage: edge.StageNew}}
	avoid = edge.Prompt{ID: "p6", ShownFor: minute, Who: edge.Who{
		Name: "Priya Raghunathan", Address: "Dr Raghunathan", Say: "ra-goo-NAH-tan", Stage: edge.StageHonoured,
		Greeting: "Good morning", Since: "4 days since the last visit",
	},
		Remember: line("We promised to order the cardamom in", "a promise, open since 9 November"),
		Do:       line("Paper receipt, folded", "told to Sam in spring"),
		Avoid:    line("Don't bring up the delivery", "upset by it on 2 November")}
	long = edge.Prompt{ID: "p7", ShownFor: minute, Who: edge.Who{
		Name: "Maximiliana Konstantinopoulou-Featherstonehaugh", Say: "mak-si-mi-lee-AH-na kon-stan-ti-NO-poo-loo FAN-shaw",
		Stage: edge.StageRegular, Greeting: "How lovely to see you again this morning", Since: "a little over five weeks since the last visit",
	},
		Remember: line("Her sister Alexandra from Thessaloniki is staying until the end of the month and they are baking together", "told to Jo"),
		Do:       line("Put the two sourdough loaves aside, unsliced, and the small bag of strong white flour beside them", "usual"),
		Ask:      line("Did the walnut and fig recipe from the last time we spoke work out for the whole family?", "gap")}
	rtl = edge.Prompt{ID: "p8", ShownFor: minute, Who: edge.Who{
		Name: "نور الهدى العبدالله", Say: "NOOR al-HU-da", Language: "ar", Greeting: "صباح الخير", Stage: edge.StageFamiliar,
		Since: "9 days since the last visit",
	}, Remember: line("Her brother نبيل moved to Leeds", "told to Jo, 9 days ago"), Do: line("Leave the dates unwrapped", "usual")}
	cjk = edge.Prompt{ID: "p9", ShownFor: minute, Who: edge.Who{
		Name: "佐藤 さくら", Say: "SAH-toh sah-KOO-rah", Language: "ja", Greeting: "おはようございます", Stage: edge.StageRegular,
		Since: "3 days since the last visit",
	}, Remember: line("Choir concert was yesterday evening", "told to Ben, 3 days ago"), Do: line("Green tea, the large tin", "usual")}
	german = edge.Prompt{ID: "p10", ShownFor: minute, Who: edge.Who{
		Name: "Jürgen Groß", Say: "", Stage: edge.StageRegular, Greeting: "Schön, Sie wiederzusehen", Since: "vor 8 Tagen zuletzt hier",
	},
		Remember: line("Der Schrebergarten bekommt ein neues Dach", "erzählt bei Anna, vor 8 Tagen"),
		Do:       line("Die Zeitung liegt bereit: gleich mitgeben", "in 8 der letzten 10 Körbe"),
		Ask:      line("Ist das Dach schon fertig?", "nächste Frage")}
	farewell = edge.Farewell{ID: "f1", Prompt: "p4", Text: "Enjoy the coffee, Maya. See you next week!", Chips: []edge.FactKind{
		edge.FactInterest, edge.FactPreference, edge.FactPerson, edge.FactDate, edge.FactPraise, edge.FactComplaint, edge.FactPromise,
	}}
)
