// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/daemon/config/keyed"
	"redbench/daemon/config/keyed/keyedtest"
	"redbench/packaging"
)

var update = flag.Bool("update", false, "write the sample file and docs/configuration.md anew")

func TestEachMistakeIsTold(t *testing.T) {
	keyedtest.Mistakes(t, 20, func(file string) error {
		_, err := Load(file, nil)
		return err
	})
}

func TestTheSampleIsTheDefaults(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the sample holds Unix paths")
	}
	keyedtest.Hold(t, *update, "../../packaging/redbench.toml", Sample())
	if !*update && packaging.Sample != Sample() {
		t.Error("the embedded sample is another one")
	}
	text := regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAllString(withoutAdapters(Sample()), "$1")
	c, err := Parse("redbench.toml", text, nil)
	if err != nil {
		t.Fatalf("the sample with every # taken away: %v", err)
	}
	if diff := cmp.Diff(Default().Map(), c.Map()); diff != "" {
		t.Errorf("it differs from the defaults (-default +sample):\n%s", diff)
	}
	for name := range c.keys() {
		if c.Origin(name) != FromFile {
			t.Errorf("%s is missing in the sample", name)
		}
	}
	if _, err := Parse("redbench.toml", Sample(), nil); err != nil {
		t.Errorf("the sample as it is: %v", err)
	}
}

func withoutAdapters(sample string) string {
	return sample[:strings.Index(sample, "# "+adapterDoc[:20])]
}

func TestTheDocumentationIsTheCode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it holds Unix paths")
	}
	keyedtest.HoldPart(t, *update, "../../docs/configuration.md", "", "\n## Head office:", Markdown())
}

func TestEveryFieldHasAKey(t *testing.T) {
	c := Default()
	keyedtest.EveryField(t, c, c.keys())
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	text := "[mqtt]\nbroker = \"tcp://file:1883\"\n[screen]\ndistance_m = 2\n"
	c, err := Parse("/etc/redbench/redbench.toml", text, []string{
		"REDBENCH_MQTT_BROKER=tcp://localhost:1884", "REDBENCH_UI_LISTEN=127.0.0.1:0", "REDBENCH_UI_TRUSTED_HOSTS=a, b",
		"REDBENCH_SCREEN_PROMPT_SECONDS=30", "REDBENCH_LOG_LEVEL=debug", "REDBENCH_HQ_LISTEN=:8788", "REDBENCH_OTHER=1", "PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.MQTT.Broker != "tcp://localhost:1884" || c.UI.Listen != "127.0.0.1:0" || c.Screen.PromptFor() != 30*time.Second {
		t.Errorf("got %+v %+v %+v", c.MQTT, c.UI, c.Screen)
	}
	if diff := cmp.Diff([]string{"a", "b"}, c.UI.TrustedHosts); diff != "" {
		t.Error(diff)
	}
	want := map[string]Origin{"mqtt.broker": FromEnvironment, "screen.distance_m": FromFile, "store.id": FromDefault}
	for key, origin := range want {
		if c.Origin(key) != origin {
			t.Errorf("%s came from %s, want %s", key, c.Origin(key), origin)
		}
	}
}

func TestTheEnvironmentIsCheckedToo(t *testing.T) {
	cases := map[string]string{
		"REDBENCH_UI_LISTN=127.0.0.1:1":         "REDBENCH_UI_LISTN: unknown key in the environment; did you mean REDBENCH_UI_LISTEN?",
		"REDBENCH_SCREEN_PROMPT_SECONDS=soon":   "REDBENCH_SCREEN_PROMPT_SECONDS: must be a whole number",
		"REDBENCH_SCREEN_DISTANCE_M=far":        "REDBENCH_SCREEN_DISTANCE_M: must be a number",
		"REDBENCH_UI_INSECURE=perhaps":          "REDBENCH_UI_INSECURE: must be true or false",
		"REDBENCH_UI_LISTEN=0.0.0.0:80":         "REDBENCH_UI_LISTEN: 0.0.0.0:80 is reached from other machines, and so needs cert_file and key_file (or insecure = true, or 127.0.0.1:80)",
		"REDBENCH_PRIVACY_IMPORT_CONSENT=maybe": `REDBENCH_PRIVACY_IMPORT_CONSENT: must be none, recognise or remember; it is "maybe"`,
	}
	for env, want := range cases {
		_, err := Parse("", "", []string{env})
		if err == nil || err.Error() != want {
			t.Errorf("%s told %v, want %s", env, err, want)
		}
	}
}

func TestRelativePathsStartAtTheFile(t *testing.T) {
	dir := t.TempDir()
	c, err := Parse(filepath.Join(dir, "redbench.toml"), "[state]\ndir = \"data\"\n[playbook]\nfile = \"ours.toml\"\n", []string{"REDBENCH_MQTT_CA_FILE=ca.pem"})
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.State.Dir, c.Playbook.File, c.MQTT.CAFile}
	want := []string{filepath.Join(dir, "data"), filepath.Join(dir, "ours.toml"), filepath.Join(here, "ca.pem")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAWrongValueIsToldBesideAnUnknownKey(t *testing.T) {
	_, err := Parse("x.toml", "[ui]\nlisten = \":8787\"\ncert_fil = \"a\"\nkey_file = \"b\"\n[screen]\ndistance_m = 90\n", nil)
	want := "x.toml:3: [ui] cert_fil: unknown key; did you mean cert_file?\n" +
		"x.toml:6: [screen] distance_m: must be 0.3 to 5 metres; it is 90" // and not that key_file lacks cert_file
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhatIsAllowedAndUnwiseIsWarnedOf(t *testing.T) {
	c, err := Parse("x.toml", "[ui]\nlisten = \":8787\"\ninsecure = true\n[mqtt]\nbroker = \"tcp://192.0.2.1:1883\"\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"[mqtt] broker is reached without TLS: cards cross the network in the clear; ssl://… would hide them",
		"[ui] listens beyond this machine on :8787 without cert_file and key_file, as insecure = true allows",
	}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Error(diff)
	}
	if quiet, err := Parse("", "", nil); err != nil || len(quiet.Warnings) > 0 {
		t.Errorf("the defaults: %v, warned of %q", err, quiet.Warnings)
	}
}

func TestFilesThatAreNoConfiguration(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.toml")
	if err := os.WriteFile(large, make([]byte, keyed.MaxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "absent.toml"): "reading the configuration: open ",
		dir:                               "is a directory; name the file in it",
		large:                             "that is no configuration",
	} {
		var mistakes *Error
		if _, err := Load(path, nil); !errors.As(err, &mistakes) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s told %v, want %q", path, err, want)
		}
	}
}

func TestWhatShowWritesReadsTheSame(t *testing.T) {
	text := "\ufeff[state]\ndir = 'C:\\Red bench'\n[[adapter]]\nname = \"quo\\\"ted\"\ntopic = \"a/+\"\nprogram = '''\n{a: \"b\\\\n\"}\n'''\n"
	path := filepath.Join(t.TempDir(), "redbench.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, []string{"REDBENCH_LOG_LEVEL=warn"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(path, c.Show(), nil)
	if err != nil {
		t.Fatalf("reading what show wrote: %v\n%s", err, c.Show())
	}
	if diff := cmp.Diff(c.Map(), again.Map()); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"level = \"warn\" # from REDBENCH_LOG_LEVEL", "# line 2"} {
		if !strings.Contains(c.Show(), want) {
			t.Errorf("show does not say %q:\n%s", want, c.Show())
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Sample())
	f.Add("[ui]\nlisten = ':0'\n[[adapter]]\nname='a'\n")
	f.Add("adapter = [1]\nui = 3\n'a b' = 1")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("/etc/redbench/redbench.toml", text, nil)
		if err != nil {
			return
		}
		again, err := Parse("/etc/redbench/redbench.toml", c.Show(), nil)
		if err != nil {
			t.Fatalf("show wrote what cannot be read: %v\n%s", err, c.Show())
		}
		if diff := cmp.Diff(c.Map(), again.Map()); diff != "" {
			t.Fatal(diff)
		}
	})
}
