// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/needle"
	"redbench/cmd/rig/office"
	"redbench/cmd/rig/process"
	"redbench/edge"
	"redbench/sync/hq"
)

// Options say what is to run.
type Options struct {
	Programs process.Programs
	Dir      string // an empty directory
}

// story is all that runs.
type story struct {
	o                   Options
	her                 her
	office              *office.Office
	harbour, hill, mill *floor
	needles             needles
	report              Report
}

// patience is how long a store and head office may take to come to know or forget something.
const patience = time.Minute

// Run tells the story. It fails at the first thing that is not as it should be.
func Run(ctx context.Context, o Options) (report Report, err error) {
	s := &story{o: o, her: newHer(), needles: needles{needle.New()}}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w%s", err, s.tails())
		}
		s.end()
	}()
	began := time.Now()
	chapters := []struct {
		name string
		tell func(context.Context) error
	}{
		{"she is known in three stores", s.known},
		{"a search finds her everywhere", s.found},
		{"she asks to be forgotten", s.forgotten},
		{"what comes late does not bring her back", s.late},
		{"a box that was away forgets her, too", s.away},
		{"an old copy of a box does not bring her back", s.restored},
		{"a box that has not asked for long names nobody", s.locked},
		{"new consent does bring her back", s.back},
	}
	for _, chapter := range chapters {
		if err := chapter.tell(ctx); err != nil {
			return s.report, fmt.Errorf("%s: %w", chapter.name, err)
		}
		s.report.Chapters = append(s.report.Chapters, chapter.name)
	}
	s.report.Seconds = time.Since(began).Seconds()
	return s.report, nil
}

func (s *story) floors() []*floor {
	return slices.DeleteFunc([]*floor{s.harbour, s.hill, s.mill}, func(f *floor) bool { return f == nil })
}

func (s *story) end() {
	for _, f := range s.floors() {
		f.Kill()
	}
	if s.office != nil {
		s.office.Kill()
	}
}

func (s *story) tails() string {
	var out strings.Builder
	for _, f := range s.floors() {
		fmt.Fprintf(&out, "\nthe log of %s ends:\n%s", f.Store(), f.LogTail())
	}
	if s.office != nil {
		fmt.Fprintf(&out, "\nhead office's log ends:\n%s", process.Tail(s.office.Log()))
	}
	return out.String()
}

func (s *story) file(name string) string { return filepath.Join(s.o.Dir, name) }

// known lets two stores that worked alone know her by different cards, joins all three to head office, and lets her come
// to each. The third has never heard of her before.
func (s *story) known(ctx context.Context) (err error) {
	if s.office, err = office.Start(ctx, office.Options{Binary: s.o.Programs.Office, Dir: s.file("office"), Extra: prefixes}); err != nil {
		return err
	}
	for name, f := range map[string]**floor{"harbour": &s.harbour, "hill": &s.hill, "mill": &s.mill} {
		configured, err := box.Configure(box.Options{Binary: s.o.Programs.Box, Dir: s.file(name), Store: name, Extra: prefixes})
		if err != nil {
			return err
		}
		*f = &floor{Box: configured}
		if err := (*f).open(ctx); err != nil {
			return err
		}
	}
	if err := s.importHer(ctx, s.harbour, s.her.harbourRows(edge.ConsentRemember), 0); err != nil {
		return err
	}
	if err := s.importHer(ctx, s.hill, s.her.hillRows(edge.ConsentRemember), 0); err != nil {
		return err
	}
	for _, f := range s.floors() {
		if err := s.office.Join(ctx, f.Box, s.office.URL()); err != nil {
			return err
		}
	}
	return s.comes(ctx)
}

const prefixes = "[privacy]\nloyalty_prefixes = [\"2912\"]\n"

// comes lets her come to each store, and returns when everybody knows of it.
func (s *story) comes(ctx context.Context) error {
	prompt, err := s.visits(ctx, s.harbour, edge.KindCard)
	if err != nil {
		return err
	}
	if err := s.harbour.note(prompt, s.her.note); err != nil {
		return err
	}
	if _, err := s.visits(ctx, s.hill, edge.KindEmail); err != nil {
		return err
	}
	err = s.until(ctx, "head office knows what she told", func(ctx context.Context) error { return s.inFeed(ctx, s.her.note, true) })
	if err != nil {
		return err
	}
	if _, err = s.visits(ctx, s.mill, edge.KindCard); err != nil { // head office tells who she is
		return fmt.Errorf("at a store that never met her: %w", err)
	}
	err = s.until(ctx, "the hill knows what she told at the harbour", func(ctx context.Context) error {
		out, err := process.Run(ctx, s.o.Programs.Box, "customer", "show", "--kind", "email", s.her.email, "--config", s.hill.Config())
		if err == nil && !strings.Contains(string(out), s.her.note) {
			err = fmt.Errorf("it shows %q", out)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.until(ctx, "nothing waits any more", s.quiet)
}

// visits lets her come to a store, be greeted by her name, and pay.
func (s *story) visits(ctx context.Context, f *floor, kind edge.IdentifierKind) (box.Message, error) {
	prompt, err := s.named(ctx, f, s.her.id(kind), s.her.name)
	if err != nil {
		return prompt, err
	}
	return prompt, f.pay(ctx, "of-"+f.Store())
}

// named shows a card until the prompt names its owner: a machine that is busy may take longer than a cashier would wait.
func (s *story) named(ctx context.Context, f *floor, id edge.Identifier, name string) (prompt box.Message, err error) {
	err = s.until(ctx, fmt.Sprintf("%s names %q", f.Store(), name), func(ctx context.Context) error {
		if prompt, err = f.present(ctx, id, time.Second); err == nil && prompt.Who.Name != name {
			err = fmt.Errorf("the prompt is for %q", prompt.Who.Name)
		}
		return err
	})
	return prompt, err
}

// strangerFor is longer than head office may take to tell who somebody is.
const strangerFor = 500 * time.Millisecond

// unnamed shows a card of hers, which must be a stranger's.
func (s *story) unnamed(ctx context.Context, f *floor, kind edge.IdentifierKind) error {
	prompt, err := f.present(ctx, s.her.id(kind), strangerFor)
	if err == nil && prompt.Who.Name != "" {
		err = fmt.Errorf("at %s her %s still names %q", f.Store(), kind, prompt.Who.Name)
	}
	return err
}

// quiet reports whether every box that runs has told everything and heard of it.
func (s *story) quiet(ctx context.Context) error {
	for _, f := range s.floors() {
		if f.screen == nil {
			continue
		}
		status, err := f.Status(ctx)
		if err != nil {
			return err
		}
		if status.HQ == nil {
			return fmt.Errorf("%s is not enrolled", f.Store())
		}
		if b := status.HQ.Backlog; b.Records > 0 || b.Orders > 0 || b.Offering || !status.HQ.Connected {
			return fmt.Errorf("%s has %+v to tell: %s", f.Store(), b, status.HQ.Error)
		}
	}
	return nil
}

func (s *story) until(ctx context.Context, what string, done func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := process.Until(ctx, 50*time.Millisecond, done); err != nil {
		return fmt.Errorf("waiting until %s: %w", what, err)
	}
	return nil
}

// inFeed fails unless a text is in head office's feed, or is not.
func (s *story) inFeed(ctx context.Context, text string, wanted bool) error {
	is := false
	err := s.office.Feed(ctx, func(_ hq.FeedItem, line []byte) error {
		is = is || strings.Contains(string(line), text)
		return nil
	})
	if err == nil && is != wanted {
		err = fmt.Errorf("that %q is in the feed is %t", text, is)
	}
	return err
}

// importHer imports rows as a file, of which the box must refuse some.
func (s *story) importHer(ctx context.Context, f *floor, rows string, refused int) error {
	file := s.file("import.csv")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		return err
	}
	report, err := f.Import(ctx, "customers", file)
	if err == nil && report.Bad != refused {
		err = fmt.Errorf("importing her: %d rows were refused, not %d: %+v", report.Bad, refused, report.Problems)
	}
	return errors.Join(err, os.Remove(file))
}

func copyDir(from, to string) error {
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying %s: %w: %s", from, err, out)
	}
	return nil
}
