// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"redbench/cmd/rig/process"
)

// needed skips a test where a tool is missing, and says how to get it.
func needed(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not there (apt-get install wixl msitools gnupg dpkg): not tested", tool)
		}
	}
}

// pretended puts a file where a program would be built, so that what is around it can be tested in seconds.
func pretended(t *testing.T, w *work, name, from string, target target) {
	t.Helper()
	file := filepath.Join(w.dir, "bin", target.OS+"-"+target.Arch, name)
	if target.OS == "windows" {
		file += ".exe"
	}
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	w.built[file] = true
}

func TestComponentsAreWhatIsLinkedIn(t *testing.T) {
	host := targets[runtime.GOARCH]
	needed(t, host.CC)
	w := bench(t)
	programs, err := process.Build() // shared by tests of other packages
	if err != nil {
		t.Fatal(err)
	}
	pretended(t, w, "redbench-hq", programs.Office, host)
	list, licences, err := w.components(t.Context(), "redbench-hq", host)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	if err := json.Unmarshal(content, &b); err != nil {
		t.Fatal(err)
	}
	seen := map[string]component{}
	for _, c := range b.Components {
		seen[c.Name] = c
		if len(c.Licences) == 0 {
			t.Errorf("%s: its licence is not recognised", c.Name)
		}
		if c.Version == "" || c.Version == "unknown" {
			t.Errorf("%s: its version is not known", c.Name)
		}
	}
	for _, name := range []string{"std", "glibc", "libgcc", "SQLite", "github.com/spf13/cobra"} {
		if seen[name].Name == "" {
			t.Errorf("%s is linked in, and is not listed", name)
		}
	}
	if seen["github.com/mochi-mqtt/server/v2"].Name != "" {
		t.Error("the broker is listed, and is not linked into head office")
	}
	if text, err := os.ReadFile(licences); err != nil || !strings.Contains(string(text), "===== github.com/spf13/cobra") {
		t.Errorf("the licences lack cobra's (%v)", err)
	}
}

func TestTablesOfTheMSI(t *testing.T) {
	windows := targets["windows"]
	needed(t, "wixl", "msiinfo", "msibuild", windows.CC)
	w := bench(t)
	programs, err := process.Build() // any program: the tables are looked at
	if err != nil {
		t.Fatal(err)
	}
	pretended(t, w, "redbench", programs.Box, windows)
	if err := w.msi(t.Context(), windows); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.out, "redbench-1.2.3-x64.msi")
	for table, rows := range map[string][]string{
		"Directory":      {"INSTALLDIR\tProgramFiles64Folder\tRedbench", "DATADIR\tCommonAppDataFolder\tRedbench"},
		"Component":      {"Program\t{0B1D8A55-6C7B-4E55-8C52-9D7C7B4A2F10}\tINSTALLDIR\t256\t\tredbench.exe", "\tDATADIR\t256\t"},
		"ServiceInstall": {"\tredbench\tRedbench\t16\t2\t1\t\t\tNT AUTHORITY\\LocalService\t\trun --config \"[DATADIR]redbench.toml\"\tProgram\t"},
		"ServiceControl": {"\tredbench\t163\t\t1\tProgram"}, // start at install, stop at both, delete at uninstall; wait
		"Upgrade":        {"{" + upgradeCode + "}\t0.0.0\t1.2.3\t\t768\t\tOLDERVERSION", "{" + upgradeCode + "}\t1.2.3\t\t\t2\t\tNEWERVERSION"},
		"Property":       {"ALLUSERS\t1", "ProductVersion\t1.2.3", "UpgradeCode\t{" + upgradeCode + "}", "OLDERVERSION;NEWERVERSION"},
		"CustomAction":   {"Finish\t3090\tredbench.exe\tinstall"}, // deferred, as the system, and its failure counts
		"InstallExecuteSequence": {"InstallServices\t\t5800", "Finish\tNOT REMOVE\t5801", "StartServices\tVersionNT\t5900",
			"InstallFinalize\t\t6600", "RemoveExistingProducts\t\t6601"},
		"LaunchCondition": {"NOT NEWERVERSION OR REMOVE\tA newer version of Redbench is installed"},
		"Registry":        {`EventLog\Application\redbench`},
		"File":            {"redbench.exe\tProgram\tredbench.exe", "\tDocuments\tsbom.cdx.json"},
	} {
		out, err := exec.Command("msiinfo", "export", file, table).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if !strings.Contains(string(out), row) {
				t.Errorf("%s lacks %q:\n%s", table, row, out)
			}
		}
	}
}

func TestSignatures(t *testing.T) {
	needed(t, "gpg", "gpgconf", "sha256sum")
	w := bench(t)
	packages := []string{"redbench_1.2.2_amd64.deb", "redbench_1.2.3_amd64.deb"} // the former is an earlier run's
	for _, name := range append(packages, "notes.txt") {
		if err := os.WriteFile(filepath.Join(w.out, name), []byte("package"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.sums(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(w.out, sumsFile)); err != nil || strings.Count(string(text), "\n") != 2 ||
		!strings.Contains(string(text), packages[0]) || !strings.Contains(string(text), packages[1]) {
		t.Errorf("summed up: %s %v", text, err)
	}
	if said := w.log.(interface{ String() string }).String(); !strings.Contains(said, "Nothing was signed") {
		t.Errorf("without a key it said %q", said)
	}
	home, err := os.MkdirTemp("", "gpg") // its socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	gpg := func(args ...string) string {
		out, err := exec.Command("gpg", append([]string{"--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)...).Output()
		if err != nil {
			t.Fatalf("gpg %v: %v", args, err)
		}
		return string(out)
	}
	gpg("--quick-generate-key", "Test <test@redbench.example>", "ed25519", "sign", "never")
	w.signKey = filepath.Join(t.TempDir(), "key.asc")
	if err := os.WriteFile(w.signKey, []byte(gpg("--armor", "--export-secret-keys")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.sums(t.Context()); err != nil {
		t.Fatal(err)
	}
	gpg("--verify", filepath.Join(w.out, sumsFile+".asc"), filepath.Join(w.out, sumsFile))
	check := exec.Command("sha256sum", "--check", "--strict", sumsFile)
	check.Dir = w.out
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("the checksums: %v: %s", err, out)
	}
}
