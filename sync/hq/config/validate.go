// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"redbench/daemon/config/keyed"
)

// check tells the mistakes of a whole configuration.
type check struct {
	*keyed.Reading
	c *Config
}

// all says what cannot be meant, and warns of what can and is unwise. What needs keys of one another is left out where
// one could not be read: a mistyped cert_file must not be told a second time as a missing one.
func (v check) all() {
	unread := v.Wrong()
	v.values()
	v.database()
	v.webhooks()
	if !unread {
		v.reach()
	}
}

var loyaltyPrefix = regexp.MustCompile(`^[0-9]{4,18}$`)

func (v check) values() {
	c := v.c
	if c.HQ.Name == "" || len(c.HQ.Name) > 200 {
		v.Bad("hq", "name", "must be 1 to 200 bytes; it has %d", len(c.HQ.Name))
	}
	if c.State.Dir == "" {
		v.Bad("state", "dir", "must name a directory")
	}
	v.Between("fleet", "late_after_minutes", float64(c.Fleet.LateAfterMinutes), 2, 7*24*60, "minutes")
	v.Between("erasure", "late_after_hours", float64(c.Erasure.LateAfterHours), 1, 720, "hours")
	v.Among("privacy", "import_consent", string(c.Privacy.ImportConsent), []string{"none", "recognise", "remember"})
	for _, p := range c.Privacy.LoyaltyPrefixes {
		if !loyaltyPrefix.MatchString(p) {
			v.Bad("privacy", "loyalty_prefixes", "each must be 4 to 18 digits; one is %q", p)
		}
	}
	if at := c.Backup.At; at != "" {
		if _, err := time.Parse("15:04", at); err != nil {
			v.Bad("backup", "at", "must be an hour of the day, as in \"02:30\", or empty; it is %q", at)
		}
	}
	v.Between("backup", "keep", float64(c.Backup.Keep), 1, 400, "backups")
	v.Between("backup", "forget_within_hours", float64(c.Backup.ForgetWithinHours), 0, 720, "hours")
	v.Among("log", "level", c.Log.Level, []string{"debug", "info", "warn", "error"})
	v.Among("log", "format", c.Log.Format, []string{"text", "json"})
	v.Between("limits", "import_row_bytes", float64(c.Limits.ImportRowBytes), 1024, 1<<20, "bytes")
}

// database never repeats the URL: it may hold a password.
func (v check) database() {
	scheme, _, found := strings.Cut(v.c.Database.URL, "://")
	switch {
	case v.c.Database.URL == "":
	case scheme == "postgres" || scheme == "postgresql":
		v.Bad("database", "url", "PostgreSQL is not supported yet; leave it empty, and head office keeps SQLite in the state directory")
	case found:
		v.Bad("database", "url", "no database is known by %s://; leave it empty, and head office keeps SQLite in the state directory", scheme)
	default:
		v.Bad("database", "url", "must be a URL; leave it empty, and head office keeps SQLite in the state directory")
	}
}

// likeURL is an address as boxes would call head office by.
const likeURL = "https://hq.chain.example:8788"

func (v check) reach() {
	h := v.c.HQ
	v.Pair("hq", h.CertFile, h.KeyFile)
	v.PublicURL("hq", "public_url", h.PublicURL, likeURL)
	if u, err := url.Parse(h.PublicURL); err == nil && u.Scheme == "http" && !h.Insecure {
		v.Bad("hq", "public_url", "must be https:// (or insecure = true)")
	}
	if h.Insecure && h.CertFile != "" {
		v.Bad("hq", "insecure", "speaks plain HTTP, and cert_file would go unused; take one of them out")
	}
	// Whoever connects proves itself by token, and TLS there always is, unless insecure says that there is none.
	v.Listener("hq", h.Listen, h.Insecure, "", keyed.Missing(h.Insecure, "TLS"))
}
