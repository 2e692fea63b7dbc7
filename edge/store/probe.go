// SPDX-License-Identifier: Apache-2.0

package store

import "redbench/edge"

// metaProbe is where the moment of the last test event rests: one row, replaced by each, so that a test event commits as
// a till's does and leaves nothing else.
const metaProbe = "probe"

func (w *work) probe(e *edge.Entry) error {
	if e.Probe.IsZero() {
		return nil
	}
	return w.putMeta(metaProbe, micros(e.Probe))
}
