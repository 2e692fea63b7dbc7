// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a Windows box has no zone files

	"golang.org/x/text/language"

	"redbench/daemon/config/keyed"
)

// check tells the mistakes of a whole configuration.
type check struct {
	*keyed.Reading
	c *Config
}

// validate says what cannot be meant, and warns of what can and is unwise. What needs keys of one another is left out
// where one could not be read: a mistyped cert_file must not be told a second time as a missing one.
func (c *Config) validate() {
	unread := c.read.Wrong()
	v := check{c.read, c}
	v.store()
	v.numbers()
	v.rest()
	v.hq()
	if unread {
		return
	}
	v.mqtt()
	v.pages()
	c.validateAdapters()
}

var storeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (v check) store() {
	s := v.c.Store
	if !storeID.MatchString(s.ID) {
		v.Bad("store", "id", "must be 1 to 64 letters, digits, _ or -, as it stands in topics; it is %q", s.ID)
	}
	if len(s.Name) > 200 {
		v.Bad("store", "name", "must be at most 200 bytes; it has %d", len(s.Name))
	}
	if _, err := language.Parse(s.Locale); err != nil {
		v.Bad("store", "locale", "must be a language, as in en-GB or pt; it is %q", s.Locale)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "" {
		v.Bad("store", "time_zone", "must be a time zone, as in Europe/Lisbon, UTC or Local; it is %q", s.TimeZone)
	}
	v.c.zone = zone
	if v.c.State.Dir == "" {
		v.Bad("state", "dir", "must name a directory")
	}
}

// brokerSchemes are those that edge/mqtt dials: what passes here must not fail at the start.
var brokerSchemes = []string{"tcp", "mqtt", "ssl", "tls", "mqtts"}

func (v check) mqtt() {
	m := v.c.MQTT
	if m.Broker == "" {
		v.Pair("mqtt", m.CertFile, m.KeyFile)
		v.Listener("mqtt", m.Listen, m.Insecure, keyed.Missing(m.TillsFile == "", "tills_file"), keyed.Missing(m.CertFile == "", "cert_file and key_file"))
		return
	}
	u, err := url.Parse(m.Broker)
	switch {
	case err != nil || u.Hostname() == "":
		v.Bad("mqtt", "broker", "must be a URL, as in tcp://broker.store.example:1883%s", schemeHint(m.Broker))
		return
	case !slices.Contains(brokerSchemes, u.Scheme):
		v.Bad("mqtt", "broker", "must start with %s; it starts with %q", keyed.OneOf(brokerSchemes), u.Scheme+"://")
	case u.User != nil:
		v.Bad("mqtt", "broker", "must not hold a password; set username and password_file")
	}
	if m.PasswordFile != "" && m.Username == "" {
		v.Bad("mqtt", "password_file", "needs username beside it")
	}
	plain := u.Scheme == "tcp" || u.Scheme == "mqtt"
	if plain && !keyed.Loopback(u.Hostname()) {
		v.Warn("[mqtt] broker is reached without TLS: cards cross the network in the clear; ssl://… would hide them")
	}
}

// schemeHint helps who wrote host:port.
func schemeHint(broker string) string {
	if !strings.Contains(broker, "://") {
		return "; did you mean tcp://" + broker + "?"
	}
	return ""
}

func (v check) pages() {
	u := v.c.UI
	v.Pair("ui", u.CertFile, u.KeyFile)
	v.Listener("ui", u.Listen, u.Insecure, "", keyed.Missing(u.CertFile == "", "cert_file and key_file"))
	v.PublicURL("ui", "public_url", u.PublicURL, "https://box.store.example:8787")
	for _, host := range u.TrustedHosts {
		if host == "" || strings.ContainsAny(host, "/ *") {
			v.Bad("ui", "trusted_hosts", "must be names as a browser sends them, as in till3.local or till3.local:8787; one is %q", host)
		}
	}
	m := v.c.Metrics
	v.Pair("metrics", m.CertFile, m.KeyFile)
	if m.Listen != "" {
		v.Listener("metrics", m.Listen, m.Insecure, keyed.Missing(m.TokenFile == "", "token_file"), keyed.Missing(m.CertFile == "", "cert_file and key_file"))
	}
	v.clash()
}

// clash refuses two listeners on one address.
func (v check) clash() {
	c := v.c
	taken := map[string]string{}
	take := func(section, address string) {
		if address == "" || strings.HasSuffix(address, ":0") {
			return
		}
		if other, ok := taken[address]; ok {
			v.Bad(section, "listen", "%s is taken by [%s] listen", address, other)
			return
		}
		taken[address] = section
	}
	take("ui", c.UI.Listen)
	if c.MQTT.Broker == "" {
		take("mqtt", c.MQTT.Listen)
	}
	take("metrics", c.Metrics.Listen)
}

func (v check) numbers() {
	s, l := v.c.Screen, v.c.Limits
	v.Between("screen", "distance_m", s.DistanceM, 0.3, 5, "metres")
	v.Between("screen", "prompt_seconds", float64(s.PromptSeconds), 5, 3600, "seconds")
	v.Between("screen", "farewell_seconds", float64(s.FarewellSeconds), 1, 120, "seconds")
	v.Between("screen", "greeted_seconds", float64(s.GreetedSeconds), 10, 3600, "seconds")
	v.Between("experiment", "control_percent", float64(v.c.Experiment.ControlPercent), 0, 50, "percent")
	v.Between("limits", "message_bytes", float64(l.MessageBytes), 1024, 1<<20, "bytes")
	v.Between("limits", "quarantine", float64(l.Quarantine), 100, 1e6, "events")
	v.Between("limits", "checkout_minutes", float64(l.CheckoutMinutes), 1, 240, "minutes")
	v.Between("limits", "import_row_bytes", float64(l.ImportRowBytes), 1024, 1<<20, "bytes")
	v.Between("limits", "outbox_mb", float64(l.OutboxMB), 1, 65536, "megabytes")
	if l.DatabaseMB != 0 {
		v.Between("limits", "database_mb", float64(l.DatabaseMB), 64, 1<<20, "megabytes")
	}
	if days := v.c.Privacy.VisitsDays; days != 0 {
		v.Between("privacy", "visits_days", float64(days), 90, 36500, "days")
	}
}

var loyaltyPrefix = regexp.MustCompile(`^[0-9]{4,18}$`)

func (v check) rest() {
	c := v.c
	v.Among("privacy", "import_consent", string(c.Privacy.ImportConsent), []string{"none", "recognise", "remember"})
	for _, p := range c.Privacy.LoyaltyPrefixes {
		if !loyaltyPrefix.MatchString(p) {
			v.Bad("privacy", "loyalty_prefixes", "each must be 4 to 18 digits; one is %q", p)
		}
	}
	if at := c.Backup.At; at != "" {
		if _, err := time.Parse("15:04", at); err != nil {
			v.Bad("backup", "at", "must be an hour of the day, as in \"03:30\", or empty; it is %q", at)
		}
	}
	v.Between("backup", "keep", float64(c.Backup.Keep), 1, 400, "backups")
	v.Between("backup", "forget_within_hours", float64(c.Backup.ForgetWithinHours), 0, 720, "hours")
	v.Among("log", "level", c.Log.Level, []string{"debug", "info", "warn", "error"})
	v.Among("log", "format", c.Log.Format, []string{"text", "json"})
}
