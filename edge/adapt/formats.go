// SPDX-License-Identifier: Apache-2.0

package adapt

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// formats turn a payload into the value that a jq program works on.
var formats = map[string]func(payload []byte, o Options) (any, *Rejection){
	"json": readJSON,
	"xml":  readXML,
	"form": readForm,
	"text": readText,
}

func (d *Decoder) input(format string, payload []byte) (any, *Rejection) {
	return formats[format](payload, d.options)
}

func readJSON(payload []byte, o Options) (any, *Rejection) {
	if !utf8.Valid(payload) {
		return nil, reject(CodeText, "not UTF-8")
	}
	r := reader{json: jsontext.NewDecoder(bytes.NewBuffer(payload)), maxDepth: o.MaxDepth}
	if rejection := first(r.skip(), r.end()); rejection != nil {
		return nil, rejection
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, reject(CodeJSON, "malformed")
	}
	return value, nil
}

// readText takes a bare scan: what a scanner puts around the code is taken off.
func readText(payload []byte, _ Options) (any, *Rejection) {
	if !utf8.Valid(payload) {
		return nil, reject(CodeText, "not UTF-8")
	}
	return strings.Trim(string(payload), "\x00\x02\x03\r\n\t "), nil
}

func readForm(payload []byte, _ Options) (any, *Rejection) {
	values, err := url.ParseQuery(strings.TrimSpace(string(payload)))
	if err != nil {
		return nil, reject(CodeText, "not a form")
	}
	form := make(map[string]any, len(values))
	for key, all := range values {
		if !utf8.ValidString(key) || !utf8.ValidString(strings.Join(all, "")) {
			return nil, reject(CodeText, "not UTF-8")
		}
		if len(all) == 1 {
			form[key] = all[0]
			continue
		}
		list := make([]any, len(all))
		for i := range all {
			list[i] = all[i]
		}
		form[key] = list
	}
	return form, nil
}
