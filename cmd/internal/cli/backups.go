// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"redbench/edge/backup"
)

// BackupBar shows on a terminal how far a backup is, and nothing elsewhere. end takes it away.
func BackupBar(out io.Writer) (show func(backup.Progress), end func()) {
	if !IsTerminal(out) {
		return func(backup.Progress) {}, func() {}
	}
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	return func(p backup.Progress) {
		bar.Describe(p.Doing)
		bar.ChangeMax64(max(p.Of, 1))
		_ = bar.Set64(min(p.Done, max(p.Of, 1)-1)) // a full bar ends itself
	}, func() { _ = bar.Clear() }
}

// PrintBackups lists backups, the latest first.
func PrintBackups(cmd *cobra.Command, dir, program string, zone *time.Location) error {
	all, err := backup.List(dir, program)
	if err != nil {
		return err
	}
	list := []backup.Backup{}
	for i := len(all) - 1; i >= 0; i-- {
		list = append(list, all[i])
	}
	return Printed(cmd, list, func(out io.Writer) {
		if len(list) == 0 {
			fmt.Fprintf(out, "There is no backup in %s.\n", dir)
			return
		}
		rows := make([][]string, len(list))
		for i, b := range list {
			rows[i] = []string{b.Name, Moment(b.Made, zone), Size(b.Bytes), b.Store, b.Version}
		}
		Table(out, "BACKUP|MADE|SIZE|STORE|VERSION", rows)
		fmt.Fprintf(out, "in %s\n", dir)
	})
}

// CopyBackup copies a backup to a directory, where one is named, and gives where it lies then.
func CopyBackup(cmd *cobra.Command, b backup.Backup, to string) (backup.Backup, error) {
	if to == "" {
		return b, nil
	}
	held, err := backup.Hold(b)
	if err != nil {
		return b, err
	}
	defer func() { _ = held.Close() }() // read alone
	copied, err := held.CopyTo(cmd.Context(), to)
	if err != nil {
		return b, fmt.Errorf("%w; the backup itself is %s", err, b.Path)
	}
	return copied, nil
}

// PrintMade says that a backup was made.
func PrintMade(cmd *cobra.Command, b backup.Backup) error {
	return Printed(cmd, b, func(out io.Writer) {
		fmt.Fprintf(out, "Made and proved: %s (%s)\n", b.Path, Size(b.Bytes))
		fmt.Fprintln(out, "It holds the record with its keys: whoever reads it reads everything.")
	})
}
