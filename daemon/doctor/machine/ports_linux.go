// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// PortHolder names the process that listens on a TCP port, as far as this user may see it; empty: unknown.
func PortHolder(port string) string {
	number, err := strconv.Atoi(port)
	if err != nil {
		return ""
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inode := listenInode(table, number); inode != "" {
			return holderOf("socket:[" + inode + "]")
		}
	}
	return ""
}

// listenInode finds the socket that listens (state 0A) on a port in a table of the kernel's.
func listenInode(table string, port int) string {
	text, err := os.ReadFile(table)
	if err != nil {
		return ""
	}
	want := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) > 9 && fields[3] == "0A" && strings.HasSuffix(fields[1], want) {
			return fields[9]
		}
	}
	return ""
}

func holderOf(socket string) string {
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*") // of others only root sees any
	for _, path := range descriptors {
		if link, err := os.Readlink(path); err != nil || link != socket {
			continue
		}
		pid := strings.Split(path, "/")[2]
		name, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			return "process " + pid
		}
		return strings.TrimSpace(string(name)) + " (process " + pid + ")"
	}
	return ""
}
