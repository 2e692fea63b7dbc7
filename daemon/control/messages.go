// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"redbench/edge"
)

// Status is how the box stands. Its JSON is what `redbench status --json` prints.
type Status struct {
	Running bool      `json:"running"` // false: the daemon is stopped, and the rest is what its files say
	Version string    `json:"version"`
	Run     string    `json:"run,omitempty"` // UUIDv7, new at each start
	PID     int       `json:"pid,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Now     time.Time `json:"now"`

	Store     string `json:"store"`
	StoreName string `json:"store_name,omitempty"`
	StateDir  string `json:"state_dir"`
	Config    string `json:"config,omitempty"` // the file that was read; empty: none

	Ready    bool     `json:"ready"`
	NotReady []string `json:"not_ready,omitempty"` // why not, a sentence each
	Warnings []string `json:"warnings,omitempty"`  // insecure listeners and the like

	UI      Listener  `json:"ui"`
	Metrics *Listener `json:"metrics,omitempty"` // absent: /metrics only beside the screens, by token
	MQTT    MQTT      `json:"mqtt"`

	Lanes    []string    `json:"lanes"`
	Screens  int         `json:"screens_connected"`
	Counts   edge.Counts `json:"counts"`       // since midnight in the store's zone
	Playbook string      `json:"playbook"`     // name and version of the playbook in use
	HQ       *HQ         `json:"hq,omitempty"` // absent: the box is not enrolled
	Backup   *Backup     `json:"backup,omitempty"`
	Disk     *Disk       `json:"disk,omitempty"`   // absent: it is stopped
	Former   []string    `json:"former,omitempty"` // directories of records that were replaced; people are in them
}

// Backup is how the backups stand.
type Backup struct {
	Dir     string    `json:"dir"`
	Count   int       `json:"count"`
	Last    time.Time `json:"last,omitzero"` // when the last good one was made
	Name    string    `json:"name,omitempty"`
	Late    bool      `json:"late"`              // the last good one is older than two days
	Holding int       `json:"holding_forgotten"` // backups that still hold somebody who was forgotten
	Making  bool      `json:"making"`
	Error   string    `json:"error,omitempty"` // why the last try came to nothing
}

// HQ is how the box stands with head office.
type HQ struct {
	URL         string       `json:"url"`
	Enrolled    time.Time    `json:"enrolled"`
	Connected   bool         `json:"connected"`             // the last call was answered
	LastContact time.Time    `json:"last_contact,omitzero"` // since the daemon started
	Asked       time.Time    `json:"asked,omitzero"`        // when it last asked whom to forget
	Error       string       `json:"error,omitempty"`       // what went wrong with the last call
	Box         string       `json:"box"`                   // id of this box's outbox
	Backlog     edge.Backlog `json:"backlog"`
	Playbook    int          `json:"playbook,omitempty"` // version of head office's playbook in use
	Refused     string       `json:"playbook_refused,omitempty"`
	Silent      bool         `json:"silent,omitempty"` // head office has silenced prompts
	Locked      bool         `json:"locked,omitempty"` // profiles are locked until erasures were asked for
}

// Disk is what the box takes of the disk, in bytes.
type Disk struct {
	Total        int64 `json:"total"`         // of all files of the state directory
	Database     int64 `json:"database"`      // of its file
	DatabaseFree int64 `json:"database_free"` // of that what holds nothing, and is filled or given back
	Journal      int64 `json:"journal"`
	Outbox       int64 `json:"outbox"`     // of the database: what waits for head office, about
	Quarantine   int64 `json:"quarantine"` // of the database: sealed payloads
	Backups      int64 `json:"backups"`
	Former       int64 `json:"former,omitempty"` // records that restores have replaced, until a person deletes them
	Free         int64 `json:"free"`             // of the disk; 0: it is not known
	Bound        int64 `json:"bound,omitempty"`  // what the configuration lets it take, backups and all; absent: no bound
}

// Listener is an address that is really listened on, after port 0 became a port.
type Listener struct {
	Address string `json:"address"`         // host:port
	URL     string `json:"url,omitempty"`   // what a browser opens
	Secure  bool   `json:"secure"`          // TLS
	Error   string `json:"error,omitempty"` // why it does not listen
}

// MQTT is how the box hears its tills.
type MQTT struct {
	Mode      string `json:"mode"`              // embedded, or outside
	Address   string `json:"address,omitempty"` // embedded: listened on
	Secure    bool   `json:"secure,omitempty"`  // embedded: TLS
	Broker    string `json:"broker,omitempty"`  // outside: its URL, without user and password
	Connected bool   `json:"connected"`         // embedded: it listens; outside: connected and subscribed
	Tills     int    `json:"tills"`             // embedded: clients connected now
}

// PairRequest asks for a credential for a screen on Lane, or for the manager's page.
type PairRequest struct {
	Lane    string `json:"lane,omitempty"`
	Manager bool   `json:"manager,omitempty"`
	Name    string `json:"name,omitempty"` // what people call the screen
}

// Pairing is a credential that waits to be used. Code and URL pair a browser; Token is for other clients
// (`Authorization: Bearer`).
type Pairing struct {
	Code    string    `json:"code"`
	URL     string    `json:"url"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// ApproveRequest accepts the code that an unpaired page shows, for Lane or as a manager's page.
type ApproveRequest struct {
	Code    string `json:"code"`
	Lane    string `json:"lane,omitempty"`
	Manager bool   `json:"manager,omitempty"`
	Name    string `json:"name,omitempty"`
}

// Screen is a paired screen.
type Screen struct {
	ID        string    `json:"id"`
	Lane      string    `json:"lane,omitempty"`
	Manager   bool      `json:"manager,omitempty"`
	Name      string    `json:"name,omitempty"`
	Paired    time.Time `json:"paired"`
	Seen      time.Time `json:"seen,omitzero"`    // last connected; absent: never
	Expires   time.Time `json:"expires,omitzero"` // not used yet, and void after this
	Connected bool      `json:"connected"`
}

// The kinds of import.
const (
	ImportCustomers = "customers"
	ImportVisits    = "visits"
)

// The formats of an import; empty: told from the first byte.
const (
	FormatCSV   = "csv"
	FormatJSONL = "jsonl"
)

// ImportRequest says what the file holds.
type ImportRequest struct {
	Kind    string       `json:"kind"`
	Format  string       `json:"format,omitempty"`
	Consent edge.Consent `json:"consent,omitempty"` // of customers whose row names none; empty: [privacy] import_consent
}

// ForgetReport tells what was taken out.
type ForgetReport struct {
	Customer string `json:"customer"` // our id, which means nothing to anybody now
	Cleared  int    `json:"screens_cleared"`
	Ordered  bool   `json:"ordered"` // head office is told to forget her everywhere

	Backups int       `json:"backups_holding"`        // backups that still hold her
	Until   time.Time `json:"backups_until,omitzero"` // by then the running box has written them anew, or dropped them
	Former  []string  `json:"former,omitempty"`       // directories of records that were replaced, which hold her, too
}

// EnrollRequest asks to enroll with head office.
type EnrollRequest struct {
	URL   string `json:"url,omitempty"` // empty: [hq] url
	Code  string `json:"code"`
	Again bool   `json:"again,omitempty"` // though it is enrolled already
}

// EnrollReport tells what came of it.
type EnrollReport struct {
	URL      string    `json:"url"`
	Store    string    `json:"store"`
	Enrolled time.Time `json:"enrolled"`
	Before   bool      `json:"before"` // it was enrolled already, and nothing was changed
}

// Customer is what the box knows of one customer.
type Customer struct {
	ID       string       `json:"id"`
	Name     string       `json:"name,omitempty"`
	Say      string       `json:"say,omitempty"`
	Address  string       `json:"address,omitempty"`
	Language string       `json:"language,omitempty"`
	Consent  edge.Consent `json:"consent"`
	Stage    edge.Stage   `json:"stage"`
	Since    time.Time    `json:"since,omitzero"`
	Visits   int          `json:"visits"`
	First    time.Time    `json:"first,omitzero"`
	GapDays  float64      `json:"gap_days,omitempty"` // mean days between visits
	Last     *LastVisit   `json:"last,omitempty"`
	Usual    []Habit      `json:"usual"`
	Facts    []Fact       `json:"facts"`
	Merged   []Lineage    `json:"merged,omitempty"` // who was merged into her at this box, the oldest merge first
}

// LastVisit is a customer's latest checkout.
type LastVisit struct {
	At    time.Time `json:"at"`
	Store string    `json:"store,omitempty"`
	Lane  string    `json:"lane,omitempty"`
	Items []string  `json:"items"`
}

// Habit is one usual thing.
type Habit struct {
	SKU   string    `json:"sku"`
	Name  string    `json:"name"`
	P     float64   `json:"p"` // share of her recent baskets, 0 to 1
	Times int       `json:"times"`
	Last  time.Time `json:"last,omitzero"`
}

// Fact is one thing that she told, or that a person noted.
type Fact struct {
	ID     string        `json:"id"`
	Kind   edge.FactKind `json:"kind"`
	Text   string        `json:"text"`
	Date   string        `json:"date,omitempty"`
	Until  time.Time     `json:"until,omitzero"`
	ToldTo string        `json:"told_to,omitempty"`
	Place  string        `json:"place,omitempty"`
	At     time.Time     `json:"at,omitzero"`
}

// Lineage is one customer who was merged into another.
type Lineage struct {
	ID          string    `json:"id"`
	Into        string    `json:"into,omitempty"` // who she was merged into, where that one was merged herself since
	At          time.Time `json:"at"`
	Identifiers int       `json:"identifiers"` // that came with her, as the following; on a box of a chain this is not kept
	Visits      int       `json:"visits"`
	Facts       int       `json:"facts"`
	Undo        bool      `json:"can_unmerge"`
}

// MergeRequest names two customers.
type MergeRequest struct {
	Keep  edge.Identifier `json:"keep"`
	Other edge.Identifier `json:"other"` // whose everything becomes hers
	// ForGood says that the person knows: without it, what could not be taken back is refused as RefusedForGood.
	ForGood bool `json:"for_good,omitempty"`
}

// RefusedForGood is the code of a merge's refusal that nothing would take it back.
const RefusedForGood = "for-good"

// MergeReport tells what came of it.
type MergeReport struct {
	Customer string       `json:"customer"` // our id of who was kept
	Merged   string       `json:"merged"`   // our id of who was merged into her
	Consent  edge.Consent `json:"consent"`  // that counts now: the less of the two
	Unlearnt bool         `json:"unlearnt"` // what that does not cover was deleted, or what one had taken back
	Undo     bool         `json:"can_unmerge"`
	Told     bool         `json:"told"`            // head office is told that the two are one
	Screens  int          `json:"screens_changed"` // lanes where she stands, and is shown anew
}

// UnmergeRequest names a customer, and who of those that were merged into her is to be taken out again.
type UnmergeRequest struct {
	Keep edge.Identifier `json:"keep"`
	ID   string          `json:"id,omitempty"` // empty: the only one
}

// UnmergeReport tells what came of it.
type UnmergeReport struct {
	Customer string `json:"customer"`
	Parted   string `json:"parted"` // our id of who is somebody of her own again
	Screens  int    `json:"screens_changed"`
}

// TryRequest asks what the card Identifier would say; a zero Identifier is a stranger's.
type TryRequest struct {
	Identifier edge.Identifier `json:"identifier,omitzero"`
	At         time.Time       `json:"at"`
	Language   string          `json:"language,omitempty"` // the screen's, BCP 47; empty: the store's
	Lane       string          `json:"lane,omitempty"`     // where she stands
	Load       string          `json:"load,omitempty"`     // how busy that lane is: calm, busy, rush; empty: calm
}

// Trial is a prompt that nobody sees, and how it was chosen.
type Trial struct {
	Who        edge.Who    `json:"who"`
	StageWhy   string      `json:"stage_why"` // the evidence that the stage rests on
	Remember   *edge.Line  `json:"remember,omitempty"`
	Do         *edge.Line  `json:"do,omitempty"`
	Ask        *edge.Line  `json:"ask,omitempty"`
	Avoid      *edge.Line  `json:"avoid,omitempty"`
	Farewell   string      `json:"farewell,omitempty"`
	Considered []Candidate `json:"considered"`
	// Stranger says why the identifier that was asked about is greeted as a stranger's; empty: it names somebody, or none was given.
	Stranger string `json:"stranger,omitempty"`
}

// Candidate is one rule, with one fact or thing where it needs one, and what became of it.
type Candidate struct {
	Rule     string `json:"rule"`
	Line     string `json:"line"`
	Fact     string `json:"fact,omitempty"`
	Text     string `json:"text,omitempty"`
	Priority int    `json:"priority"`
	Moved    int    `json:"moved,omitempty"` // by how much verdicts move the priority
	Chosen   bool   `json:"chosen"`
	Reason   string `json:"reason"`
	Why      string `json:"why,omitempty"` // the reason that the screen tells, of what was chosen

	Welcome  float64 `json:"welcome,omitempty"`  // the chance that the rule is welcome, by the verdicts on it
	Verdicts string  `json:"verdicts,omitempty"` // those verdicts, where there are any
}

// Quarantined is a refused event.
type Quarantined struct {
	ID     string    `json:"id"`
	Topic  string    `json:"topic"`
	Reason string    `json:"reason"`
	Detail string    `json:"detail,omitempty"`
	Size   int       `json:"size"` // bytes, as received
	At     time.Time `json:"at"`
}
