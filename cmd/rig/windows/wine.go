// SPDX-License-Identifier: Apache-2.0

package windows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"redbench/cmd/rig/process"
)

// compiler is the one that makes Windows programs.
const compiler = "x86_64-w64-mingw32-gcc"

// prng is what Debian's Wine 8 lacks and Go 1.26 starts with. It stands in for Windows' own, in tests only.
const prng = `#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE out, SIZE_T n) { return RtlGenRandom(out, (ULONG)n); }
`

// wine is a Windows of its own in a directory.
type wine struct {
	dir    string
	keeper *exec.Cmd      // a command prompt: Wine ends its services with the last program that a person started
	hold   io.WriteCloser // what it waits for
}

// Missing says what this machine lacks for the proof; empty: nothing.
func Missing() string {
	for _, name := range []string{"wine", "wineserver", "wineboot", compiler} {
		if _, err := exec.LookPath(name); err != nil {
			return name + " is not there: `.ci/needs windows wine` installs it"
		}
	}
	return ""
}

// newWine makes a Windows, with what Go needs of it.
func newWine(ctx context.Context, dir string) (*wine, error) {
	w := &wine{dir: dir}
	if _, err := w.said(w.command(ctx, "wineboot", "--init")); err != nil {
		return nil, fmt.Errorf("making a Windows: %w", err)
	}
	source := filepath.Join(dir, "prng.c")
	if err := os.WriteFile(source, []byte(prng), 0o600); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, compiler, "-shared", "-O2", "-o", w.path("windows", "system32", "bcryptprimitives.dll"), source, "-ladvapi32")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building bcryptprimitives.dll: %w: %s", err, out)
	}
	if err := w.off(ctx); err != nil {
		return nil, err
	}
	return w, w.boot(ctx)
}

// path is a file on drive C:, as this machine names it.
func (w *wine) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir, "prefix", "drive_c"}, parts...)...)
}

func (w *wine) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = w.dir
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "REDBENCH_") && !strings.HasPrefix(pair, "DISPLAY=") && !strings.HasPrefix(pair, "WINE") {
			c.Env = append(c.Env, pair)
		}
	}
	c.Env = append(c.Env, "WINEPREFIX="+filepath.Join(w.dir, "prefix"), "WINEARCH=win64", "WINEDEBUG=-all", "HOME="+w.dir,
		"WINEDLLOVERRIDES=winemenubuilder.exe,mscoree,mshtml=")
	return c
}

// run runs a Windows program and gives what it printed. It prints into files: a pipe would be held open by whatever of Windows it
// was the first to start.
func (w *wine) run(ctx context.Context, program string, args ...string) (string, error) {
	return w.said(w.command(ctx, "wine", append([]string{program}, args...)...))
}

func (w *wine) said(c *exec.Cmd) (string, error) {
	out, problems := filepath.Join(w.dir, "out"), filepath.Join(w.dir, "problems")
	one, err := os.Create(out)
	if err != nil {
		return "", err
	}
	two, err := os.Create(problems)
	if err != nil {
		return "", errors.Join(err, one.Close())
	}
	c.Stdout, c.Stderr = one, two
	failed := c.Run()
	text, err := os.ReadFile(out)
	said := strings.ReplaceAll(string(text), "\r\n", "\n")
	if err = errors.Join(err, one.Close(), two.Close()); err != nil {
		return said, err
	}
	if failed != nil {
		return said, fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), failed, process.Tail(problems)+" "+said)
	}
	return said, nil
}

// off ends Windows as a power cut does.
func (w *wine) off(ctx context.Context) error {
	_ = w.command(ctx, "wineserver", "-k").Run() // it fails where nothing runs
	if w.keeper != nil {
		_ = w.hold.Close()
		_ = w.keeper.Wait() // it was killed
		w.keeper = nil
	}
	if _, err := w.said(w.command(ctx, "wineserver", "-w")); err != nil {
		return fmt.Errorf("waiting for Windows to end: %w", err)
	}
	return nil
}

// boot starts Windows, and with it its automatic services.
func (w *wine) boot(ctx context.Context) (err error) {
	w.keeper = w.command(context.WithoutCancel(ctx), "wine", "cmd.exe")
	if w.hold, err = w.keeper.StdinPipe(); err != nil {
		return err
	}
	if err := w.keeper.Start(); err != nil {
		return fmt.Errorf("booting Windows: %w", err)
	}
	if _, err := w.said(w.command(ctx, "wineboot")); err != nil {
		return fmt.Errorf("booting Windows: %w", err)
	}
	return nil
}
