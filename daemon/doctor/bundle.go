// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"

	"redbench/daemon/control"
)

// maxBundled is how much of one file a bundle takes, of a log its end.
const maxBundled = 1 << 20

// Bundle gathers files for whoever helps. What goes in is chosen by name, never all but something; and what looks like a
// card, a telephone number or an address of somebody is blotted out all the same.
type Bundle struct {
	// Suspect reports whether a line must not be in a bundle: what a number may be hidden in. nil: none is asked about.
	Suspect func(line []byte) bool

	files []BundledFile
}

// BundledFile is a file of a bundle.
type BundledFile struct {
	Name string
	Text []byte
}

var (
	longNumber = regexp.MustCompile(`\d(?:[ -]?\d){6,}`)
	// ours are moments and ids of our own making (UUIDv7: screens, starts, records), which say when and which, and hold nobody.
	ours = `\b20\d\d-(?:0\d|1[0-2])-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?)?(?:Z|\b)|` +
		`\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b`
	oursOrLong = regexp.MustCompile(ours + "|" + longNumber.String())
	oursAlone  = regexp.MustCompile("^(?:" + ours + ")$")
	somebody   = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`)
)

// Add adds a file.
func (b *Bundle) Add(name string, text []byte) {
	if over := len(text) - maxBundled; over > 0 {
		text = text[over:]
	}
	b.files = append(b.files, BundledFile{name, blotted(b.unsuspected(text))})
}

// unsuspected leaves out suspect lines, and says so in their place.
func (b *Bundle) unsuspected(text []byte) []byte {
	if b.Suspect == nil {
		return text
	}
	var kept []byte
	for line := range bytes.Lines(text) {
		if b.Suspect(line) {
			line = []byte("(a line that might hold a card's number was left out)\n")
		}
		kept = append(kept, line...)
	}
	return kept
}

func blotted(text []byte) []byte {
	text = somebody.ReplaceAll(text, []byte("…@…"))
	return oursOrLong.ReplaceAllFunc(text, func(n []byte) []byte {
		if oursAlone.Match(n) {
			return n
		}
		return []byte("#######")
	})
}

// AddNumbers adds a file of numbers and of words of our own, in which long numbers stand.
func (b *Bundle) AddNumbers(name string, text []byte) {
	b.files = append(b.files, BundledFile{name, text[:min(len(text), maxBundled)]})
}

// Files gives what was added, led by what it is.
func (b *Bundle) Files() []BundledFile {
	return append([]BundledFile{{"README.txt", []byte(readme)}}, b.files...)
}

const readme = `What a helper needs to see of a Redbench box. There is nothing of a customer in it, no key, password or token; numbers of
seven digits and more, and e-mail addresses, are blotted out (#######, …@…), but for moments and the box's own ids. Addresses of
machines (the box's, the broker's, head office's) and names of files stand where a check or the log tells of them. Whoever sends it
may take any file out.

doctor.json         what "redbench doctor" found
status.json         how the running box stands
metrics.txt         what it measures, where [metrics] lets it be asked
configuration.json  numbers and switches; of names, addresses and files only whether somebody set them
record.json         schema, and how many rows each table has
queues.json         how much waits for head office, and how many events were refused for which reason
service.json        how the service manager keeps the box; redbench.service is its unit
log.txt             the last lines of its log, where this user may read them
version.json        program and machine; os-release.txt is the system
`

// Refuse fails when a secret stands in a file: as it is, in hexadecimal digits or in base64.
func (b *Bundle) Refuse(secrets [][]byte) error {
	for _, secret := range secrets {
		forms := [][]byte{secret, []byte(hex.EncodeToString(secret)), bytes.TrimRight([]byte(base64.StdEncoding.EncodeToString(secret)), "="),
			bytes.TrimRight([]byte(base64.URLEncoding.EncodeToString(secret)), "=")}
		for _, f := range b.files {
			if slices.ContainsFunc(forms, func(form []byte) bool { return len(form) >= 6 && bytes.Contains(f.Text, form) }) {
				return errors.New("a secret of this box stands in " + f.Name + ", so no bundle was written; tell whoever looks after Redbench")
			}
		}
	}
	return nil
}

// told are the keys of the configuration of which a bundle holds the text. Numbers and switches are always told; of any other key
// only whether it is set.
var told = []string{"store.id", "store.locale", "store.time_zone", "hq.send", "privacy.import_consent", "log.level", "log.format", "backup.at",
	"adapter.format"}

// Shown is a configuration as a bundle holds it. set tells of a key, as in "mqtt.broker", whether somebody set it: most have a default.
func Shown(sections map[string]any, set func(key string) bool) map[string]any {
	out := map[string]any{}
	for name, section := range sections {
		switch s := section.(type) {
		case map[string]any:
			out[name] = shownKeys(name, s, set)
		case []map[string]any:
			var list []any
			for _, each := range s {
				list = append(list, shownKeys(name, each, func(string) bool { return true }))
			}
			out[name] = list
		}
	}
	return out
}

func shownKeys(section string, keys map[string]any, set func(key string) bool) map[string]any {
	out := map[string]any{}
	for key, value := range keys {
		switch value.(type) {
		case bool, int, int64, float64:
			out[key] = value
			continue
		}
		text, is := value.(string)
		switch {
		case slices.Contains(told, section+"."+key):
			out[key] = value
		case is && text == "", !set(section + "." + key):
			out[key] = "not set"
		default:
			out[key] = "set"
		}
	}
	return out
}

// ShownStatus is a status as a bundle holds it: numbers, moments, and words of our own.
func ShownStatus(s control.Status) map[string]any {
	out := map[string]any{"version": s.Version, "started": s.Started, "now": s.Now, "ready": s.Ready, "not_ready": s.NotReady, "lanes": len(s.Lanes),
		"screens_connected": s.Screens, "counts": s.Counts, "broker": s.MQTT.Mode, "broker_connected": s.MQTT.Connected, "tills": s.MQTT.Tills}
	if h := s.HQ; h != nil {
		out["hq"] = map[string]any{"connected": h.Connected, "last_contact": h.LastContact, "asked": h.Asked, "error": h.Error, "backlog": h.Backlog,
			"playbook": h.Playbook, "silent": h.Silent, "locked": h.Locked}
	}
	return out
}
