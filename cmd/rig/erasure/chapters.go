// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"redbench/cmd/rig/needle"
	"redbench/edge"
	"redbench/sync/hq"
)

// backUp makes a backup of everything that runs; by it, whoever was forgotten is taken out of those that are there.
func (s *story) backUp(ctx context.Context) error {
	var err error
	for _, f := range s.floors() {
		if f.screen != nil {
			err = errors.Join(err, f.JSON(ctx, &struct{}{}, "backup"))
		}
	}
	return errors.Join(err, s.office.JSON(ctx, &struct{}{}, "backup"))
}

// inBackups looks through each one's backups, which are to hold her before she is forgotten.
func (s *story) inBackups() (all needle.Found, err error) {
	all = needle.Found{}
	for _, state := range []string{s.harbour.State(), s.hill.State(), s.mill.State(), s.office.State()} {
		found, err := s.needles.Dir(filepath.Join(state, "backups"))
		if err != nil {
			return all, err
		}
		for _, kind := range []needle.Kind{needle.Hash, needle.Sealed, needle.Wrapped} {
			if found[kind] == 0 {
				return all, fmt.Errorf("the control fails: the backup in %s does not hold her %s", state, kind)
			}
		}
		all.Add(found)
	}
	return all, nil
}

// found is the control: what is looked for later is there before, in backups too. At rest nothing of her is in clear, not even now.
func (s *story) found(ctx context.Context) error {
	if err := s.backUp(ctx); err != nil {
		return err
	}
	for _, text := range s.her.texts() {
		s.needles.Text(text)
	}
	for _, f := range s.floors() {
		if err := s.needles.box(ctx, f.Box, s.her); err != nil {
			return fmt.Errorf("at %s: %w", f.Store(), err)
		}
	}
	if err := s.needles.office(ctx, s.office, s.her); err != nil {
		return fmt.Errorf("at head office: %w", err)
	}
	s.report.Needles = s.needles.Len()
	var err error
	if s.report.Backups, err = s.inBackups(); err != nil {
		return err
	}
	before, err := s.search(ctx)
	if err != nil {
		return err
	}
	s.report.Before = before
	for _, p := range before {
		for _, kind := range []needle.Kind{needle.Hash, needle.Sealed, needle.Wrapped} {
			if p.Found[kind] == 0 && p.Place != feed {
				err = errors.Join(err, fmt.Errorf("no %s of hers was found at %s", kind, p.Place))
			}
		}
		if (p.Found[needle.ClearText] > 0) != (p.Place == feed) {
			err = errors.Join(err, fmt.Errorf("her name in clear is at %s %d times", p.Place, p.Found[needle.ClearText]))
		}
	}
	return err
}

const feed = "head office's feed"

// search looks through everything that each store and head office keep, and through the feed.
func (s *story) search(ctx context.Context) (places []Place, err error) {
	for _, f := range s.floors() {
		found, err := s.needles.Dir(f.Dir())
		if err != nil {
			return nil, err
		}
		places = append(places, Place{f.Store(), found})
	}
	found, err := s.needles.Dir(s.office.Dir())
	if err != nil {
		return nil, err
	}
	told := needle.Found{}
	err = s.office.Feed(ctx, func(_ hq.FeedItem, line []byte) error {
		found, err := s.needles.Read(bytes.NewReader(line))
		told.Add(found)
		return err
	})
	return append(places, Place{"head office", found}, Place{feed, told}), err
}

// nowhere waits until a search finds her at none of the stores, but for those that are excepted, nor at head office.
func (s *story) nowhere(ctx context.Context, but ...string) error {
	return s.until(ctx, "she is found nowhere", func(ctx context.Context) error {
		if err := s.backUp(ctx); err != nil {
			return err
		}
		places, err := s.search(ctx)
		s.report.After = places
		for _, p := range places {
			if p.Found.Total() > 0 && (len(but) == 0 || p.Place != but[0]) {
				err = errors.Join(err, fmt.Errorf("at %s: %v", p.Place, p.Found))
			}
		}
		return err
	})
}

// owed waits until exactly these stores owe a receipt.
func (s *story) owed(ctx context.Context, stores ...string) error {
	return s.until(ctx, fmt.Sprintf("these owe a receipt: %q", stores), func(ctx context.Context) error {
		owed, err := s.office.Owing(ctx)
		if err != nil {
			return err
		}
		if len(owed) != len(stores) || (len(stores) > 0 && owed[0].Store != stores[0]) {
			return fmt.Errorf("owed are %+v", owed)
		}
		return nil
	})
}

// forgotten lets her be forgotten by one store's word, while another is away.
func (s *story) forgotten(ctx context.Context) error {
	if err := errors.Join(s.mill.close(), s.hill.close(), copyDir(s.hill.State(), s.file("hill-before")), s.hill.open(ctx)); err != nil {
		return err
	}
	if err := s.until(ctx, "the hill is back", s.quiet); err != nil {
		return err
	}
	began := time.Now()
	if err := s.harbour.Run(ctx, "forget", "--yes", s.her.card); err != nil {
		return err
	}
	if err := s.owed(ctx, "mill"); err != nil {
		return err
	}
	s.report.Forgot = time.Since(began).Seconds()
	if err := s.nowhere(ctx, "mill"); err != nil {
		return err
	}
	s.report.Clean = time.Since(began).Seconds()
	return nil
}

// late lets come what would bring her back if it could.
func (s *story) late(ctx context.Context) error {
	for _, f := range []*floor{s.harbour, s.hill} {
		for _, kind := range []edge.IdentifierKind{edge.KindEmail, edge.KindPhone, edge.KindCustomer, edge.KindCard} {
			if err := s.unnamed(ctx, f, kind); err != nil {
				return err
			}
		}
		if err := f.pay(ctx, "late-"+f.Store()); err != nil { // her card was the last
			return err
		}
	}
	// A file of before, in which nobody is asked.
	if err := errors.Join(s.importHer(ctx, s.harbour, s.her.harbourRows(""), 2), s.importHer(ctx, s.hill, s.her.hillRows(""), 1), s.importAtOffice(ctx)); err != nil {
		return err
	}
	if err := s.until(ctx, "nothing waits any more", s.quiet); err != nil {
		return err
	}
	if err := errors.Join(s.unnamed(ctx, s.harbour, edge.KindCard), s.unnamed(ctx, s.hill, edge.KindEmail)); err != nil {
		return err
	}
	return s.nowhere(ctx, "mill")
}

func (s *story) importAtOffice(ctx context.Context) error {
	file := s.file("import.csv")
	if err := os.WriteFile(file, []byte(s.her.harbourRows("")), 0o600); err != nil {
		return err
	}
	return errors.Join(s.office.JSON(ctx, &struct{}{}, "import", "customers", file), os.Remove(file))
}

// away lets the box come back that was away.
func (s *story) away(ctx context.Context) error {
	if err := s.mill.open(ctx); err != nil {
		return err
	}
	if err := s.owed(ctx); err != nil {
		return err
	}
	if err := s.unnamed(ctx, s.mill, edge.KindCard); err != nil {
		return err
	}
	return s.nowhere(ctx)
}

// restored puts a copy of before into the place of a box.
func (s *story) restored(ctx context.Context) error {
	err := errors.Join(s.hill.close(), os.RemoveAll(s.hill.State()), os.Rename(s.file("hill-before"), s.hill.State()))
	if err != nil {
		return err
	}
	found, err := s.needles.Dir(s.hill.Dir())
	if err != nil {
		return err
	}
	if s.report.Restored = found; found[needle.Wrapped] == 0 {
		return errors.New("the old copy does not hold her: the control fails")
	}
	if err := s.hill.open(ctx); err != nil {
		return err
	}
	if err := s.nowhere(ctx); err != nil {
		return err
	}
	if err := s.until(ctx, "the hill has told everything", s.quiet); err != nil {
		return err
	}
	if err := errors.Join(s.unnamed(ctx, s.hill, edge.KindEmail), s.owed(ctx)); err != nil {
		return err
	}
	return s.nowhere(ctx)
}

// back lets her join again, of her own will.
func (s *story) back(ctx context.Context) error {
	if err := s.importHer(ctx, s.harbour, s.her.harbourRows(edge.ConsentRemember), 0); err != nil {
		return err
	}
	if _, err := s.named(ctx, s.harbour, s.her.id(edge.KindCard), s.her.name); err != nil {
		return err
	}
	return s.until(ctx, "head office knows her", func(ctx context.Context) error { return s.inFeed(ctx, s.her.name, true) })
}
