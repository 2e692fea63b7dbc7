// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"redbench/edge/backup"
)

// The packages' scripts run here as they are, on paths of a temporary root, with a service manager that is a script: to start is to
// run the program once. Versions are scripts, too: one refuses another's data, each acknowledges one thing as it starts, and what was
// acknowledged must be in the data for ever.

const finishIn = "FINISH_A_RESTORE_IN" // this very test program does what redbench does before it opens anything

func TestMain(m *testing.M) {
	if dir := os.Getenv(finishIn); dir != "" {
		if err := backup.Finish(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	finish = `[ "$1" = run ] || exit 2
cd "$STATE"
FINISH_A_RESTORE_IN=$STATE "$TEST" || exit 1
`
	hear = `[ ! -d former ] || : >former/heard
ack="ack $(wc -l <"$BOX/acks") by $me"; echo "$ack" >>store.db; echo "$ack" >>"$BOX/acks"
[ -e "$BOX/silent" ] || rm -rf former former-refused-*
`
	first = `#!/bin/sh
me=1.0.0
` + finish + `[ "$(head -n 1 store.db)" = v1 ] || { echo "these are not data of 1.0.0"; exit 1; }
if grep -q 2 store.db-wal 2>/dev/null; then echo "a journal of another"; exit 1; fi
` + hear
	good = `#!/bin/sh
me=1.2.3
` + finish + `sed -i 's/^v1$/v2/' store.db
echo "2" >store.db-wal
` + hear
	bad = `#!/bin/sh
` + finish + `echo v2 spoilt >store.db
echo "2" >store.db-wal
echo spoilt >keys.json
exit 1
`
	manager = `#!/bin/sh
case $1 in
start) "$("$BOX/which")" run >>"$BOX/log" 2>&1 && echo active >"$BOX/active" || { echo failed >"$BOX/active"; exit 1; } ;;
restart) "$0" stop; "$0" start ;;
stop) [ "$(cat "$BOX/active")" != active ] || { echo inactive >"$BOX/active"; : >>"$BOX/stops"; echo >>"$BOX/stops"; } ;;
show) case $3 in ActiveState) cat "$BOX/active" ;; Type) echo notify ;; *) echo 0 ;; esac ;;
esac
`
	// which program the unit starts, with its drop-in
	which = `#!/bin/sh
sed -n 's/^ExecStart=\(\/[^ ]*\) .*/\1/p' "$BOX/usr/lib/systemd/system/redbench.service" "$BOX"/etc/systemd/system/redbench.service.d/*.conf 2>/dev/null | tail -n 1
`
	// a command after which the power may be cut: everything that was begun together ends at once
	cutter = `#!/bin/sh
me=${0##*/}
if [ "$me" = cp ] && [ -e "$BOX/full" ]; then case "$*" in *store.db*former.new/) echo "cp: no space left on device"; exit 1 ;; esac; fi
PATH=$BOX/service:$REAL "$me" "$@"
code=$?
if [ -n "$CUT" ]; then
	echo >>"$BOX/count"
	if [ "$(wc -l <"$BOX/count")" = "$CUT" ]; then kill -KILL 0; fi
fi
exit $code
`
)

type rehearsed struct {
	t    *testing.T
	root string
	p    product
	env  []string
}

func rehearse(t *testing.T) *rehearsed {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the packages' scripts take root")
	}
	b := &rehearsed{t: t, root: t.TempDir(), p: products()[0]}
	b.p.User, b.p.State, b.p.Config = "root", b.root+"/var/lib/redbench", b.root+"/etc/redbench/redbench.toml"
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.env = append(os.Environ(), "BOX="+b.root, "STATE="+b.p.State, "TEST="+test, "REAL="+os.Getenv("PATH"), "CUT=", "PATH="+b.root+"/cut:"+b.root+"/service:"+os.Getenv("PATH"))
	b.put("/service/systemctl", manager)
	b.put("/service/runuser", "#!/bin/sh\nshift 3\nexec \"$@\"\n")
	b.put("/service/sleep", "#!/bin/sh\n")
	b.put("/which", which)
	for _, command := range []string{"cp", "mv", "rm", "mkdir", "sync", "systemctl"} {
		b.put("/cut/"+command, cutter)
	}
	b.put("/run/systemd/system/x", "")
	b.put("/boot_id", "1\n")
	b.put("/usr/share/redbench/redbench.toml", "")
	b.put("/etc/redbench/redbench.toml", "")
	b.put("/acks", "")
	b.put("/active", "inactive\n")
	b.unpack(first)
	b.put("/var/lib/redbench/store.db", "v1\n")
	b.put("/var/lib/redbench/keys.json", "its keys\n")
	b.put("/var/lib/redbench/lost+found/x", "")
	b.power()
	return b
}

func (b *rehearsed) put(name, text string) {
	b.t.Helper()
	path := b.root + name
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path+".put", []byte(text), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Rename(path+".put", path); err != nil {
		b.t.Fatal(err)
	}
}

func (b *rehearsed) text(name string) string {
	content, _ := os.ReadFile(b.root + name)
	return string(content)
}

func (b *rehearsed) there(name string) bool {
	_, err := os.Lstat(b.root + name)
	return err == nil
}

// unpack is what dpkg does between its scripts.
func (b *rehearsed) unpack(program string) {
	b.put("/usr/lib/systemd/system/redbench.service", "[Service]\nExecStart="+b.root+"/usr/bin/redbench run --config x\n")
	b.put("/usr/bin/redbench", program)
}

// run runs a script of version 1.2.3. cut is after how many commands the power goes; 0: never.
func (b *rehearsed) run(cut int, script string, args ...string) (said string, err error) {
	b.t.Helper()
	file, err := bench(b.t).script(b.p, script)
	if err != nil {
		b.t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	text := string(content)
	for _, dir := range []string{"/usr/", "/run/", "/etc/systemd/"} {
		text = strings.ReplaceAll(text, dir, b.root+dir)
	}
	text = strings.ReplaceAll(text, "/proc/sys/kernel/random/boot_id", b.root+"/boot_id")
	command := exec.Command("sh", append([]string{"-c", text, script}, args...)...)
	command.Env = b.env
	if cut > 0 {
		_ = os.Remove(b.root + "/count")
		command.Env = append(command.Env, fmt.Sprintf("CUT=%d", cut))
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err = command.Run()
	return out.String(), err
}

// power comes back: the machine starts what it finds.
func (b *rehearsed) power() {
	b.put("/boot_id", b.text("/boot_id")+"x")
	command := exec.Command(b.root+"/service/systemctl", "start", "redbench.service")
	command.Env = b.env
	_ = command.Run() // what came of it is seen by what it left
}

func (b *rehearsed) upgrade(to string, cut int) (said string, err error) {
	if said, err = b.run(0, "deb/preinst.sh", "upgrade", "1.0.0"); err != nil {
		return said, err
	}
	b.unpack(to)
	return b.run(cut, "deb/postinst.sh", "configure", "1.0.0")
}

// holds sees to it that nothing that was acknowledged is lost, and that one runs.
func (b *rehearsed) holds(said string) {
	b.t.Helper()
	for ack := range strings.Lines(b.text("/acks")) {
		if !strings.Contains(b.text("/var/lib/redbench/store.db"), ack) {
			b.t.Errorf("%q is lost: %q\n%s", ack, b.text("/var/lib/redbench/store.db"), said)
		}
	}
	if b.text("/active") != "active\n" {
		b.t.Errorf("the service is %s\n%s\n%s", b.text("/active"), said, b.text("/log"))
	}
	if b.text("/var/lib/redbench/keys.json") != "its keys\n" {
		b.t.Errorf("keys: %q\n%s", b.text("/var/lib/redbench/keys.json"), said)
	}
	if !b.there("/var/lib/redbench/lost+found/x") {
		b.t.Error("somebody else's file is gone")
	}
}

// runs sees which program is in its place, and that nothing is left aside.
func (b *rehearsed) runs(program, said string) {
	b.t.Helper()
	if got := b.text("/usr/bin/redbench"); got != program {
		b.t.Errorf("in its place is %.40q, want %.40q\n%s", got, program, said)
	}
	aside, _ := filepath.Glob(b.p.State + "/former*")
	for _, name := range []string{"/usr/lib/redbench/former", "/usr/lib/redbench/going-back", "/etc/systemd/system/redbench.service.d"} {
		if b.there(name) {
			aside = append(aside, name)
		}
	}
	if len(aside) > 0 {
		b.t.Errorf("left aside: %v\n%s", aside, said)
	}
}

func TestUpgradesThatAreNotCut(t *testing.T) {
	b := rehearse(t)
	said, err := b.upgrade(bad, 0)
	if err == nil || !strings.Contains(said, "1.0.0 runs again") {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	b.runs(first, said)
	stops := b.text("/stops")
	for range 2 { // each run of apt tries again
		if said, err = b.run(0, "deb/postinst.sh", "configure", "1.0.0"); err == nil || b.text("/stops") != stops {
			t.Errorf("tried again without being asked (%v): %s", err, said)
		}
	}
	b.env = append(b.env, "REDBENCH_RETRY=1")
	if said, err = b.run(0, "deb/postinst.sh", "configure", "1.0.0"); err == nil || b.text("/stops") == stops || b.text("/usr/lib/redbench/refused/back-to") != "1.0.0\n" {
		t.Errorf("not tried again, or it forgot to what it went back (%v): %s", err, said)
	}
	b.holds(said)
	b.runs(first, said)
	if said, err = b.upgrade(good, 0); err != nil {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	b.runs(good, said)
}

// The power is cut after each command of an upgrade; the machine starts what it finds, and the package is configured again.
func TestAPowerCutAtAnyMomentOfAnUpgradeLosesNothing(t *testing.T) {
	for name, program := range map[string]string{"bad": bad, "good": good} {
		stride := 1
		if testing.Short() || program == good {
			stride = 4
		}
		t.Run(name, func(t *testing.T) {
			for cut, ended := 1, false; !ended; cut += stride {
				t.Run(fmt.Sprint(cut), func(t *testing.T) {
					b := rehearse(t)
					said, err := b.upgrade(program, cut)
					killed := err != nil && strings.Contains(err.Error(), "killed")
					if ended = !killed; ended {
						return
					}
					b.power()
					for range 2 {
						again, _ := b.run(0, "deb/postinst.sh", "configure", "1.0.0") // how it ends is seen by what it left
						said += again
					}
					b.holds(said)
					if program == bad {
						b.runs(first, said)
					}
				})
				if cut > 200 {
					t.Fatal("it does not end")
				}
			}
		})
	}
}

// Nor does one that is cut again while it is mended.
func TestAPowerCutWhileGoingBackIsMendedAfterASecondOne(t *testing.T) {
	for cut := 8; cut < 52; cut += 11 {
		b := rehearse(t)
		said, _ := b.upgrade(bad, cut)
		b.power()
		for again := 1; again < 30; again += 4 {
			more, _ := b.run(again, "deb/postinst.sh", "configure", "1.0.0")
			said += more
			b.power()
		}
		more, _ := b.run(0, "deb/postinst.sh", "configure", "1.0.0")
		b.holds(said + more)
		b.runs(first, fmt.Sprint(cut, ": ", said, more))
	}
}

// Between unpacking and configuring, which with many packages takes minutes, the former version is what starts.
func TestAPowerCutBeforeConfiguringStartsTheFormerVersion(t *testing.T) {
	b := rehearse(t)
	if said, err := b.run(0, "deb/preinst.sh", "upgrade", "1.0.0"); err != nil {
		t.Fatal(err, said)
	}
	b.unpack(bad)
	b.power()
	said, err := b.run(0, "deb/postinst.sh", "configure", "1.0.0")
	if err == nil || !strings.Contains(said, "nothing was lost") {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	b.runs(first, said)
}

func TestDataThatCannotBeKeptAsideAreLeftAlone(t *testing.T) {
	b := rehearse(t)
	b.put("/full", "")
	said, err := b.upgrade(bad, 0)
	if err == nil || !strings.Contains(said, "could not be kept aside") || strings.Contains(said, "nothing was lost") {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	b.runs(first, said)
}

func TestAVersionThatWasInstalledWhileStoppedCanStillBeTakenBack(t *testing.T) {
	b := rehearse(t)
	b.put("/active", "inactive\n")
	said, err := b.upgrade(bad, 0)
	if err != nil || !strings.Contains(said, "stay aside") || !b.there("/var/lib/redbench/former/store.db") {
		t.Fatalf("%v %s", err, said)
	}
	b.power() // somebody starts it
	said, err = b.run(0, "go-back.sh")
	if err != nil {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	b.runs(first, said)
	if said, err = b.run(0, "go-back.sh"); err == nil || !strings.Contains(said, "no former version") {
		t.Errorf("it went back twice: %v %s", err, said)
	}
}

// A box whose test events do not come through hears tills all the same: what they said must not be put back away.
func TestWhatWasHeardIsNotPutBack(t *testing.T) {
	b := rehearse(t)
	b.put("/silent", "")
	said, err := b.upgrade(good, 0)
	if err != nil || !strings.Contains(said, "no test event has come through") || !b.there("/usr/lib/redbench/former/redbench") {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	if said, err := b.run(0, "go-back.sh"); err == nil {
		t.Error(said)
	}
	b.holds(said)
}

func TestADiskWithoutRoomIsRefusedBeforeAnythingChanges(t *testing.T) {
	b := rehearse(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", b.p.State).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be had here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", b.p.State).Run() })
	b.put("/var/lib/redbench/store.db", "v1\n"+b.text("/acks"))
	b.put("/var/lib/redbench/keys.json", "its keys\n")
	b.put("/var/lib/redbench/lost+found/x", "")
	said, err := b.run(0, "deb/preinst.sh", "upgrade", "1.0.0")
	if err == nil || !strings.Contains(said, "too little room") {
		t.Errorf("%v %s", err, said)
	}
	// It fills up between unpacking and configuring.
	b.put("/usr/lib/redbench/former/redbench", first)
	b.put("/usr/lib/redbench/former/redbench.service", b.text("/usr/lib/systemd/system/redbench.service"))
	b.put("/usr/lib/redbench/former/boot", b.text("/boot_id"))
	b.unpack(bad)
	said, err = b.run(0, "deb/postinst.sh", "configure", "1.0.0")
	if err == nil || !strings.Contains(said, "too little room") || b.text("/stops") != "" {
		t.Errorf("%v %s", err, said)
	}
	b.holds(said)
	b.runs(first, said)
}

// A directory that somebody configured may hold other people's files; what a link leads to is emptied, too.
func TestPurgingTakesOursAndNothingElse(t *testing.T) {
	b := rehearse(t)
	for name, text := range map[string]string{"/srv/box/store.db": "v1", "/srv/box/store.db-wal": "", "/srv/box/keys.json": "k", "/srv/box/backups/redbench-20260101T000000Z/store.db": "v1",
		"/srv/box/backups/notes.txt": "", "/srv/box/photos/cat.jpg": "", "/srv/box/former-20260101T000000Z/store.db": "v1", "/srv/box/ballast": "", "/srv/linked/store.db": "v1"} {
		b.put(name, text)
	}
	if err := os.RemoveAll(b.p.State); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(b.root+"/srv/linked", b.p.State); err != nil {
		t.Fatal(err)
	}
	b.put("/usr/bin/redbench", "#!/bin/sh\nprintf '{\\n  \"state\": {\\n    \"dir\": \""+b.root+"/srv/box\"\\n  }\\n}\\n'\n")
	if said, err := b.run(0, "deb/prerm.sh", "remove"); err != nil {
		t.Fatal(err, said)
	}
	if err := os.Remove(b.root + "/usr/bin/redbench"); err != nil {
		t.Fatal(err)
	}
	file, err := bench(t).script(b.p, "deb/prerm.sh")
	if err != nil {
		t.Fatal(err)
	}
	// The user here is root, whose processes must live.
	script := fmt.Sprintf(`set -- nothing; . %q; lib=%s/usr/lib/redbench; dir=$(state_dir); stayed=; clear_state; echo "stayed: $stayed"`, file, b.root)
	out, err := exec.Command("sh", "-c", script).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "photos") || !strings.Contains(string(out), "stayed: \n") {
		t.Errorf("%v %s", err, out)
	}
	for name, want := range map[string]bool{"/srv/box/photos/cat.jpg": true, "/srv/box/backups/notes.txt": true, "/srv/box/store.db": false, "/srv/box/store.db-wal": false,
		"/srv/box/keys.json": false, "/srv/box/backups/redbench-20260101T000000Z": false, "/srv/box/former-20260101T000000Z": false, "/srv/box/ballast": false,
		"/srv/linked": false, "/var/lib/redbench": false} {
		if b.there(name) != want {
			t.Errorf("%s: there is %v, want %v: %s", name, !want, want, out)
		}
	}
}
