// SPDX-License-Identifier: Apache-2.0

package office

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"redbench/sync/hq"
)

// Feed reads everything that head office knows, in its order, as a chain's warehouse does. each is given an item and the
// line that it came in, which is good until it returns.
func (o *Office) Feed(ctx context.Context, each func(item hq.FeedItem, line []byte) error) error {
	if o.token == "" {
		var let struct {
			Token string `json:"token"`
		}
		if err := o.JSON(ctx, &let, "user", "add", "rig", "--role", "feed"); err != nil {
			return err
		}
		o.token = let.Token
	}
	cursor := ""
	for more := true; more; {
		end, err := o.feedPage(ctx, cursor, each)
		if err != nil {
			return err
		}
		cursor, more = end.Cursor, end.More
	}
	return nil
}

// feedEnd is the last line of a page.
type feedEnd struct {
	Kind   string `json:"kind"` // of an item; the end has none
	Cursor string `json:"cursor"`
	More   bool   `json:"more"`
}

func (o *Office) feedPage(ctx context.Context, cursor string, each func(hq.FeedItem, []byte) error) (end feedEnd, err error) {
	answer, err := o.get(ctx, "/v1/feed?limit=10000&after="+url.QueryEscape(cursor), o.token)
	if err != nil {
		return end, fmt.Errorf("reading the feed: %w", err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return end, fmt.Errorf("reading the feed: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return end, fmt.Errorf("reading the feed: %s: %s", answer.Status, data)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		end = feedEnd{}
		if err := json.Unmarshal(lines.Bytes(), &end); err != nil {
			return end, fmt.Errorf("reading the feed: %w", err)
		}
		if end.Kind == "" {
			return end, nil
		}
		var item hq.FeedItem
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
			return end, fmt.Errorf("reading the feed: %w", err)
		}
		if err := each(item, lines.Bytes()); err != nil {
			return end, err
		}
	}
	return end, fmt.Errorf("reading the feed: a page was cut off")
}
