// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redbench/cmd/rig/machine/nspawn"
)

// Options say what is to be proved, and where.
type Options struct {
	Package string        // the .deb of redbench
	Office  string        // the .deb of redbench-hq; empty: it is not looked at
	Cache   string        // where an installed Debian is kept; empty: nowhere
	Base    string        // for the machine's tree, on a real disk
	Debian  nspawn.Debian // what to boot
	Tell    func(Step)    // called after each step
	Log     io.Writer     // progress
}

// step is something to do, by name.
type step struct {
	name  string
	do    func(context.Context, *Step) error
	apart bool // the others say something even when this one fails
}

// proof is one run.
type proof struct {
	o       Options
	run     *nspawn.Run
	m       *nspawn.Machine
	report  Report
	version string // of the package
	latest  later  // that was installed and runs
	ledger  *ledger
	tokens  map[string]string // of the screens, by lane
	people  int               // customers that the box knows
}

// open makes a machine of its own and boots it. An *nspawn.UnableError says that there can be none here.
func open(ctx context.Context, o Options) (p *proof, err error) {
	if err := nspawn.Able(); err != nil {
		return nil, err
	}
	p = &proof{o: o, ledger: newLedger(), tokens: map[string]string{}}
	if p.run, err = nspawn.NewRun(o.Base); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	cache := o.Cache
	if cache == "" {
		cache = p.run.Path
	}
	tree, err := o.Debian.Tree(ctx, cache, o.Log)
	if err != nil {
		return nil, err
	}
	p.m = nspawn.New(p.run, filepath.Join(p.run.Path, "tree"))
	if err := nspawn.Copy(ctx, tree, p.m.Root); err != nil {
		return nil, err
	}
	if err := p.furnish(); err != nil {
		return nil, err
	}
	if _, err := p.m.Boot(ctx); err != nil {
		return nil, err
	}
	if err := p.m.Await(ctx); err != nil {
		return nil, err
	}
	p.report.Debian = p.line(ctx, "cat", "/etc/debian_version")
	p.report.Systemd = p.line(ctx, "systemctl", "--version")
	return p, nil
}

// close ends the machine and takes its tree away.
func (p *proof) close() error {
	var err error
	if p.m != nil {
		err = p.m.End()
	}
	return errors.Join(err, p.run.Close())
}

// through takes the steps, one after the other; after one that fails, most others would say nothing.
func (p *proof) through(ctx context.Context, steps []step) (all error) {
	for _, s := range steps {
		done := Step{Name: s.name}
		began := time.Now()
		err := s.do(ctx, &done)
		done.Took = time.Since(began).Seconds()
		if err != nil {
			done.Problem = err.Error()
		}
		p.report.Steps = append(p.report.Steps, done)
		p.o.Tell(done)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", s.name, err))
			if !s.apart {
				return fmt.Errorf("%w\n%s", all, p.journal(ctx))
			}
		}
	}
	return all
}

// journal gives the end of what the service said.
func (p *proof) journal(ctx context.Context) string {
	out, _ := p.m.Run(context.WithoutCancel(ctx), "journalctl", "--no-pager", "-n", "40", "-u", "redbench", "-u", "redbench-hq", "-u", "mosquitto")
	return string(out)
}

// line gives the first line that a command inside prints; empty where it fails.
func (p *proof) line(ctx context.Context, args ...string) string {
	out, _ := p.m.Run(ctx, args...)
	first, _, _ := strings.Cut(string(out), "\n")
	return first
}

// put writes a file inside.
func (p *proof) put(path, text string, mode os.FileMode) error {
	file := filepath.Join(p.m.Root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("making a folder inside: %w", err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		return fmt.Errorf("writing %s inside: %w", path, err)
	}
	return nil
}

// bring copies a file into the machine's /root.
func (p *proof) bring(file string) (inside string, err error) {
	inside = "/root/" + filepath.Base(file)
	return inside, nspawn.Copy(context.Background(), file, filepath.Join(p.m.Root, inside))
}
