// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"redbench/edge"
	"redbench/sync/hq"
)

// officeTx watches one transaction of head office.
type officeTx struct {
	hq.Tx
	o    *office
	upto map[outboxKey]uint64
}

func (t *officeTx) PutUpto(store, box string, upto uint64) error {
	key := outboxKey{store, box}
	if before := max(t.o.upto[key], t.upto[key]); upto < before {
		t.o.w.fail("head office goes back from %d to %d with box %s of %s", before, upto, box, store)
	}
	t.upto[key] = upto
	return t.Tx.PutUpto(store, box, upto)
}

// PutReceived sees the order in which records are taken.
func (t *officeTx) PutReceived(store, box string, records []hq.Received, before uint64) error {
	last := t.o.upto[outboxKey{store, box}]
	for _, r := range records {
		if r.Seq <= last {
			t.o.w.fail("head office takes record %d of box %s after %d", r.Seq, box, last)
		}
		last = r.Seq
	}
	return t.Tx.PutReceived(store, box, records, before)
}

func (t *officeTx) Gone(ids []string) (map[string]edge.Stamp, error) {
	if t.o.w.plants(bugLateRecords) {
		return map[string]edge.Stamp{}, nil
	}
	return t.Tx.Gone(ids)
}

func (t *officeTx) Buried(tombstones [][]byte) (map[string]hq.Burial, error) {
	if t.o.w.plants(bugLateRecords) {
		return map[string]hq.Burial{}, nil
	}
	return t.Tx.Buried(tombstones)
}

func (t *officeTx) HasBuried() (bool, error) {
	if t.o.w.plants(bugLateRecords) {
		return false, nil
	}
	return t.Tx.HasBuried()
}
