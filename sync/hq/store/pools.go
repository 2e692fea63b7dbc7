// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"

	"github.com/mattn/go-sqlite3"

	"redbench/edge/scrub"
	"redbench/sync/hq"
)

// readers is how many may read at the same time.
const readers = 4

// openPools makes the three pools. Every setting is in the DSN or the connect hook: a PRAGMA by Exec reaches one pooled
// connection and is gone with it.
func (s *Store) openPools() {
	common := "_journal_mode=WAL&_foreign_keys=on&_stmt_cache_size=96"
	// secure_delete overwrites what is deleted; FULL syncs the journal at each commit; immediate, so that a transaction
	// waits for those of other processes at its beginning or not at all. It waits long: an import of theirs goes in steps.
	writing := common + "&_synchronous=FULL&_txlock=immediate&_secure_delete=on"
	s.write = s.pool(writing+"&_busy_timeout=30000&_cache_size=-131072", 1, "PRAGMA wal_autocheckpoint = 131072; PRAGMA temp_store = MEMORY")
	s.check = s.pool(writing+"&_busy_timeout=250&_cache_size=-1024", 1, "PRAGMA wal_autocheckpoint = 0")
	s.read = s.pool(common+"&_busy_timeout=10000&mode=ro&_query_only=on&_cache_size=-16384", readers, "PRAGMA temp_store = MEMORY")
}

func (s *Store) pool(settings string, connections int, pragmas string) *sql.DB {
	db := sql.OpenDB(&connector{
		dsn: "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + settings,
		driver: &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
			_, err := c.Exec(pragmas, nil)
			return err
		}},
	})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// connector opens connections of one driver value, so that no driver needs to be registered for the whole process.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

func (c *connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c *connector) Driver() driver.Driver                        { return c.driver }

// Update runs f in a transaction on the writing connection and commits it, durably, when f returns nil.
//
// The context's cancellation is taken off: a half-awaited commit would leave its caller not knowing whether it happened.
func (s *Store) Update(ctx context.Context, f func(hq.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	inner, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning to write: %w", err)
	}
	t := &tx{ctx: ctx, sql: inner}
	var erased scrub.Traces
	err = f(t)
	if err == nil {
		erased, err = t.erased()
	}
	if err != nil {
		if rollback := inner.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", rollback))
		}
		return err
	}
	if err := inner.Commit(); err != nil {
		// SQLite leaves the transaction open when a commit does not get through; the connection must not keep it.
		_, _ = s.write.ExecContext(ctx, "ROLLBACK")
		return fmt.Errorf("committing: %w", err)
	}
	s.dirty.Store(true)
	s.scrub.Owe(erased)
	return nil
}

// View runs f on a reading connection, in a transaction of its own so that it sees one state.
func (s *Store) View(ctx context.Context, f func(hq.Tx) error) error {
	inner, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning to read: %w", err)
	}
	err = f(&tx{ctx: ctx, sql: inner})
	if end := inner.Rollback(); end != nil && !errors.Is(end, sql.ErrTxDone) && ctx.Err() == nil {
		err = errors.Join(err, fmt.Errorf("ending to read: %w", end))
	}
	return err
}
