// SPDX-License-Identifier: Apache-2.0

package config

import "redbench/daemon/config/keyed"

// envPrefix begins like the box's own, on purpose: no section here is called as a key of the box's [hq] begins.
const envPrefix = "REDBENCH_HQ_"

// Sections lists every key of c in the order of the sample file.
func (c *Config) Sections() []keyed.Section {
	return []keyed.Section{
		c.hqKeys(), c.stateKeys(), c.databaseKeys(), c.fleetKeys(), c.erasureKeys(), c.privacyKeys(), c.backupKeys(), c.logKeys(), c.limitsKeys(),
	}
}

func (c *Config) hqKeys() keyed.Section {
	return section("hq", "Where boxes and people reach head office.",
		keyed.Key{Key: "name", Value: &c.HQ.Name, Doc: "What the chain calls it. It stands on the fleet page."},
		keyed.Key{Key: "listen", Value: &c.HQ.Listen, Flag: "listen", Doc: "Where boxes connect, and browsers for the fleet page. " +
			"Port 0 picks a free port. For boxes elsewhere: 0.0.0.0:8788, and public_url."},
		keyed.Key{Key: "public_url", Value: &c.HQ.PublicURL, Doc: "What boxes and browsers call head office, as in " +
			"https://hq.chain.example:8788. Empty: made from listen."},
		keyed.Key{Key: "cert_file", Value: &c.HQ.CertFile, Path: true, Doc: "TLS certificate, PEM, with its chain; read anew when " +
			"it changes. Empty: one of the built-in authority, which boxes learn to trust when they enrol."},
		keyed.Key{Key: "key_file", Value: &c.HQ.KeyFile, Path: true, Doc: "The certificate's key, PEM."},
		keyed.Key{Key: "insecure", Value: &c.HQ.Insecure, Doc: "Speak plain HTTP: for a first try on one machine, or behind a proxy " +
			"that speaks TLS. Beyond loopback, customers' names then cross the network in the clear."},
	)
}

func (c *Config) stateKeys() keyed.Section {
	return section("state", "Where head office keeps its keys.",
		keyed.Key{Key: "dir", Value: &c.State.Dir, Path: true, Flag: "state-dir", Doc: "One directory for the chain's keys, the " +
			"built-in authority and, unless it is elsewhere, the database. Back it up as a whole; without its keys nobody can read it."},
	)
}

func (c *Config) databaseKeys() keyed.Section {
	return section("database", "Where the record rests.",
		keyed.Key{Key: "url", Value: &c.Database.URL, Flag: "database", Doc: "Empty: SQLite in the state directory. Nothing else is " +
			"known yet."},
	)
}

func (c *Config) fleetKeys() keyed.Section {
	return section("fleet", "What the fleet page calls trouble.",
		keyed.Key{Key: "late_after_minutes", Value: &c.Fleet.LateAfterMinutes, Doc: "After how long without a word from its box a store " +
			"is told of first, 2 to 10080 minutes. A box that works speaks each minute."},
	)
}

func (c *Config) erasureKeys() keyed.Section {
	return section("erasure", "How forgetting is watched over.",
		keyed.Key{Key: "late_after_hours", Value: &c.Erasure.LateAfterHours, Doc: "After how long a store that has not yet said that it " +
			"forgot somebody is told of first, 1 to 720 hours."},
	)
}

func (c *Config) privacyKeys() keyed.Section {
	return section("privacy", "What the chain may know.",
		keyed.Key{Key: "import_consent", Value: &c.Privacy.ImportConsent, Doc: "Consent of imported customers whose row names " +
			"none: none, recognise or remember."},
		keyed.Key{Key: "loyalty_prefixes", Value: &c.Privacy.LoyaltyPrefixes, Doc: "Leading digits of the chain's own cards, as in " +
			"[\"6001\"], so that none of them is taken for a payment card. At least four digits each."},
	)
}

func (c *Config) backupKeys() keyed.Section {
	return section("backup", "Copies of all that head office keeps. Each is proved by restoring it beside. Who reads one reads everything: guard it like the machine.",
		keyed.Key{Key: "dir", Value: &c.Backup.Dir, Path: true, Doc: "Where backups lie, better on another disk; the service must be allowed to " +
			"write there. Empty: backups in the state directory."},
		keyed.Key{Key: "at", Value: &c.Backup.At, Doc: "When one is made each day, as in 02:30 of the machine's day; one that was missed is made " +
			"up for after the next start. Empty: never."},
		keyed.Key{Key: "keep", Value: &c.Backup.Keep, Doc: "How many are kept, 1 to 400. The latest good one always is."},
		keyed.Key{Key: "forget_within_hours", Value: &c.Backup.ForgetWithinHours, Doc: "Within how many hours somebody who is forgotten is taken " +
			"out of the backups in dir, too, 0 to 720: they are written anew, or dropped where that cannot be. 0: at once."},
	)
}

func (c *Config) logKeys() keyed.Section {
	return section("log", "What head office writes about itself, to standard error. Never anything about a customer.",
		keyed.Key{Key: "level", Value: &c.Log.Level, Doc: "debug, info, warn or error."},
		keyed.Key{Key: "format", Value: &c.Log.Format, Doc: "text or json."},
	)
}

func (c *Config) limitsKeys() keyed.Section {
	return section("limits", "What one file can take.",
		keyed.Key{Key: "import_row_bytes", Value: &c.Limits.ImportRowBytes, Doc: "The longest row of an imported file, 1024 to 1048576 bytes."},
	)
}

func section(name, doc string, keys ...keyed.Key) keyed.Section {
	return keyed.NewSection(envPrefix, name, doc, keys...)
}
