// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"redbench/cmd/rig/needle"
	"redbench/edge"
	"redbench/edge/seal"
	"redbench/edge/store"
)

// remove takes the package away: configuration and state stay, and it finds them again.
func (p *proof) remove(ctx context.Context, s *Step) error {
	if _, err := p.m.Run(ctx, "dpkg", "-r", "redbench"); err != nil {
		return err
	}
	for _, file := range []string{"/etc/redbench/redbench.toml", stateDir + "/" + store.File, stateDir + "/keys.json"} {
		if _, err := os.Stat(p.host(file)); err != nil {
			return fmt.Errorf("remove took %s away: %w", file, err)
		}
	}
	if left := p.processes(ctx, p.line(ctx, "id", "-u", "redbench")); left != "" {
		return fmt.Errorf("a process is left: %s", left)
	}
	file, _, err := p.make(ctx, p.latest)
	if err != nil {
		return err
	}
	if _, err := p.m.Run(ctx, "dpkg", "-i", file); err != nil {
		return fmt.Errorf("installing it again: %w", err)
	}
	if _, err := p.prompted(ctx); err != nil {
		return err
	}
	s.say("configuration and state stayed, no process did; installed again, it prompts with what it knew")
	return p.recorded(ctx, s)
}

// processes lists what runs as a user.
func (p *proof) processes(ctx context.Context, uid string) string {
	out, _ := p.m.Shell(ctx, fmt.Sprintf(`for each in /proc/[0-9]*; do
	[ "$(stat -c %%u $each 2>/dev/null)" != '%s' ] || echo "$each: $(tr '\\0' ' ' < $each/cmdline)"
done`, uid))
	return strings.TrimSpace(string(out))
}

// purge takes everything away. What would betray a customer is found before, or the search would say nothing.
func (p *proof) purge(ctx context.Context, s *Step) error {
	uid := p.line(ctx, "id", "-u", "redbench")
	if err := p.recorded(ctx, &Step{}); err != nil {
		return err
	}
	if _, err := p.m.Run(ctx, "redbench", "backup"); err != nil { // it holds everybody, too
		return err
	}
	needles, err := p.betraying(ctx)
	if err != nil {
		return err
	}
	before, err := p.search(ctx, needles)
	if err != nil {
		return err
	}
	for _, kind := range needle.Kinds() { // clear text is in the file that was imported
		if before[kind] == 0 {
			return fmt.Errorf("the search's control fails: no %s is found before the purge", kind)
		}
	}
	if _, err := p.m.Shell(ctx, "rm /root/customers.csv; dpkg --purge "+p.packages()); err != nil { // the file was the operator's
		return err
	}
	// The broker keeps its sessions on its own disk: let it write what it has now.
	if _, err := p.m.Shell(ctx, "systemctl try-restart mosquitto; journalctl --sync; journalctl --flush"); err != nil {
		return err
	}
	after, err := p.search(ctx, needles)
	if err != nil {
		return err
	}
	s.figure("byte_strings", float64(needles.Len()))
	s.figure("found_before", float64(before.Total()))
	s.figure("found_after", float64(after.Total()))
	s.say("%d byte strings of customers, found %d times before and %d after, the journal included", needles.Len(), before.Total(), after.Total())
	if after.Total() > 0 {
		return fmt.Errorf("found after the purge: %v", after)
	}
	return p.nothingLeft(ctx, s, uid)
}

// packages are those that are installed.
func (p *proof) packages() string {
	if p.o.Office != "" {
		return "redbench redbench-hq"
	}
	return "redbench"
}

// nothingLeft looks for a process, a user and files.
func (p *proof) nothingLeft(ctx context.Context, s *Step, uid string) error {
	out, err := p.m.Shell(ctx, fmt.Sprintf(`getent passwd redbench redbench-hq && echo "is a user" || true
getent group redbench redbench-hq && echo "is a group" || true
for each in /proc/[0-9]*; do [ "$(stat -c %%u $each 2>/dev/null)" != '%[1]s' ] || echo "$each runs as $(tr '\0' ' ' < $each/cmdline)"; done
find / -xdev \( -uid '%[1]s' -o -iname '*redbench*' \) ! -path '/root/*' ! -path '/etc/redbench' ! -path '/etc/mosquitto/conf.d/redbench.conf' -print
find /run /tmp /dev/shm \( -uid '%[1]s' -o -iname '*redbench*' \) ! -path '/run/host*' -print
systemctl list-units --all --no-legend 'redbench*'
dpkg -l 'redbench*' 2>/dev/null | grep redbench || true`, uid))
	if err != nil {
		return err
	}
	if len(out) > 0 {
		return fmt.Errorf("left after the purge: %s", out)
	}
	s.say("no process, no user, no file, no unit is left")
	return nil
}

// betraying gathers what would betray a customer: her texts, her identifiers' hashes, what is sealed of her and her wrapped key.
func (p *proof) betraying(ctx context.Context) (*needle.Set, error) {
	set := needle.New()
	set.Text("Quirina Vanterpool")
	keys, err := seal.Open(p.state())
	if err != nil {
		return nil, err
	}
	for i := range p.people {
		set.Text(card(i))
		set.Text(name(i))
		for _, hash := range keys.HashesEverywhere(edge.Identifier{Kind: edge.KindCard, Value: card(i)}) {
			set.Bytes(needle.Hash, hash.Sum[:])
		}
	}
	err = query(ctx, filepath.Join(p.state(), store.File), func(db *sql.DB) error {
		return gather(ctx, db, set, map[string]needle.Kind{"SELECT wrapped FROM customers": needle.Wrapped, "SELECT sealed FROM customers": needle.Sealed,
			"SELECT sealed FROM facts": needle.Sealed, "SELECT sealed FROM prompts": needle.Sealed, "SELECT sealed FROM said": needle.Sealed})
	})
	if err == nil && p.o.Office != "" {
		err = p.betrayingOffice(ctx, set)
	}
	return set, err
}

// gather adds what queries give.
func gather(ctx context.Context, db *sql.DB, set *needle.Set, queries map[string]needle.Kind) error {
	for query, kind := range queries {
		all, err := column(ctx, db, query)
		if err != nil {
			return err
		}
		for _, one := range all {
			set.Blob(kind, []byte(one))
		}
	}
	return nil
}

// search looks through the machine's disk, what it keeps in memory as files, and its journal as it reads when it is unpacked.
func (p *proof) search(ctx context.Context, set *needle.Set) (needle.Found, error) {
	all := needle.Found{}
	var errs []error
	for _, dir := range []string{p.m.Root, p.m.Alive("/run"), p.m.Alive("/tmp"), p.m.Alive("/dev/shm")} {
		found, err := set.Dir(dir)
		all.Add(found)
		errs = append(errs, err)
	}
	journal, err := p.m.Run(ctx, "journalctl", "--no-pager", "--all", "-o", "export")
	if err == nil && len(journal) < 10_000 {
		err = errors.New("the journal is too short to be all of it")
	}
	found, reading := set.Read(bytes.NewReader(journal))
	all.Add(found)
	return all, errors.Join(append(errs, err, reading)...)
}
