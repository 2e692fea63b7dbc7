// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

const (
	// maxWait is how long a question for changes waits at most, whatever it asks for: proxies cut off silent connections.
	maxWait = 60 * time.Second
	// lookAgain is how often a waiting question's credentials are looked at: another process may have revoked them.
	lookAgain = time.Second
	// takeWithin bounds a batch in the database, so that one that hangs cannot hold the line for ever.
	takeWithin = time.Minute
)

// authenticate lets in the store whose token came along, and no other store's path.
func (c *call) authenticate() error {
	token, err := c.api.key.parse(bearer(c.r))
	if err != nil {
		return refuseCredentials()
	}
	if token.Store != c.vars["store"] {
		return refuse(http.StatusForbidden, "this token is another store's; call the path of the store that it was made for")
	}
	if err := c.api.hq.Authenticate(c.r.Context(), token.Store, token.Serial); err != nil {
		return err
	}
	c.store, c.token = token.Store, token
	return nil
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// records takes a batch. What is on its way here waits packed; only a few batches at a time are unpacked and written.
func (c *call) records() error {
	if c.api.batches.full() {
		return refuseBusy()
	}
	leave, in := c.api.coming.enter(c.r.Context().Done())
	if !in {
		return refuseBusy()
	}
	defer leave()
	packed, err := c.packed(wire.TypeLines, wire.MaxBatch)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), takeWithin)
	defer cancel()
	done, in := c.api.batches.enter(ctx.Done())
	if !in {
		return refuseBusy()
	}
	ack, err := c.take(ctx, packed)
	done()
	if err != nil {
		return err
	}
	return c.answer(ack)
}

func (c *call) take(ctx context.Context, packed []byte) (wire.Ack, error) {
	data, err := c.unpack(packed, wire.MaxBatch)
	if err != nil {
		return wire.Ack{}, err
	}
	box, records, err := wire.DecodeRecords(data)
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return wire.Ack{}, refuse(http.StatusRequestEntityTooLarge, "a batch is at most %d records and %d bytes, a line %d; send fewer at once",
			wire.MaxRecords, wire.MaxBatch, wire.MaxLine)
	case err != nil:
		return wire.Ack{}, refuse(http.StatusBadRequest, "%v; nothing of this batch was taken", err)
	case len(records) == 0:
		return wire.Ack{}, refuse(http.StatusBadRequest, "a batch has one record at least")
	}
	ack, err := c.api.hq.Take(ctx, c.store, box, records)
	if err == nil {
		c.api.metrics.records.Add(float64(len(records)))
	}
	return ack, err
}

// orders takes erasures and receipts. They pass by the line of the batches.
func (c *call) orders() error {
	var request wire.OrdersRequest
	if err := c.message(&request); err != nil {
		return err
	}
	if err := wire.CheckOrders(request.Orders); err != nil {
		return refuse(http.StatusBadRequest, "%v; nothing of these orders was taken", err)
	}
	if err := c.api.hq.Orders(c.r.Context(), c.store, request.Orders); err != nil {
		return err
	}
	return c.answer(wire.OrdersAnswer{Taken: len(request.Orders)})
}

func (c *call) lookup() error {
	if wait := c.api.lookups.take(c.store); wait > 0 {
		return refuseRate(wait, "lookups")
	}
	if wait, first := c.api.lookupsDay.take(c.store); wait > 0 {
		if first {
			c.api.opt.Log.Error("a store looks up more customers in a day than can come to it; it is refused until tomorrow",
				"store", c.store, "lookups", lookupsADay)
		}
		return refuseRate(wait, "lookups today")
	}
	var request wire.LookupRequest
	if err := c.message(&request); err != nil {
		return err
	}
	if err := wire.CheckHashes(request.Hashes); err != nil {
		return refuse(http.StatusBadRequest, "%v; want 1 to %d hashes of 32 bytes", err, wire.MaxHashes)
	}
	found, err := c.api.hq.Lookup(c.r.Context(), c.store, request.Hashes)
	if errors.Is(err, edge.ErrNotFound) {
		return refuse(http.StatusNotFound, "nobody is known by this; greet a stranger")
	}
	if err != nil {
		return err
	}
	return c.answer(found)
}

func (c *call) status() error {
	var request wire.BoxStatus
	if err := c.message(&request); err != nil {
		return err
	}
	if r := request.PlaybookRefused; r != nil {
		r.Why = wire.PlainWhy(r.Why)
	}
	if err := wire.CheckStatus(&request); err != nil {
		return refuse(http.StatusBadRequest, "%v; want texts of 64 bytes at most, and counts that are not negative", err)
	}
	answer, err := c.api.hq.Status(c.r.Context(), c.store, request)
	if err != nil {
		return err
	}
	return c.answer(answer)
}

// changes answers with what is new for a store, or waits for it. An empty page is an answer, too: the box has asked.
func (c *call) changes() error {
	query, err := c.query("after", "wait", "limit")
	if err != nil {
		return err
	}
	wait, err := number(query["wait"], "wait", 0, wire.MaxWait, 0)
	if err != nil {
		return err
	}
	limit, err := number(query["limit"], "limit", 1, wire.MaxChanges, 0)
	if err != nil {
		return err
	}
	after := query["after"]
	page, err := c.api.hq.Changes(c.r.Context(), c.store, after, limit)
	if err == nil && len(page.Changes) == 0 && !page.More && wait > 0 && c.r.Method != http.MethodHead {
		if err = c.wait(after, min(time.Duration(wait)*time.Second, maxWait)); err == nil {
			page, err = c.api.hq.Changes(c.r.Context(), c.store, after, limit)
		}
	}
	if errors.Is(err, ErrCursor) { // one of a store that was revoked since it was let in is none either
		err = cmp.Or(c.stillMine(), err)
	}
	if err != nil {
		return err
	}
	data, err := wire.EncodePage(nil, page)
	if err != nil {
		return err
	}
	return c.send(wire.TypeLines, data)
}

// wait returns when there may be something to tell, when nobody asks any more, or in the end. Credentials that were
// revoked meanwhile end it with ErrRevoked.
func (c *call) wait(after string, most time.Duration) error {
	ctx, cancel := context.WithTimeout(c.r.Context(), most)
	defer cancel()
	defer c.api.polls.enter(c.store, cancel)()
	c.api.metrics.waiting.Inc()
	defer c.api.metrics.waiting.Dec()
	told := make(chan error, 1)
	go func() { told <- c.api.hq.Wait(ctx, c.store, after) }()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		select {
		case err := <-told:
			if gone := c.stillMine(); gone != nil { // before what a revoked store's cursor is
				return gone
			}
			if err != nil && ctx.Err() == nil {
				return err
			}
			return nil
		case <-again.C:
			if err := c.stillMine(); err != nil {
				return err
			}
		case <-c.api.closing:
			return nil
		}
	}
}

func (c *call) stillMine() error {
	if c.r.Context().Err() != nil {
		return nil // nobody waits for the answer
	}
	return c.api.hq.Authenticate(c.r.Context(), c.token.Store, c.token.Serial)
}

// query reads the parameters of a call, each once at most and none that is not known.
func (c *call) query(known ...string) (map[string]string, error) {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query is not readable; want ?name=value&…")
	}
	got := make(map[string]string, len(values))
	for name, list := range values {
		if !slices.Contains(known, name) || len(list) != 1 {
			return nil, refuse(http.StatusBadRequest, "this call knows the parameters %s, each once", strings.Join(known, ", "))
		}
		got[name] = list[0]
	}
	return got, nil
}

func number(text, name string, least, most, absent int) (int, error) {
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, refuse(http.StatusBadRequest, "%s is a number from %d to %d", name, least, most)
	}
	return n, nil
}
