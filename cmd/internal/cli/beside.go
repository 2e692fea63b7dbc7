// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"redbench/edge/backup"
)

// BackupBeside makes a backup and copies it as root, to where the service's user may not write.
func BackupBeside(cmd *cobra.Command, to string) error {
	made, err := madeBeside(cmd)
	if err == nil {
		made, err = CopyBackup(cmd, made, to)
	}
	if err != nil {
		return err
	}
	return PrintMade(cmd, made)
}

// madeBeside has the same verb make a backup in a process of its own, since that becomes the service's user for good.
func madeBeside(cmd *cobra.Command) (made backup.Backup, err error) {
	self, err := os.Executable()
	if err != nil {
		return made, fmt.Errorf("finding this program's file: %w", err)
	}
	name := cmd.Root().Name()
	args := []string{"backup", "--json"}
	for _, each := range []string{"config", "state-dir"} {
		if f := cmd.Flag(each); f != nil && f.Changed {
			args = append(args, "--"+each+"="+f.Value.String())
		}
	}
	command := exec.CommandContext(cmd.Context(), self, args...)
	command.Args[0] = name
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		if said := strings.TrimSpace(strings.TrimPrefix(problems.String(), name+": ")); said != "" && cmd.Context().Err() == nil {
			return made, errors.New(said)
		}
		return made, errors.Join(cmd.Context().Err(), fmt.Errorf("making the backup: %w", err))
	}
	if err := json.Unmarshal(out.Bytes(), &made); err != nil {
		return made, fmt.Errorf("making the backup: %w", err)
	}
	return made, nil
}
