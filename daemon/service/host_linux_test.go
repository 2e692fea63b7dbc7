// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	kardianos "github.com/kardianos/service"

	"redbench/packaging"
)

const goodPlatform = "linux-systemd"

func TestTheUnitOfADefaultBoxIsThePackagedOne(t *testing.T) {
	if got := Unit(Options{Executable: exe, Config: file, StateDir: dir}); got != packaging.SystemdUnit {
		t.Errorf("it differs:\n%s", got)
	}
}

func TestTheUnitHoldsThisBoxsPaths(t *testing.T) {
	unit := Unit(Options{Executable: "/opt/red bench/100%/$1/redbench", Config: `/etc/a"b/x.toml`, StateDir: "/data/$1/red bench"})
	for _, want := range []string{
		`ExecStart="/opt/red bench/100%%/$$1/redbench" run --config "/etc/a\"b/x.toml"` + "\n",
		`ReadWritePaths="/data/$1/red bench"` + "\n",
	} {
		if !strings.Contains(unit, want) {
			t.Errorf("it lacks %q:\n%s", want, unit)
		}
	}
	if strings.Contains(unit, "StateDirectory") {
		t.Error("it still makes /var/lib/redbench")
	}
}

// What the product promises of the unit; a careless edit must not lose it.
func TestTheUnitRestartsForEverAndIsHardened(t *testing.T) {
	lines := strings.Split(packaging.SystemdUnit, "\n")
	for _, want := range []string{
		"Type=notify", "WatchdogSec=30", "Restart=always", "RestartSec=1", "StartLimitIntervalSec=0", "User=redbench", "StateDirectory=redbench",
		"StateDirectoryMode=0700", "UMask=0077", "LimitCORE=0", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
		"ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "MemoryDenyWriteExecute=yes",
		"SystemCallFilter=@system-service", "WantedBy=multi-user.target",
	} {
		found := false
		for _, line := range lines {
			found = found || line == want
		}
		if !found {
			t.Errorf("the unit lacks %s", want)
		}
	}
}

func TestSystemdAcceptsTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("needs systemd-analyze")
	}
	unit := Unit(Options{Executable: "/bin/true", Config: "/etc/hostname", StateDir: "/var/lib/red bench"})
	path := filepath.Join(t.TempDir(), "redbench.service")
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "redbench.service:") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=12", path).CombinedOutput()
	if err != nil {
		t.Errorf("the unit is exposed above 1.2: %v\n%s", err, out)
	}
}

// The library writes the unit itself, through a template engine of its own. Here it does so for real, as a user's
// service in a home of its own, with a systemctl that only notes what it was called with.
func TestTheLibraryWritesOurUnitUntouched(t *testing.T) {
	home := t.TempDir()
	bin := filepath.Join(home, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	calls := filepath.Join(home, "calls")
	script := "#!/bin/sh\necho \"$@\" >> " + calls + "\n[ \"$1\" = is-active ] && echo active\nexit 0\n"
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	m, err := userManager(t, Options{Executable: "/opt/{{red}} bench/redbench", Config: file, StateDir: "/data/$x/{{y}}"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.system.Install(); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(home, ".config/systemd/user/redbench.service"))
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != m.definition {
		t.Errorf("it wrote another one:\n%s", written)
	}
	if _, err := m.Restart(); err != nil {
		t.Error(err)
	}
	if err := m.system.Uninstall(); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"enable --user redbench.service", "daemon-reload --user", "restart --user redbench.service", "disable --user redbench.service"} {
		if !strings.Contains(string(got), want+"\n") {
			t.Errorf("systemctl was not called with %q:\n%s", want, got)
		}
	}
}

// userManager is New for the library's systemd, whatever this machine runs.
func userManager(t *testing.T, o Options) (*Manager, error) {
	t.Helper()
	options, definition := osOptions(o)
	options["UserService"] = true
	config := &kardianos.Config{Name: Name, Executable: o.Executable, Arguments: arguments(o), Option: options}
	for _, each := range kardianos.AvailableSystems() {
		if each.String() == goodPlatform {
			s, err := each.New(nothing{}, config)
			return &Manager{options: o, system: s, host: &fakeHost{}, definition: definition}, err
		}
	}
	t.Fatal("the library knows no systemd")
	return nil, nil
}

func TestWhatTheUnitHidesIsRefused(t *testing.T) {
	for path, usable := range map[string]bool{
		"/usr/local/bin/redbench": true, "/etc/redbench/redbench.toml": true, "/opt/home/redbench": true,
		"/home/jo/bin/redbench": false, "/root/redbench": false, "/tmp/go-build/redbench": false,
	} {
		if err := (osHost{}).Usable(path); (err == nil) != usable {
			t.Errorf("%s: %v", path, err)
		}
	}
}
