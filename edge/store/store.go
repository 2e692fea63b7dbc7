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

	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/memory"
	"redbench/edge/scrub"
	"redbench/edge/seal"
)

// File is the name of the database in the state directory.
const File = "store.db"

// Options are what a Store is made of.
type Options struct {
	Dir     string // state directory; made when missing
	StoreID string
	Seal    *seal.Box
	Log     *slog.Logger     // nil: slog.Default()
	Now     func() time.Time // nil: time.Now
	Zone    *time.Location   // the store's: its days are customers' days; nil: UTC

	// Ballast is how many bytes are held back on the disk, to be freed when it is full: 0 is 32 MiB, negative none.
	Ballast int64
	// Upkeep is how often the store looks after itself (see Upkeep): 0 is every two seconds, negative never.
	Upkeep time.Duration
	// OutboxBytes is from where on what waits for head office is told as a sum: 0 is 256 MiB, which is millions of rows.
	OutboxBytes int64
	// QuarantineCount and QuarantineBytes are where quarantine stops keeping and only counts: 0 is 2,000 and 16 MiB.
	QuarantineCount int
	QuarantineBytes int64
	// VisitsKept is how long a visit is kept, but for each customer's latest: 0 is without end.
	VisitsKept time.Duration
	// DatabaseBytes is from where on what tills send is kept for less long: 0 is never.
	DatabaseBytes int64
}

// Store is the open record. It is safe for concurrent use.
type Store struct {
	opt     Options
	path    string
	write   *sql.DB     // one connection: whoever waits for it waits in a queue
	writing writingLock // held while it writes; a tap that finds it free reads there (see nearest)
	read    *sql.DB
	check   *sql.DB // one connection, for checkpoints alone
	items   *items
	lock    *lock

	admin    admin
	dirty    atomic.Bool  // something was committed since the last checkpoint
	full     atomic.Bool  // the disk was full at the last commit
	lingers  atomic.Bool  // what was deleted is still in the journal
	stepped  atomic.Int64 // transactions of imports
	stepping atomic.Int64 // imports that write now
	locked   atomic.Bool  // nobody is named (see Lock)
	late     late         // who was found under an old key, and is forgotten
	again    rehash
	lineages atomic.Bool // somebody was merged here (see lineage.go)
	clock    *edge.Clock // hybrid logical time
	origin   string      // of what has no stamp of its own
	outbox   outbox
	sweep    sweep
	squeeze  squeeze
	ballast  ballast
	copying  backup.Copying
	scrub    scrub.Scrub
	rules    atomic.Pointer[[]edge.Tally] // what became of each rule, sorted by its name
	model    model
	common   atomic.Pointer[memory.Gaps] // what customers' rhythms have in common; never changed in place
	scrubbed time.Time                   // when upkeep last failed to; behind upkeep

	optimized time.Time // when SQLite last looked after its statistics; behind upkeep
	stop      context.CancelFunc
	ended     chan struct{}
}

// Open opens the record of a state directory, makes or migrates it, and holds the directory's lock until Close. A
// directory that another process holds gives an *InUseError.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{opt: o.withDefaults(), path: filepath.Join(o.Dir, File), admin: newAdmin(), sweep: sweep{from: map[string]any{}, untold: map[string]untold{}}, ended: make(chan struct{})}
	s.optimized = s.opt.Now()
	s.scrub = scrub.Scrub{Files: []string{s.path, s.path + "-wal"}, Rewrite: s.rewrite}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %q: %w", o.Dir, err), s.closeAll())
	}
	upkeep, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.keepUp(upkeep)
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Ballast == 0 {
		o.Ballast = 32 << 20
	}
	if o.Upkeep == 0 {
		o.Upkeep = 2 * time.Second
	}
	if o.OutboxBytes == 0 {
		o.OutboxBytes = 256 << 20
	}
	if o.QuarantineCount == 0 {
		o.QuarantineCount = 2000
	}
	if o.QuarantineBytes == 0 {
		o.QuarantineBytes = 16 << 20
	}
	return o
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.opt.Seal == nil {
		return errors.New("no keys were given")
	}
	if err := os.MkdirAll(s.opt.Dir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	if s.lock, err = takeLock(s.opt.Dir); err != nil {
		return err
	}
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
	if err := s.claim(ctx); err != nil {
		return err
	}
	if err := s.know(ctx); err != nil {
		return err
	}
	if err := s.knowLineages(ctx); err != nil {
		return err
	}
	s.items = newItems(s.read)
	s.makeBallast()
	return nil
}

// claim ties the database to this box's keys at the first start, and refuses other keys later: with them every
// identifier would miss, and every customer would silently be a stranger.
func (s *Store) claim(ctx context.Context) error {
	want := s.opt.Seal.Fingerprint()
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('keys', ?) ON CONFLICT DO NOTHING`, want[:]); err != nil {
			return err
		}
		var got []byte
		if err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'keys'`).Scan(&got); err != nil {
			return err
		}
		if string(got) != string(want[:]) {
			return fmt.Errorf("the record was made with other keys than those in %s; restore the %s that belongs to it", seal.KeyFile, seal.KeyFile)
		}
		return nil
	})
}

// Close ends upkeep, brings the journal home and gives the lock back.
func (s *Store) Close() error {
	s.stop()
	<-s.ended
	if err := s.keepModel(context.Background(), time.Time{}); err != nil {
		s.opt.Log.Warn("closing the store", "error", err)
	}
	if err := s.checkpoint(context.Background(), "TRUNCATE"); err != nil {
		s.opt.Log.Warn("closing the store: the journal stays until the next start", "error", err)
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
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// Ready reports whether the store reads and can write, as far as it knows without writing.
func (s *Store) Ready(ctx context.Context) error {
	if s.full.Load() {
		return s.fullError(nil)
	}
	var one int
	if err := s.read.QueryRowContext(ctx, `SELECT 1 FROM meta LIMIT 1`).Scan(&one); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	return nil
}

// Stats is the size of what lies on the disk.
type Stats struct {
	DatabaseBytes int64
	JournalBytes  int64
	DiskFull      bool
}

// Stats tells the store's size. It costs two stat calls.
func (s *Store) Stats() Stats {
	return Stats{DatabaseBytes: size(s.path), JournalBytes: size(s.path + "-wal"), DiskFull: s.full.Load()}
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

// nullable is a customer's number as SQL wants it: NULL for a stranger.
func nullable(ref edge.CustomerRef) any {
	if ref == edge.Stranger {
		return nil
	}
	return int64(ref)
}
