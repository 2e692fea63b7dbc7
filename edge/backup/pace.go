// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"fmt"
	"time"

	"redbench/edge/disk"
)

// Pace is how a backup is made: gently, so that whoever waits at a till does not notice, or as fast as it goes.
type Pace struct {
	Gentle   bool
	Progress func(Progress) // nil: nobody watches
	// Spare is how much of the disk must stay free; 0 is 256 MiB. Free tells how much is, nil: disk.Free.
	Spare int64
	Free  func(dir string) (int64, error)
}

// Progress is how far a backup is.
type Progress struct {
	Doing string `json:"doing"` // copying, checking
	Done  int64  `json:"done"`  // bytes
	Of    int64  `json:"of"`
}

// restTimes is how much longer a gentle backup rests than it works: it takes a quarter of one processor and of the disk.
const restTimes = 3

// longestRest keeps one long step from stretching the whole.
const longestRest = 2 * time.Second

// Step does a part, and then rests.
func (p Pace) Step(ctx context.Context, do func() error) error {
	began := time.Now()
	if err := do(); err != nil {
		return err
	}
	if !p.Gentle {
		return context.Cause(ctx)
	}
	rest := time.NewTimer(min(restTimes*time.Since(began), longestRest))
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-rest.C:
		return nil
	}
}

func (p Pace) tell(doing string, done, of int64) {
	if p.Progress != nil {
		p.Progress(Progress{Doing: doing, Done: done, Of: of})
	}
}

// FullError says that a disk has too little room for a backup, or to put one back.
type FullError struct {
	Dir        string
	Need, Free int64
}

// Error says how much room is needed.
func (e *FullError) Error() string {
	return fmt.Sprintf("the disk that holds %s has too little room: %d MB are needed, of which %d are to stay free for the tills' events, and %d are free; "+
		"make room there, keep fewer backups or have them on another disk ([backup] keep, dir)",
		e.Dir, e.Need>>20, min(e.Need, spare)>>20, e.Free>>20)
}

const spare = 256 << 20

// room fails where writing so much would leave too little of the disk. Where nobody can tell, writing will.
func (p Pace) room(dir string, bytes int64) error {
	free := p.Free
	if free == nil {
		free = disk.Free
	}
	keep := p.Spare
	if keep == 0 {
		keep = spare
	}
	have, err := free(dir)
	if err == nil && have < bytes+keep {
		return &FullError{Dir: dir, Need: bytes + keep, Free: have}
	}
	return nil
}
