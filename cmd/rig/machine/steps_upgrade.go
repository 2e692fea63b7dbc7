// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// later is a package of a later version, made of the one at hand: another program, by which the package's scripts tell one from the
// other, and its scripts speaking of themselves as of that version.
type later struct {
	suffix  string // of the version
	program string // a script that makes usr/bin/redbench anew; $new is the version
}

// grown is a program that differs by a byte that nobody reads.
var grown = later{"+up1", `printf x >> usr/bin/redbench`}

// grownAgain is later than whatever failed.
var grownAgain = later{"+up4", `printf xx >> usr/bin/redbench`}

// stillborn is a program that spoils what it finds and ends, as one might whose migration has a mistake.
var stillborn = later{"+up2", `cat > usr/bin/redbench <<'EOF'
#!/bin/sh
[ "$1" = run ] || exit 2
rm -f /var/lib/redbench/store.db-wal /var/lib/redbench/store.db-shm
echo spoilt > /var/lib/redbench/store.db
echo spoilt > /var/lib/redbench/keys.json
echo "the database cannot be opened" >&2
exit 1
EOF`}

// silent is a program that says nothing and never gets ready.
var silent = later{"+up3", `printf '#!/bin/sh\nexec sleep infinity\n' > usr/bin/redbench`}

// make makes the package inside, and gives its file and version.
func (p *proof) make(ctx context.Context, l later) (file, version string, err error) {
	version = p.version + l.suffix
	file = "/root/redbench" + l.suffix + ".deb"
	_, err = p.m.Shell(ctx, fmt.Sprintf(`old='%s' new='%s'
rm -rf /root/later
dpkg-deb -R /root/%s /root/later
cd /root/later
rm -f DEBIAN/md5sums
for each in DEBIAN/control DEBIAN/preinst DEBIAN/postinst DEBIAN/prerm DEBIAN/postrm; do
	[ ! -e $each ] || perl -pi -e 'BEGIN { ($o, $n) = splice @ARGV, 0, 2 } s/\Q$o\E/$n/g' "$old" "$new" $each
done
%s
chmod 755 usr/bin/redbench
cd /root && dpkg-deb --root-owner-group -Znone -b later '%s' >/dev/null && rm -rf later`, p.version, version, base(p.o.Package), l.program, file))
	if err != nil {
		return "", "", fmt.Errorf("making version %s: %w", version, err)
	}
	return file, version, nil
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// upgrade installs a later version while tills sell.
func (p *proof) upgrade(ctx context.Context, s *Step, l later) error {
	file, version, err := p.make(ctx, l)
	if err != nil {
		return err
	}
	stop := p.watch(ctx)
	defer stop()
	before, _ := p.ledger.prompts()
	done := p.sell(ctx, 50)
	pause(ctx, 2*time.Second)
	began := time.Now()
	out, err := p.m.Run(ctx, "dpkg", "-i", file)
	took := time.Since(began)
	pause(ctx, 3*time.Second)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if got := p.installed(ctx); got != version {
		return fmt.Errorf("after the upgrade %s is installed, not %s: %s", got, version, out)
	}
	p.latest = l
	if err := p.recorded(ctx, s); err != nil {
		return err
	}
	after, _ := p.ledger.prompts()
	s.say("to %s in %.1f s under 50 events a second; %d prompts, the longest time without one %.2f s", version, s.seconds("dpkg", took),
		after-before, s.seconds("without_prompt", p.ledger.gap(before)))
	if err := p.aside(ctx); err != nil {
		return err
	}
	_, err = p.prompted(ctx)
	return errors.Join(err, p.ledger.problem())
}

// aside sees to it that nothing is kept aside any more: it would hold customers who are forgotten later.
func (p *proof) aside(ctx context.Context) error {
	out, err := p.m.Shell(ctx, "ls -d /var/lib/redbench/former* /usr/lib/redbench/former 2>/dev/null || true")
	if err == nil && len(out) > 0 {
		err = fmt.Errorf("still kept aside: %s", out)
	}
	return err
}

func (p *proof) installed(ctx context.Context) string {
	return p.line(ctx, "dpkg-query", "-W", "-f", "${Version}\n", "redbench")
}

// failing installs a version that does not start: the former one must run again, on its data.
func (p *proof) failing(ctx context.Context, s *Step, l later) error {
	file, version, err := p.make(ctx, l)
	if err != nil {
		return err
	}
	program := p.line(ctx, "sha256sum", "/usr/bin/redbench")
	stop := p.watch(ctx)
	defer stop()
	done := p.sell(ctx, 50)
	pause(ctx, time.Second)
	before, _ := p.ledger.prompts()
	began := time.Now()
	out, err := p.m.Shell(ctx, "dpkg -i '"+file+"' 2>&1 || echo \"dpkg ended with $?\"")
	took := time.Since(began)
	pause(ctx, 2*time.Second)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if !strings.Contains(string(out), "dpkg ended with 1\n") {
		return fmt.Errorf("a version that does not start was installed as if it did: %s", out)
	}
	if now := p.line(ctx, "sha256sum", "/usr/bin/redbench"); now != program {
		return fmt.Errorf("the former program is not in its place: %s", out)
	}
	if err := p.recorded(ctx, s); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	s.say("%s does not start: dpkg ended with 1 after %.1f s, the former program runs; the longest time without a prompt %.2f s", version,
		s.seconds("dpkg", took), s.seconds("without_prompt", p.ledger.gap(before)))
	if s.say("it said: %q", told(string(out))); told(string(out)) == "" {
		return fmt.Errorf("it does not say what happened: %s", out)
	}
	if _, err := p.prompted(ctx); err != nil {
		return err
	}
	return p.aside(ctx)
}

// told keeps what the package's scripts said.
func told(out string) string {
	var lines []string
	for line := range strings.Lines(out) {
		if words, ours := strings.CutPrefix(strings.TrimSpace(line), "redbench: "); ours {
			lines = append(lines, words)
		}
	}
	return strings.Join(lines, " ")
}

// downgrade installs the first version over a later one: refused, with nothing changed.
func (p *proof) downgrade(ctx context.Context, s *Step) error {
	file, _, err := p.make(ctx, grown) // what a fleet would do next: the last good one again
	if err != nil {
		return err
	}
	if _, err := p.m.Run(ctx, "dpkg", "-i", file); err != nil {
		return fmt.Errorf("installing the last good version over what did not start: %w", err)
	}
	before := p.installed(ctx)
	out, err := p.m.Shell(ctx, "dpkg -i '/root/"+base(p.o.Package)+"' 2>&1 || echo \"dpkg ended with $?\"")
	if err != nil {
		return err
	}
	if !strings.Contains(string(out), "dpkg ended with 1\n") || p.installed(ctx) != before {
		return fmt.Errorf("an older version was installed: %s", out)
	}
	s.say("refused: %q", told(string(out)))
	_, err = p.prompted(ctx)
	return errors.Join(err, p.recorded(ctx, &Step{}))
}

// embedded does it all on the embedded broker: there a till's acknowledgement is the box's own word.
func (p *proof) embedded(ctx context.Context, s *Step) error {
	if _, err := p.m.Shell(ctx, `systemctl disable --now mosquitto
sed -i '/^broker = /d; /^username = /d; /^password_file = /d' /etc/redbench/redbench.toml
systemctl restart redbench`); err != nil {
		return err
	}
	if err := p.kill(ctx, s); err != nil {
		return err
	}
	return p.upgrade(ctx, s, grownAgain)
}
