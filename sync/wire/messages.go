// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"time"

	"redbench/edge"
)

// Ack answers a batch of records: the highest Seq that is durable at head office together with all before it.
type Ack struct {
	Upto uint64 `json:"upto"`
}

// EnrolRequest gives a one-time code for credentials. Keys are the box's own identifier keys: whoever forgets a customer
// elsewhere must be able to name her as this box knew her.
type EnrolRequest struct {
	Code    string     `json:"code"`
	Store   string     `json:"store"`   // as the box is configured; head office refuses another's code
	Version string     `json:"version"` // of the program
	Keys    []edge.Key `json:"keys,omitempty"`
}

// EnrolAnswer makes a box one of the chain's.
type EnrolAnswer struct {
	Store string         `json:"store"`
	Token string         `json:"token"`
	CA    string         `json:"ca,omitempty"` // PEM of the built-in authority; empty: the certificate is a public one
	Chain edge.ChainKeys `json:"chain"`
}

// TokenAnswer is a new token. The former one holds until the new one was used.
type TokenAnswer struct {
	Token string `json:"token"`
}

// OrdersAnswer says how many orders were taken: all that were sent, or the call fails.
type OrdersAnswer struct {
	Taken int `json:"taken"`
}

// WebhookAnswer says how many events of a vendor's body were taken; those that were known before are not counted.
type WebhookAnswer struct {
	Taken int `json:"taken"`
}

// BoxStatus is how a box is, told each minute and at each connect.
type BoxStatus struct {
	Version         string       `json:"version"`
	Run             string       `json:"run"`                       // new at each start of the daemon
	Box             string       `json:"box"`                       // of its outbox
	Backlog         edge.Backlog `json:"backlog"`                   //
	LastPainted     time.Time    `json:"last_painted,omitzero"`     // when a screen last said that it showed a prompt
	Playbook        int          `json:"playbook,omitempty"`        // version in use; 0: its own
	PlaybookRefused *Refusal     `json:"playbook_refused,omitzero"` // a published one that it could not use
	Locked          bool         `json:"locked,omitempty"`          // profiles wait for the next successful question
	Clock           time.Time    `json:"clock"`                     // the box's own now
	Screens         int          `json:"screens,omitempty"`         // connected
	Lanes           int          `json:"lanes,omitempty"`           // known
}

// Refusal is a playbook that a box could not use, and why.
type Refusal struct {
	Version int    `json:"version"`
	Why     string `json:"why"`
}

// StatusAnswer tells the box what time it is, and how far head office knows its outbox: a box that has more acknowledged,
// or less given out, sees by it that one of the two was restored.
type StatusAnswer struct {
	Now  time.Time `json:"now"`
	Upto *uint64   `json:"upto,omitempty"` // of BoxStatus.Box; nil: not said

	GivenUp bool `json:"given_up,omitempty"` // another box of the store says that it was this one, and gave the id up
}

// LookupRequest asks for somebody by any of the hashes of what she showed. The answer is an edge.Found, or 404.
type LookupRequest struct {
	Hashes []edge.IdentifierHash `json:"hashes"`
}

// OrdersRequest brings erasures and receipts.
type OrdersRequest struct {
	Orders []edge.Order `json:"orders"`
}
