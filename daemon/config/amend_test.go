// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fleet = `
[store]
id = "harbour"
time_zone = "Europe/Lisbon"
[mqtt]
broker = "tcp://127.0.0.1:1883"
[privacy]
loyalty_prefixes = ["6001", "6002"]
[[adapter]]
name = "pos"
topic = "pos/{lane}/scan"
program = '''
{a: "b\\"}
'''
`

// An untouched sample gets the keys right below where it shows them, keeps every line, and a second time changes nothing.
func TestTheSampleIsAmendedInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redbench.toml")
	given := Given{Name: "fleet.toml", Text: fleet, Env: []string{"REDBENCH_STORE_LOCALE=pt-PT", "REDBENCH_HQ_CODE=4H8K-22QT"},
		Values: map[string]string{"hq.url": "https://hq.example:8788"}}
	amended, changes, err := Amend(path, Sample(), given)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, c := range changes {
		keys = append(keys, c.Key)
	}
	want := []string{"store.id", "store.locale", "store.time_zone", "mqtt.broker", "hq.url", "privacy.loyalty_prefixes", "adapter pos"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(amended, "#id = \"store-1\"\nid = \"harbour\"\n") || strings.Contains(amended, "4H8K") {
		t.Errorf("it reads\n%s", amended)
	}
	rest := amended
	for _, line := range strings.Split(strings.TrimSuffix(Sample(), "\n"), "\n") { // every line is there yet, in its order
		at := strings.Index(rest, line+"\n")
		if at < 0 {
			t.Fatalf("the line %q is gone", line)
		}
		rest = rest[at+len(line):]
	}
	again, changes, err := Amend(path, amended, given)
	if err != nil || again != amended || len(changes) > 0 {
		t.Errorf("the second time: %v, %v", changes, err)
	}
	c, err := Parse(path, amended, nil)
	if err != nil || c.Store.ID != "harbour" || c.Store.Locale != "pt-PT" || c.HQ.URL != "https://hq.example:8788" || c.Adapters[0].Program != "{a: \"b\\\\\"}\n" {
		t.Errorf("it reads as %+v, %v", c, err)
	}
}

func TestWhatAPersonWroteIsKept(t *testing.T) {
	cases := []struct{ name, before, given, want string }{
		{"a value with a remark", "[store]\nname = \"a # b\"   # our store\nid = \"x\"\n", "[store]\nname = \"b\"", "[store]\nname = \"b\"   # our store\nid = \"x\"\n"},
		{"a list over lines", "[ui]\ntrusted_hosts = [\n  \"a\", # till\n  \"b\",\n] # all\n[log]\nlevel = \"info\"\n", "[ui]\ntrusted_hosts = [\"c\"]",
			"[ui]\ntrusted_hosts = [\"c\"] # all\n[log]\nlevel = \"info\"\n"},
		{"what looks like a heading in a text", "[[adapter]]\nname = \"p\"\ntopic = \"a\"\nprogram = '''\n[store]\nid = 1\n'''\n", "[store]\nid = \"b\"",
			"[[adapter]]\nname = \"p\"\ntopic = \"a\"\nprogram = '''\n[store]\nid = 1\n'''\n\n[store]\nid = \"b\"\n"},
		{"no such key", "[store] # us\nid = \"a\"\n\n# the log\n[log]\nlevel = \"info\"\n", "[store]\nname = \"n\"", "[store] # us\nid = \"a\"\nname = \"n\"\n\n# the log\n[log]\nlevel = \"info\"\n"},
		{"no such section", "# mine\n", "[log]\nlevel = \"warn\"", "# mine\n\n[log]\nlevel = \"warn\"\n"},
		{"Windows' ends of lines", "[store]\r\nid = \"a\" # c\r\n", "[store]\nid = \"b\"\nname = \"n\"", "[store]\r\nid = \"b\" # c\r\nname = \"n\"\r\n"},
		{"an adapter of that name", "[[adapter]]\nname = \"p\"\ntopic = \"a\"\nprogram = \".\"\n# end\n[log]\n", "[[adapter]]\nname = \"p\"\ntopic = \"b\"\nprogram = \".\"",
			"[[adapter]]\nname = \"p\"\ntopic = \"b\"\nformat = \"json\"\nprogram = \".\"\ndrop_cards = false\n# end\n[log]\n"},
		{"a path that is written otherwise", "[mqtt]\nbroker = \"ssl://b:1\"\nca_file = \"./ca.pem\"\n", "[mqtt]\nca_file = \"ca.pem\"", "[mqtt]\nbroker = \"ssl://b:1\"\nca_file = \"./ca.pem\"\n"},
	}
	for _, c := range cases {
		got, _, err := Amend("redbench.toml", c.before, Given{Name: "g", Text: c.given})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	cases := []struct{ name, before, given, want string }{
		{"an unknown key", "", "[store]\nidd = \"a\"", "g:2: [store] idd: unknown key; did you mean id?"},
		{"a wrong kind", "", "[store]\nid = 7", "g:2: [store] id: must be a text in quotes"},
		{"a wrong value", "", "[store]\nid = \"a b\"", "[store] id: "},
		{"no TOML", "", "store id", "g:1: "},
		{"an inline table", "store = {id = \"a\"}\n", "[store]\nname = \"b\"", "cannot be changed without a person"},
		{"dotted keys", "store.id = \"a\"\n", "[store]\nid = \"b\"", "cannot be changed without a person"},
		{"a heading in a text whose key is quoted", "[[adapter]]\nname = \"p\"\ntopic = \"a\"\n\"program\" = '''\n[store]\n'''\n", "[store]\nid = \"b\"", "cannot be changed without a person"},
		{"an adapter whose text looks like one", "[[adapter]]\nname = \"p\"\ntopic = \"a\"\n\"program\" = '''\n[[adapter]]\nname = \"q\"\n'''\n[[adapter]]\nname = \"q\"\ntopic = \"a\"\nprogram = \".\"\n",
			"[[adapter]]\nname = \"q\"\ntopic = \"b\"\nprogram = \".\"", "cannot be changed without a person"},
		{"a file that is wrong already", "[store]\nidd = 1\n", "[store]\nid = \"b\"", "redbench.toml:2: [store] idd: unknown key"},
	}
	for _, c := range cases {
		got, changes, err := Amend("redbench.toml", c.before, Given{Name: "g", Text: c.given})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v, %v", c.name, got, changes, err)
		}
	}
	var mistakes *Error
	if _, _, err := Amend("x", "", Given{Env: []string{"REDBENCH_UI_LISTN=a"}}); !errors.As(err, &mistakes) || !strings.Contains(err.Error(), "did you mean REDBENCH_UI_LISTEN?") {
		t.Errorf("told %v", err)
	}
}

func FuzzAmend(f *testing.F) {
	f.Add(Sample(), "harbour")
	f.Add("[store]\nid = '''\n[store]\n''' # x\n", "b")
	f.Add("[store]\r\nid=[\r\n]", "c")
	f.Fuzz(func(t *testing.T, text, id string) {
		given := Given{Values: map[string]string{"store.id": id}}
		amended, _, err := Amend("redbench.toml", text, given)
		if err != nil {
			return
		}
		c, err := Parse("redbench.toml", amended, nil)
		if err != nil || c.Store.ID != strings.TrimSpace(id) {
			t.Fatalf("%q became %q: %v", text, amended, err)
		}
		if again, changes, err := Amend("redbench.toml", amended, given); err != nil || again != amended || len(changes) > 0 {
			t.Fatalf("again %q became %q: %v, %v", amended, again, changes, err)
		}
	})
}
