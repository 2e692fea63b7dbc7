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
)

// readers is how many taps may read at the same time; two cores do not serve more.
const readers = 4

// openPools makes the three pools. Every setting is in the DSN or the connect hook: a PRAGMA by Exec reaches one
// pooled connection and is gone with it.
func (s *Store) openPools() {
	common := "_journal_mode=WAL&_foreign_keys=on&_stmt_cache_size=96"
	// secure_delete overwrites what is deleted; FULL syncs the journal at each commit (the driver's own default is
	// NORMAL, which a power cut takes back); immediate, so that a transaction waits at its beginning or not at all.
	writing := common + "&_busy_timeout=10000&_synchronous=FULL&_txlock=immediate&_secure_delete=on&_cache_size=-65536&_auto_vacuum=incremental"
	// A commit never copies the journal back: upkeep does. The bound is for the day that upkeep does not get to it.
	s.write = s.pool(writing, 1, "PRAGMA wal_autocheckpoint = 131072; PRAGMA temp_store = MEMORY")
	// A checkpoint that waits for a reader to go away holds the writer back meanwhile, so it does not wait long.
	s.check = s.pool(common+"&_busy_timeout=250&_synchronous=FULL&_txlock=immediate&_secure_delete=on&_cache_size=-1024", 1, "PRAGMA wal_autocheckpoint = 0")
	s.read = s.pool(common+"&_busy_timeout=10000&mode=ro&_query_only=on&_cache_size=-16384", readers, "PRAGMA temp_store = MEMORY")
}

func (s *Store) pool(settings string, connections int, pragmas string) *sql.DB {
	db := sql.OpenDB(&connector{
		// The path is escaped: a state directory may hold a question mark or a per cent sign.
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

// nearest is where a tap reads. A commit empties the page cache of every other connection, so after each one a reading
// connection begins from nothing; the writing one has its pages at hand, and is free but for the milliseconds of a
// commit. When it is not, a tap does not wait for it. done gives it back.
func (s *Store) nearest() (db *sql.DB, done func()) {
	if s.writing.TryLock() {
		return s.write, s.writing.Unlock
	}
	return s.read, func() {}
}

// connector opens connections of one driver value, so that no driver needs to be registered for the whole process.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

func (c *connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c *connector) Driver() driver.Driver                        { return c.driver }

// transact runs f in a transaction on the writing connection and commits it, durably, when f returns nil.
//
// The context's cancellation is taken off: a half-awaited commit would leave its caller not knowing whether it
// happened, and watching for it costs a goroutine a statement.
func (s *Store) transact(ctx context.Context, f func(tx *sql.Tx) error) error {
	return s.transactThen(ctx, f, func() {})
}

// transactThen is transact with what follows a commit, before anybody else writes: what is kept in memory of the record must not
// be built upon by the next transaction before it is there.
func (s *Store) transactThen(ctx context.Context, f func(tx *sql.Tx) error, then func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.write.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", rollback))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		// SQLite leaves the transaction open when a commit does not get through; the connection must not keep it.
		_, _ = s.write.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}
	s.dirty.Store(true)
	then()
	return nil
}
