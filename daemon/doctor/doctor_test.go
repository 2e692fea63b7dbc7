// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"redbench/daemon/config/keyed/keyedtest"
	"redbench/daemon/control"
	"redbench/daemon/doctor/machine"
	"redbench/edge"
)

var (
	update = flag.Bool("update", false, "write the table in docs/operations.md anew")
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

// Each fault, with what it is told as.
func TestEachFaultIsTold(t *testing.T) {
	day := 24 * time.Hour
	good := Trial{Heard: true, Resumed: true, Sent: 1200, Kept: 1200, Window: 1000}
	bad := func(change func(*Trial)) Broker { tr := good; change(&tr); return Broker{Trial: tr, Most: 65536} }
	unit := machine.Unit{Load: "loaded", Active: "active", File: "enabled", User: "redbench", Restart: "always", Watchdog: true, PID: 7}
	off := func(change func(*machine.Unit)) Service {
		u := unit
		change(&u)
		return Service{Known: true, Unit: u, Packaged: true}
	}
	seen := control.Screen{Lane: "3", Seen: noon.Add(-3 * day)}
	cases := []struct {
		want string // kinds that are no ok, by id
		j    interface{ Judge(*Findings) }
	}{
		{"config-wrong config-wrong", Setting{Wrong: errors.New("a\nb")}},
		{"config-file config-unsafe", Setting{Files: errors.New("a"), Warnings: []string{"w"}}},
		{"config-stale", Setting{File: "a", Running: "a", Started: noon, Changed: noon.Add(1)}},
		{"config-other config-silent", Setting{File: "a", Running: "b", Started: noon, Silent: true}},
		{"access-denied", Access{Denied: true}}, {"not-running", Access{}}, {"not-ready", Access{Status: &control.Status{}}},
		{"former-kept", Formers{Dirs: []string{"/former-1"}, Remove: "sudo rm -r /former-1"}}, {"", Formers{}},
		{"state-absent", Files{Absent: true}}, {"keys-absent", Files{Known: true, Mode: 0o700, Record: true}},
		{"keys-damaged files-unknown", Files{Keys: errors.New("x")}},
		{"state-open state-shared", Files{Known: true, Mode: 0o755, Content: []StateFile{{Mode: 0o644}, {Mode: 0o600}}}},
		{"state-owner", Files{Known: true, Mode: 0o700, Owner: "a", Content: []StateFile{{Owner: "root"}, {Owner: "root"}}}},
		{"state-owner-service", Files{Known: true, Mode: 0o700, Owner: "root", Service: "redbench"}},
		{"file-unreadable secret-shared", Files{Known: true, Mode: 0o700, Named: []NamedFile{{Unreadable: true}, {Secret: true, Mode: 0o644}, {Secret: true, Mode: 0o640}}}},
		{"clock-absurd", Clock{Now: noon.AddDate(-50, 0, 0), SyncKnown: true, Synced: true}},
		{"clock-back clock-unsynced", Clock{Now: noon, Last: noon.Add(time.Hour), SyncKnown: true}},
		{"clock-off zone-guessed clock-alone", Clock{Now: noon, Office: noon.Add(-5 * time.Minute), Guessed: true, Plain: true}},
		{"", Clock{Now: noon, Office: noon.Add(30 * time.Second), SyncKnown: true, Synced: true}},
		{"disk-unknown", Disk{Error: errors.New("x")}},
		{"disk-full disk-files database-journal", Disk{Free: 10, Reserve: 32 << 20, Journal: 1 << 30}},
		{"disk-low", Disk{Free: 1 << 30, Record: 1 << 30, Files: -1}},
		{"disk-bound", Disk{Free: 5 << 30, Record: 1 << 30, Files: -1, Bound: 20 << 30, Total: 2 << 30, Most: 2 << 30, Ballast: 32 << 20}},
		{"", Disk{Free: 5 << 30, Record: 50 << 20, Files: -1, Bound: 20 << 30, Total: 1 << 30, Most: 2 << 30}},
		{"", Disk{Free: 25 << 30, Record: 1 << 30, Files: -1, Bound: 20 << 30, Total: 2 << 30, Most: 2 << 30}},
		{"database-absent", Database{Absent: true}}, {"database-unopened", Database{Error: errors.New("x")}},
		{"database-damaged database-newer database-rotten", Database{Problems: []string{"p"}, Have: 9, Known: 8, Bad: 1}},
		{"database-keys database-unfinished", Database{OtherKeys: true, Of: 3, Tables: 2}},
		{"outbox-old outbox-full outbox-summed", Outbox{Enrolled: true, Now: noon, Most: 10, Backlog: edge.Backlog{Oldest: noon.Add(-4 * day), Bytes: 9, Summarised: 1}}},
		{"quarantine-full quarantine-new", Quarantine{Today: map[string]int{"json": 2}, All: map[string]int{"json": 2}, Most: 2}},
		{"screens-none", Screens{Live: true}}, {"screens-asleep", Screens{Live: true, Now: noon, List: []control.Screen{seen}}},
		{"screens-dark", Screens{Live: true, Now: noon, Heard: noon.Add(-20 * time.Minute), List: []control.Screen{seen}}},
		{"screens-asleep", Screens{Live: true, Now: noon, Heard: noon.Add(-8 * time.Hour), List: []control.Screen{seen}}},
		{"screen-away screens-unpainted", Screens{Live: true, Now: noon, Painted: noon.Add(-4 * day), List: []control.Screen{seen, {Connected: true, Seen: noon}}}},
		{"screens-stopped", Screens{List: []control.Screen{seen}}},
		{"broker-unreachable", bad(func(t *Trial) { t.Reach = errors.New("x") })}, {"broker-refused", bad(func(t *Trial) { t.Refused = errors.New("x") })},
		{"broker-anonymous broker-queue broker-window broker-unseen", bad(func(t *Trial) { t.Anonymous, t.Kept, t.Window = true, 1000, 20 })},
		{"broker-session broker-unseen", bad(func(t *Trial) { t.Resumed = false })}, {"broker-untried broker-unseen", bad(func(t *Trial) { t.Heard = false })},
		{"broker-qos broker-wildcards broker-retain broker-packet broker-expiry broker-unseen",
			bad(func(t *Trial) { t.NoQoS, t.NoWild, t.NoRetain, t.Packet, t.Expiry = true, true, true, 9, time.Hour })},
		{"broker-dropped broker-unseen", bad(func(t *Trial) { t.Dropped = 3 })},
		{"broker-lost broker-unseen", Broker{Trial: good, Status: &control.MQTT{}}},
		{"broker-nobody", Broker{Own: true, Status: &control.MQTT{}}}, {"broker-stopped", Broker{Own: true}},
		{"hq-damaged", Office{Damaged: errors.New("x")}}, {"hq-unenrolled", Office{URL: "u"}},
		{"hq-store hq-unreachable hq-locked", Office{Enrolled: true, Was: "a", Reach: errors.New("x"), Live: &control.HQ{Locked: true}}},
		{"hq-refused hq-erasures hq-silenced", Office{Enrolled: true, Refused: errors.New("x"), Asked: noon.Add(-20 * day), Locks: 30, Now: noon, Silent: true}},
		{"hq-quiet", Office{Enrolled: true, Live: &control.HQ{Error: "x"}}},
		{"service-none", Service{}}, {"service-absent", Service{Known: true, Unit: machine.Unit{Load: "not-found"}}},
		{"service-masked", Service{Known: true, Unit: machine.Unit{Load: "masked"}}},
		{"", off(func(*machine.Unit) {})}, {"service-failed", off(func(u *machine.Unit) { u.Active = "failed" })},
		{"service-disabled service-reload service-user service-restart service-watchdog service-restarts",
			off(func(u *machine.Unit) {
				u.File, u.Reload, u.User, u.Restart, u.Watchdog, u.Restarts = "disabled", true, "", "no", false, 9
			})},
		{"service-restarts", off(func(u *machine.Unit) { u.Restarts, u.Up = 58, time.Minute })},
		{"", off(func(u *machine.Unit) { u.Restarts, u.Up = 58, 2*time.Hour })},
		{"service-failed service-restarts", off(func(u *machine.Unit) { u.Restarts, u.Active = 58, "activating" })},
		{"service-version service-foreground service-changed", Service{Known: true, Unit: unit, Running: true, PID: 8, Version: "1", Installed: "2"}},
		{"backup-shut backup-none", Backups{Shut: errors.New("x")}},
		{"database-between", Database{Between: true, Absent: true}}, {"", Files{Known: true, Mode: 0o700, Between: true, Record: true}},
		{"backup-off backup-none", Backups{Off: true}}, {"backup-old", Backups{Last: noon.Add(-9 * day), Now: noon}},
		{"office-stopped", Serving{}}, {"office-denied office-unready", Serving{Denied: true, Address: "a", Unready: "x"}}, {"", Serving{Address: "a"}},
		{"backup-failed backup-same-disk", Backups{Trouble: "x", Last: noon, Now: noon, SameDisk: true}}, {"backup-unknown", Backups{Error: errors.New("x")}},
	}
	for _, c := range cases {
		f := NewFindings(slices.Concat(Box(), HeadOffice()), nil)
		c.j.Judge(f)
		if got := ids(f.All()); got != c.want {
			t.Errorf("%+v\ntold %q, want %q", c.j, got, c.want)
		}
		for _, each := range f.All() {
			if strings.ContainsAny(each.Text+each.Do, "{}") {
				t.Errorf("%s leaves a place open: %s → %s", each.ID, each.Text, each.Do)
			}
		}
	}
}

func TestPortsAndTheTestEventAreJudged(t *testing.T) {
	f := NewFindings(Box(), nil)
	JudgePorts(f, []Port{{Key: "[mqtt] listen", Want: "127.0.0.1:1883", Error: syscall.EADDRINUSE}, {Want: "127.0.0.1:1", Error: syscall.EADDRINUSE}, {Want: "a:1", Error: syscall.EACCES},
		{Want: ":1", Address: ":1", Error: errors.New("x")}, {Want: ":1", Address: ":2"}, {Want: ":0", Address: ":2"}})
	JudgeProbe(f, &control.ProbeReport{Steps: []control.ProbeStep{{Name: "store", Error: "x"}}}, nil)
	JudgeProbe(f, &control.ProbeReport{OK: true, Took: 2 * time.Second}, nil)
	JudgeCustomers(f, 0)
	if do := f.All()[0].Do; !strings.Contains(do, `[mqtt] broker = "tcp://127.0.0.1:1883"`) {
		t.Error(do)
	}
	if got, want := ids(f.All()), "port-broker port-taken port-unusable port-silent port-moved probe-failed probe-slow customers-none"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func ids(all []Finding) string {
	var names []string
	for _, f := range all {
		if f.State != OK {
			names = append(names, f.ID)
		}
	}
	return strings.Join(names, " ")
}

// A check that hangs, and one that breaks, keep no other from telling.
func TestOneCheckHangsNoOther(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	now := make(chan time.Time)
	close(now)
	checks := []Check{
		{"customers", time.Hour, func(_ context.Context, f *Findings) { JudgeCustomers(f, 3) }},
		{"disk", time.Nanosecond, func(context.Context, *Findings) { <-never }},
		{"clock", time.Hour, func(context.Context, *Findings) { panic("a damaged file") }},
	}
	found, err := Run(t.Context(), checks, Options{Catalogue: Box(), After: func(time.Duration) <-chan time.Time { return now }})
	if err != nil || len(found) != 3 || found[0].ID != "unfinished" || found[1].ID != "broken" || found[2].ID != "customers-good" || Healthy(found) {
		t.Errorf("found %+v, %v", found, err)
	}
}

// A look at everything ends in time: a check that is cut short, and one whose turn does not come, are told, and say nothing against
// what they look at.
func TestALookEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		well := func(_ context.Context, f *Findings) { JudgeCustomers(f, 3) }
		checks := []Check{
			{"customers", 10 * time.Second, well},
			{"broker", 40 * time.Second, func(ctx context.Context, f *Findings) { <-ctx.Done() }},
			{"disk", 40 * time.Second, func(context.Context, *Findings) { <-never }},
			{"clock", time.Second, well},
		}
		began := time.Now()
		found, err := Run(t.Context(), checks, Options{Catalogue: Box(), Within: time.Minute})
		if took := time.Since(began); err != nil || took > time.Minute || ids(found) != "unturned unturned" || !Healthy(found) {
			t.Errorf("after %s: %v %+v", took, err, found)
		}
		began = time.Now()
		if found, err = Run(t.Context(), checks, Options{Catalogue: Box()}); err != nil || ids(found) != "unfinished" {
			t.Errorf("unbounded, after %s: %v %+v", time.Since(began), err, found)
		}
		close(never)
	})
}

// Each fault of a fleet is told with the stores that it is about, the first few by name.
func TestAFleetIsJudged(t *testing.T) {
	day := 24 * time.Hour
	well := func(id string) FleetStore { return FleetStore{ID: id, Enrolled: noon.Add(-day), Seen: noon, Boxes: 1} }
	but := func(id string, change func(*FleetStore)) FleetStore { s := well(id); change(&s); return s }
	silent := func(s *FleetStore) { s.Seen = noon.Add(-5 * time.Hour) }
	cases := []struct {
		want, text string
		stores     []FleetStore
	}{
		{"fleet-none", "", nil},
		{"", "1 store is enrolled", []FleetStore{well("a"), {ID: "new", CodeEnds: noon.Add(day)}}},
		{"fleet-silent", "b for 5 hours", []FleetStore{well("a"), but("b", silent)}},
		{"fleet-silent", "a for 5 hours", []FleetStore{but("a", silent)}},
		{"fleet-all-silent", "for 5 hours", []FleetStore{but("a", silent), but("b", silent), {ID: "new", CodeEnds: noon.Add(day)}}},
		{"fleet-code", "old", []FleetStore{well("a"), {ID: "old", CodeEnds: noon.Add(-1)}}},
		{"fleet-copied", "only: b.", []FleetStore{well("a"), but("b", func(s *FleetStore) { s.Boxes = 2 })}},
		{"fleet-held fleet-locked", "box: b.", []FleetStore{but("b", func(s *FleetStore) { s.Held, s.Locked = true, true })}},
		{"erasures-late", "2 days: b (3)", []FleetStore{well("a"), but("b", func(s *FleetStore) { s.Owed, s.OwedSince = 3, noon.Add(-2*day) })}},
		{"", "1 wait to be given", []FleetStore{but("b", func(s *FleetStore) { s.Owed, s.OwedSince = 1, noon.Add(-time.Hour) })}},
		{"office-playbook-refused", "Playbook 3 was refused by a, b, c, d, e, and 1 more: no", func() (all []FleetStore) {
			for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
				all = append(all, but(id, func(s *FleetStore) { s.Refused, s.RefusedVersion = "no", 3 }))
			}
			return all
		}()},
		{"clock-boxes", "3 minutes behind", []FleetStore{but("a", func(s *FleetStore) { s.ClockOff = -3 * time.Minute }), well("b"),
			but("c", func(s *FleetStore) { s.ClockOff = -4 * time.Minute })}},
		{"", "", []FleetStore{but("a", func(s *FleetStore) { s.ClockOff = time.Hour }), well("b"), well("c")}},
	}
	for _, c := range cases {
		f := NewFindings(HeadOffice(), nil)
		x := Fleet{Stores: c.stores, LateAfter: 30 * time.Minute, OwedAfter: day, Now: noon}
		x.Judge(f)
		x.JudgeErasures(f)
		x.JudgePlaybook(f)
		x.JudgeClock(f)
		text := ""
		for _, each := range f.All() {
			text += each.Text + each.Do + "\n"
		}
		if got := ids(f.All()); got != c.want || !strings.Contains(text, c.text) || strings.ContainsAny(text, "{}") {
			t.Errorf("told %q, want %q with %q\n%s", got, c.want, c.text, text)
		}
	}
	f := NewFindings(HeadOffice(), nil)
	Fleet{Silent: true}.JudgePlaybook(f)
	if ids(f.All()) != "office-silent" {
		t.Errorf("told %v", f.All())
	}
}

// What the code adds is in a catalogue, and nothing else is; what is wrong says what to do, in the words of its program.
func TestTheCataloguesAreWhatTheCodeTells(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range []string{"*.go", "../../cmd/redbench/doctor*.go", "../../cmd/redbench-hq/doctor*.go"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`\.Add\("([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = true
			}
		}
	}
	told := map[string]bool{}
	for program, catalogue := range map[string]Catalogue{"redbench": Box(), "redbench-hq": HeadOffice()} {
		var known []string
		for _, k := range catalogue {
			if slices.Contains(known, k.ID) || !used[k.ID] {
				t.Errorf("%s: %s stands twice, or nobody tells it", program, k.ID)
			}
			known = append(known, k.ID)
			told[k.ID] = true
			if (k.State == Fail || k.State == Warn) && k.Do == "" {
				t.Errorf("%s: %s does not say what to do", program, k.ID)
			}
			if text := k.Text + k.Do; strings.Contains(text, "PROGRAM") || program == "redbench-hq" && regexp.MustCompile("redbench-hq (re)?start`").MatchString(text) &&
				!strings.Contains(text, "systemctl") {
				t.Errorf("%s: %s names a program or a verb that is not there: %s", program, k.ID, text)
			}
		}
	}
	for id := range used {
		if !told[id] {
			t.Errorf("%s is told and in no catalogue", id)
		}
	}
}

func TestTheDocumentationIsTheCatalogue(t *testing.T) {
	keyedtest.HoldPart(t, *update, "../../docs/operations.md", "<!-- doctor -->\n", "<!-- /doctor -->", "<!-- doctor -->\n"+Box().Markdown())
	keyedtest.HoldPart(t, *update, "../../docs/operations.md", "<!-- doctor of head office -->\n", "<!-- /doctor of head office -->",
		"<!-- doctor of head office -->\n"+HeadOffice().Markdown())
}
