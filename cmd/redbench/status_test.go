// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"redbench/daemon/service"
)

// TestStatusTellsOfAServiceThatDoesNotStayUp, with its own last word where that may be read.
func TestStatusTellsOfAServiceThatDoesNotStayUp(t *testing.T) {
	for _, c := range []struct {
		state      service.State
		said, want string
	}{
		{service.Restarting, "the disk is full", "it ends by itself, and is started again and again: the disk is full"},
		{service.Restarting, "", "it ends by itself, and is started again and again: `sudo journalctl -u redbench -n 50` tells why"},
		{service.Failed, "the disk is full", "it ended by itself: the disk is full"},
		{service.Running, "the disk is full", ""},
		{service.Stopped, "", ""},
	} {
		if got := strings.Join(whyItEnds(c.state, c.said), "|"); got != c.want {
			t.Errorf("%s: %q, want %q", c.state, got, c.want)
		}
	}
}
