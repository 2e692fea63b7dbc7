// SPDX-License-Identifier: Apache-2.0

package service

import (
	"strings"
	"testing"

	"redbench/packaging"
)

func TestThePackagedUnitServesItsOwnPathsOnly(t *testing.T) {
	for _, c := range []struct{ config, state, want string }{
		{file, dir, ""},
		{"/srv/redbench.toml", dir, "reads /etc/redbench/redbench.toml, and not /srv/redbench.toml"},
		{file, "/srv/redbench", "may write /var/lib/redbench only"},
	} {
		err := fits("/lib/systemd/system/redbench.service", packaging.SystemdUnit, Options{Executable: exe, Config: c.config, StateDir: c.state})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %s: told %v", c.config, c.state, err)
		}
	}
}
