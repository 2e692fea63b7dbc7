// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const (
	storeID = "harbour"
	someone = 200 // customers of the store, where it is not about their number
	lanes   = 10
	// passwords of the broker's users are made up here, and die with the machine
	secret = "made-up-and-short-lived"
)

func card(i int) string { return fmt.Sprintf("2912%09d", i) }

func name(i int) string { return fmt.Sprintf("Quirina Vanterpool-%d", i) }

func lane(i int) string { return fmt.Sprint(i + 1) }

// writeCustomers writes what `redbench import customers` reads.
func writeCustomers(to io.Writer, from, upto int) error {
	out := bufio.NewWriter(to)
	fmt.Fprintln(out, "customer,identifier,kind,name,language,consent,since,fact.preference")
	for i := from; i < upto; i++ {
		fact := ""
		if i%3 == 0 {
			fact = "The table by the window"
		}
		fmt.Fprintf(out, "C-%d,%s,card,%s,en,remember,2025-01-01,%s\n", i, card(i), name(i), fact)
	}
	return out.Flush()
}

// configuration is what a fleet lays down before it installs the package.
const configuration = `[store]
id = "` + storeID + `"
[mqtt]
broker = "tcp://127.0.0.1:1883"
username = "redbench"
password_file = "/etc/redbench/mqtt.password"
[privacy]
loyalty_prefixes = ["2912"]
`

// broker is Mosquitto's configuration, as docs/operations.md has it.
const broker = `# Without this line it hears this machine alone, and lets everybody in, whatever stands below. For this machine alone: 127.0.0.1 behind it.
listener 1883
allow_anonymous false
password_file /etc/mosquitto/passwd
acl_file /etc/mosquitto/acl
persistence true
# In seconds; half an hour by default. A broker that is killed loses what it acknowledged since.
autosave_interval 10
# 1,000 by default: a box that is off for an hour would lose the rest.
max_queued_messages 100000
# 20 by default: the window in which the broker waits for our commits.
max_inflight_messages 1000
set_tcp_nodelay true
`

// boxAccess is what the box may, as docs/operations.md has it.
const boxAccess = `user redbench
topic read redbench/v1/harbour/+/loyalty
topic read redbench/v1/harbour/+/checkout
topic read redbench/v1/harbour/box/doctor
topic write redbench/v1/harbour/box/#
`

// tillAccess is what a till may, as docs/operations.md has it.
func tillAccess(lane string) string {
	return fmt.Sprintf("user till-%[1]s\ntopic write redbench/v1/%[2]s/%[1]s/loyalty\ntopic write redbench/v1/%[2]s/%[1]s/checkout\n\n", lane, storeID)
}

func accessList() string {
	var out strings.Builder
	for i := range lanes {
		out.WriteString(tillAccess(lane(i)))
	}
	return out.String() + boxAccess
}

func passwords() string {
	script := "set -eu\nfile=/etc/mosquitto/passwd\n: > $file\nchmod 640 $file\nchgrp mosquitto $file /etc/mosquitto/acl\n"
	for i := range lanes {
		script += fmt.Sprintf("mosquitto_passwd -b $file till-%s %s\n", lane(i), secret)
	}
	return script + "mosquitto_passwd -b $file redbench " + secret + "\nsystemctl restart mosquitto\n"
}
