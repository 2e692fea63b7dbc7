// SPDX-License-Identifier: Apache-2.0

package service

import "testing"

// TestAServiceThatFailsAgainAndAgainIsNotRunning: systemd calls it activating, as it does one at its first start.
func TestAServiceThatFailsAgainAndAgainIsNotRunning(t *testing.T) {
	for shown, want := range map[string]State{
		"LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nNRestarts=0\n": Restarting,
		"LoadState=loaded\nActiveState=activating\nSubState=start\nNRestarts=58\n":       Restarting,
		"LoadState=loaded\nActiveState=activating\nSubState=start\nNRestarts=0\n":        Starting,
		"LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=58\n":         Running,
		"LoadState=loaded\nActiveState=deactivating\nSubState=stop-sigterm\n":            Stopping,
		"LoadState=loaded\nActiveState=failed\nSubState=failed\n":                        Failed,
		"LoadState=masked\nActiveState=inactive\nSubState=dead\n":                        Stopped,
		"LoadState=not-found\nActiveState=inactive\nSubState=dead\n":                     NotInstalled,
	} {
		if got, known := stateOf(shown); got != want || !known {
			t.Errorf("%q: %s %v, want %s", shown, got, known, want)
		}
	}
	if got, known := stateOf(""); known {
		t.Errorf("of nothing: %s", got)
	}
}

// TestTheLastErrorIsFound in what the journal holds of the service's own lines.
func TestTheLastErrorIsFound(t *testing.T) {
	for log, want := range map[string]string{
		"":                                "",
		"time=1 level=INFO msg=stopped\n": "",
		"time=1 level=ERROR msg=\"the disk is full\" error=x\ntime=2 level=INFO msg=stopped\n":           `"the disk is full" error=x`,
		"redbench: starting: first\ntime=1 level=INFO msg=x\nredbench: starting: second\n":               "starting: second",
		"redbench: the configuration is wrong:\n/etc/r.toml:2: [store] idd: unknown key\ntime=1 level=x": "the configuration is wrong: /etc/r.toml:2: [store] idd: unknown key",
		"redbench: starting: second\nanother line\n":                                                     "starting: second",
	} {
		if got := lastError(log); got != want {
			t.Errorf("%q: %q, want %q", log, got, want)
		}
	}
	if got := lastError(forwards("/etc/r.toml:2: [store] idd: unknown key\nredbench: the configuration is wrong:\nredbench: starting: first\n")); got !=
		"the configuration is wrong: /etc/r.toml:2: [store] idd: unknown key" {
		t.Errorf("of the journal backwards: %q", got)
	}
}
