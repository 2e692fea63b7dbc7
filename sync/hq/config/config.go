// SPDX-License-Identifier: Apache-2.0

// Package config reads what head office may set: one TOML file, each key with a default and a documented meaning, the
// environment over it and a few flags over both.
package config

import (
	"path/filepath"
	"time"

	"redbench/daemon/config/keyed"
	"redbench/edge"
)

// Config is the whole configuration, valid and complete once [Load] has returned it.
type Config struct {
	HQ       HQ
	State    State
	Database Database
	Fleet    Fleet
	Erasure  Erasure
	Privacy  Privacy
	Backup   Backup
	Log      Log
	Limits   Limits
	Webhooks []Webhook

	File     string   // the file that was read; empty: none, only defaults, environment and flags
	Warnings []string // allowed, but worth a line in the log

	read *keyed.Reading // nil: the defaults
}

// HQ is where boxes and people reach head office.
type HQ struct {
	Name      string
	Listen    string
	PublicURL string // empty: made from Listen
	CertFile  string // empty: a certificate of the built-in authority
	KeyFile   string
	Insecure  bool // plain HTTP
}

// State is where head office keeps its keys, and its database unless that is elsewhere.
type State struct {
	Dir string
}

// Database is where the record rests.
type Database struct {
	URL string // empty: SQLite in the state directory
}

// Fleet is what the fleet page calls trouble.
type Fleet struct {
	LateAfterMinutes int
}

// LateAfter is how long a store may be silent.
func (f Fleet) LateAfter() time.Duration { return time.Duration(f.LateAfterMinutes) * time.Minute }

// Erasure is how forgetting is watched over.
type Erasure struct {
	LateAfterHours int
}

// LateAfter is how long a store may owe its receipt.
func (e Erasure) LateAfter() time.Duration { return time.Duration(e.LateAfterHours) * time.Hour }

// Privacy is what the chain may know by default.
type Privacy struct {
	ImportConsent   edge.Consent
	LoyaltyPrefixes []string // leading digits of the chain's own cards
}

// Backup is when head office copies its state, and for how long copies are kept.
type Backup struct {
	Dir               string // empty: "backups" in the state directory
	At                string // hour of the machine's day; empty: never
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

// Log is what head office writes about itself.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text, json
}

// Limits bound what one file can take.
type Limits struct {
	ImportRowBytes int
}

// Origin tells where the value of a key came from.
func (c *Config) Origin(key string) keyed.Origin { return c.read.Origin(key) }

// Default is the configuration of a head office for which nothing was set.
func Default() *Config {
	return &Config{
		HQ:      HQ{Name: "Head office", Listen: "127.0.0.1:8788"},
		State:   State{Dir: defaultStateDir},
		Fleet:   Fleet{LateAfterMinutes: 30},
		Erasure: Erasure{LateAfterHours: 24},
		Privacy: Privacy{ImportConsent: edge.ConsentRemember},
		Backup:  Backup{At: "02:30", Keep: 14, ForgetWithinHours: 24},
		Log:     Log{Level: "info", Format: "text"},
		Limits:  Limits{ImportRowBytes: 65536},
	}
}

// DefaultFile is where the configuration is when nobody says otherwise. It need not exist.
func DefaultFile() string { return defaultFile }
