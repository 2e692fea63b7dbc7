// SPDX-License-Identifier: Apache-2.0

// Package mqtttest starts a real Mosquitto, for tests and for the bench rig.
package mqtttest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const startWithin = 10 * time.Second

// ErrMissing says that there is no Mosquitto on this machine.
var ErrMissing = errors.New("mosquitto is not installed: apt-get install mosquitto")

// Broker is a running Mosquitto with persistence in its directory, that anybody may use.
type Broker struct {
	URL string // tcp://127.0.0.1:port

	dir  string
	path string

	mu      sync.Mutex
	command *exec.Cmd
	exited  chan struct{}
	log     *lines
}

// Start starts Mosquitto on a free port, with its files in dir, and returns once it listens. extra are lines of its
// configuration. Without one among them its window is 1000 messages, as the documentation asks for.
func Start(dir string, extra ...string) (*Broker, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	b := &Broker{dir: dir, path: path}
	for range 5 { // somebody else may take the port between our asking for one and its listening
		if err = b.configure(extra); err != nil {
			return nil, err
		}
		if err = b.Restart(); err == nil {
			return b, nil
		}
	}
	return nil, err
}

func find() (string, error) {
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

func (b *Broker) configure(extra []string) error {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("looking for a free port: %w", err)
	}
	port := listen.Addr().(*net.TCPAddr).Port
	if err := listen.Close(); err != nil {
		return fmt.Errorf("looking for a free port: %w", err)
	}
	b.URL = "tcp://127.0.0.1:" + strconv.Itoa(port)
	config := []string{
		"listener " + strconv.Itoa(port) + " 127.0.0.1",
		"persistence true",
		"persistence_location " + b.dir + string(filepath.Separator),
		"autosave_interval 1",
		"autosave_on_changes true",
		"log_type error", "log_type warning", "log_type notice", "log_type information",
	}
	if os.Geteuid() == 0 {
		config = append(config, "user root") // else it drops to a user that may not write here
	}
	for _, fallback := range []string{"allow_anonymous true", "max_inflight_messages 1000", "max_queued_messages 100000"} {
		if key, _, _ := strings.Cut(fallback, " "); !has(extra, key) {
			config = append(config, fallback)
		}
	}
	config = append(config, extra...)
	file := filepath.Join(b.dir, "mosquitto.conf")
	if err := os.WriteFile(file, []byte(strings.Join(config, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing mosquitto's configuration: %w", err)
	}
	return nil
}

func has(lines []string, key string) bool {
	for _, line := range lines {
		if strings.HasPrefix(line, key+" ") {
			return true
		}
	}
	return false
}

// Restart starts Mosquitto again after Stop or Kill: the same port, the same files.
func (b *Broker) Restart() error {
	command := exec.Command(b.path, "-c", filepath.Join(b.dir, "mosquitto.conf"))
	output, err := command.StderrPipe()
	if err != nil {
		return fmt.Errorf("starting mosquitto: %w", err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting mosquitto: %w", err)
	}
	log := &lines{running: make(chan struct{})}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		log.read(output)
		_ = command.Wait()
	}()
	b.mu.Lock()
	b.command, b.exited, b.log = command, exited, log
	b.mu.Unlock()
	select {
	case <-log.running:
		return nil
	case <-exited:
		return fmt.Errorf("starting mosquitto: it ended:\n%s", log.String())
	case <-time.After(startWithin):
		b.Kill()
		return fmt.Errorf("starting mosquitto: it does not run after %v:\n%s", startWithin, log.String())
	}
}

// Stop ends Mosquitto as its service manager would: it saves its state.
func (b *Broker) Stop() { b.end(os.Interrupt) }

// Kill ends Mosquitto as a power cut would.
func (b *Broker) Kill() { b.end(os.Kill) }

// Log gives what Mosquitto has printed since it was started last.
func (b *Broker) Log() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

func (b *Broker) end(signal os.Signal) {
	b.mu.Lock()
	command, exited := b.command, b.exited
	b.mu.Unlock()
	_ = command.Process.Signal(signal)
	<-exited
}

// lines keeps a program's output and notices Mosquitto's word that it runs.
type lines struct {
	running chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) read(r io.Reader) {
	var once sync.Once
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		line := scanner.Text()
		l.mu.Lock()
		l.text.WriteString(line + "\n")
		l.mu.Unlock()
		if strings.HasSuffix(line, " running") {
			once.Do(func() { close(l.running) })
		}
	}
}

// String gives the output so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TB is what Mosquitto needs of a *testing.T.
type TB interface {
	Helper()
	TempDir() string
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Mosquitto starts a broker that ends with the test. A machine without Mosquitto fails the test.
func Mosquitto(t TB, extra ...string) *Broker {
	t.Helper()
	b, err := Start(t.TempDir(), extra...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(b.Kill)
	return b
}
