// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // to look what is in the record

	"redbench/cmd/rig/count"
	"redbench/cmd/rig/process"
	"redbench/edge/seal"
	"redbench/edge/store"
)

const stateDir = "/var/lib/redbench"

func (p *proof) state() string { return filepath.Join(p.m.Root, stateDir) }

// recordedWithin bounds how long the broker may take to hand over what it keeps.
const recordedWithin = 60 * time.Second

// recorded waits until all that tills were told is stored is in the record, and says what is not.
func (p *proof) recorded(ctx context.Context, s *Step) error {
	ctx, cancel := context.WithTimeout(ctx, recordedWithin)
	defer cancel()
	var events, checkouts count.Counted
	err := process.Until(ctx, 100*time.Millisecond, func(ctx context.Context) (err error) {
		if events, checkouts, err = p.count(ctx); err != nil {
			return err
		}
		if events.Lost+checkouts.Lost > 0 {
			return fmt.Errorf("of what was acknowledged, %d events and %d checkouts are not in the record", events.Lost, checkouts.Lost)
		}
		return nil
	})
	s.figure("events_acknowledged", float64(events.Told))
	s.figure("events_lost", float64(events.Lost))
	s.figure("checkouts_lost", float64(checkouts.Lost))
	s.figure("checkouts_doubled", float64(checkouts.Doubled))
	if err == nil && checkouts.Doubled > 0 {
		err = fmt.Errorf("%d checkouts are in the record more than once", checkouts.Doubled)
	}
	s.say("of %d acknowledged events %d are lost, of %d checkouts %d doubled", events.Told, events.Lost, checkouts.Told, checkouts.Doubled)
	return err
}

// count holds the ledger against the record.
func (p *proof) count(ctx context.Context) (events, checkouts count.Counted, err error) {
	if _, err := os.Stat(filepath.Join(p.state(), "keys.json")); err != nil { // seal would make new ones
		return events, checkouts, err
	}
	keys, err := seal.Open(p.state())
	if err != nil {
		return events, checkouts, err
	}
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	told := make([]string, len(p.ledger.events))
	for i, e := range p.ledger.events {
		digest := keys.Digest([]byte(storeID), []byte(e.source), []byte(e.id))
		told[i] = string(digest[:])
	}
	err = query(ctx, filepath.Join(p.state(), store.File), func(db *sql.DB) error {
		arrived, err := column(ctx, db, "SELECT key FROM events")
		if err != nil {
			return err
		}
		events = count.Once(told, arrived)
		if arrived, err = column(ctx, db, "SELECT checkout FROM visits ORDER BY visit"); err != nil {
			return err
		}
		checkouts = count.Once(p.ledger.checkouts, arrived)
		return nil
	})
	return events, checkouts, err
}

// query reads a database that the box is using.
func query(ctx context.Context, file string, do func(*sql.DB) error) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		return fmt.Errorf("opening the record: %w", err)
	}
	return errors.Join(do(db), db.Close())
}

// column gives what a query gives, each as a string.
func column(ctx context.Context, db *sql.DB, query string) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("reading the record: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var one []byte
		if err := rows.Scan(&one); err != nil {
			return nil, fmt.Errorf("reading the record: %w", err)
		}
		all = append(all, string(one))
	}
	return all, rows.Err()
}
