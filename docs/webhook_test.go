// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
	"redbench/sync/hq/config"
)

// The worked example of a webhook is read, compiles, and maps the body that is sent to try it.
func TestTheWebhookOfTheOperationsWorks(t *testing.T) {
	text, err := os.ReadFile("operations.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```toml\n(\\[\\[webhook\\]\\].*?)```").FindSubmatch(text)
	body := regexp.MustCompile(`(?m)^body='(.*)'$`).FindSubmatch(text)
	if block == nil || body == nil {
		t.Fatal("there is no example any more")
	}
	c, err := config.Parse("hq.toml", string(block[1]), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := c.Webhooks[0]
	h, err := adapt.NewHook(w.Vendor, w.Format, w.Program, adapt.Options{Guard: guard.New(nil)})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	sent := regexp.MustCompile(`'\$\(.*?\)'`).ReplaceAll(body[1], []byte(now.Format(time.RFC3339)))
	events, err := h.Events(sent, now)
	if err != nil || len(events) != 1 {
		t.Fatalf("%s: %+v, %v", sent, events, err)
	}
	e := events[0]
	if e.Store != "harbour" || e.Lane != "3" || e.ID != "e-1" || !e.Time.Equal(now) || e.Identifier != (edge.Identifier{Kind: edge.KindApp, Value: "M-4711"}) {
		t.Errorf("%+v", e)
	}
}
