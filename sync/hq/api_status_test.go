// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"encoding/json"
	"strings"
	"testing"
)

// People read a status on a page; what no box says is refused, and why a playbook was refused is made plain.
func TestAStatusIsChecked(t *testing.T) {
	a := fakeAPI(t, &fakeOffice{})
	ask := func(old, new string) answered {
		body := strings.Replace(statusBody, old, new, 1)
		return a.do(t, asked{method: "POST", path: "/v1/stores/s1/status", body: body})
	}
	long, err := json.Marshal(strings.Repeat("line\n", 1000))
	if err != nil {
		t.Fatal(err)
	}
	for old, c := range map[string]struct {
		new  string
		want int
	}{
		`"version":"1"`: {`"version":"` + strings.Repeat("1", 65) + `"`, 400},
		`"run":"r"`:     {`"run":"a\u0007b"`, 400},
		`"records":0`:   {`"records":-1`, 400},
		`"clock"`:       {`"playbook_refused":{"version":3,"why":` + string(long) + `},"clock"`, 200},
	} {
		if got := ask(old, c.new); got.status != c.want {
			t.Errorf("%.60s: %d %s", c.new, got.status, got.body)
		}
	}
}
