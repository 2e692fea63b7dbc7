// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// versions is one version as each kind of package has to spell it, so that it sorts as it should.
type versions struct {
	Program string // what the program says
	Linux   string // Debian and rpm: ~ sorts before nothing, + after it
	Windows string // three numbers
}

var (
	released = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$`)
	since    = regexp.MustCompile(`^(?:(.*)-)?(\d+)-g([0-9a-f]{7,})(-dirty)?$`)
)

// parseVersion understands what `git describe` and people write. What is built between two releases sorts after the first;
// what has no release yet sorts by the time of its commit.
func parseVersion(given string, commit time.Time) (versions, error) {
	parts := released.FindStringSubmatch(given)
	if parts == nil {
		return versions{}, fmt.Errorf("%q is no version: three numbers are needed, as in 1.2.3 or 1.2.3-rc.1", given)
	}
	for i, most := range []int{255, 255, 65535} { // what Windows Installer can compare
		if n, err := strconv.Atoi(parts[i+1]); err != nil || n > most {
			return versions{}, fmt.Errorf("%q is no version: its part %d may be %d at most", given, i+1, most)
		}
	}
	number := strings.Join(parts[1:4], ".")
	before, after := parts[4], parts[5]
	if before == "dev" {
		before = "dev." + commit.UTC().Format("20060102150405")
	}
	if between := since.FindStringSubmatch(before); between != nil {
		before, after = between[1], strings.TrimPrefix(after+"."+between[2]+".g"+between[3]+strings.Replace(between[4], "-", ".", 1), ".")
	} else if clean, dirty := strings.CutSuffix(before, "dirty"); dirty {
		before, after = strings.TrimSuffix(clean, "-"), strings.TrimPrefix(after+".dirty", ".")
	}
	linux := number
	if before != "" {
		linux += "~" + strings.ReplaceAll(before, "-", ".")
	}
	if after != "" {
		linux += "+" + strings.ReplaceAll(after, "-", ".")
	}
	return versions{Program: strings.TrimPrefix(given, "v"), Linux: linux, Windows: number}, nil
}
