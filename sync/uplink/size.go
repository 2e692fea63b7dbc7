// SPDX-License-Identifier: Apache-2.0

package uplink

// sizing fits the batch to the line: a line that breaks every minute never carries a batch that takes two.
type sizing struct{ most, now int }

const leastRecords = 32

func (s *sizing) failed() { s.now = max(s.now/2, min(leastRecords, s.most)) }

func (s *sizing) went() { s.now = min(s.now*2, s.most) }
