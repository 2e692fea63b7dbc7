// SPDX-License-Identifier: Apache-2.0

package config

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	box "redbench/daemon/config"
	"redbench/daemon/config/keyed"
	"redbench/daemon/config/keyed/keyedtest"
)

var update = flag.Bool("update", false, "write docs/configuration.md and the sample anew")

func TestEachMistakeIsTold(t *testing.T) {
	keyedtest.Mistakes(t, 8, func(file string) error {
		_, err := Load(file, nil, nil)
		return err
	})
}

func TestTheSampleIsTheDefaults(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the sample holds Unix paths")
	}
	keyedtest.Hold(t, *update, "../../../packaging/redbench-hq.toml", Sample())
	c, err := Parse("hq.toml", regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAllString(withoutWebhooks(Sample()), "$1"), nil, nil)
	if err != nil {
		t.Fatalf("the sample with every # taken away: %v", err)
	}
	if diff := cmp.Diff(Default().Map(), c.Map()); diff != "" {
		t.Errorf("it differs from the defaults (-default +sample):\n%s", diff)
	}
	for name := range keyed.Keys(c.Sections()) {
		if c.Origin(name) != keyed.FromFile {
			t.Errorf("%s is missing in the sample", name)
		}
	}
}

func withoutWebhooks(sample string) string {
	return sample[:strings.Index(sample, "# "+webhookDoc[:20])]
}

func TestTheDocumentationIsTheCode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it holds Unix paths")
	}
	keyedtest.HoldPart(t, *update, "../../../docs/configuration.md", "\n"+MarkdownStart, "", Markdown())
}

func TestEveryFieldHasAKey(t *testing.T) {
	c := Default()
	keyedtest.EveryField(t, c, keyed.Keys(c.Sections()))
}

func TestTheCommandLineIsOverTheEnvironmentOverTheFile(t *testing.T) {
	text := "[hq]\nname = \"Us\"\nlisten = \"127.0.0.1:1\"\n[state]\ndir = \"data\"\n"
	env := []string{"REDBENCH_HQ_HQ_LISTEN=127.0.0.1:2", "REDBENCH_HQ_LOG_LEVEL=debug"}
	dir := t.TempDir()
	c, err := Parse(filepath.Join(dir, "hq.toml"), text, env, keyed.Given{"hq.listen": "127.0.0.1:3"})
	if err != nil {
		t.Fatal(err)
	}
	if c.HQ.Listen != "127.0.0.1:3" || c.Log.Level != "debug" || c.State.Dir != filepath.Join(dir, "data") {
		t.Errorf("got %+v %+v %+v", c.HQ, c.Log, c.State)
	}
	want := map[string]keyed.Origin{
		"hq.name": keyed.FromFile, "hq.listen": keyed.FromFlag, "log.level": keyed.FromEnvironment, "log.format": keyed.FromDefault,
	}
	for key, origin := range want {
		if c.Origin(key) != origin {
			t.Errorf("%s came from %s, want %s", key, c.Origin(key), origin)
		}
	}
}

func TestAFlagIsCheckedByItsName(t *testing.T) {
	for key, want := range map[string]string{
		"hq.listen":    "--listen: must end in a port, 0 to 65535; it is \"here:there\"",
		"database.url": "--database: PostgreSQL is not supported yet; leave it empty, and head office keeps SQLite in the state directory",
	} {
		value := map[string]string{"hq.listen": "here:there", "database.url": "postgres://hq:secret@db/hq"}[key]
		if _, err := Parse("", "", nil, keyed.Given{key: value}); err == nil || err.Error() != want {
			t.Errorf("%s told %v, want %s", key, err, want)
		}
	}
}

// Both programs may run on one machine, and read one environment.
func TestTheBoxAndHeadOfficeShareAnEnvironment(t *testing.T) {
	boxKeys, ours := map[string]bool{}, keyed.Keys(Default().Sections())
	for _, s := range box.Default().Sections() {
		for _, k := range s.Keys {
			boxKeys[k.Env()] = true
			if _, err := Parse("", "", []string{k.Env() + "=x"}, nil); err != nil {
				t.Errorf("head office does not bear the box's %s: %v", k.Env(), err)
			}
		}
	}
	for _, k := range ours {
		if boxKeys[k.Env()] {
			t.Errorf("%s is a key of both", k.Env())
		}
		if _, err := box.Parse("", "", []string{k.Env() + "=x"}); err != nil {
			t.Errorf("the box does not bear head office's %s: %v", k.Env(), err)
		}
	}
}

func TestWhatIsAllowedAndUnwiseIsWarnedOf(t *testing.T) {
	c, err := Parse("", "[hq]\nlisten = \":8788\"\ninsecure = true\n", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"[hq] listens beyond this machine on :8788 without TLS, as insecure = true allows"}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Error(diff)
	}
	if quiet, err := Parse("", "[hq]\nlisten = \":8788\"\n", nil, nil); err != nil || len(quiet.Warnings) > 0 {
		t.Errorf("beyond loopback with TLS: %v", err)
	}
}

func TestAWebhookIsRead(t *testing.T) {
	dir := t.TempDir()
	text := "[[webhook]]\nvendor = \"shop\"\nsecret_file = \"shop.secret\"\nheader = \"X-Signature\"\nprogram = '.'\n"
	c, err := Parse(filepath.Join(dir, "hq.toml"), text, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Webhook{{Vendor: "shop", SecretFile: filepath.Join(dir, "shop.secret"), Header: "X-Signature", Scheme: "hmac-sha256-hex",
		Format: "json", Program: "."}}
	if diff := cmp.Diff(want, c.Webhooks); diff != "" {
		t.Fatal(diff)
	}
	const old, next = "an old secret of theirs", "the next secret of theirs"
	for content, lines := range map[string]int{old + "\n": 1, old + "\r\n\n" + next: 2, "": 0, "too short": 0} {
		if err := os.WriteFile(c.Webhooks[0].SecretFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		secrets, err := c.Webhooks[0].Secrets()
		if len(secrets) != lines || (err == nil) != (lines > 0) || (c.CheckFiles() == nil) != (lines > 0) {
			t.Errorf("%q: %q, %v", content, secrets, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Sample())
	f.Add("[hq]\nlisten = ':0'\n")
	f.Add("hq = 3\n'a b' = 1")
	f.Add("[[webhook]]\nvendor = 'a'\nheader = 'X-A'\nsecret_file = 's'\nprogram = '.'\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("/etc/redbench/redbench-hq.toml", text, nil, nil)
		if err != nil {
			return
		}
		again, err := Parse("/etc/redbench/redbench-hq.toml", c.Show(), nil, nil)
		if err != nil {
			t.Fatalf("show wrote what cannot be read: %v\n%s", err, c.Show())
		}
		if diff := cmp.Diff(c.Map(), again.Map()); diff != "" {
			t.Fatal(diff)
		}
	})
}
