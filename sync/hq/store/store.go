// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"redbench/edge/backup"
	"redbench/edge/scrub"
	"redbench/sync/hq"
)

// File is the name of the database in the state directory.
const File = "hq.db"

// lockFile is held together by all who have the database open, and alone by who replaces it.
const lockFile = "hq.lock"

// Options are what a Store is made of.
type Options struct {
	Dir string // state directory; made when missing
	// Fingerprint tells the keys that the database is sealed with (seal.Box.Fingerprint).
	Fingerprint [8]byte
	Log         *slog.Logger     // nil: slog.Default()
	Now         func() time.Time // nil: time.Now
	// Upkeep is how often the store looks after itself: 0 is every two seconds, negative never.
	Upkeep time.Duration
}

// Store is the open database. It is safe for concurrent use.
type Store struct {
	opt   Options
	path  string
	write *sql.DB // one connection: whoever waits for it waits in a queue
	read  *sql.DB
	check *sql.DB // one connection, for checkpoints alone
	lock  *flock.Flock

	dirty    atomic.Bool // something was committed since the last checkpoint
	lingers  atomic.Bool // what was deleted is still in the journal
	trimmed  time.Time   // when the journal was last cut back; behind upkeep
	copying  backup.Copying
	scrub    scrub.Scrub
	scrubbed time.Time // when upkeep last failed to; behind upkeep
	stop     context.CancelFunc
	ended    chan struct{}
}

var _ hq.Store = (*Store)(nil)

// ErrReplaced says that the database is being restored from a backup.
var ErrReplaced = errors.New("the database is being restored")

// Open opens head office's database in a state directory, and makes or migrates it.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{opt: o, path: filepath.Join(o.Dir, File), ended: make(chan struct{})}
	s.scrub = scrub.Scrub{Files: []string{s.path, s.path + "-wal"}, Rewrite: s.rewrite}
	if s.opt.Log == nil {
		s.opt.Log = slog.Default()
	}
	if s.opt.Now == nil {
		s.opt.Now = time.Now
	}
	if s.opt.Upkeep == 0 {
		s.opt.Upkeep = 2 * time.Second
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening head office's database in %q: %w", o.Dir, err), s.closeAll())
	}
	upkeep, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.keepUp(upkeep)
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := os.MkdirAll(s.opt.Dir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	lock := flock.New(filepath.Join(s.opt.Dir, lockFile), flock.SetPermissions(0o600))
	got, err := lock.TryRLock()
	if err != nil {
		return fmt.Errorf("locking: %w", err)
	}
	if !got {
		return ErrReplaced
	}
	s.lock = lock
	// The file is made here and not by SQLite, so that nobody else can read it from its first byte on.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	// What a crash left in the journal may have been deleted by its last transactions.
	s.lingers.Store(size(s.path+"-wal") > 0)
	s.openPools()
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.claim(ctx)
}

// claim ties the database to head office's keys at the first start, and refuses others later: under them nobody would be
// found.
func (s *Store) claim(ctx context.Context) error {
	return s.Update(ctx, func(tx hq.Tx) error {
		got, err := tx.Value("keys")
		if err != nil {
			return err
		}
		if got == nil {
			return tx.PutValue("keys", s.opt.Fingerprint[:])
		}
		if string(got) != string(s.opt.Fingerprint[:]) {
			return errors.New("it was made with other keys than those in keys.json; restore the keys.json that belongs to it")
		}
		return nil
	})
}

// Close ends upkeep, brings the journal home and closes the database.
func (s *Store) Close() error {
	s.stop()
	<-s.ended
	if err := s.checkpoint(context.Background(), "TRUNCATE"); err != nil && !errors.Is(err, errBusy) {
		s.opt.Log.Warn("closing the database: the journal stays until the next start", "error", err)
	}
	return s.closeAll()
}

func (s *Store) closeAll() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.check, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Unlock())
	}
	return errors.Join(errs...)
}

// Replacing holds a state directory while its database is replaced. It fails while any process has the database open, and
// none can open it until release.
func Replacing(dir string) (release func() error, err error) {
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %q: %w", dir, err)
	}
	if !got {
		return nil, errors.New("head office's database is in use: stop redbench-hq first")
	}
	return lock.Unlock, nil
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
