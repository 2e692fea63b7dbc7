// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ServiceUnit asks systemd for a service; known is false where none runs.
func ServiceUnit(ctx context.Context, name string) (u Unit, known bool) {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return u, false
	}
	out, err := exec.CommandContext(ctx, "systemctl", "show", name+".service", "--no-pager", "-p",
		"LoadState,ActiveState,UnitFileState,FragmentPath,DropInPaths,User,Restart,WatchdogUSec,NeedDaemonReload,NRestarts,MainPID,ProtectSystem,ReadWritePaths,ActiveEnterTimestampMonotonic").Output()
	if err != nil {
		return u, false
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return u, false
	}
	return parseUnit(string(out), time.Duration(now.Nano())), true
}

// parseUnit reads what systemctl shows; now is by the clock that its moments are told by.
func parseUnit(text string, now time.Duration) Unit {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(values[name]) // absent: none
		return n
	}
	watchdog := values["WatchdogUSec"]
	up := time.Duration(0)
	if since := number("ActiveEnterTimestampMonotonic"); since > 0 && values["ActiveState"] == "active" {
		up = now - time.Duration(since)*time.Microsecond
	}
	return Unit{Load: values["LoadState"], Active: values["ActiveState"], File: values["UnitFileState"], Path: values["FragmentPath"],
		DropIns: values["DropInPaths"], User: values["User"], Restart: values["Restart"],
		Watchdog: watchdog != "" && watchdog != "0" && watchdog != "infinity", Reload: values["NeedDaemonReload"] == "yes",
		Restarts: number("NRestarts"), PID: number("MainPID"), Up: up,
		Strict: values["ProtectSystem"] == "strict", Writable: values["ReadWritePaths"]}
}

// Journal gives the last lines that a service wrote, where this user may read them.
func Journal(ctx context.Context, name string, lines int) (string, error) {
	out, err := exec.CommandContext(ctx, "journalctl", "-u", name, "-n", strconv.Itoa(lines), "--no-pager", "-o", "short-iso", "-q").Output()
	if err != nil {
		return "", fmt.Errorf("reading the journal: %w", err)
	}
	return string(out), nil
}
