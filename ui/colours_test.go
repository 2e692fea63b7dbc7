// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast holds WCAG 2.2's contrast for small text, light and dark.
func TestContrast(t *testing.T) {
	css, err := static.ReadFile("static/base.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("no dark colours")
	}
	dark, _, _ = strings.Cut(dark, "box-sizing")
	for scheme, part := range map[string]string{"light": light, "dark": dark} {
		colours := colours(t, part)
		for _, ground := range []string{"paper", "card", "grey"} {
			for _, ink := range []string{"ink", "soft", "red", "green"} {
				if got := contrast(colours[ink], colours[ground]); got < 4.5 {
					t.Errorf("%s: %s on %s has %.2f", scheme, ink, ground, got)
				}
			}
			if got := contrast(colours["edge"], colours[ground]); got < 3 {
				t.Errorf("%s: a button's edge on %s has %.2f", scheme, ground, got)
			}
		}
		if got := contrast(colours["on-red"], colours["red"]); got < 4.5 {
			t.Errorf("%s: on a red button %.2f", scheme, got)
		}
	}
}

var declaration = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{3,6});`)

func colours(t *testing.T, css string) map[string][3]float64 {
	t.Helper()
	found := map[string][3]float64{}
	for _, match := range declaration.FindAllStringSubmatch(css, -1) {
		hex := match[2]
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		var rgb [3]float64
		for i := range rgb {
			n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			rgb[i] = float64(n) / 255
		}
		found[match[1]] = rgb
	}
	return found
}

func contrast(a, b [3]float64) float64 {
	one, two := luminance(a), luminance(b)
	return (max(one, two) + .05) / (min(one, two) + .05)
}

func luminance(c [3]float64) float64 {
	for i, v := range c {
		if v <= .04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+.055)/1.055, 2.4)
		}
	}
	return .2126*c[0] + .7152*c[1] + .0722*c[2]
}
