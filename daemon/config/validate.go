// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a Windows box has no zone files

	"golang.org/x/text/language"
)

// check collects the mistakes of a whole configuration.
type check struct {
	c *Config
	e *Error
}

func (v check) bad(section, key, format string, args ...any) {
	name := section + "." + key
	if v.c.from[name] == FromEnvironment {
		v.e.add(0, Key{Section: section, Key: key}.Env(), format, args...)
		return
	}
	v.e.add(v.c.lines[name], label(section, key), format, args...)
}

func (v check) warn(text string) { v.c.Warnings = append(v.c.Warnings, text) }

func (v check) between(section, key string, value, low, high float64, unit string) {
	if value < low || value > high {
		v.bad(section, key, "must be %s to %s %s; it is %s", number(low), number(high), unit, number(value))
	}
}

func (v check) among(section, key, value string, choices []string) {
	if !slices.Contains(choices, value) {
		v.bad(section, key, "must be %s; it is %q%s", oneOf(choices), value, nearest(value, choices))
	}
}

// validate says what cannot be meant, and warns of what can and is unwise. What needs keys of one another is left out
// where one could not be read: a mistyped cert_file must not be told a second time as a missing one.
func (c *Config) validate(e *Error) {
	unread := len(e.Problems) > 0
	v := check{c, e}
	v.store()
	v.numbers()
	v.rest()
	v.hq()
	if unread {
		return
	}
	v.mqtt()
	v.pages()
	c.validateAdapters(e)
}

var storeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (v check) store() {
	s := v.c.Store
	if !storeID.MatchString(s.ID) {
		v.bad("store", "id", "must be 1 to 64 letters, digits, _ or -, as it stands in topics; it is %q", s.ID)
	}
	if len(s.Name) > 200 {
		v.bad("store", "name", "must be at most 200 bytes; it has %d", len(s.Name))
	}
	if _, err := language.Parse(s.Locale); err != nil {
		v.bad("store", "locale", "must be a language, as in en-GB or pt; it is %q", s.Locale)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil || s.TimeZone == "" {
		v.bad("store", "time_zone", "must be a time zone, as in Europe/Lisbon, UTC or Local; it is %q", s.TimeZone)
	}
	v.c.zone = zone
	if v.c.State.Dir == "" {
		v.bad("state", "dir", "must name a directory")
	}
}

// brokerSchemes are those that edge/mqtt dials: what passes here must not fail at the start.
var brokerSchemes = []string{"tcp", "mqtt", "ssl", "tls", "mqtts"}

func (v check) mqtt() {
	m := v.c.MQTT
	if m.Broker == "" {
		v.pair("mqtt", m.CertFile, m.KeyFile)
		v.listener("mqtt", m.Listen, m.Insecure, missing(m.TillsFile == "", "tills_file"), missing(m.CertFile == "", "cert_file and key_file"))
		return
	}
	u, err := url.Parse(m.Broker)
	switch {
	case err != nil || u.Hostname() == "":
		v.bad("mqtt", "broker", "must be a URL, as in tcp://broker.store.example:1883%s", schemeHint(m.Broker))
		return
	case !slices.Contains(brokerSchemes, u.Scheme):
		v.bad("mqtt", "broker", "must start with %s; it starts with %q", oneOf(brokerSchemes), u.Scheme+"://")
	case u.User != nil:
		v.bad("mqtt", "broker", "must not hold a password; set username and password_file")
	}
	if m.PasswordFile != "" && m.Username == "" {
		v.bad("mqtt", "password_file", "needs username beside it")
	}
	plain := u.Scheme == "tcp" || u.Scheme == "mqtt"
	if plain && !loopback(u.Hostname()) {
		v.warn("[mqtt] broker is reached without TLS: cards cross the network in the clear; ssl://… would hide them")
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
	v.pair("ui", u.CertFile, u.KeyFile)
	v.listener("ui", u.Listen, u.Insecure, "", missing(u.CertFile == "", "cert_file and key_file"))
	v.publicURL("ui", "public_url", u.PublicURL)
	for _, host := range u.TrustedHosts {
		if host == "" || strings.ContainsAny(host, "/ *") {
			v.bad("ui", "trusted_hosts", "must be names as a browser sends them, as in till3.local or till3.local:8787; one is %q", host)
		}
	}
	m := v.c.Metrics
	v.pair("metrics", m.CertFile, m.KeyFile)
	if m.Listen != "" {
		v.listener("metrics", m.Listen, m.Insecure, missing(m.TokenFile == "", "token_file"), missing(m.CertFile == "", "cert_file and key_file"))
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
			v.bad(section, "listen", "%s is taken by [%s] listen", address, other)
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

func (v check) publicURL(section, key, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		v.bad(section, key, "must be a URL, as in https://box.store.example:8787; it is %q", value)
		return
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		v.bad(section, key, "must be scheme, host and port only, as in %s://%s", u.Scheme, u.Host)
	}
}

func (v check) numbers() {
	s, l := v.c.Screen, v.c.Limits
	v.between("screen", "distance_m", s.DistanceM, 0.3, 5, "metres")
	v.between("screen", "prompt_seconds", float64(s.PromptSeconds), 5, 3600, "seconds")
	v.between("screen", "farewell_seconds", float64(s.FarewellSeconds), 1, 120, "seconds")
	v.between("screen", "greeted_seconds", float64(s.GreetedSeconds), 10, 3600, "seconds")
	v.between("limits", "message_bytes", float64(l.MessageBytes), 1024, 1<<20, "bytes")
	v.between("limits", "quarantine", float64(l.Quarantine), 100, 1e6, "events")
	v.between("limits", "checkout_minutes", float64(l.CheckoutMinutes), 1, 240, "minutes")
	v.between("limits", "import_row_bytes", float64(l.ImportRowBytes), 1024, 1<<20, "bytes")
	v.between("limits", "outbox_mb", float64(l.OutboxMB), 1, 65536, "megabytes")
}

var loyaltyPrefix = regexp.MustCompile(`^[0-9]{4,18}$`)

func (v check) rest() {
	c := v.c
	v.among("privacy", "import_consent", string(c.Privacy.ImportConsent), []string{"none", "recognise", "remember"})
	for _, p := range c.Privacy.LoyaltyPrefixes {
		if !loyaltyPrefix.MatchString(p) {
			v.bad("privacy", "loyalty_prefixes", "each must be 4 to 18 digits; one is %q", p)
		}
	}
	v.among("log", "level", c.Log.Level, []string{"debug", "info", "warn", "error"})
	v.among("log", "format", c.Log.Format, []string{"text", "json"})
}

// pair refuses a certificate without its key.
func (v check) pair(section, cert, key string) {
	switch {
	case cert != "" && key == "":
		v.bad(section, "cert_file", "needs key_file beside it")
	case cert == "" && key != "":
		v.bad(section, "key_file", "needs cert_file beside it")
	}
}

func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

func oneOf(choices []string) string {
	if len(choices) == 1 {
		return choices[0]
	}
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
