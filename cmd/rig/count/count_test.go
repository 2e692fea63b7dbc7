// SPDX-License-Identifier: Apache-2.0

package count

import (
	"fmt"
	"strings"
	"testing"
)

func TestOnceFindsEachThingThatGoesWrong(t *testing.T) {
	told := strings.Fields("a b c d e")
	for arrived, want := range map[string]Counted{
		"a b c d e":   {Told: 5, Arrived: 5},
		"a b d e":     {Told: 5, Arrived: 4, Lost: 1},
		"a b b c d e": {Told: 5, Arrived: 6, Doubled: 1},
		"a c b d e":   {Told: 5, Arrived: 5, Disorder: 1},
		"e a b c d":   {Told: 5, Arrived: 5, Disorder: 4},
		"a b c d e x": {Told: 5, Arrived: 6, Strange: 1},
		"":            {Told: 5, Lost: 5},
	} {
		if got := Once(told, strings.Fields(arrived)); got != want {
			t.Errorf("%q: %v", arrived, got)
		}
	}
}

func TestControl(t *testing.T) {
	var told []string
	for i := range 20 {
		told = append(told, fmt.Sprint(i))
	}
	if err := Control(told, told); err != nil {
		t.Error(err)
	}
	if err := Control(nil, told); err == nil {
		t.Error("a count that finds nothing passed its control")
	}
}
