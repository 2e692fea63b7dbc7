// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"time"

	"redbench/edge"
	"redbench/edge/playbook"
)

// SetPlaybook makes the next prompt one of another playbook.
func (s *Service) SetPlaybook(p *playbook.Playbook) { s.rules.Store(p) }

// Rules is the playbook in use.
func (s *Service) Rules() *playbook.Playbook { return s.rules.Load() }

// SetSilent takes every prompt off the screens and shows no others, until it is called with false. Checkouts go on
// and are learnt from.
func (s *Service) SetSilent(silent bool) {
	if s.silent.Swap(silent) == silent || !silent {
		return
	}
	for _, name := range s.Lanes() {
		l, err := s.lane(name)
		if err != nil {
			continue
		}
		l.mu.Lock()
		if l.state.Paused.IsZero() {
			s.Screens.Show(l.name, s.Idle())
		}
		l.mu.Unlock()
	}
}

// LastPainted is when a screen last said that it had painted a prompt; zero: not since the start.
func (s *Service) LastPainted() time.Time {
	if at := s.painted.Load(); at != 0 {
		return time.UnixMicro(at).UTC()
	}
	return time.Time{}
}

// show puts a prompt or a farewell on a lane's screens, unless all are silenced. In place of a prompt that is held back the
// screen idles: what stood there was another customer's.
func (s *Service) show(lane string, what edge.Shown) {
	if prompt, ok := what.(edge.Prompt); ok && prompt.Held {
		what = s.Idle()
	}
	if !s.silent.Load() {
		s.Screens.Show(lane, what)
	}
}
