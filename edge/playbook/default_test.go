// SPDX-License-Identifier: Apache-2.0

package playbook

import "testing"

func TestTheDefaultIsClean(t *testing.T) {
	p := Default()
	for _, each := range Check(p) {
		t.Error(each.In("default.toml"))
	}
	if len(p.principles) < 14 || len(p.languages) != 5 || p.Rules() < 30 {
		t.Errorf("%d principles, %d languages, %d rules", len(p.principles), len(p.languages), p.Rules())
	}
}
