// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"redbench/sync/wire"
)

const (
	feedTokenPrefix = "rbf1."
	feedLimit       = 1_000  // items of one answer where nothing else is asked for
	maxFeedLimit    = 10_000 // and at most
)

// FeedToken is what a reader of the feed sends as Authorization: Bearer: the name and the secret that AddUser gave.
func FeedToken(name, secret string) string {
	return feedTokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(name)) + "." + secret
}

func parseFeedToken(token string) (name, secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, feedTokenPrefix)
	if !ok || len(token) > maxToken {
		return "", "", false
	}
	encoded, secret, ok := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(raw) == 0 || secret == "" {
		return "", "", false
	}
	return string(raw), secret, true
}

// reader lets in a program that reads the feed.
func (c *call) reader() error {
	name, secret, ok := parseFeedToken(bearer(c.r))
	if !ok {
		return refuseReader()
	}
	user, err := c.api.hq.CheckUser(c.r.Context(), name, secret)
	switch {
	case errors.Is(err, ErrSignIn):
		return refuseReader()
	case err != nil:
		return err
	case user.Role != RoleFeed:
		return refuse(http.StatusForbidden, "this user may not read the feed; make one that may: redbench-hq user add NAME --role feed")
	}
	return nil
}

func refuseReader() *refusal {
	return refuse(http.StatusUnauthorized, "the feed is read with a token of its own; make one: redbench-hq user add NAME --role feed").
		with("WWW-Authenticate", `Bearer realm="redbench-hq feed"`)
}

// feedEnd is the last line of an answer. One without it was cut off on its way.
type feedEnd struct {
	Cursor string `json:"cursor"`
	More   bool   `json:"more,omitempty"` // there is more to be had at once
}

// feed tells everything, in the order of last changes.
func (c *call) feed() error {
	if err := c.reader(); err != nil {
		return err
	}
	query, err := c.query("after", "limit")
	if err != nil {
		return err
	}
	limit, err := number(query["limit"], "limit", 1, maxFeedLimit, feedLimit)
	if err != nil {
		return err
	}
	items, cursor, more, err := c.api.hq.FeedWithin(c.r.Context(), query["after"], limit, wire.MaxBatch)
	if err != nil {
		return err
	}
	data, err := encodeFeed(items, feedEnd{Cursor: cursor, More: more})
	if err != nil {
		return err
	}
	return c.send(wire.TypeLines, data)
}

// encodeFeed writes a line an item, as many as fit, and a last one with the cursor after them.
func encodeFeed(items []FeedItem, end feedEnd) ([]byte, error) {
	var out []byte
	for i := range items {
		line, err := wire.Marshal(&items[i])
		if err != nil {
			return nil, err
		}
		if i > 0 && len(out)+len(line) > wire.MaxBatch {
			end = feedEnd{Cursor: items[i-1].Cursor, More: true}
			break
		}
		out = append(append(out, line...), '\n')
	}
	last, err := wire.Marshal(end)
	if err != nil {
		return nil, err
	}
	return append(append(out, last...), '\n'), nil
}
