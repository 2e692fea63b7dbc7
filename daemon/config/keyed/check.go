// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Between tells a number that is out of range. unit follows the range in the message.
func (r *Reading) Between(section, key string, value, low, high float64, unit string) {
	if value < low || value > high {
		r.Bad(section, key, "must be %s to %s %s; it is %s", number(low), number(high), unit, number(value))
	}
}

// Among tells a value that is none of the choices.
func (r *Reading) Among(section, key, value string, choices []string) {
	if !slices.Contains(choices, value) {
		r.Bad(section, key, "must be %s; it is %q%s", OneOf(choices), value, Nearest(value, choices))
	}
}

// Pair tells a certificate without its key, or a key without its certificate.
func (r *Reading) Pair(section, cert, key string) {
	switch {
	case cert != "" && key == "":
		r.Bad(section, "cert_file", "needs key_file beside it")
	case cert == "" && key != "":
		r.Bad(section, "key_file", "needs cert_file beside it")
	}
}

// PublicURL tells what is not scheme, host and port only. An empty value passes. like is such a URL.
func (r *Reading) PublicURL(section, key, value, like string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		r.Bad(section, key, "must be a URL, as in %s; it is %q", like, value)
		return
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		r.Bad(section, key, "must be scheme, host and port only, as in %s://%s", u.Scheme, u.Host)
	}
}

func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// OneOf writes choices as "a, b or c".
func OneOf(choices []string) string {
	if len(choices) == 1 {
		return choices[0]
	}
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
