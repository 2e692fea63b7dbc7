// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"redbench/edge"
	"redbench/ui/words"
)

// worst orders what can be wrong with the box, by the key of its text: screens are told one thing at a time.
var worst = [...]string{"notice.store", "notice.tills", "notice.locked", "notice.silent", "notice.hq"}

// troubles tells every screen what is wrong with the box now, and when nothing is any more.
type troubles struct {
	words words.Words
	zone  *time.Location
	tell  func(edge.Notice)

	mu    sync.Mutex
	since map[string]time.Time
}

// set begins or ends a trouble. What goes on already keeps the time it began.
func (t *troubles) set(key string, is bool) {
	t.begin(key, is, time.Now())
}

// begin is set for a trouble that is known to have begun earlier.
func (t *troubles) begin(key string, is bool, since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, was := t.since[key]; was == is {
		return
	}
	if is {
		t.since[key] = since
	} else {
		delete(t.since, key)
	}
	t.tell(t.notice())
}

// notice is the worst that is wrong now; an empty one takes the last away.
func (t *troubles) notice() edge.Notice {
	for _, key := range worst {
		began, is := t.since[key]
		if !is {
			continue
		}
		text, err := t.words.T(key)
		if err != nil {
			text = key // a test keeps this from happening
		}
		days := int(time.Since(began).Hours() / 24)
		text = strings.NewReplacer("{time}", began.In(t.zone).Format("15:04"), "{days}", strconv.Itoa(days)).Replace(text)
		return edge.Notice{Level: "warn", Text: text}
	}
	return edge.Notice{Level: "info"}
}
