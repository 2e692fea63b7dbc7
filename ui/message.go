// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"encoding/json"
	"time"

	"redbench/edge"
)

// The types of messages to a screen. A beat is not in the contract: only a screen that asks for it (?beat=1, as our own
// page does) gets it, because a page's script cannot see pings, and must know within two seconds that a link is dead.
const (
	typeHello    = "hello"
	typePrompt   = "prompt"
	typeFarewell = "farewell"
	typeClear    = "clear"
	typeIdle     = "idle"
	typeNotice   = "notice"
	typeOK       = "ok"
	typeError    = "error"
	typeBeat     = "beat"
)

type helloWire struct {
	Type    string    `json:"type"`
	Run     string    `json:"run"`
	Lane    string    `json:"lane"`
	Store   string    `json:"store"`
	Locale  string    `json:"locale"`
	Version string    `json:"version"`
	Now     time.Time `json:"now"`
	Current any       `json:"current"`
}

type promptWire struct {
	Type       string `json:"type"`
	Seq        uint64 `json:"seq"`
	ShownForMS int64  `json:"shown_for_ms"`
	edge.Prompt
}

type farewellWire struct {
	Type       string `json:"type"`
	Seq        uint64 `json:"seq"`
	ShownForMS int64  `json:"shown_for_ms,omitempty"`
	edge.Farewell
}

type clearWire struct {
	Type string `json:"type"`
	Seq  uint64 `json:"seq"`
	edge.Clear
}

type idleWire struct {
	Type string `json:"type"`
	Seq  uint64 `json:"seq"`
	edge.Idle
	Reason edge.ClearReason `json:"reason,omitempty"` // in a hello: "paused", when that is why nothing comes
}

type noticeWire struct {
	Type string `json:"type"`
	edge.Notice
}

type answerWire struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

func promptMessage(p edge.Prompt, seq uint64, left time.Duration) any {
	return promptWire{Type: typePrompt, Seq: seq, ShownForMS: left.Milliseconds(), Prompt: p}
}

func farewellMessage(f edge.Farewell, seq uint64, left time.Duration) any {
	return farewellWire{Type: typeFarewell, Seq: seq, ShownForMS: left.Milliseconds(), Farewell: f}
}

func clearMessage(c edge.Clear, seq uint64) any {
	return clearWire{Type: typeClear, Seq: seq, Clear: c}
}

func idleMessage(i edge.Idle, seq uint64, paused bool) any {
	m := idleWire{Type: typeIdle, Seq: seq, Idle: i}
	if paused {
		m.Reason = edge.ClearPaused
	}
	return m
}

func noticeMessage(n edge.Notice) any { return noticeWire{Type: typeNotice, Notice: n} }

// prepare marshals a message once for all screens. Every message is made of strings and numbers, so it cannot fail. (A
// websocket.PreparedMessage was measured: without compression it saves one copy, and costs 10 kB of garbage each.)
func prepare(message any) []byte {
	body, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return body
}
