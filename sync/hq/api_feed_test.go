// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"strconv"
	"strings"
	"testing"

	"redbench/edge"
	"redbench/sync/wire"
)

func TestTheFeedEndsWithItsCursor(t *testing.T) {
	var asks []string
	office := &fakeOffice{user: User{Role: RoleFeed}, feed: func(after string, limit int) ([]FeedItem, string, error) {
		asks = append(asks, after+" "+strconv.Itoa(limit))
		items := []FeedItem{{Cursor: "1", Kind: "erasure", Erasure: &edge.Erasure{ID: "e"}}, {Cursor: "2", Kind: "summary", Summary: &edge.Summary{ID: "s"}}}
		return items[:min(limit, 2)], strconv.Itoa(min(limit, 2)), nil
	}}
	a := fakeAPI(t, office)
	token := []string{"Authorization", "Bearer " + FeedToken("crm", "right")}
	for query, want := range map[string]string{"": `{"cursor":"2"}`, "?after=0&limit=2": `{"cursor":"2","more":true}`, "?limit=1": `{"cursor":"1","more":true}`} {
		got := a.do(t, asked{method: "GET", path: "/v1/feed" + query, header: token})
		lines := strings.Split(strings.TrimSuffix(got.body, "\n"), "\n")
		if got.status != 200 || lines[len(lines)-1] != want || got.header.Get("Content-Type") != wire.TypeLines {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
		if !strings.Contains(lines[0], `"kind":"erasure"`) {
			t.Errorf("%s", lines[0])
		}
	}
	for _, query := range []string{"?limit=0", "?limit=10001", "?limit=x", "?wait=3"} {
		if got := a.do(t, asked{method: "GET", path: "/v1/feed" + query, header: token}); got.status != 400 {
			t.Errorf("%s: %d", query, got.status)
		}
	}
}

// What does not fit comes with the next question: the cursor is that of the last item that did.
func TestTheFeedIsCutWhereItIsFull(t *testing.T) {
	big := strings.Repeat("x", wire.MaxBatch/3)
	items := make([]FeedItem, 5)
	for i := range items {
		items[i] = FeedItem{Cursor: strconv.Itoa(i + 1), Kind: "outcome", Outcome: &edge.OutcomeState{ID: big}}
	}
	data, err := encodeFeed(items, feedEnd{Cursor: "5"})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if len(lines) != 3 || lines[2] != `{"cursor":"2","more":true}` || len(data) > wire.MaxBatch {
		t.Errorf("%d lines, %d bytes, the last %.60s", len(lines), len(data), lines[len(lines)-1])
	}
	one := []FeedItem{{Cursor: "1", Outcome: &edge.OutcomeState{ID: strings.Repeat(big, 4)}}}
	if data, err = encodeFeed(one, feedEnd{Cursor: "1"}); err != nil || !strings.HasSuffix(string(data), "{\"cursor\":\"1\"}\n") {
		t.Errorf("a single item that is too large stops the feed for ever: %v", err)
	}
}
