// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

var errNotYet = errors.New("not built yet")

const valuePos = "pos"

type wake struct{}

// Take takes a batch of records of one box's outbox, in one transaction, and says how far the outbox is durable here. A
// batch may be sent again, and be cut anywhere. It fails with a *wire.Conflict when the box tells another record under a
// number that was taken before.
func (h *HQ) Take(ctx context.Context, store, box string, records []edge.Record) (wire.Ack, error) {
	return wire.Ack{}, errNotYet
}

// Orders takes what a box sends before anything else. Each may come again.
func (h *HQ) Orders(ctx context.Context, store string, orders []edge.Order) error { return errNotYet }

// Changes gives what a store is to be told after a cursor, erasures first. An empty cursor begins anew, and brings also
// what the store itself has told. A cursor that is none fails with ErrCursor. At most limit changes; 0: 1,000.
func (h *HQ) Changes(ctx context.Context, store, cursor string, limit int) (edge.Page, error) {
	return edge.Page{}, errNotYet
}

// Wait returns nil when a store has something to be told after a cursor, or the context's error.
func (h *HQ) Wait(ctx context.Context, store, cursor string) error { return errNotYet }

// ErrCursor says that a cursor is not one of ours.
var ErrCursor = errors.New("not a cursor of this head office")

// Lookup finds a customer by any of the hashes of what she showed, for a store that is told of her from now on. Nobody,
// and more than one, is edge.ErrNotFound.
func (h *HQ) Lookup(ctx context.Context, store string, hashes []edge.IdentifierHash) (edge.Found, error) {
	return edge.Found{}, errNotYet
}

// FeedItem is one thing of everything that is known, in the order of last changes. Exactly one of the pointers is set.
type FeedItem struct {
	Cursor   string              `json:"cursor,omitempty"` // from it the feed goes on after this item
	Kind     string              `json:"kind"`             // customer, fact, visit, outcome, summary, erasure
	Store    string              `json:"store,omitempty"`  // who told it; absent: head office
	At       time.Time           `json:"at,omitzero"`
	Customer *edge.CustomerState `json:"customer,omitempty"`
	Fact     *edge.FactState     `json:"fact,omitempty"`
	Visit    *edge.VisitState    `json:"visit,omitempty"`
	Outcome  *edge.OutcomeState  `json:"outcome,omitempty"`
	Summary  *edge.Summary       `json:"summary,omitempty"`
	Erasure  *edge.Erasure       `json:"erasure,omitempty"` // without tombstones
}

// Feed gives what changed after a cursor, and the cursor after the last item; fewer than limit: there is no more now.
func (h *HQ) Feed(ctx context.Context, after string, limit int) (items []FeedItem, cursor string, err error) {
	return nil, "", errNotYet
}

// Status takes how a box is.
func (h *HQ) Status(ctx context.Context, store string, s wire.BoxStatus) (wire.StatusAnswer, error) {
	return wire.StatusAnswer{}, errNotYet
}

// StoreView is a store as people see it.
type StoreView struct {
	ID            string          `json:"store"`
	Added         time.Time       `json:"added"`
	Enrolled      time.Time       `json:"enrolled,omitzero"`
	Revoked       time.Time       `json:"revoked,omitzero"`
	Seen          time.Time       `json:"seen,omitzero"`         // last status
	ClockOff      time.Duration   `json:"clock_off_ns"`          // the box's clock is ahead by
	PlaybookGiven int             `json:"playbook_given"`        // 0: none from here
	OwedErasures  int             `json:"owed_erasures"`         //
	OwedSince     time.Time       `json:"owed_since,omitzero"`   // the oldest of them
	Status        *wire.BoxStatus `json:"status,omitempty"`      // nil: none yet
	CodeExpires   time.Time       `json:"code_expires,omitzero"` // of a code that was not used yet; not filled by Stores yet
}

// Stores lists all stores by id.
func (h *HQ) Stores(ctx context.Context) ([]StoreView, error) { return nil, errNotYet }

// AddStore makes a store known and gives the one-time code that its box enrols with, good for CodeLife. Of a store that
// is known, enrolled or revoked it makes a new code; the credentials in use hold until that is used. Pin goes into the
// code: 10 bytes of the digest of the certificate to trust, or nil.
func (h *HQ) AddStore(ctx context.Context, store string, pin []byte) (code string, err error) {
	return "", errNotYet
}

// CodeLife is how long a one-time code is good for.
const CodeLife = 7 * 24 * time.Hour

// RevokeStore voids a store's credentials and codes. It owes nothing from then on.
func (h *HQ) RevokeStore(ctx context.Context, store string) error { return errNotYet }

// Enrolled is what an enrolment made.
type Enrolled struct {
	Store  string
	Serial uint64 // for its token
	Chain  edge.ChainKeys
}

// ErrCode says that a one-time code is unknown, used, too old, or another store's.
var ErrCode = errors.New("the code is wrong, used or too old")

// Enrol uses up a one-time code.
func (h *HQ) Enrol(ctx context.Context, r wire.EnrolRequest) (Enrolled, error) {
	return Enrolled{}, errNotYet
}

// ErrRevoked says that credentials hold no longer, or never did.
var ErrRevoked = errors.New("these credentials hold no longer")

// Authenticate reports whether a token's serial holds for a store, else ErrRevoked. The first use of a new one voids the
// former.
func (h *HQ) Authenticate(ctx context.Context, store string, serial uint64) error { return errNotYet }

// Rotate gives the serial of a store's next token.
func (h *HQ) Rotate(ctx context.Context, store string) (serial uint64, err error) {
	return 0, errNotYet
}

// Secret gives 32 random bytes that are made once for a purpose and rest sealed: the key that tokens are signed with.
func (h *HQ) Secret(ctx context.Context, purpose string) ([]byte, error) { return nil, errNotYet }

// Role says what a user may do.
type Role string

// The roles.
const (
	RolePages Role = "pages" // sees head office's pages
	RoleFeed  Role = "feed"  // reads the feed
)

// User is somebody who may look in.
type User struct {
	Name  string    `json:"name"`
	Role  Role      `json:"role"`
	Added time.Time `json:"added"`
}

// ErrExists says that the name is taken.
var ErrExists = errors.New("it is there already")

// AddUser makes a user and gives the secret to sign in with, which nobody can read again.
func (h *HQ) AddUser(ctx context.Context, name string, role Role) (secret string, err error) {
	return "", errNotYet
}

// Users lists the users by name.
func (h *HQ) Users(ctx context.Context) ([]User, error) { return nil, errNotYet }

// RevokeUser takes a user out with all sessions.
func (h *HQ) RevokeUser(ctx context.Context, name string) error { return errNotYet }

// ErrSignIn says that name or secret is wrong, or the session over.
var ErrSignIn = errors.New("name or secret is wrong")

// CheckUser gives the user with this secret, or ErrSignIn: for a program that sends it each time.
func (h *HQ) CheckUser(ctx context.Context, name, secret string) (User, error) {
	return User{}, errNotYet
}

// SignIn gives a session's token, good until expires.
func (h *HQ) SignIn(ctx context.Context, name, secret string) (token string, expires time.Time, err error) {
	return "", time.Time{}, errNotYet
}

// Session gives whose session a token is, or ErrSignIn.
func (h *HQ) Session(ctx context.Context, token string) (User, error) { return User{}, errNotYet }

// SignOut ends a session.
func (h *HQ) SignOut(ctx context.Context, token string) error { return errNotYet }

// PublishPlaybook checks, signs and gives out a playbook: to the first stores alone, or to everyone when none is named.
func (h *HQ) PublishPlaybook(ctx context.Context, body []byte, first []string) (edge.Published, error) {
	return edge.Published{}, errNotYet
}

// PlaybookForEveryone gives everyone the newest playbook, which the first stores have.
func (h *HQ) PlaybookForEveryone(ctx context.Context) (version int, err error) { return 0, errNotYet }

// PlaybookView is where the playbooks stand.
type PlaybookView struct {
	Versions []PlaybookVersion `json:"versions"` // the newest first
	Stores   []PlaybookStore   `json:"stores"`   // by id, without those that are revoked
	Silent   bool              `json:"silent"`
}

// PlaybookVersion is one published playbook.
type PlaybookVersion struct {
	Version   int       `json:"version"`
	At        time.Time `json:"at"`
	First     []string  `json:"first,omitempty"`
	Everyone  bool      `json:"everyone"`
	Return    int       `json:"return_from,omitempty"` // it brings back what was in use before this version
	Withdrawn string    `json:"withdrawn,omitempty"`   // why
}

// PlaybookStore is which playbook a store has.
type PlaybookStore struct {
	Store   string        `json:"store"`
	Given   int           `json:"given"`  // 0: none from here
	InUse   int           `json:"in_use"` // as the box says; 0: its own
	Refused *wire.Refusal `json:"refused,omitempty"`
}

// PlaybookStatus tells where the playbooks stand.
func (h *HQ) PlaybookStatus(ctx context.Context) (PlaybookView, error) {
	return PlaybookView{}, errNotYet
}

// Silence switches prompts off, or on again, in every store.
func (h *HQ) Silence(ctx context.Context, on bool) error { return errNotYet }

// SetLockDays sets after how many days without a question for erasures a box locks its profiles; 0: as it is configured.
func (h *HQ) SetLockDays(ctx context.Context, days int) error { return errNotYet }

// Settings are those that every store has.
func (h *HQ) Settings(ctx context.Context) (edge.Settings, error) { return edge.Settings{}, errNotYet }

// Forgotten is what an order to forget did here.
type Forgotten struct {
	Erasure string `json:"erasure"` // the order's id
	Known   bool   `json:"known"`   // she was known here
	Stores  int    `json:"stores"`  // how many owe a receipt now
}

// Forget orders the customer with this identifier to be forgotten everywhere, whether she is known here or not. An
// identifier that several customers share is edge.ErrAmbiguous. When it returns nil, nothing of her is in any file here.
func (h *HQ) Forget(ctx context.Context, id edge.Identifier) (Forgotten, error) {
	return Forgotten{}, errNotYet
}

// OwedErasure is an erasure that a store has not confirmed.
type OwedErasure struct {
	Store   string    `json:"store"`
	Erasure string    `json:"erasure"`
	Since   time.Time `json:"since"`
}

// Owing lists which store owes the receipt of which erasure, the longest owed first.
func (h *HQ) Owing(ctx context.Context) ([]OwedErasure, error) { return nil, errNotYet }

// ImportCustomers takes customers in, as a store's import does. The same rows may come again and change nothing.
func (h *HQ) ImportCustomers(ctx context.Context, rows iter.Seq2[edge.CustomerRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	return edge.ImportReport{}, errNotYet
}

// ImportVisits takes visits in, a line of a receipt a row; the rows of one visit stand together.
func (h *HQ) ImportVisits(ctx context.Context, rows iter.Seq2[edge.VisitRow, error], o edge.ImportOptions) (edge.ImportReport, error) {
	return edge.ImportReport{}, errNotYet
}

// Exported counts what an export wrote.
type Exported struct {
	Customers int `json:"customers"`
	Facts     int `json:"facts"`
	Visits    int `json:"visits"`
	Outcomes  int `json:"outcomes"`
	Summaries int `json:"summaries"`
}

// Export writes everything as JSON lines of FeedItem: the customers first, then what belongs to them.
func (h *HQ) Export(ctx context.Context, to io.Writer) (Exported, error) {
	return Exported{}, errNotYet
}
