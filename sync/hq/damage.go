// SPDX-License-Identifier: Apache-2.0

package hq

import "errors"

// errDamaged says that something does not open: a bit has flipped on the disk. It is left out, and said in the log: what
// stands behind it must not wait for it for ever.
var errDamaged = errors.New("it is damaged")

func damaged(err error) error { return errors.Join(errDamaged, err) }

// leaveOut reports whether an error says that something is damaged, and then logs that it is left out.
func (h *HQ) leaveOut(what string, err error) bool {
	if !errors.Is(err, errDamaged) {
		return false
	}
	h.opt.Log.Error(what+" cannot be read, and is left out", "error", err)
	return true
}
