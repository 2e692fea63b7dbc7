// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"strings"
	"time"

	"redbench/daemon/config/keyed"
)

func (v check) hq() {
	h := v.c.HQ
	v.PublicURL("hq", "url", h.URL, "https://hq.chain.example:8788")
	if u, err := url.Parse(h.URL); err == nil && u.Scheme == "http" {
		switch {
		case !keyed.Loopback(u.Hostname()):
			v.Bad("hq", "url", "must be https:// beyond this machine")
		case !h.Insecure:
			v.Bad("hq", "url", "must be https:// (or insecure = true, for a first try on this machine)")
		}
	}
	if h.Send != SendAtOnce && !hours(h.Send) {
		v.Bad("hq", "send", "must be %q or hours, as in \"22:00-06:00\"; it is %q", SendAtOnce, h.Send)
	}
	v.Between("hq", "kilobits_per_second", float64(h.KilobitsPerSecond), 0, 1e7, "kilobits a second")
	v.Between("hq", "cpu_percent", float64(h.CPUPercent), 1, 100, "percent")
	v.Between("hq", "lock_after_days", float64(h.LockAfterDays), 0, 3650, "days")
	if h.LookupMS != 0 {
		v.Between("hq", "lookup_ms", float64(h.LookupMS), 20, 10000, "milliseconds (or 0)")
	}
}

// hours reports whether text is a stretch of the day, as in "22:00-06:00". It may go over midnight, and is not empty.
func hours(text string) bool {
	from, to, _ := strings.Cut(text, "-")
	begin, err1 := time.Parse("15:04", from)
	end, err2 := time.Parse("15:04", to)
	return err1 == nil && err2 == nil && !begin.Equal(end)
}
