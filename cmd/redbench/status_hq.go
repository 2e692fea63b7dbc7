// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/control"
)

// officeFields tell how the box stands with head office.
func officeFields(h *control.HQ, zone *time.Location) []string {
	fields := []string{"head office", officeLine(h, zone), "", backlogLine(h, zone)}
	if n := h.Backlog.Summarised; n > 0 {
		fields = append(fields, "", cli.Grouped(n)+" records were told as a sum, as the outbox was full")
	}
	if h.Locked {
		fields = append(fields, "", "profiles are locked: it was not heard from for too long")
	}
	if h.Silent {
		fields = append(fields, "", "it has switched prompts off")
	}
	if h.Refused != "" {
		fields = append(fields, "", "its playbook was refused: "+cli.Visible(h.Refused))
	}
	return fields
}

func officeLine(h *control.HQ, zone *time.Location) string {
	switch {
	case h.Error != "":
		return h.URL + ", " + cli.Visible(h.Error)
	case h.LastContact.IsZero():
		return h.URL + ", not reached yet"
	}
	return h.URL + ", heard at " + cli.Moment(h.LastContact, zone)
}

func backlogLine(h *control.HQ, zone *time.Location) string {
	line := "nothing waits to be sent"
	if b := h.Backlog; b.Records+b.Orders > 0 {
		line = cli.Count(b.Records+b.Orders, "record waits", "records wait") + " to be sent"
		if !b.Oldest.IsZero() {
			line += ", the oldest of " + cli.Moment(b.Oldest, zone)
		}
	}
	if h.Backlog.Offering {
		line += "; what the box knew before is being added"
	}
	return line
}
