// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge/playbook"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"redbench-hq": func() { os.Exit(cli.Run(newRoot, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// The scripts in testdata/script say what a person types and sees.
func TestScripts(t *testing.T) {
	other := httptest.NewTLSServer(http.NotFoundHandler()) // a program that is not head office
	t.Cleanup(other.Close)                                 // the scripts run beside one another, after this function
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("REDBENCH_HQ_STATE_DIR", filepath.Join(env.WorkDir, "state"))
			env.Setenv("REDBENCH_HQ_HQ_LISTEN", "127.0.0.1:0")
			env.Setenv("TAKEN", other.Listener.Addr().String())
			return os.WriteFile(filepath.Join(env.WorkDir, "winter.toml"), []byte(playbook.DefaultFile()), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serveHere, "begin": begin, "fetch": fetch, "keep": keep,
		},
		RequireExplicitExec: true,
	})
}

// exits runs a command and asserts its exit code: exits 2 redbench-hq nonsense.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %v: %v", args[1:], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v exited with %d, want %d", args[1:], got, want)
	}
}

// serveHere runs head office in this process until the script ends, and returns once it listens. What it said is in the
// file serve.json, its address in $URL.
func serveHere(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: serve [FLAG…]")
	}
	ctx, cancel := context.WithCancel(context.Background())
	said, in := io.Pipe()
	root := newRoot()
	root.PersistentFlags().Bool("json", false, "")
	root.SetArgs(append([]string{"serve", "--json", "--state-dir", ts.MkAbs("state"), "--listen", "127.0.0.1:0"}, args...))
	root.SetOut(in)
	root.SetErr(io.Discard)
	ended := make(chan error, 1)
	go func() {
		err := root.ExecuteContext(ctx)
		ended <- errors.Join(err, in.CloseWithError(io.ErrUnexpectedEOF))
	}()
	ts.Defer(func() {
		cancel()
		if err := <-ended; err != nil {
			ts.Fatalf("stopping: %v", err)
		}
	})
	var where listening
	ts.Check(json.NewDecoder(bufio.NewReader(said)).Decode(&where))
	go io.Copy(io.Discard, said)
	raw, err := json.Marshal(where)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("serve.json"), raw, 0o600))
	ts.Setenv("URL", where.URL)
}

// begin starts head office on a directory and stops it, as a package does that is installed: begin DIR.
func begin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: begin DIR")
	}
	ctx, cancel := context.WithCancel(context.Background())
	said, in := io.Pipe()
	root := newRoot()
	root.PersistentFlags().Bool("json", false, "")
	root.SetArgs([]string{"serve", "--json", "--state-dir", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0"})
	root.SetOut(in)
	root.SetErr(io.Discard)
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(root.ExecuteContext(ctx), in.Close()) }()
	var where listening
	err := json.NewDecoder(bufio.NewReader(said)).Decode(&where)
	go io.Copy(io.Discard, said)
	cancel()
	ts.Check(errors.Join(err, <-ended))
}

// fetch asks for an address with the cookies of the script's browser, and leaves the answer in the file page: fetch STATUS URL.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fetch STATUS URL")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	ask, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	if cookie := ts.Getenv("COOKIE"); cookie != "" {
		ask.Header.Set("Cookie", cookie)
	}
	answer, err := client.Do(ask)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != args[0] {
		ts.Fatalf("%s answered %s: %s", args[1], answer.Status, body)
	}
	for _, cookie := range answer.Cookies() {
		ts.Setenv("COOKIE", cookie.Name+"="+cookie.Value)
	}
	ts.Check(os.WriteFile(ts.MkAbs("page"), body, 0o600))
}

// keep takes a field of the JSON that the last command printed into the environment: keep NAME field.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME FIELD")
	}
	var fields map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &fields))
	value, _ := fields[args[1]].(string)
	ts.Setenv(args[0], value)
}

// Whatever prints a result prints it as JSON, too, and every verb says what it does.
func TestEveryVerbIsDocumented(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s is not documented by a line: %q", c.CommandPath(), c.Short)
		}
		for _, each := range c.Commands() {
			walk(each)
		}
	}
	walk(newRoot())
}

// A database's URL may hold a password: no output repeats it.
func TestThePasswordOfADatabaseIsNeverPrinted(t *testing.T) {
	var out bytes.Buffer
	code := cli.Run(newRoot, []string{"config", "check", "--database", "postgres://hq:secret1@db/hq"}, nil, &out, &out)
	if code != cli.ExitUsage || strings.Contains(out.String(), "secret1") || !strings.Contains(out.String(), "PostgreSQL is not supported yet") {
		t.Errorf("%d: %s", code, out.String())
	}
}
