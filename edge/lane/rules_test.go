// SPDX-License-Identifier: Apache-2.0

package lane_test

import (
	"testing"
	"time"

	"redbench/edge"
)

var rules = []struct {
	name  string
	steps []step
}{
	// The ordinary way.
	{"card, checkout, farewell, idle", []step{
		{card(maya), "greet 1"}, {started("7"), ""}, {item("7"), ""}, {completed("7"), "visit 1 of 7, farewell 1"},
		{wait(8 * time.Second), "idle"},
	}},
	{"checkout first, her card then", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a stranger is greeted, and the visit is a stranger's", []step{
		{started("7"), "greet 0 at 7"}, {completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"the next customer comes during the farewell", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"},
		{card(omar), "greet 2"}, {started("8"), ""}, {completed("8"), "visit 2 of 8, farewell 2"},
	}},
	{"the next checkout starts during the farewell", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"}, {started("8"), "greet 0 at 8"},
	}},
	{"a shift changes nothing", []step{
		{card(maya), "greet 1"}, {told{kind: edge.ShiftEnded}, ""}, {told{kind: edge.ShiftStarted}, ""}, {started("7"), ""},
	}},

	// Cards.
	{"a card without a checkout waits three minutes", []step{
		{card(maya), "greet 1"}, {wait(2 * time.Minute), "clear expired"}, {wait(time.Minute), "clear expired, idle"},
		{started("7"), "greet 0 at 7"},
	}},
	{"a checkout in time finds her though the prompt is gone", []step{
		{card(maya), "greet 1"}, {wait(150 * time.Second), "clear expired"}, {started("7"), ""},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"her card twice is one greeting", []step{{card(maya), "greet 1"}, {card(maya), ""}, {started("7"), ""}, {card(maya), ""}}},
	{"her card again after the prompt expired greets again", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {wait(2 * time.Minute), "clear expired"}, {card(maya), "greet 1 at 7"},
	}},
	{"a second card replaces the first", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {card(omar), "greet 2 at 7"},
		{completed("7"), "visit 2 of 7, farewell 2"},
	}},
	{"undo brings the first card back", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {undo(3), "greet 1 at 7"},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"an undo can be undone", []step{
		{card(maya), "greet 1"}, {card(omar), "greet 2"}, {undo(2), "greet 1"}, {undo(3), "greet 2"},
	}},
	{"undo of a prompt that is not the latest does nothing", []step{{card(maya), "greet 1"}, {card(omar), "greet 2"}, {undo(1), ""}}},
	{"undo without a replaced card does nothing", []step{{card(maya), "greet 1"}, {undo(1), ""}}},
	{"undo after the checkout completed does nothing", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {completed("7"), "visit 2 of 7, farewell 2"}, {undo(2), ""},
	}},
	{"two strangers' cards in a row are each greeted", []step{
		{card(nobody), "greet 0"}, {card(nobody), "greet 0"}, {started("7"), ""}, {card(nobody), "greet 0 at 7"},
		{completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"a stranger's card takes a known customer off the lane", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(nobody), "greet 0 at 7"}, {completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"a card that names its checkout may come before it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {started("7"), ""}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a card for an unknown checkout ends the open one", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar, "8"), "clear expired, greet 2 at 8"}, {item("7"), ""},
		{completed("7"), "visit 1 of 7"}, {completed("8"), "visit 2 of 8, farewell 2"},
	}},
	{"a card for a suspended checkout waits for it", []step{
		{started("7"), "greet 0 at 7"}, {suspended("7"), "clear suspended, idle"}, {started("8"), "greet 0 at 8"},
		{card(omar, "8"), "greet 2 at 8"}, {card(maya, "7"), ""}, {completed("8"), "visit 2 of 8, farewell 2"},
		{resumed("7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a card told after completion is attached, once", []step{
		{started("7"), "greet 0 at 7"}, {completed("7"), "visit 0 of 7, farewell 0"}, {card(maya, "7"), "attach 1 to 7"},
		{card(omar, "7"), ""}, {wait(8 * time.Second), "idle"},
	}},
	{"a late card is attached as well", []step{
		{started("7"), "greet 0 at 7"}, {completed("7"), "visit 0 of 7, farewell 0"}, {started("8"), "greet 0 at 8"},
		{late(card(maya, "7")), "attach 1 to 7"},
	}},
	{"a known customer's visit is not given to another", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"}, {card(omar, "7"), ""},
	}},
	{"a stranger's card is attached to nothing", []step{
		{started("7"), "greet 0 at 7"}, {completed("7"), "visit 0 of 7, farewell 0"}, {card(nobody, "7"), ""}, {card(maya, "7"), "attach 1 to 7"},
	}},
	{"a waiting card that then names its checkout is the same card", []step{
		{card(maya), "greet 1"}, {card(maya, "7"), ""}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},

	// A stranger whom head office knows.
	{"recognised in time: her prompt, and her visit", []step{
		{card(nobody), "greet 0"}, {recognised{1, maya}, "greet 1"}, {started("7"), ""}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"recognised in mid-checkout", []step{
		{card(nobody, "7"), "greet 0 at 7"}, {recognised{1, maya}, "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"recognised when the prompt is gone: nothing is shown, the visit is hers", []step{
		{card(nobody, "7"), "greet 0 at 7"}, {wait(2 * time.Minute), "clear expired"}, {recognised{1, maya}, ""},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"recognised after completion: the visit is hers, once", []step{
		{card(nobody, "7"), "greet 0 at 7"}, {completed("7"), "visit 0 of 7, farewell 0"}, {recognised{1, maya}, "attach 1 to 7"},
		{recognised{1, omar}, ""}, {card(omar, "7"), ""},
	}},
	{"recognised when the next card is there: nothing", []step{
		{card(nobody), "greet 0"}, {card(omar), "greet 2"}, {recognised{1, maya}, ""}, {started("7"), ""},
		{completed("7"), "visit 2 of 7, farewell 2"},
	}},
	{"recognised when the next stranger is there: nothing", []step{
		{card(nobody), "greet 0"}, {card(nobody), "greet 0"}, {recognised{1, maya}, ""}, {recognised{2, omar}, "greet 2"},
	}},
	{"recognised when she has left: nothing", []step{
		{card(nobody, "7"), "greet 0 at 7"}, {cancelled("7"), "clear cancelled, idle"}, {recognised{1, maya}, ""}, {started("8"), "greet 0 at 8"},
	}},
	{"recognised when the card was taken back: nothing", []step{
		{card(nobody, "7"), "greet 0 at 7"}, {takenBack(), "clear removed"}, {recognised{1, maya}, ""},
		{completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"a checkout's own greeting is no card: nobody is recognised by it", []step{
		{started("7"), "greet 0 at 7"}, {recognised{1, maya}, ""}, {completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"recognised during a pause: greeted after it", []step{
		{card(nobody), "greet 0"}, {pause(1), "clear paused"}, {recognised{1, maya}, ""}, {pause(0), "greet 1"},
	}},

	// Two customers who are one person.
	{"joined while she stands there: nothing is shown, the visit is hers", []step{
		{card(maya, "7"), "greet 1 at 7"}, {joined{maya, omar}, ""}, {completed("7"), "visit 2 of 7, farewell 2"},
	}},
	{"joined while her checkout is suspended", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {joined{maya, omar}, ""},
		{resumed("7"), "greet 2 at 7"},
	}},
	{"joined after a card replaced hers", []step{
		{card(maya), "greet 1"}, {card(nobody), "greet 0"}, {joined{maya, omar}, ""}, {undo(2), "greet 2"},
	}},
	{"merged while she stands there: she is greeted as who she is now, for as long as before, and the visit is hers", []step{
		{card(maya, "7"), "greet 1 at 7"}, {wait(time.Minute), ""}, {joined{maya, omar}, ""}, {anew(omar), "greet 2 at 7"},
		{wait(time.Minute), "clear expired"}, {anew(omar), ""}, {completed("7"), "visit 2 of 7, farewell 2"},
	}},
	{"merged in a pause: it ends with who she is now", []step{
		{card(maya, "7"), "greet 1 at 7"}, {pause(1), "clear paused"}, {joined{maya, omar}, ""}, {anew(omar), ""}, {pause(0), "greet 2 at 7"},
	}},
	{"somebody else is known anew", []step{{card(maya), "greet 1"}, {anew(omar), ""}, {anew(nobody), ""}}},
	{"joined, and nobody's here", []step{{card(nobody, "7"), "greet 0 at 7"}, {joined{maya, omar}, ""}, {completed("7"), "visit 0 of 7, farewell 0"}}},

	// Cards taken back.
	{"a removed card clears, and the visit is a stranger's", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {takenBack(), "clear removed"}, {item("7"), ""},
		{completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"a removed card without a checkout leaves the lane idle", []step{{card(maya), "greet 1"}, {takenBack(), "clear removed, idle"}}},
	{"removed after the farewell clears it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"}, {takenBack("7"), "clear removed, idle"},
	}},
	{"removed of another checkout touches nobody", []step{{card(maya, "7"), "greet 1 at 7"}, {takenBack("9"), ""}}},
	{"removed of a suspended checkout takes her off it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {takenBack("7"), ""}, {resumed("7"), "greet 0 at 7"},
	}},
	{"removed without a card changes nothing", []step{{started("7"), "greet 0 at 7"}, {takenBack(), ""}}},
	{"a removed card cannot be brought back by undo", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {takenBack(), "clear removed"}, {undo(2), ""},
	}},

	// Checkouts put aside.
	{"suspended clears, resumed greets her again", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {resumed("7"), "greet 1 at 7"},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"another customer between suspended and resumed", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {card(omar), "greet 2"}, {started("8"), ""},
		{completed("8"), "visit 2 of 8, farewell 2"}, {resumed("7"), "greet 1 at 7"},
	}},
	{"resumed while another is open ends that one", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {card(omar, "8"), "greet 2 at 8"},
		{resumed("7"), "clear expired, greet 1 at 7"}, {completed("8"), "visit 2 of 8"},
	}},
	{"a card that waits does not take over another's suspended checkout", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {card(omar), "greet 2"},
		{resumed("7"), "clear expired, greet 1 at 7"},
	}},
	{"a card that waits joins a stranger's suspended checkout", []step{
		{started("7"), "greet 0 at 7"}, {suspended("7"), "clear suspended, idle"}, {card(maya), "greet 1"}, {resumed("7"), ""},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"resumed of an unknown checkout greets a stranger", []step{{resumed("9"), "greet 0 at 9"}}},
	{"suspended of an unknown checkout is kept", []step{{suspended("9"), "clear suspended, idle"}, {resumed("9"), "greet 0 at 9"}}},
	{"a suspended checkout may complete without being resumed", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a suspended checkout that completes elsewhere shows nothing here", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {card(omar, "8"), "greet 2 at 8"},
		{completed("7"), "visit 1 of 7"},
	}},

	// Checkouts that end otherwise.
	{"cancelled clears, and there is no visit", []step{
		{card(maya, "7"), "greet 1 at 7"}, {cancelled("7"), "clear cancelled, idle"}, {completed("7"), ""},
	}},
	{"cancelled of a suspended checkout shows nothing", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {card(omar, "8"), "greet 2 at 8"},
		{cancelled("7"), ""}, {resumed("7"), ""},
	}},
	{"a checkout that never completes expires", []step{
		{card(maya, "7"), "greet 1 at 7"}, {wait(2 * time.Minute), "clear expired"}, {wait(13 * time.Minute), "clear expired, idle"},
	}},
	{"an expired checkout that goes on finds her again", []step{
		{card(maya, "7"), "greet 1 at 7"}, {wait(16 * time.Minute), "clear expired, idle"}, {item("7"), "greet 1 at 7"},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"items keep a long checkout alive", []step{
		{card(maya, "7"), "greet 1 at 7"}, {wait(10 * time.Minute), "clear expired"}, {item("7"), ""}, {wait(10 * time.Minute), ""},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a new checkout ends an open one, and carries nothing over", []step{
		{card(maya, "7"), "greet 1 at 7"}, {started("8"), "clear expired, greet 0 at 8"}, {item("7"), ""}, {completed("7"), "visit 1 of 7"},
		{completed("8"), "visit 0 of 8, farewell 0"},
	}},
	{"a card that was the last thing before the next checkout is that one's", []step{
		{card(maya, "7"), "greet 1 at 7"}, {item("7"), ""}, {card(omar), "greet 2 at 7"}, {card(omar), ""}, {started("8"), ""},
		{completed("8"), "visit 2 of 8, farewell 2"}, {completed("7"), "visit 1 of 7"},
	}},
	{"whoever was before her may come back, and be forgotten", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {started("8"), ""}, {resumed("7"), "clear expired, greet 1 at 7"},
		{card(omar), "greet 2 at 7"}, {forget(maya), ""}, {started("9"), ""}, {completed("7"), "visit 0 of 7"},
	}},
	{"in a pause too, and she is greeted after it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {pause(5), "clear paused"}, {card(omar), ""}, {started("8"), ""}, {pause(0), "greet 2 at 8"},
	}},
	{"not if anything was heard of the open checkout after it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {item("7"), ""}, {started("8"), "clear expired, greet 0 at 8"},
		{completed("7"), "visit 2 of 7"},
	}},
	{"not if it is too long ago", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {wait(3 * time.Minute), "clear expired"},
		{started("8"), "clear expired, greet 0 at 8"},
	}},
	{"not if it told the open checkout", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar, "7"), "greet 2 at 7"}, {started("8"), "clear expired, greet 0 at 8"},
	}},
	{"not if it was taken back", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {undo(2), "greet 1 at 7"}, {started("8"), "clear expired, greet 0 at 8"},
	}},
	{"not into a checkout with a customer of its own", []step{
		{card(maya, "8"), "greet 1 at 8"}, {started("7"), "clear expired, greet 0 at 7"}, {card(maya, "7"), "greet 1 at 7"},
		{card(omar), "greet 2 at 7"}, {started("8"), "clear expired, greet 1 at 8"},
	}},
	{"nor the open checkout's first card", []step{
		{started("7"), "greet 0 at 7"}, {card(maya), "greet 1 at 7"}, {started("8"), "clear expired, greet 0 at 8"},
	}},
	{"a prompt expires, its holder stays", []step{
		{card(maya, "7"), "greet 1 at 7"}, {wait(2 * time.Minute), "clear expired"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},

	// Out of order.
	{"started after completed changes nothing", []step{
		{card(maya), "greet 1"}, {completed("7"), "visit 1 of 7, farewell 1"}, {started("7"), ""}, {item("7"), ""}, {resumed("7"), ""},
		{suspended("7"), ""}, {cancelled("7"), ""}, {completed("7"), ""},
	}},
	{"completed without started belongs to the card that waits", []step{
		{card(maya), "greet 1"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"completed without started or card is a stranger's", []step{{completed("7"), "visit 0 of 7, farewell 0"}}},
	{"completed of an unknown checkout ends the open one", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("8"), "clear expired, visit 0 of 8, farewell 0"},
	}},
	{"an item before its checkout started begins it", []step{{item("7"), "greet 0 at 7"}, {started("7"), ""}}},
	{"a checkout event without a checkout is nothing", []step{{card(maya), "greet 1"}, {started(""), ""}, {completed(""), ""}}},

	// Tills number their checkouts anew each day.
	{"yesterday's abandoned checkout is another", []step{
		{card(maya, "17"), "greet 1 at 17"}, {started("18"), "clear expired, greet 0 at 18"}, {completed("18"), "visit 0 of 18, farewell 0"},
		{wait(24 * time.Hour), "idle"}, {started("17"), "greet 0 at 17"}, {completed("17"), "visit 0 of 17, farewell 0"},
	}},
	{"yesterday's expired checkout is another", []step{
		{card(maya, "17"), "greet 1 at 17"}, {wait(16 * time.Minute), "clear expired, idle"}, {wait(24 * time.Hour), ""},
		{item("17"), "greet 0 at 17"},
	}},
	{"a checkout that was open when the box stopped is another the next day", []step{
		{card(maya, "17"), "greet 1 at 17"}, {wait(24 * time.Hour), "clear expired, idle"}, {started("17"), "greet 0 at 17"},
	}},
	{"a suspended checkout comes back the same day", []step{
		{card(maya, "17"), "greet 1 at 17"}, {suspended("17"), "clear suspended, idle"}, {wait(9 * time.Hour), ""}, {resumed("17"), "greet 1 at 17"},
	}},
	{"yesterday's suspended checkout is another", []step{
		{card(maya, "17"), "greet 1 at 17"}, {suspended("17"), "clear suspended, idle"}, {wait(22 * time.Hour), ""},
		{completed("17"), "visit 0 of 17, farewell 0"},
	}},
	{"yesterday's finished checkout does not swallow today's", []step{
		{card(maya, "17"), "greet 1 at 17"}, {completed("17"), "visit 1 of 17, farewell 1"}, {wait(22 * time.Hour), "idle"},
		{started("17"), "greet 0 at 17"}, {card(omar, "17"), "greet 2 at 17"}, {completed("17"), "visit 2 of 17, farewell 2"},
	}},
	{"yesterday's stranger's basket is not given to today's card", []step{
		{started("17"), "greet 0 at 17"}, {completed("17"), "visit 0 of 17, farewell 0"}, {wait(22 * time.Hour), "idle"},
		{card(maya, "17"), "greet 1 at 17"}, {completed("17"), "visit 1 of 17, farewell 1"},
	}},
	{"nor today's to yesterday's card", []step{
		{started("17"), "greet 0 at 17"}, {completed("17"), "visit 0 of 17, farewell 0"}, {old(card(maya, "17")), ""}, {card(omar, "17"), "attach 2 to 17"},
	}},
	{"a till that counts anew within the hour begins a new checkout", []step{
		{started("1"), "greet 0 at 1"}, {completed("1"), "visit 0 of 1, farewell 0"}, {wait(time.Minute), "idle"}, {started("1"), ""},
		{wait(10 * time.Minute), ""}, {item("1"), ""}, {ago(10*time.Minute, started("1")), ""},
		{started("1"), "greet 0 at 1"}, {card(maya, "1"), "greet 1 at 1"}, {completed("1"), "visit 1 of 1, farewell 1"},
	}},
	{"a backlog of two days keeps them apart", []step{
		{ago(26*time.Hour, card(maya, "17")), ""}, {ago(26*time.Hour, completed("17")), "visit 1 of 17, clear completed, idle"},
		{ago(2*time.Hour, started("17")), ""}, {ago(2*time.Hour, completed("17")), "visit 0 of 17, clear completed, idle"},
		{ago(2*time.Hour, card(omar, "17")), "attach 2 to 17"},
	}},
	{"a checkout that only a backlog tells of is not today's", []step{
		{ago(22*time.Hour, card(maya, "17")), ""}, {started("17"), "clear expired, greet 0 at 17"}, {completed("17"), "visit 0 of 17, farewell 0"},
	}},

	// Late and retained.
	{"a late card is not shown", []step{{late(card(maya)), ""}, {wait(3 * time.Minute), "clear expired, idle"}}},
	{"a late card is not carried into a fresh checkout", []step{{old(card(maya)), ""}, {started("7"), "clear expired, greet 0 at 7"}}},
	{"a backlog is recorded and not shown", []step{
		{late(card(maya)), ""}, {late(started("7")), ""}, {late(completed("7")), "visit 1 of 7, clear completed, idle"},
		{late(started("8")), ""}, {late(completed("8")), "visit 0 of 8, clear completed, idle"},
	}},
	{"a late card joins the open checkout, unseen", []step{
		{started("7"), "greet 0 at 7"}, {late(card(maya)), "clear expired"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a card from long before the checkout does not", []step{
		{started("7"), "greet 0 at 7"}, {old(card(maya)), ""}, {completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"a late card never replaces a fresh one", []step{
		{card(omar, "7"), "greet 2 at 7"}, {late(card(maya)), ""}, {completed("7"), "visit 2 of 7, farewell 2"},
	}},
	{"a late checkout does not push a fresh one away", []step{
		{card(maya, "7"), "greet 1 at 7"}, {late(started("6")), ""}, {late(completed("6")), "visit 0 of 6"},
		{completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a late card for a late checkout is remembered for it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {late(card(omar, "6")), ""}, {late(completed("6")), "visit 2 of 6"},
	}},
	{"a late card is not shown when its checkout comes back", []step{
		{started("7"), "greet 0 at 7"}, {late(card(maya)), "clear expired"}, {suspended("7"), "clear suspended, idle"},
		{resumed("7"), ""}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a late completion clears her off the screen", []step{
		{card(maya, "7"), "greet 1 at 7"}, {late(completed("7")), "visit 1 of 7, clear completed, idle"},
	}},
	{"a late card ends a farewell", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"}, {late(card(omar)), "clear completed"},
	}},
	{"a late removal of an older card is not hers", []step{{card(maya, "7"), "greet 1 at 7"}, {old(takenBack()), ""}}},
	{"her fresh card after a late one greets her", []step{
		{late(started("7")), ""}, {late(card(maya)), ""}, {card(maya), "greet 1 at 7"},
	}},
	{"a retained card never prompts", []step{{retained(card(maya)), ""}, {started("7"), "clear expired, greet 0 at 7"}}},
	{"a retained completion is recorded", []step{{retained(completed("7")), "visit 0 of 7, clear completed, idle"}}},

	// Pause and forgetting.
	{"a pause clears, and nothing is shown until it ends", []step{
		{card(maya, "7"), "greet 1 at 7"}, {pause(5), "clear paused"}, {completed("7"), "visit 1 of 7, clear paused"},
		{card(omar), ""}, {started("8"), ""}, {pause(0), "greet 2 at 8"}, {completed("8"), "visit 2 of 8, farewell 2"},
	}},
	{"whatever happens in a pause, its screen stays", []step{
		{started("6"), "greet 0 at 6"}, {pause(60), "clear paused"}, {started("7"), "clear paused"}, {card(maya), ""},
		{takenBack(), "clear paused"}, {suspended("7"), "clear paused"}, {started("8"), ""}, {cancelled("8"), "clear paused"},
		{card(maya), ""}, {wait(3 * time.Minute), "clear paused"}, {started("9"), ""}, {wait(15 * time.Minute), "clear paused"},
		{card(omar), ""}, {forget(omar), "clear paused"}, {late(completed("5")), "visit 0 of 5, clear paused"}, {pause(0), "idle"},
	}},
	{"the end of a pause greets whoever stands there", []step{
		{card(maya, "7"), "greet 1 at 7"}, {pause(5), "clear paused"}, {pause(0), "greet 1 at 7"},
		{wait(2 * time.Minute), "clear expired"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"the end of a pause that came by itself greets her too", []step{
		{pause(2), "clear paused"}, {wait(time.Minute), ""}, {card(maya), ""}, {wait(time.Minute), "greet 1"}, {started("7"), ""},
	}},
	{"a pause that outlasts her prompt ends without her", []step{
		{card(maya, "7"), "greet 1 at 7"}, {pause(5), "clear paused"}, {wait(2 * time.Minute), ""}, {pause(0), "clear expired"},
		{card(maya), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"},
	}},
	{"a pause that outlasts her prompt and her card ends idle", []step{
		{pause(5), "clear paused"}, {card(maya), ""}, {wait(5 * time.Minute), "clear paused, idle"},
	}},
	{"a late card is not shown at the end of a pause either", []step{
		{started("7"), "greet 0 at 7"}, {pause(5), "clear paused"}, {late(card(maya)), ""}, {pause(0), "clear expired"},
	}},
	{"a card taken back in a pause stays away after it", []step{
		{card(maya, "7"), "greet 1 at 7"}, {pause(5), "clear paused"}, {takenBack(), "clear paused"}, {pause(0), "clear expired"},
	}},
	{"a pause ends by itself", []step{{pause(5), "clear paused"}, {wait(5 * time.Minute), "idle"}, {card(maya), "greet 1"}}},
	{"whoever came in a pause can tap again after it", []step{
		{pause(5), "clear paused"}, {card(maya, "7"), ""}, {wait(3 * time.Minute), ""}, {pause(0), "clear expired"}, {card(maya), "greet 1 at 7"},
	}},
	{"a pause ends a farewell", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"}, {pause(5), "clear paused"}, {pause(0), "idle"},
	}},
	{"the end of no pause is nothing", []step{{pause(0), ""}}},
	{"forgotten clears, and the visit is a stranger's", []step{
		{card(maya, "7"), "greet 1 at 7"}, {forget(maya), "clear forgotten"}, {completed("7"), "visit 0 of 7, farewell 0"},
	}},
	{"forgotten without a checkout leaves the lane idle", []step{{card(maya), "greet 1"}, {forget(maya), "clear forgotten, idle"}}},
	{"forgotten during the farewell", []step{
		{card(maya, "7"), "greet 1 at 7"}, {completed("7"), "visit 1 of 7, farewell 1"}, {forget(maya), "clear forgotten, idle"},
	}},
	{"forgotten while suspended", []step{
		{card(maya, "7"), "greet 1 at 7"}, {suspended("7"), "clear suspended, idle"}, {forget(maya), ""}, {resumed("7"), "greet 0 at 7"},
	}},
	{"forgotten cannot be brought back by undo", []step{
		{card(maya, "7"), "greet 1 at 7"}, {card(omar), "greet 2 at 7"}, {forget(maya), ""}, {undo(2), ""},
	}},
	{"forgetting another touches nobody", []step{{card(maya), "greet 1"}, {forget(omar), ""}, {forget(nobody), ""}}},
}

func TestRules(t *testing.T) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			p := &player{now: noon}
			for i, each := range rule.steps {
				if got := words(p.play(each.in)); got != each.want {
					t.Fatalf("step %d, %+v: %q, want %q\n%+v", i+1, each.in, got, each.want, p.state)
				}
			}
		})
	}
}
