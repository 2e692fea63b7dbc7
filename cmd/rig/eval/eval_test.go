// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissingDataIsNamed(t *testing.T) {
	dir := t.TempDir()
	all := []part{{set: "tafeng"}, {set: "coop_italy"}}
	if err := os.MkdirAll(filepath.Join(dir, "tafeng"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tafeng", "baskets.csv.gz"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		o         options
		has, lack string
	}{
		{options{}, "DATA=DIR", ""},
		{options{data: dir}, filepath.Join("coop_italy", "transactions.csv.gz"), "tafeng"},
		{options{data: dir, only: []string{"cafe"}}, `no such set: "cafe"`, ""},
	} {
		err := run(context.Background(), test.o, all, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.has) || test.lack != "" && strings.Contains(err.Error(), test.lack) {
			t.Errorf("%+v: %v", test.o, err)
		}
	}
	if wanted, err := chosen(options{data: dir, only: []string{"tafeng"}}, all); err != nil || len(wanted) != 1 {
		t.Errorf("only tafeng: %v, %v", wanted, err)
	}
}

func TestAnAimThatIsMissedFails(t *testing.T) {
	var out strings.Builder
	for _, pass := range []bool{true, false} {
		m := measure{Name: "recall@10", Result: .1}.least(map[bool]float64{true: .1, false: .2}[pass])
		if m.Pass != pass {
			t.Errorf("%+v", m)
		}
		if err := write(&out, []measure{m, {Name: "no aim"}}, !pass); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); !strings.Contains(got, "pass") || !strings.Contains(got, `"pass": false`) {
		t.Error(got)
	}
}
