// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/control"
)

func backupLine(b *control.Backup, zone *time.Location) string {
	switch {
	case b.Making:
		return "one is being made; " + lastBackup(b, zone)
	case b.Late && !b.Last.IsZero():
		return lastBackup(b, zone) + ", more than two days old"
	}
	return lastBackup(b, zone)
}

func lastBackup(b *control.Backup, zone *time.Location) string {
	if b.Last.IsZero() {
		return "none yet"
	}
	return fmt.Sprintf("the last good one of %s, %s in %s", cli.Moment(b.Last, zone), cli.Grouped(b.Count), b.Dir)
}

func backupTrouble(b *control.Backup) string {
	switch {
	case b.Error != "":
		return b.Error
	case b.Holding > 0:
		return cli.Count(b.Holding, "still holds", "still hold") + " somebody who was forgotten"
	}
	return ""
}
