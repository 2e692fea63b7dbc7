// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"slices"
	"strings"

	"redbench/daemon/config/keyed"
)

// adapterFormats lists what an adapter can read.
var adapterFormats = []string{"json", "text", "xml", "form"}

// adapterKeys lists the keys of one [[adapter]].
func adapterKeys(a *Adapter) []Key {
	return section("adapter", "",
		Key{Key: "name", Value: &a.Name, Doc: "What people call it: `redbench adapter test NAME FILE` runs it dry."},
		Key{Key: "topic", Value: &a.Topic, Doc: "MQTT filter of the messages that it maps, as in pos/{lane}/scan; {store} stands for this store's id, {lane} for any lane."},
		Key{Key: "format", Value: &a.Format, Doc: "What the till sends: json, text (a bare scan), xml or form."},
		Key{Key: "program", Value: &a.Program, Doc: "jq program that makes the contract's event of it. Fields that it does not name are never stored or logged."},
		Key{Key: "drop_cards", Value: &a.DropCards, Doc: "Accept messages that hold payment card data (POSLog does) as long as the program leaves it out."},
	).Keys
}

// AdapterKeys lists the keys of an [[adapter]], for the documentation.
func AdapterKeys() []Key { return adapterKeys(&Adapter{Format: "json"}) }

func (c *Config) fillAdapters(value any, r *keyed.Reading) {
	var all []*Adapter
	keyed.Fill("adapter", value, r, func() []Key {
		a := &Adapter{Format: "json"}
		all = append(all, a)
		return adapterKeys(a)
	})
	for _, a := range all {
		c.Adapters = append(c.Adapters, *a)
	}
}

func (c *Config) validateAdapters() {
	seen := map[string]bool{}
	for i, a := range c.Adapters {
		line := c.read.Line(fmt.Sprintf("adapter.%d", i))
		switch {
		case a.Name == "":
			c.read.Add(line, "[[adapter]]", "needs a name")
		case seen[a.Name]:
			c.read.Add(line, "[[adapter]]", "name %q is taken by an earlier one", a.Name)
		}
		seen[a.Name] = true
		if a.Topic == "" {
			c.read.Add(line, "[[adapter]]", "needs a topic, the MQTT filter of the messages that it maps")
		} else if problem := badFilter(a.Topic); problem != "" {
			c.read.Add(line, "[[adapter]]", "topic %q: %s", a.Topic, problem)
		}
		if !slices.Contains(adapterFormats, a.Format) {
			c.read.Add(line, "[[adapter]]", "format must be %s; it is %q", keyed.OneOf(adapterFormats), a.Format)
		}
		if strings.TrimSpace(a.Program) == "" {
			c.read.Add(line, "[[adapter]]", "needs a program, the jq text that makes an event")
		}
	}
}

// badFilter tells what is wrong with an MQTT topic filter.
func badFilter(filter string) string {
	if strings.HasPrefix(filter, "$") {
		return "topics that start with $ are the broker's own"
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "#" && i < len(levels)-1:
			return "# stands last"
		case level != "#" && level != "+" && strings.ContainsAny(level, "#+"):
			return "+ and # stand alone between slashes"
		}
	}
	return ""
}
