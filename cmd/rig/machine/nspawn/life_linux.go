// SPDX-License-Identifier: Apache-2.0

package nspawn

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// life is a machine from power on to power off.
type life struct {
	pid     int
	command *exec.Cmd
	ended   chan struct{}
}

// start begins a life. When this process is killed, systemd-nspawn is told to stop, and stops the machine in good order.
func start(name, root, log string) (*life, error) {
	console, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the machine's console: %w", err)
	}
	args := append([]string{"-D", root, "-M", name, "--boot", "--register=no", "--private-network", "--resolv-conf=off",
		"--link-journal=no"}, unitless()...)
	command, err := within(name, args)
	if err != nil {
		_ = console.Close()
		return nil, err
	}
	command.Stdout, command.Stderr = console, console
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	l := &life{command: command, ended: make(chan struct{})}
	began := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when this thread ends, so it lives as long as the machine
		defer runtime.UnlockOSThread()
		defer console.Close()
		err := command.Start()
		if err == nil {
			l.pid = command.Process.Pid
		}
		began <- err
		if err == nil {
			_ = command.Wait() // how it ends says nothing
			close(l.ended)
		}
	}()
	if err := <-began; err != nil {
		return nil, fmt.Errorf("starting systemd-nspawn: %w", err)
	}
	return l, nil
}

// unitless says what systemd-nspawn needs where no systemd could give it a unit of its own.
func unitless() []string {
	if booted() {
		return nil
	}
	return []string{"--keep-unit"}
}

// booted says whether systemd runs this machine.
func booted() bool {
	_, err := os.Stat("/run/systemd/system")
	return err == nil
}

// within makes the command. Where no systemd rules the control groups, the machine gets one of its own: two machines in one would
// take each other's services for theirs.
func within(name string, args []string) (*exec.Cmd, error) {
	nspawn, err := find("systemd-nspawn")
	if err != nil {
		return nil, err
	}
	if booted() {
		return exec.Command(nspawn, args...), nil
	}
	var script strings.Builder
	for _, dir := range groups(name) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("making a control group: %w", err)
		}
		fmt.Fprintf(&script, "echo $$ > '%s/cgroup.procs'; ", dir)
	}
	script.WriteString(`exec "$@"`)
	return exec.Command("/bin/sh", append([]string{"-euc", script.String(), "sh", nspawn}, args...)...), nil
}

func (l *life) kill() {
	_ = l.command.Process.Kill() // it may have ended
	<-l.ended
}

// Dial connects to an address as a program inside does.
func (m *Machine) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled, 1)
	leader := m.leader.Load()
	go func() {
		runtime.LockOSThread() // for good: the thread is in another network, and ends with this goroutine
		space, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", leader))
		if err == nil {
			defer space.Close()
			err = unix.Setns(int(space.Fd()), unix.CLONE_NEWNET)
		}
		if err != nil {
			done <- dialled{nil, fmt.Errorf("entering the machine's network: %w", err)}
			return
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		done <- dialled{conn, err}
	}()
	d := <-done
	return d.conn, d.err
}
