// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/ui/uitest"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"
)

// TestInChromium drives the pages in a real browser: one browser, a profile and a box for each test.
func TestInChromium(t *testing.T) {
	browser, stop, err := uitest.Browser(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *rig, *tab)
	}{
		{"paired by its url, it shows the thought of the day", pairedByURL},
		{"an unpaired page shows a code and goes on once it is approved", pairedByCode},
		{"a prompt is painted, and seen is said", promptIsPainted},
		{"a cleared prompt leaves nothing of the customer", clearLeavesNothing},
		{"a prompt takes itself off when its time is over", promptEndsByItself},
		{"a hostile name is text", hostileNameIsText},
		{"a farewell takes a note in two taps, and takes it back", farewellTakesANote},
		{"further kinds unfold, and wait for the cashier", furtherKindsUnfold},
		{"a note can be taken while the customer is there", noteDuringAVisit},
		{"a new customer puts a note aside, and it can be finished", newCustomerPutsNoteAside},
		{"a tap on a line says what came of it", tapOnALine},
		{"a question can be answered", questionIsAnswered},
		{"what to avoid is unmistakable", avoidIsUnmistakable},
		{"four lines at most", fourLinesAtMost},
		{"a replaced card can be taken back", replacedCardIsUndone},
		{"a pause is asked for and ended", pauseIsAskedFor},
		{"two screens of a lane are alike", twoScreensAreAlike},
		{"a lost link blanks, and the way back shows the truth", lostLinkBlanks},
		{"silence is a lost link, within two seconds", silenceIsALostLink},
		{"a late prompt is not shown", latePromptIsNotShown},
		{"words of a screen without a link are sent again", wordsAreSentAgain},
		{"pages of one lane keep each other's words", pagesKeepEachOthersWords},
		{"a revoked screen asks to be paired", revokedScreenAsks},
		{"a hostile page cannot open the socket", hostilePageCannot},
		{"everything fits and can be touched", everythingFits},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			test.run(t, r, newTab(t, browser))
		})
	}
}

func pairedByURL(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	if got := b.read(`location.pathname`); got != "/screen/3" {
		t.Errorf("at %s", got)
	}
	b.until(`document.body.innerText.includes('Greet a person')`)
	if got := b.read(`document.cookie`); got != "" {
		t.Errorf("a script can read the cookie %q", got)
	}
}

func pairedByCode(t *testing.T, r *rig, b *tab) {
	b.open(r.http.URL + "/screen/3")
	b.until(`/^[A-Z0-9]{3}-[A-Z0-9]{3}$/.test(document.getElementById('code').textContent)`)
	if err := r.Approve(t.Context(), b.read(`document.getElementById('code').textContent`), "3", false); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.WaitReady(chromedp.CSS(`body[data-mode=idle]`)))
}

func promptIsPainted(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	r.Show("3", maya)
	b.mode("prompt")
	if got := b.read(`document.querySelector('.name').textContent`); got != "Maya" {
		t.Errorf("the name reads %q", got)
	}
	if got := b.read(`document.querySelector('.line.do .text').textContent`); got != maya.Do.Text {
		t.Errorf("the line reads %q", got)
	}
	word := r.told(edge.WordSeen)
	if word.Prompt != "p1" || word.Seq != 1 || word.RenderedAt.IsZero() {
		t.Errorf("told %+v", word)
	}
	better := maya
	better.Ask = &edge.Line{Text: "How was the concert?", Why: "gap"}
	r.Show("3", better)
	b.until(`document.querySelector('.line.ask') && document.querySelectorAll('.prompt').length === 1`)
}

func clearLeavesNothing(_ *testing.T, r *rig, b *tab) {
	r.ready(b)
	for _, reason := range []edge.ClearReason{edge.ClearCompleted, edge.ClearForgotten, edge.ClearSuspended} {
		r.Show("3", maya)
		b.mode("prompt")
		r.Show("3", edge.Clear{Reason: reason})
		b.mode("idle")
		b.noName()
	}
}

func promptEndsByItself(_ *testing.T, r *rig, b *tab) {
	r.ready(b)
	short := maya
	short.ShownFor = 400 * time.Millisecond
	r.Show("3", short)
	b.mode("prompt")
	b.mode("idle")
	b.noName()
}

func hostileNameIsText(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	hostile := `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
	line := &edge.Line{Text: hostile, Why: hostile}
	r.Show("3", edge.Prompt{
		ID: "p9", Who: edge.Who{Name: hostile, Say: hostile, Since: hostile, Greeting: hostile, Language: `"><b>`},
		Remember: line, Do: line, Avoid: line,
	})
	b.mode("prompt")
	b.click(".line.do")
	r.Show("3", edge.Farewell{ID: "f", Prompt: "p9", Text: hostile, Chips: []edge.FactKind{"<b>"}})
	r.Notice(edge.Notice{Level: "warn", Text: hostile})
	b.until(`document.querySelector('#notice').textContent.includes('<img')`)
	b.mode("farewell")
	if got := b.read(`document.querySelector('.farewell h1').textContent`); got != hostile {
		t.Errorf("it reads %q", got)
	}
	if got := b.read(`document.querySelectorAll('img, main script, main b').length + String(window.hacked)`); got != "0undefined" {
		t.Errorf("markup came alive: %s", got)
	}
}

func avoidIsUnmistakable(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	with := maya
	with.Avoid = &edge.Line{Text: "The delivery", Why: "told"}
	r.Show("3", with)
	b.mode("prompt")
	unlike := b.read(`(() => {
		const style = (selector) => getComputedStyle(document.querySelector(selector));
		const label = style('.avoid .label'), text = style('.avoid .text'), other = style('.do .label');
		return [label.fontSize === text.fontSize, label.color !== text.color, label.color !== other.color, label.fontWeight >= 700,
			!!document.querySelector('.avoid .label svg')].join();
	})()`)
	if unlike != "true,true,true,true,true" {
		t.Errorf("large, coloured, of its own colour, bold, with its glyph: %s", unlike)
	}
}

func tapOnALine(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	with := maya
	with.Remember = &edge.Line{Text: "We promised the cardamom", Why: "told to Jo", Fact: "fact-1", Open: true}
	r.Show("3", with)
	b.mode("prompt")
	b.click(`.line.do`)
	b.until(`document.querySelector('#sheet').innerText.includes('usual')`)
	b.click(`#sheet .actions button:nth-child(3)`)
	if word := r.told(edge.WordFeedback); word.Line != "do" || word.Verdict != edge.VerdictWrong || word.Prompt != "p1" {
		t.Errorf("told %+v", word)
	}
	b.until(`document.querySelector('.line.do.said')`)
	b.click(`.line.remember`)
	b.click(`#sheet .actions button:nth-child(4)`)
	if word := r.told(edge.WordResolve); word.Fact != "fact-1" {
		t.Errorf("told %+v", word)
	}
}

func fourLinesAtMost(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	full := maya
	line := &edge.Line{Text: "x", Why: "y"}
	full.Remember, full.Do, full.Ask, full.Avoid = line, line, line, line
	r.Show("3", full)
	b.mode("prompt")
	if got := b.read(`[...document.querySelectorAll('.line')].map(l => l.dataset.line).join()`); got != "remember,do,avoid" {
		t.Errorf("lines %s, beside who", got)
	}
}

func replacedCardIsUndone(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	unknown := edge.Prompt{ID: "p0", Checkout: "c1", Who: edge.Who{Stage: edge.StageStranger, Greeting: "Good morning"}}
	second := maya
	second.ID, second.Who.Name = "p2", "Leon"
	elsewhere := second
	elsewhere.ID, elsewhere.Checkout = "p3", "c2"
	early := maya // her card came before the checkout was opened
	early.ID, early.Checkout = "p4", ""
	r.Show("3", early)
	b.until(`document.querySelector('.name')?.textContent === 'Maya'`)
	r.Show("3", second)
	b.until(`!document.querySelector('#undo').hidden`)
	r.Show("3", unknown)
	r.Show("3", maya)
	b.until(`document.querySelector('.name')?.textContent === 'Maya'`)
	if got := b.read(`document.querySelector('#undo').hidden`); got != "true" {
		t.Error("an undo is offered for a stranger's greeting")
	}
	r.Show("3", second)
	b.until(`!document.querySelector('#undo').hidden`)
	b.click(`#undo`)
	if word := r.told(edge.WordUndo); word.Of != "p2" {
		t.Errorf("undo of %q", word.Of)
	}
	r.Show("3", elsewhere)
	b.until(`document.querySelector('#undo').hidden`)
}

func pauseIsAskedFor(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	b.click(`#pause`)
	b.click(`#sheet .actions button:nth-child(2)`)
	if word := r.told(edge.WordPause); word.Minutes != 15 {
		t.Errorf("told %+v", word)
	}
	r.Show("3", edge.Clear{Reason: edge.ClearPaused})
	b.mode("paused")
	b.click(`.resume`)
	waitFor(t, func() bool {
		words := r.cashier.Words()
		last := words[len(words)-1].Word
		return last.Type == edge.WordPause && last.Minutes == 0
	})
	r.Show("3", thought)
	b.mode("idle")
}

func twoScreensAreAlike(t *testing.T, r *rig, b *tab) {
	other := newTab(t, b.ctx)
	r.ready(b)
	r.ready(other)
	r.Show("3", maya)
	b.mode("prompt")
	other.mode("prompt")
	if one, two := b.read(`document.querySelector('main').innerText`), other.read(`document.querySelector('main').innerText`); one != two {
		t.Errorf("one shows %q, the other %q", one, two)
	}
}

func lostLinkBlanks(_ *testing.T, r *rig, b *tab) {
	r.ready(b)
	r.Show("3", edge.Clear{Reason: edge.ClearRemoved}) // so that seq is ahead of the next run's
	r.Show("3", maya)
	b.mode("prompt")
	back := r.cut(r.t.(*testing.T))
	b.mode("down")
	b.noName()
	b.until(`/Not connected since \d\d:\d\d/.test(document.body.innerText)`)
	back()
	b.until(`document.querySelector('.name')?.textContent === 'Leon'`)
}

func silenceIsALostLink(t *testing.T, r *rig, b *tab) {
	dead := make(chan struct{})
	t.Cleanup(func() { close(dead) })
	r.scripted(b, func(conn *websocket.Conn) {
		_ = conn.WriteJSON(hello(promptMessage(maya, 1, time.Minute)))
		<-dead // open, and never a word again: a pulled cable
	})
	b.mode("prompt")
	b.read(`window.at = performance.now()`)
	b.mode("down")
	b.noName()
	if b.read(`performance.now() - window.at < 2500`) != "true" {
		t.Error("a dead link was noticed too late")
	}
}

func latePromptIsNotShown(t *testing.T, r *rig, b *tab) {
	r.scripted(b, func(conn *websocket.Conn) {
		late := maya
		late.ID, late.Who.Name = "p0", "Somebody before"
		for _, m := range []any{
			hello(idleMessage(thought, 3, false)), promptMessage(maya, 5, time.Minute), promptMessage(late, 4, time.Minute),
			promptMessage(late, 5, time.Minute), map[string]string{"type": "something-new"}, noticeMessage(edge.Notice{Text: "marker"}),
		} {
			_ = conn.WriteJSON(m)
		}
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	})
	b.until(`document.querySelector('#notice').textContent === 'marker'`)
	if got := b.read(`document.querySelector('.name').textContent`); got != "Maya" {
		t.Errorf("shows %q", got)
	}
}

func wordsAreSentAgain(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	r.Show("3", maya)
	r.told(edge.WordSeen)
	r.Show("3", goodbye)
	b.mode("farewell")
	b.click(`[data-kind=interest]`)
	back := r.cut(t)
	b.mode("note")
	b.click(`.note .chips button`)
	b.mode("down")
	const words = `Object.keys(localStorage).filter((key) => key.startsWith('redbench.word.3.'))`
	var kept []struct{ Word edge.Word }
	all := b.read(`'[' + ` + words + `.map((key) => localStorage.getItem(key)).join() + ']'`)
	if err := json.Unmarshal([]byte(all), &kept); err != nil || len(kept) != 1 {
		t.Fatalf("kept %v (%v)", kept, err)
	}
	b.noName()
	back()
	if note := r.told(edge.WordNote); note.ID != kept[0].Word.ID || note.Kind != edge.FactInterest {
		t.Errorf("told %+v, kept %+v", note, kept[0].Word)
	}
	b.until(words + `.length === 0`)
	notes := slices.DeleteFunc(r.cashier.Words(), func(told uitest.Told) bool { return told.Word.Type != edge.WordNote })
	if len(notes) != 1 {
		t.Errorf("told %d notes", len(notes))
	}
}

func pagesKeepEachOthersWords(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	b.until(`import('/static/outbox.js').then(({ Outbox }) => {
		const page = () => new Outbox('8', () => false), one = page(), two = page();
		const note = one.put({ type: 'note' }), verdict = two.put({ type: 'feedback' });
		for (let i = 0; i < 250; i++) one.put({ type: 'seen' });
		const later = page();
		window.found = [note, verdict].map((id) => later.words.some((k) => k.word.id === id)).join();
		window.many = one.words.length;
		later.wipe();
		window.left = page().words.length;
	}) && window.found`)
	if got := b.read(`[window.found, window.many, window.left].join()`); got != "true,true,200,0" {
		t.Errorf("a note, the other page's verdict, how many, what is left: %s", got)
	}
}

func revokedScreenAsks(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	r.Show("3", maya)
	b.mode("prompt")
	if err := r.Revoke(t.Context(), r.Connected()[0].ID); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.WaitReady(chromedp.CSS(`#code`)))
	b.noName()
}

// A page of another program on this machine is same-site, so that even the strict cookie goes with it: only the Origin
// tells it apart.
func hostilePageCannot(t *testing.T, r *rig, b *tab) {
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<body><script>
			const s = new WebSocket(%q + '/ws/lane/3?beat=1', 'redbench.v1');
			s.onmessage = () => { document.body.dataset.got = 'a message' };
			s.onerror = () => { document.body.dataset.got = 'nothing' };
		</script>`, "ws"+strings.TrimPrefix(r.http.URL, "http"))
	}))
	t.Cleanup(evil.Close)
	r.ready(b)
	r.Show("3", maya)
	b.mode("prompt")
	b.open(evil.URL)
	b.until(`document.body.dataset.got`)
	if got := b.read(`document.body.dataset.got`); got != "nothing" {
		t.Errorf("the hostile page got %s", got)
	}
}

// leastLetters is the smallest font size of a text on the stage, px.
const leastLetters = `Math.min(...[...document.querySelectorAll('#stage *')]
	.filter((n) => [...n.childNodes].some((c) => c.nodeType === 3)).map((n) => parseFloat(getComputedStyle(n).fontSize))).toFixed(1)`

func everythingFits(t *testing.T, r *rig, b *tab) {
	r.ready(b)
	long := strings.Repeat("an unusually long thing to say ", 4)
	line := &edge.Line{Text: long, Why: long}
	states := map[string]edge.Shown{
		"prompt": edge.Prompt{ID: "p", Who: edge.Who{
			Name: "Maximiliana Konstantinopoulou-Featherstonehaugh-Wolfeschlegelsteinhausenbergerdorff", Say: long, Since: long, Greeting: long,
		}, Remember: line, Do: line, Ask: line},
		"farewell": edge.Farewell{ID: "f", Prompt: "p", Text: long, Chips: edge.FactKinds},
		"idle":     edge.Idle{Principle: edge.Principle{Title: long, Text: long + long}},
		"paused":   edge.Clear{Reason: edge.ClearPaused},
	}
	for _, window := range [][2]int64{{1366, 768}, {1920, 1080}, {1024, 600}, {390, 844}} {
		b.window(window[0], window[1])
		for name, what := range states {
			r.Show("3", what)
			b.mode(name)
			over := b.read(`(() => {
				const state = document.querySelector('.state'), page = document.documentElement;
				return [state.scrollHeight - state.clientHeight, state.scrollWidth - state.clientWidth,
					page.scrollWidth - page.clientWidth, page.scrollHeight - page.clientHeight].filter(n => n > 1).join();
			})()`)
			if over != "" {
				t.Errorf("%s at %v: %s px too much", name, window, over)
			}
			if window[0] > window[1] && b.read(leastLetters+` < 36.6`) == "true" {
				t.Errorf("%s at %v: letters of %s px, less than 16 minutes of arc at 1.5 m", name, window, b.read(leastLetters))
			}
			small := b.read(`[...document.querySelectorAll('button')].filter(n => n.offsetParent).map(n => n.getBoundingClientRect())
				.filter(box => box.width < 44 || box.height < 44).length`)
			if small != "0" {
				t.Errorf("%s at %v: %s buttons are too small to touch", name, window, small)
			}
		}
	}
}
