// SPDX-License-Identifier: Apache-2.0

// Package nspawn boots a real Debian with systemd, in a container of systemd-nspawn with a network of its own, and runs
// commands in there. It leaves nothing behind: what a killed run left is cleared by the next.
package nspawn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"redbench/cmd/rig/process"
)

// UnableError says that this machine cannot boot such a thing. Nothing of ours is broken then.
type UnableError struct{ Why string }

// Error says why.
func (e *UnableError) Error() string { return "booting a Debian in a container: " + e.Why }

func unable(format string, args ...any) error { return &UnableError{fmt.Sprintf(format, args...)} }

// Able says whether this machine could boot one: nil, or an *UnableError.
func Able() error {
	if os.Geteuid() != 0 {
		return unable("it takes root")
	}
	for _, tool := range []string{"debootstrap", "systemd-nspawn", "nsenter"} {
		if _, err := find(tool); err != nil {
			return unable("%s is missing: apt-get install debootstrap systemd-container", tool)
		}
	}
	return nil
}

// find looks where root's tools are, too: they are not in everybody's path.
func find(tool string) (string, error) {
	if path, err := exec.LookPath(tool); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + tool)
}

// Machine is a tree that lives while it is booted.
type Machine struct {
	Root string // its tree, as this machine sees it

	name   string
	log    string
	life   *life
	leader atomic.Int64 // its process 1, as this machine sees it; 0: there is none
}

// New names a machine for a tree below a run's directory, and boots nothing.
func New(run *Run, root string) *Machine {
	return &Machine{Root: root, name: filepath.Base(run.Path), log: filepath.Join(run.Path, "console.log")}
}

const (
	bootWithin = 60 * time.Second
	stopWithin = 60 * time.Second
	often      = 5 * time.Millisecond
)

// Boot starts the machine and returns as soon as its process 1 is there, at the moment that it gives.
func (m *Machine) Boot(ctx context.Context) (at time.Time, err error) {
	if m.life, err = start(m.name, m.Root, m.log); err != nil {
		return at, unable("%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, bootWithin)
	defer cancel()
	err = process.Until(ctx, often, func(context.Context) error {
		select {
		case <-m.life.ended:
			cancel()
			return fmt.Errorf("it ended at once: %s", process.Tail(m.log))
		default:
		}
		first, err := firstOf(m.life.pid)
		m.leader.Store(int64(first))
		return err
	})
	if err != nil {
		return at, errors.Join(unable("%v", err), m.End())
	}
	return time.Now(), nil
}

// Await returns once all that starts with the machine has started.
func (m *Machine) Await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootWithin)
	defer cancel()
	err := process.Until(ctx, 20*time.Millisecond, func(ctx context.Context) error {
		said, err := m.Run(ctx, "systemctl", "is-system-running", "--wait")
		if word := strings.TrimSpace(string(said)); word == "running" || word == "degraded" {
			return nil
		}
		return err
	})
	if err != nil {
		return unable("it does not come up: %v: %s", err, process.Tail(m.log))
	}
	return nil
}

// firstOf finds process 1 of the machine among a process's children.
func firstOf(pid int) (int, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, word := range strings.Fields(string(raw)) {
		status, err := os.ReadFile("/proc/" + word + "/status")
		if err != nil {
			continue
		}
		comm, err := os.ReadFile("/proc/" + word + "/comm")
		if err == nil && strings.TrimSpace(string(comm)) == "systemd" && bytes.Contains(status, []byte("\nNSpid:\t"+word+"\t1\n")) {
			return strconv.Atoi(word)
		}
	}
	return 0, errors.New("its process 1 is not there")
}

// Run runs a command inside, as root, and gives what it printed.
func (m *Machine) Run(ctx context.Context, args ...string) ([]byte, error) {
	return m.Feed(ctx, nil, args...)
}

// Feed is Run with something to read.
func (m *Machine) Feed(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	inside := append([]string{"-t", fmt.Sprint(m.leader.Load()), "-a", "--", "/usr/bin/env", "-i", "HOME=/root", "LANG=C.UTF-8",
		"DEBIAN_FRONTEND=noninteractive", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, args...)
	command := exec.CommandContext(ctx, "nsenter", inside...)
	command.Stdin = in
	command.WaitDelay = time.Second
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(problems.String()+" "+out.String()))
	}
	return out.Bytes(), nil
}

// Shell runs a script inside, which ends with its first command that does.
func (m *Machine) Shell(ctx context.Context, script string) ([]byte, error) {
	return m.Feed(ctx, strings.NewReader(script), "sh", "-eu")
}

// PowerOff stops the machine in good order.
func (m *Machine) PowerOff(ctx context.Context) error {
	_, _ = m.Run(ctx, "systemctl", "poweroff") // it may end before it has answered
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-m.life.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return fmt.Errorf("the machine did not power off within %s: %s", stopWithin, process.Tail(m.log))
	}
}

// End stops the machine as quickly as can be, and sweeps up after it. It may be called again.
func (m *Machine) End() error {
	if m.life == nil {
		return nil
	}
	if first := m.leader.Swap(0); first > 0 {
		kill(int(first))
	}
	m.life.kill()
	m.life = nil
	return sweep(m.name)
}

// kill ends a process, which may be gone.
func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// Outside gives a process's number as this machine sees it, of one as the machine inside does.
func (m *Machine) Outside(inside int) (int, error) {
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0, err
	}
	ours, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", m.leader.Load()))
	if err != nil {
		return 0, err
	}
	for _, file := range all {
		theirs, err := os.Readlink(filepath.Join(filepath.Dir(file), "ns", "pid"))
		if err != nil || theirs != ours {
			continue
		}
		status, err := os.ReadFile(file)
		if err == nil && bytes.Contains(status, []byte("\t"+strconv.Itoa(inside)+"\nNSpgid:")) {
			return strconv.Atoi(filepath.Base(filepath.Dir(file)))
		}
	}
	return 0, fmt.Errorf("process %d of the machine is not there", inside)
}

// Alive gives a path inside as it is while the machine lives, with what lies on it in memory.
func (m *Machine) Alive(path string) string {
	return fmt.Sprintf("/proc/%d/root%s", m.leader.Load(), path)
}
