// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"time"

	"redbench/edge"
)

// Store is where head office keeps everything. Several processes may have the same one open.
type Store interface {
	// Update runs f in a transaction that excludes every other Update, also of other processes, from its first statement
	// on, and commits it durably when f gives nil. f must not keep tx.
	Update(ctx context.Context, f func(tx Tx) error) error
	// View runs f in a transaction that sees one state of the store and writes nothing.
	View(ctx context.Context, f func(tx Tx) error) error
	// Erase makes sure that what was deleted before is in no file any more.
	Erase(ctx context.Context) error
	Close() error
}

// Tx is one transaction. What it is asked for and does not find gives edge.ErrNotFound, where nothing else is said; lists
// and maps lack what was not found.
type Tx interface {
	Values
	Outboxes
	People
	Entities
	Feeds
	Erasures
	Fleet
	Users
	Webhooks
}

// Values are single values by name.
type Values interface {
	Value(name string) ([]byte, error) // nil where there is none
	PutValue(name string, value []byte) error
}

// Outboxes remember how far each box's outbox was taken.
type Outboxes interface {
	Upto(store, box string) (uint64, error) // 0 for a box that was never heard of
	PutUpto(store, box string, upto uint64) error
	// GiveUp marks boxes of a store as given up by who they are now; GivenUp tells whether one is.
	GiveUp(store string, boxes []string) error
	GivenUp(store, box string) (bool, error)
	// Received gives the ids of the records that these numbers had, as far as they are remembered.
	Received(store, box string, seqs []uint64) (map[uint64]string, error)
	// PutReceived remembers records, and forgets those up to and including before.
	PutReceived(store, box string, records []Received, before uint64) error
}

// Received is a record that was taken.
type Received struct {
	Seq uint64
	ID  string
}

// People are the customers, by a number that is never used again. Several ids and identifiers lead to one.
type People interface {
	Numbers(ids []string) (map[string]Known, error)
	PutIDs(number int64, ids []string) error
	Person(number int64) (Person, error)
	PutPerson(Person) error
	// DeletePerson takes out a customer's row with all ids, identifiers and interest in her.
	DeletePerson(number int64) error
	// MovePerson gives all that leads to or belongs to one customer to another, and deletes the first. What stores are to be
	// told of the first is the caller's to say anew.
	MovePerson(from, to int64) error
	PersonsAfter(number int64, limit int) ([]Person, error)

	// Owners gives who has each hash; the key is the hash's bytes.
	Owners(hashes [][]byte) (map[string][]int64, error)
	PutIdentifiers(number int64, ids []edge.IdentifierHash) error
	IdentifiersOf(number int64) ([]edge.IdentifierHash, error)
	IDsOf(number int64) ([]string, error)
	// IdentifiersAfter lists everybody's identifiers in the order that they were put.
	IdentifiersAfter(row int64, limit int) ([]Identified, error)

	Interested(number int64) (stores []string, err error)
	// AddInterest notes what a store calls customers, and gives those whom it was not interested in before.
	AddInterest(store string, calls []Calling) (added []int64, err error)
	// Called gives what a store calls those of the customers whom it is interested in, sorted.
	Called(store string, numbers []int64) (map[int64][]string, error)
}

// Calling is what a store calls a customer.
type Calling struct {
	Number int64
	ID     string
}

// Known is what an id leads to.
type Known struct {
	Number int64
	// After is from when on visits are kept as hers, in microseconds since 1970: later ones are. NothingKept: none.
	After int64
}

// NothingKept is the Known.After of a customer who allows nothing to be learnt.
const NothingKept = 1<<63 - 1

// Person is a customer as she rests.
type Person struct {
	Number  int64
	After   int64  // as in Known
	Wrapped []byte // her key
	Sealed  []byte // her edge.CustomerState
}

// Identified is one identifier of somebody.
type Identified struct {
	Row    int64
	Number int64
	Hash   edge.IdentifierHash
}

// EntityKind says what an entity is.
type EntityKind byte

// The kinds of entity. The numbers rest in databases.
const (
	EntityCustomer EntityKind = 1 // id: the customer's number in decimal; the body is in Person
	EntityFact     EntityKind = 2 // the body is sealed under the customer's key
	EntityVisit    EntityKind = 3 // id: the store that told it, a stroke, and the store's id of it
	EntityOutcome  EntityKind = 4
	EntitySummary  EntityKind = 5
	EntityErasure  EntityKind = 6 // the body is in ErasureRow
	EntityVoid     EntityKind = 7 // a fact that its customer took back: that it is gone, sealed as a fact is
)

// Entity is one thing that is known, at the place of its last change in the order of everything.
type Entity struct {
	Pos    int64
	Kind   EntityKind
	ID     string
	Store  string // who told it; empty: head office
	Number int64  // the customer; 0: nobody
	At     int64  // microseconds since 1970
	Body   []byte
}

// Entities are everything that is known, in the order of last changes.
type Entities interface {
	// EntitiesByID gives those that exist, without their bodies unless asked for.
	EntitiesByID(kind EntityKind, ids []string, bodies bool) (map[string]Entity, error)
	// PutEntities writes entities whole, each in place of the one of the same kind and id.
	PutEntities([]Entity) error
	// EntitiesOf lists one customer's, the latest At first; limit 0: all.
	EntitiesOf(number int64, kind EntityKind, limit int) ([]Entity, error)
	// EntitiesAt lists one customer's of one moment.
	EntitiesAt(number int64, kind EntityKind, at int64) ([]Entity, error)
	EntitiesAfter(pos int64, limit int) ([]Entity, error)
	DeleteEntities(kind EntityKind, ids []string) error
	// CountEntities counts by kind.
	CountEntities() (map[EntityKind]int64, error)
}

// ChangeRow says that a store is to be told of something, and where that stands in the store's order.
type ChangeRow struct {
	Store  string
	Pos    int64
	Kind   edge.ChangeKind
	ID     string // customer: her number in decimal; fact: its id; else empty
	Number int64  // the customer; 0: none
	Own    bool   // the store told exactly this: only one that begins anew needs it
}

// Feeds are what each store is to be told, one row for each thing.
type Feeds interface {
	PutChanges([]ChangeRow) error
	// ChangesAfter lists a store's rows in order; own ones only up to and including full.
	ChangesAfter(store string, after, full int64, limit int) ([]ChangeRow, error)
	// Places gives where a store's rows of some things stand.
	Places(store string, kind edge.ChangeKind, ids []string) (map[string]int64, error)
	DeleteChanges(kind edge.ChangeKind, ids []string) error
	// DropFeed deletes all that a store is to be told, and whom it is interested in.
	DropFeed(store string) error
}

// ErasureRow is an order to forget, for ever.
type ErasureRow struct {
	Pos   int64
	Store string // where it was ordered; empty: head office
	Taken int64  // when head office took it, microseconds
	Order edge.Erasure
}

// Owed is an erasure that a store has not given a receipt for.
type Owed struct {
	Store   string
	Erasure string
	Since   int64
}

// Erasures are the orders to forget, who has carried them out, and what keeps late news from bringing anybody back.
type Erasures interface {
	Erasure(id string) (ErasureRow, error)
	// Spare notes tombstones that were taken out of an order; SparedBy gives them.
	Spare(erasure string, tombstones [][]byte) error
	SparedBy(erasure string) ([][]byte, error)
	PutErasure(ErasureRow) error
	ErasuresAfter(pos int64, limit int) ([]ErasureRow, error)
	// Waiting are orders that were taken, and not carried out yet, the oldest first. They have no position.
	Waiting() ([]ErasureRow, error)
	PutWaiting(ErasureRow) error // where it waits already: what it says now
	DeleteWaiting(erasure string) error
	Owe(store string, erasures []string, since int64) error
	// OweAll notes that a store owes a receipt for every erasure that it has not given one for.
	OweAll(store string, since int64) error
	OweNothing(store string) error
	Owing(store string) ([]Owed, error) // of all stores where store is empty; the longest owed first
	PutReceipt(store string, r edge.Receipt) error
	Receipts(erasure string) (map[string]edge.Receipt, error) // by store

	// Gone gives the latest erasure of each id that was erased, and Buried that of each tombstone (by its bytes).
	Gone(ids []string) (map[string]edge.Stamp, error)
	PutGone(ids []string, at edge.Stamp) error
	// Refused gives the erasure that stopped each id which no erasure names, until she said since that she wants to be known
	// and was taken up.
	Refused(ids []string) (map[string]edge.Stamp, error)
	Refuse(id string, at edge.Stamp) error
	TakeUp(id string) error
	Buried(tombstones [][]byte) (map[string]Burial, error)
	PutBuried(tombstones [][]byte, by Burial) error
	HasBuried() (bool, error)
}

// Burial is the latest order that has a tombstone.
type Burial struct {
	At      edge.Stamp
	Chained bool // as in edge.Erasure; of several orders: all are
}

// StoreRow is a store as it rests.
type StoreRow struct {
	ID       string
	Added    time.Time
	Enrolled time.Time // zero: not yet
	Revoked  time.Time
	Serial   uint64 // of the token in use; 0: none
	Next     uint64 // of one that was given out and not used yet
	Last     uint64 // the last serial that was ever given out
	Seen     time.Time
	Offset   time.Duration // the box's clock against ours
	Status   []byte        // the last wire.BoxStatus
	Boxes    []BoxRow      // which told it lately
	Dropped  int64         // cursors from before this position hold no longer: what it was to be told was deleted
	Playbook int           // the version that it is given; 0: none from here
	Keys     []byte        // sealed: the box's own identifier keys
	Code     time.Time     // when its unused one-time code expires; zero: there is none
}

// BoxRow is a run of a box, and from when to when it was heard of.
type BoxRow struct {
	Box, Run    string
	First, Last time.Time
}

// CodeRow is a one-time code.
type CodeRow struct {
	Hash    [32]byte
	Store   string
	Expires time.Time
}

// PlaybookRow is a published playbook.
type PlaybookRow struct {
	Published edge.Published
	At        time.Time
	First     []string // the stores that have it first; empty with Everyone
	Everyone  bool
	Return    int    // it brings an earlier one back, in place of this version
	Withdrawn string // why; empty: it was not
}

// Fleet are the stores, and what they are given.
type Fleet interface {
	Stores() ([]StoreRow, error) // by id
	StoreRow(id string) (StoreRow, error)
	PutStore(StoreRow) error

	Code(hash [32]byte) (CodeRow, error)
	PutCode(CodeRow) error
	// DeleteCodes takes out all codes of a store, and all that expired before a moment.
	DeleteCodes(store string, before time.Time) error

	Playbooks() ([]PlaybookRow, error) // without bodies, the newest first
	Playbook(version int) (PlaybookRow, error)
	PutPlaybook(PlaybookRow) error
}

// UserRow is somebody who may see head office's pages, or a program that may read the feed.
type UserRow struct {
	Name  string
	Role  Role
	Hash  [32]byte // of the secret
	Added time.Time
}

// SessionRow is a sign-in.
type SessionRow struct {
	Hash    [32]byte // of the token
	User    string
	Expires time.Time
}

// Users are those who may look in.
type Users interface {
	Users() ([]UserRow, error)
	User(name string) (UserRow, error)
	PutUser(UserRow) error
	// DeleteUser takes out a user and her sessions.
	DeleteUser(name string) error
	Session(hash [32]byte) (SessionRow, error)
	PutSession(SessionRow) error
	DeleteSession(hash [32]byte) error
	DeleteSessions(before time.Time) error
}
