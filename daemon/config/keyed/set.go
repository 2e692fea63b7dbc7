// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
)

// Set stores a decoded TOML value, and says in a person's words when it is of another kind.
func Set(target, value any) error {
	switch t := target.(type) {
	case *string:
		text, ok := value.(string)
		if !ok {
			return mismatch(`a text in quotes`, value)
		}
		*t = text
	case *edge.Consent:
		text, ok := value.(string)
		if !ok {
			return mismatch(`a text in quotes`, value)
		}
		*t = edge.Consent(text)
	case *bool:
		yes, ok := value.(bool)
		if !ok {
			return mismatch("true or false", value)
		}
		*t = yes
	case *int:
		number, ok := value.(int64)
		if !ok || int64(int(number)) != number {
			return mismatch("a whole number", value)
		}
		*t = int(number)
	case *float64:
		return setFloat(t, value)
	case *[]string:
		return setList(t, value)
	default:
		return fmt.Errorf("has no kind that can be set: %T", target)
	}
	return nil
}

func setFloat(t *float64, value any) error {
	switch number := value.(type) {
	case int64:
		*t = float64(number)
	case float64:
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return mismatch("a number", value)
		}
		*t = number
	default:
		return mismatch("a number", value)
	}
	return nil
}

func setList(t *[]string, value any) error {
	items, ok := value.([]any)
	if !ok {
		return mismatch(`a list of texts, as in ["a", "b"]`, value)
	}
	list := make([]string, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			return mismatch(`a list of texts, as in ["a", "b"]`, value)
		}
		list[i] = text
	}
	*t = list
	return nil
}

func mismatch(want string, got any) error {
	return fmt.Errorf("must be %s, and is %s", want, kind(got))
}

func kind(value any) string {
	switch v := value.(type) {
	case string:
		return "a text"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		return "a list"
	case map[string]any, []map[string]any:
		return "a section"
	case time.Time:
		return "a date"
	default:
		return "something else"
	}
}

// setText stores a value from the environment, where everything is text and a list is written a,b,c.
func setText(target any, text string) error {
	text = strings.TrimSpace(text)
	switch t := target.(type) {
	case *bool:
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("must be true or false")
		}
		*t = yes
	case *int:
		number, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("must be a whole number")
		}
		*t = number
	case *float64:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("must be a number")
		}
		return setFloat(t, number)
	case *[]string:
		*t = nil
		for _, item := range strings.Split(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*t = append(*t, item)
			}
		}
	default:
		return Set(target, text)
	}
	return nil
}
