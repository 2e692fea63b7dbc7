// SPDX-License-Identifier: Apache-2.0

package edge

import "time"

// Dossier is everything that one box holds of one customer: what she may ask to see. Its JSON is what `redbench export customer`
// writes.
type Dossier struct {
	Made        time.Time           `json:"made"`
	ID          string              `json:"id"`
	Also        []string            `json:"also,omitempty"` // other ids of ours by which she is known
	Chain       string              `json:"customer,omitempty"`
	Name        string              `json:"name,omitempty"`
	Say         string              `json:"say,omitempty"`
	Address     string              `json:"address,omitempty"`
	Language    string              `json:"language,omitempty"`
	Consent     Consent             `json:"consent"`
	ConsentAt   time.Time           `json:"consent_at,omitzero"` // when it was said, or assumed
	Since       time.Time           `json:"since,omitzero"`
	Identifiers []DossierIdentifier `json:"identifiers"`
	Learnt      *DossierLearnt      `json:"learnt,omitempty"`
	Facts       []DossierFact       `json:"facts"`   // open, closed and private ones
	Visits      []DossierVisit      `json:"visits"`  // oldest first
	Prompts     []DossierPrompt     `json:"prompts"` // oldest first
	Merges      []DossierMerge      `json:"merges"`
}

// DossierIdentifier is something that she is found by. The box holds no more of it than a keyed hash.
type DossierIdentifier struct {
	Kind IdentifierKind `json:"kind"`
	Hash string         `json:"hash"`
}

// DossierLearnt is what her visits taught.
type DossierLearnt struct {
	Visits int            `json:"visits"`
	First  time.Time      `json:"first,omitzero"`
	Last   time.Time      `json:"last,omitzero"`
	Days   int            `json:"days"` // on which she came
	Stage  Stage          `json:"stage,omitempty"`
	Habits []DossierHabit `json:"habits"`
	Said   []Said         `json:"said,omitempty"` // lines of the latest prompts
}

// DossierHabit is a thing that she bought.
type DossierHabit struct {
	SKU   string    `json:"sku"`
	Name  string    `json:"name"`
	Times int       `json:"times"`
	Last  time.Time `json:"last"`
}

// DossierFact is one thing that she told, or that a person noted.
type DossierFact struct {
	ID      string    `json:"id"`
	Kind    FactKind  `json:"kind"`
	Text    string    `json:"text"`
	Date    string    `json:"date,omitempty"`
	ToldTo  string    `json:"told_to,omitempty"`
	Place   string    `json:"place,omitempty"`
	Private bool      `json:"private,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Shown   time.Time `json:"shown,omitzero"`
	Closed  time.Time `json:"closed,omitzero"`
}

// DossierVisit is one checkout of hers.
type DossierVisit struct {
	At       time.Time `json:"at"`
	Store    string    `json:"store,omitempty"`
	Lane     string    `json:"lane,omitempty"`
	Checkout string    `json:"checkout,omitempty"`
	Total    int64     `json:"total_minor"`
	Currency string    `json:"currency,omitempty"`
	Items    []Item    `json:"items"`
}

// DossierPrompt is what a screen said, and what came of it.
type DossierPrompt struct {
	ID       string            `json:"id"`
	At       time.Time         `json:"at"`
	Lines    map[string]string `json:"lines"` // by their names
	Outcomes []DossierOutcome  `json:"outcomes,omitempty"`
}

// DossierOutcome is what came of a prompt: that it was seen, or a verdict on a line.
type DossierOutcome struct {
	Kind string    `json:"kind"`
	Line string    `json:"line,omitempty"`
	At   time.Time `json:"at"`
}

// DossierMerge is somebody who was merged into her.
type DossierMerge struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}
