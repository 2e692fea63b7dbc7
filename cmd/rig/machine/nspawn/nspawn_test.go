// SPDX-License-Identifier: Apache-2.0

package nspawn

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// debian gives a tree that is shared by the tests of this machine, or skips with the reason.
func debian(t *testing.T) string {
	t.Helper()
	if err := Able(); err != nil {
		t.Skip(err)
	}
	tree, err := Default().Tree(t.Context(), filepath.Join("..", "..", "..", "..", ".test", "machine"), io.Discard)
	var unable *UnableError
	if errors.As(err, &unable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func bootedIn(t *testing.T, base string) (*Run, *Machine) {
	t.Helper()
	tree := debian(t)
	run, err := NewRun(base)
	if err != nil {
		t.Fatal(err)
	}
	m := New(run, filepath.Join(run.Path, "tree"))
	if err := Copy(t.Context(), tree, m.Root); err != nil {
		t.Fatal(err)
	}
	if _, err = m.Boot(t.Context()); err == nil {
		err = m.Await(t.Context())
	}
	var unable *UnableError
	if errors.As(err, &unable) {
		t.Skip(errors.Join(err, run.Close()))
	}
	if err != nil {
		t.Fatal(err)
	}
	return run, m
}

// What a run that was killed left behind, its machine and all, is gone when the next begins; and it does not touch a run that lives.
func TestTheNextRunClearsAwayWhatAKilledOneLeft(t *testing.T) {
	base, err := os.MkdirTemp("/var/tmp", "nspawn-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(base)
	run, m := bootedIn(t, base)
	conn, err := m.Dial(t.Context(), "tcp", "127.0.0.1:1883")
	if err != nil {
		t.Fatalf("Mosquitto in there: %v", err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	beside, err := NewRun(base)
	if err != nil {
		t.Fatal(err)
	}
	if len(belonging(m.name)) < 4 {
		t.Fatalf("of the machine that lives only %v is left", belonging(m.name))
	}
	if err := run.lock.Close(); err != nil { // as a kill would
		t.Fatal(err)
	}
	third, err := NewRun(base)
	if err != nil {
		t.Fatal(err)
	}
	if left := belonging(m.name); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if _, err := os.Stat(run.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory is left: %v", err)
	}
	for _, dir := range groups(m.name) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a control group is left: %v", err)
		}
	}
	if err := errors.Join(beside.Close(), third.Close()); err != nil {
		t.Error(err)
	}
}

// A machine whose run is killed ends by itself, in good order.
func TestAMachineEndsWithItsRun(t *testing.T) {
	if base := os.Getenv("NSPAWN_TEST_BASE"); base != "" { // this is the run that is killed
		_, m := bootedIn(t, base)
		t.Log(m.name)
		_ = os.WriteFile(filepath.Join(base, "name"), []byte(m.name), 0o600)
		select {}
	}
	debian(t)
	base, err := os.MkdirTemp("/var/tmp", "nspawn-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(base)
	run := exec.Command(os.Args[0], "-test.run", t.Name())
	run.Env = append(os.Environ(), "NSPAWN_TEST_BASE="+base)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	var name string
	for name == "" {
		select {
		case err := <-ended:
			t.Skipf("it could not boot a machine: %v", err)
		case <-time.After(50 * time.Millisecond):
			raw, _ := os.ReadFile(filepath.Join(base, "name"))
			name = strings.TrimSpace(string(raw))
		}
	}
	if len(belonging(name)) < 4 {
		t.Fatalf("it has only %v", belonging(name))
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); len(belonging(name)) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%v live on", belonging(name))
		}
		<-time.After(50 * time.Millisecond)
	}
	if err := sweep(name); err != nil {
		t.Error(err)
	}
}
