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

// broker is Mosquitto's configuration, as docs/operations.md has it: Debian's own sets persistence already.
const broker = `autosave_interval 10
max_queued_messages 100000
max_inflight_messages 1000
set_tcp_nodelay true
allow_anonymous false
password_file /etc/mosquitto/passwd
acl_file /etc/mosquitto/acl
`

func accessList() string {
	var out strings.Builder
	for i := range lanes {
		fmt.Fprintf(&out, "user till-%s\ntopic write redbench/v1/%s/%s/loyalty\ntopic write redbench/v1/%s/%s/checkout\n\n", lane(i), storeID, lane(i), storeID, lane(i))
	}
	fmt.Fprintf(&out, "user redbench\ntopic read redbench/v1/%[1]s/+/loyalty\ntopic read redbench/v1/%[1]s/+/checkout\ntopic write redbench/v1/%[1]s/box/#\n", storeID)
	return out.String()
}

func passwords() string {
	script := "set -eu\nfile=/etc/mosquitto/passwd\n: > $file\nchmod 640 $file\nchgrp mosquitto $file /etc/mosquitto/acl\n"
	for i := range lanes {
		script += fmt.Sprintf("mosquitto_passwd -b $file till-%s %s\n", lane(i), secret)
	}
	return script + "mosquitto_passwd -b $file redbench " + secret + "\nsystemctl restart mosquitto\n"
}
