// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"runtime"
)

// openBrowser opens a page where there is a desktop. Where there is none, or no way to open one, the printed link does.
func openBrowser(url string) {
	name, args := browserCommand(runtime.GOOS, os.Getenv)
	if name == "" {
		return
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return
	}
	command := exec.Command(path, append(args, url)...)
	command.SysProcAttr = apart() // Ctrl-C ends the demo, not the browser
	if command.Start() == nil {
		go func() { _ = command.Wait() }()
	}
}

// browserCommand names what opens a page on this system; empty without a desktop.
func browserCommand(system string, env func(string) string) (name string, args []string) {
	switch system {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	case "darwin":
		return "open", nil
	}
	if env("DISPLAY") == "" && env("WAYLAND_DISPLAY") == "" {
		return "", nil
	}
	return "xdg-open", nil
}
