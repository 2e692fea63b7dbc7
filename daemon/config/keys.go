// SPDX-License-Identifier: Apache-2.0

package config

import "redbench/daemon/config/keyed"

// Key is one thing that can be set.
type Key = keyed.Key

// Section is a group of keys.
type Section = keyed.Section

const envPrefix = "REDBENCH_"

// Sections lists every key of c in the order of the sample file.
func (c *Config) Sections() []Section {
	return []Section{
		c.storeKeys(), c.stateKeys(), c.mqttKeys(), c.uiKeys(), c.metricsKeys(), c.hqKeys(), c.screenKeys(),
		c.privacyKeys(), c.playbookKeys(), c.experimentKeys(), c.backupKeys(), c.logKeys(), c.limitsKeys(),
	}
}

func (c *Config) storeKeys() Section {
	return section("store", "Who this box works for.",
		Key{Key: "id", Value: &c.Store.ID, Doc: "The store's id in every topic of its tills: redbench/v1/{id}/{lane}/…. " +
			"Letters, digits, _ and -, at most 64."},
		Key{Key: "name", Value: &c.Store.Name, Doc: "What people call the store. It stands on the manager's page; empty: the id."},
		Key{Key: "locale", Value: &c.Store.Locale, Doc: "Language and region of the store, as in en-GB: what screens say " +
			"when a customer has no language of her own, and how dates are written."},
		Key{Key: "time_zone", Value: &c.Store.TimeZone, Doc: "The store's time zone, as in Europe/Lisbon. Local: the machine's."},
	)
}

func (c *Config) stateKeys() Section {
	return section("state", "Where the box keeps what it knows.",
		Key{Key: "dir", Value: &c.State.Dir, Path: true, Doc: "One directory for the database, the keys and the control " +
			"socket. Back it up as a whole; without its keys nobody can read it."},
	)
}

func (c *Config) mqttKeys() Section {
	return section("mqtt", "How tills reach the box.",
		Key{Key: "broker", Value: &c.MQTT.Broker, Doc: "URL of the store's own broker: tcp://host:1883 or ssl://host:8883. " +
			"Empty: the embedded broker."},
		Key{Key: "listen", Value: &c.MQTT.Listen, Doc: "Where the embedded broker listens. Port 0 picks a free port. Beyond " +
			"loopback it needs tills_file, and cert_file with key_file (or insecure)."},
		Key{Key: "tills_file", Value: &c.MQTT.TillsFile, Path: true, Doc: "Embedded broker: who may publish, one lane:secret " +
			"a line. A till signs in with its lane as user name, and may publish that lane only. Empty: any till on " +
			"loopback may publish."},
		Key{Key: "cert_file", Value: &c.MQTT.CertFile, Path: true, Doc: "Embedded broker: TLS certificate, PEM, with its chain."},
		Key{Key: "key_file", Value: &c.MQTT.KeyFile, Path: true, Doc: "Embedded broker: the certificate's key, PEM."},
		Key{Key: "client_id", Value: &c.MQTT.ClientID, Doc: "Outside broker: the box's client id, which must never change, " +
			"as the broker keeps messages by it. Empty: redbench- and the store's id."},
		Key{Key: "username", Value: &c.MQTT.Username, Doc: "Outside broker: user name."},
		Key{Key: "password_file", Value: &c.MQTT.PasswordFile, Path: true, Doc: "Outside broker: file with the password on its first line. " +
			"The service must be able to read it: on Linux root:redbench, 0640."},
		Key{Key: "ca_file", Value: &c.MQTT.CAFile, Path: true, Doc: "Outside broker: the authority that signed its " +
			"certificate, PEM. Empty: the system's."},
		Key{Key: "insecure", Value: &c.MQTT.Insecure, Doc: "Embedded broker: listen beyond loopback without TLS or without " +
			"tills_file. Cards then cross the network in the clear."},
	)
}

func (c *Config) uiKeys() Section {
	return section("ui", "The cashiers' screens and the manager's page.",
		Key{Key: "listen", Value: &c.UI.Listen, Doc: "Where screens connect. Port 0 picks a free port. Beyond loopback it " +
			"needs cert_file with key_file (or insecure); a screen always needs pairing."},
		Key{Key: "public_url", Value: &c.UI.PublicURL, Doc: "What a browser calls the box, as in https://box.store12.example:8787. " +
			"Empty: made from listen."},
		Key{Key: "trusted_hosts", Value: &c.UI.TrustedHosts, Doc: "Further names that a browser may call the box by, as in " +
			"[\"till3.local\"]; others are refused. The listener's own address, localhost and public_url always may."},
		Key{Key: "cert_file", Value: &c.UI.CertFile, Path: true, Doc: "TLS certificate, PEM, with its chain."},
		Key{Key: "key_file", Value: &c.UI.KeyFile, Path: true, Doc: "The certificate's key, PEM."},
		Key{Key: "insecure", Value: &c.UI.Insecure, Doc: "Listen beyond loopback without TLS. Names then cross the network in the clear."},
	)
}

func (c *Config) metricsKeys() Section {
	return section("metrics", "Prometheus metrics.",
		Key{Key: "listen", Value: &c.Metrics.Listen, Doc: "A listener of its own for /metrics, open to whoever reaches it " +
			"unless token_file is set. Empty: /metrics is only beside the screens, by token. Beyond loopback it needs " +
			"token_file, and cert_file with key_file (or insecure)."},
		Key{Key: "token_file", Value: &c.Metrics.TokenFile, Path: true, Doc: "File with the token on its first line, for " +
			"Authorization: Bearer. Empty: /metrics beside the screens answers a manager's token only."},
		Key{Key: "cert_file", Value: &c.Metrics.CertFile, Path: true, Doc: "TLS certificate, PEM, with its chain."},
		Key{Key: "key_file", Value: &c.Metrics.KeyFile, Path: true, Doc: "The certificate's key, PEM."},
		Key{Key: "insecure", Value: &c.Metrics.Insecure, Doc: "Listen beyond loopback without TLS or without a token."},
	)
}

func (c *Config) hqKeys() Section {
	return section("hq", "The chain's head office.",
		Key{Key: "url", Value: &c.HQ.URL, Doc: "Where head office answers, as in https://hq.chain.example:8788. Empty: where " +
			"`redbench enroll` found it, and a box that never enrolled works alone."},
		Key{Key: "ca_file", Value: &c.HQ.CAFile, Path: true, Doc: "The authority that signed head office's certificate, PEM. " +
			"Empty: the one that enrolment brought, or the system's."},
		Key{Key: "send", Value: &c.HQ.Send, Doc: "When what the store learnt is sent: at once, or hours of the store's day, as in " +
			"22:00-06:00. Erasures wait for no hour, in either direction."},
		Key{Key: "kilobits_per_second", Value: &c.HQ.KilobitsPerSecond, Doc: "How much of the link sending may take, in kilobits a " +
			"second. 0: all of it."},
		Key{Key: "metered", Value: &c.HQ.Metered, Doc: "The link is paid for by what it carries: what the store learnt waits up to a " +
			"quarter of an hour for company, erasures too, and changes are asked for as often instead of staying on the line."},
		Key{Key: "cpu_percent", Value: &c.HQ.CPUPercent, Doc: "How much of one processor sending may take, 1 to 100 percent. While " +
			"cards come, and for half a minute after the last one, it is a fortieth of that, so that prompts do not notice."},
		Key{Key: "lock_after_days", Value: &c.HQ.LockAfterDays, Doc: "After how many days without a word from head office every card is a " +
			"stranger's, as somebody may have asked to be forgotten since: 1 to 3650. 0: never."},
		Key{Key: "lookup_ms", Value: &c.HQ.LookupMS, Doc: "How long head office may take to tell of a card that this box does not " +
			"know, 20 to 10000 milliseconds; the prompt does not wait for it. 0: it is not asked."},
		Key{Key: "insecure", Value: &c.HQ.Insecure, Doc: "Allow an http:// url, on this machine only, for a first try."},
	)
}

func (c *Config) screenKeys() Section {
	return section("screen", "How screens show things.",
		Key{Key: "distance_m", Value: &c.Screen.DistanceM, Doc: "How far the cashier's eyes are from the screen, in metres, " +
			"0.3 to 5. Letters grow with it."},
		Key{Key: "prompt_seconds", Value: &c.Screen.PromptSeconds, Doc: "How long a prompt stays, 5 to 3600 seconds, when " +
			"the checkout does not end before."},
		Key{Key: "farewell_seconds", Value: &c.Screen.FarewellSeconds, Doc: "How long a farewell stays, 1 to 120 seconds."},
		Key{Key: "greeted_seconds", Value: &c.Screen.GreetedSeconds, Doc: "How long a card that was shown before the " +
			"checkout waits for it, 10 to 3600 seconds."},
	)
}

func (c *Config) privacyKeys() Section {
	return section("privacy", "What the store may know.",
		Key{Key: "import_consent", Value: &c.Privacy.ImportConsent, Doc: "Consent of imported customers whose row names " +
			"none: none, recognise or remember."},
		Key{Key: "loyalty_prefixes", Value: &c.Privacy.LoyaltyPrefixes, Doc: "Leading digits of the chain's own cards, as in " +
			"[\"6001\"], so that none of them is taken for a payment card. At least four digits each."},
		Key{Key: "visits_days", Value: &c.Privacy.VisitsDays, Doc: "How long visits are kept, 90 to 36500 days; each customer's latest stays " +
			"until her next. What they taught is kept as sums, which stay. Older rows of an imported file are left out. 0: without end."},
	)
}

func (c *Config) playbookKeys() Section {
	return section("playbook", "What screens say.",
		Key{Key: "file", Value: &c.Playbook.File, Path: true, Doc: "A playbook instead of the one that is built in. " +
			"`redbench playbook show` prints that one to start from."},
	)
}

func (c *Config) experimentKeys() Section {
	return section("experiment", "Do prompts help? Which prompts are chosen but not shown; what was done with each goes to head office as "+
		"an outcome of the prompt: shown, control, silent, or exempt (a promise, a complaint or something to avoid is always shown).",
		Key{Key: "silent", Value: &c.Experiment.Silent, Doc: "Choose prompts for customers who are remembered and show none of them: " +
			"the weeks before."},
		Key{Key: "control_percent", Value: &c.Experiment.ControlPercent, Doc: "How many of a hundred visits of remembered customers go " +
			"without a prompt, by chance, 0 to 50. All visits of one customer on one day fare alike."},
	)
}

func (c *Config) backupKeys() Section {
	return section("backup", "Copies of all that the box keeps. Each is proved by restoring it beside. Who reads one reads everything: guard it like the box.",
		Key{Key: "dir", Value: &c.Backup.Dir, Path: true, Doc: "Where backups lie, better on another disk; the service must be allowed to " +
			"write there. Empty: backups in the state directory."},
		Key{Key: "at", Value: &c.Backup.At, Doc: "When one is made each day, as in 03:30 of the store's day; one that was missed is made " +
			"up for after the next start. Empty: never."},
		Key{Key: "keep", Value: &c.Backup.Keep, Doc: "How many are kept, 1 to 400. The latest good one always is."},
		Key{Key: "forget_within_hours", Value: &c.Backup.ForgetWithinHours, Doc: "Within how many hours somebody who is forgotten is taken out of the " +
			"backups in dir, too, 0 to 720: they are written anew, or dropped where that cannot be. 0: at once."},
	)
}

func (c *Config) logKeys() Section {
	return section("log", "What the daemon writes about itself, to standard error. Never anything about a customer.",
		Key{Key: "level", Value: &c.Log.Level, Doc: "debug, info, warn or error."},
		Key{Key: "format", Value: &c.Log.Format, Doc: "text or json."},
	)
}

func (c *Config) limitsKeys() Section {
	return section("limits", "What one till, or one bad day, can take of the box.",
		Key{Key: "message_bytes", Value: &c.Limits.MessageBytes, Doc: "The largest message from a till, 1024 to 1048576 bytes; " +
			"larger ones go to quarantine without their payload."},
		Key{Key: "quarantine", Value: &c.Limits.Quarantine, Doc: "How many refused events are kept, 100 to 1000000; beyond, they are only counted."},
		Key{Key: "checkout_minutes", Value: &c.Limits.CheckoutMinutes, Doc: "After how long without an event an open checkout is " +
			"given up, 1 to 240 minutes."},
		Key{Key: "import_row_bytes", Value: &c.Limits.ImportRowBytes, Doc: "The longest row of an imported file, 1024 to 1048576 bytes."},
		Key{Key: "outbox_mb", Value: &c.Limits.OutboxMB, Doc: "How much may wait for head office, 1 to 65536 megabytes. Beyond, the " +
			"oldest verdicts and visits are sent as a sum; what customers told is never given up."},
		Key{Key: "database_mb", Value: &c.Limits.DatabaseMB, Doc: "How large the database may become, 64 to 1048576 megabytes. Beyond, what " +
			"tills sent is kept for less long, two days at least; customers and what they told never go. 0: without a bound."},
	)
}

func section(name, doc string, keys ...Key) Section {
	return keyed.NewSection(envPrefix, name, doc, keys...)
}

// keys lists every key by its full name.
func (c *Config) keys() map[string]Key { return keyed.Keys(c.Sections()) }
