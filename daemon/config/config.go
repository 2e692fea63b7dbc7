// SPDX-License-Identifier: Apache-2.0

// Package config reads what a store may set: one TOML file, each key with a default and a documented meaning, and the
// environment over it.
//
// The table in keys.go is the only place where a key is named. The sample file, docs/configuration.md, `redbench config
// show` and the names in the environment all come from it, so none of them can tell something else.
package config

import (
	"path/filepath"
	"time"

	"redbench/daemon/config/keyed"
	"redbench/edge"
)

// Config is the whole configuration, valid and complete once [Load] has returned it.
type Config struct {
	Store      Store
	State      State
	MQTT       MQTT
	UI         UI
	Metrics    Metrics
	HQ         HQ
	Screen     Screen
	Privacy    Privacy
	Playbook   Playbook
	Experiment Experiment
	Backup     Backup
	Log        Log
	Limits     Limits
	Adapters   []Adapter

	File     string   // the file that was read; empty: none, only defaults and environment
	Warnings []string // allowed, but worth a line in the log

	read *keyed.Reading // nil: the defaults
	zone *time.Location
}

// Origin says where a value came from.
type Origin = keyed.Origin

// The origins.
const (
	FromDefault     = keyed.FromDefault
	FromFile        = keyed.FromFile
	FromEnvironment = keyed.FromEnvironment
)

// Error is everything that is wrong with a configuration, and Problem one such thing.
type (
	Error   = keyed.Error
	Problem = keyed.Problem
)

// Store is who this box works for.
type Store struct {
	ID       string
	Name     string
	Locale   string
	TimeZone string
}

// State is where the box keeps what it knows.
type State struct {
	Dir string
}

// MQTT is how tills reach the box.
type MQTT struct {
	Broker       string // empty: the embedded one
	Listen       string // of the embedded broker
	TillsFile    string // of the embedded broker: lane:secret lines
	CertFile     string // of the embedded broker
	KeyFile      string
	ClientID     string // at an outside broker; empty: made from the store's id
	Username     string
	PasswordFile string
	CAFile       string
	Insecure     bool
}

// UI is the screens' and the manager's pages.
type UI struct {
	Listen       string
	PublicURL    string
	TrustedHosts []string
	CertFile     string
	KeyFile      string
	Insecure     bool
}

// Metrics is a listener of its own for /metrics; with an empty Listen it is only beside the screens, by TokenFile.
type Metrics struct {
	Listen    string
	TokenFile string
	CertFile  string
	KeyFile   string
	Insecure  bool
}

// HQ is the chain's head office, and how the box speaks with it.
type HQ struct {
	URL               string
	CAFile            string // empty: what enrolment brought, or the system's
	Send              string // [SendAtOnce], or hours of the store's day as in "22:00-06:00"
	KilobitsPerSecond int    // 0: no bound
	Metered           bool
	CPUPercent        int // of one core
	LockAfterDays     int // 0: never
	LookupMS          int // 0: a card that the box does not know is not asked for
	Insecure          bool
}

// SendAtOnce is the value of [hq] send that waits for no hour.
const SendAtOnce = "at once"

// LockAfter is how long profiles stay open without a word from head office; 0: for ever.
func (h HQ) LockAfter() time.Duration { return time.Duration(h.LockAfterDays) * 24 * time.Hour }

// LookupFor is how long a question for an unknown card may take; 0: it is not asked.
func (h HQ) LookupFor() time.Duration { return time.Duration(h.LookupMS) * time.Millisecond }

// Screen is how a screen shows things.
type Screen struct {
	DistanceM       float64
	PromptSeconds   int
	FarewellSeconds int
	GreetedSeconds  int
}

// PromptFor is how long a prompt stays on a screen.
func (s Screen) PromptFor() time.Duration { return time.Duration(s.PromptSeconds) * time.Second }

// FarewellFor is how long a farewell stays on a screen.
func (s Screen) FarewellFor() time.Duration { return time.Duration(s.FarewellSeconds) * time.Second }

// GreetedFor is how long a card without a checkout waits for one.
func (s Screen) GreetedFor() time.Duration { return time.Duration(s.GreetedSeconds) * time.Second }

// Privacy is what the store may know by default.
type Privacy struct {
	ImportConsent   edge.Consent
	LoyaltyPrefixes []string // leading digits of the chain's own cards
	VisitsDays      int      // 0: they are kept without end
}

// VisitsFor is how long a visit is kept; 0: without end.
func (p Privacy) VisitsFor() time.Duration { return time.Duration(p.VisitsDays) * 24 * time.Hour }

// Experiment is what is done to learn whether prompts help.
type Experiment struct {
	Silent         bool
	ControlPercent int
}

// Playbook is what the screens say.
type Playbook struct {
	File string // empty: the one that is built in
}

// Log is what the daemon writes about itself.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text, json
}

// Backup is when the box copies its state, and for how long copies are kept.
type Backup struct {
	Dir               string // empty: "backups" in the state directory
	At                string // hour of the store's day; empty: never
	Keep              int
	ForgetWithinHours int
}

// In is the directory of the backups of a state directory.
func (b Backup) In(state string) string {
	if b.Dir == "" {
		return filepath.Join(state, "backups")
	}
	return b.Dir
}

// ForgetWithin is how long a backup may hold somebody who was forgotten.
func (b Backup) ForgetWithin() time.Duration { return time.Duration(b.ForgetWithinHours) * time.Hour }

// Limits bound what one till, or one bad day, can take of the box.
type Limits struct {
	MessageBytes    int
	Quarantine      int // events kept
	CheckoutMinutes int
	ImportRowBytes  int
	OutboxMB        int
	DatabaseMB      int // 0: no bound
}

// CheckoutFor is how long a checkout without any event stays open.
func (l Limits) CheckoutFor() time.Duration { return time.Duration(l.CheckoutMinutes) * time.Minute }

// Adapter maps what another till sends to the contract's events.
type Adapter struct {
	Name    string
	Topic   string // MQTT filter, in which {store} and {lane} may stand for a level
	Format  string // json, text, xml, form
	Program string // jq

	DropCards bool // accept messages with payment card data, which Program must leave out
}

// Zone is the store's time zone.
func (c *Config) Zone() *time.Location {
	if c.zone == nil {
		return time.UTC
	}
	return c.zone
}

// Origin tells where the value of a key came from.
func (c *Config) Origin(key string) Origin { return c.read.Origin(key) }
