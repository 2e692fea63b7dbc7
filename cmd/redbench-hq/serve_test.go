// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"redbench/sync/hq/config"
)

// Behind a proxy that speaks TLS the session's cookie is for TLS alone.
func TestWhoComesByPlainHTTP(t *testing.T) {
	for _, each := range []struct {
		insecure bool
		url      string
		want     bool
	}{
		{false, "", false}, {false, "https://hq.example", false}, {true, "", true}, {true, "http://hq.example", true}, {true, "https://hq.example", false},
	} {
		cfg := config.Default()
		cfg.HQ.Insecure, cfg.HQ.PublicURL = each.insecure, each.url
		if got := plainToBrowsers(cfg); got != each.want {
			t.Errorf("insecure %v, %q: %v", each.insecure, each.url, got)
		}
	}
}
