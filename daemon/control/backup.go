// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"redbench/edge/backup"
)

// backupLine is one line of the answer to a backup: any number of progress, then the backup or an error.
type backupLine struct {
	Progress *backup.Progress `json:"progress,omitempty"`
	Backup   *backup.Backup   `json:"backup,omitempty"`
	Error    *wireError       `json:"error,omitempty"`
}

var errBackupCutShort = errors.New("the daemon stopped before the backup was proved; nothing of it is kept")

// serveBackup makes a backup while it answers with progress.
func serveBackup(box Box, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	var mu sync.Mutex
	write := func(line backupLine) {
		mu.Lock()
		defer mu.Unlock()
		if json.NewEncoder(w).Encode(line) == nil {
			_ = http.NewResponseController(w).Flush() // whoever has gone shows by the request's context
		}
	}
	made, err := box.Backup(r.Context(), func(p backup.Progress) { write(backupLine{Progress: &p}) })
	if err != nil {
		write(backupLine{Error: toWire(err)})
		return
	}
	write(backupLine{Backup: &made})
}

// Backup has the daemon make a backup. When ctx ends, the daemon gives it up.
func (c *Client) Backup(ctx context.Context, progress func(backup.Progress)) (made backup.Backup, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/backup", nil)
	if err != nil {
		return made, fmt.Errorf("asking the daemon: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return made, c.explain(ctx, err)
	}
	defer response.Body.Close()
	for decoder := json.NewDecoder(response.Body); ; {
		var line backupLine
		if err := decoder.Decode(&line); err != nil {
			if ctx.Err() != nil {
				return made, ctx.Err()
			}
			return made, errBackupCutShort
		}
		switch {
		case line.Error != nil && line.Error.Code == codeCancelled:
			return made, errBackupCutShort
		case line.Error != nil:
			return made, line.Error.err()
		case line.Backup != nil:
			return *line.Backup, nil
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}
