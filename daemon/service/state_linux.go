// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// State asks systemd itself, whose word is finer than the library's: that takes a service that fails and is started again and
// again for one that runs, and one that is stopping for none.
func (osHost) State() (s State, known bool) {
	out, err := exec.Command("systemctl", "show", Name+".service", "--no-pager", "-p", "LoadState,ActiveState,SubState,NRestarts").Output()
	if err != nil {
		return "", false
	}
	return stateOf(string(out))
}

// stateOf reads what `systemctl show` prints.
func stateOf(shown string) (s State, known bool) {
	values := map[string]string{}
	for line := range strings.Lines(shown) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	restarts, _ := strconv.Atoi(values["NRestarts"]) // absent: none. A start by a person sets it to 0
	switch values["ActiveState"] {
	case "active", "reloading", "refreshing":
		return Running, true
	case "activating":
		if restarts > 0 || strings.HasPrefix(values["SubState"], "auto-restart") {
			return Restarting, true
		}
		return Starting, true
	case "deactivating":
		return Stopping, true
	case "failed":
		return Failed, true
	case "inactive":
		if values["LoadState"] == "not-found" {
			return NotInstalled, true
		}
		return Stopped, true
	}
	return "", false
}

// LastError is what the service said last of why it ended, as far as this user may read it; empty: unknown.
func (osHost) LastError() string {
	// Backwards: asked forwards since a moment, systemd before 254 gives the first so many lines, and not the last.
	out, err := exec.Command("journalctl", "-u", Name, "-t", Name, "-b", "--reverse", "-n", "20", "--since", "-15min", "--no-pager", "-o", "cat", "-q").Output()
	if err != nil {
		return ""
	}
	return lastError(forwards(string(out)))
}

// forwards turns lines round.
func forwards(lines string) string {
	all := strings.Split(strings.TrimSpace(lines), "\n")
	slices.Reverse(all)
	return strings.Join(all, "\n")
}

// longestError is how many lines of one mistake are told: a wrong configuration has a line each.
const longestError = 4

// lastError finds the last thing that a process said as it ended, and else the last error in its log.
func lastError(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		said, is := strings.CutPrefix(lines[i], Name+": ")
		if !is {
			continue
		}
		for _, more := range lines[i+1 : min(i+longestError, len(lines))] {
			if !strings.HasSuffix(said, ":") && !strings.HasPrefix(lines[i], Name+": the configuration is wrong") || logged(more) {
				break
			}
			said += " " + strings.TrimSpace(more)
		}
		return said
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if _, said, is := strings.Cut(lines[i], "level=ERROR msg="); is {
			return said
		}
		if strings.Contains(lines[i], `"level":"ERROR"`) {
			return lines[i]
		}
	}
	return ""
}

func logged(line string) bool {
	return strings.HasPrefix(line, "time=") || strings.HasPrefix(line, "{")
}

// User is the user that the service runs as, which Prepare makes; empty: one of the system's, of whom nothing can be asked.
const User = unitUser
