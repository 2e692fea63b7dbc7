// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// Office is a head office in memory, for one store: it takes records by number, keeps orders, and tells changes in their
// order. It is safe for concurrent use.
type Office struct {
	Broken Flaw // what it does wrong on purpose, as a control of the tests

	zstd *wire.Zstd
	mux  *http.ServeMux

	mu      sync.Mutex
	boxes   map[string]*outbox
	visits  map[string]int // how often each was counted
	batches int
	orders  map[string]edge.Order
	calls   []string
	changes []edge.Change
	page    int
	told    chan struct{} // closed when a change is added
	found   map[string]edge.Found
	status  []wire.BoxStatus
	tokens  []string // none: any is taken
	epoch   string
}

type outbox struct {
	givenUp bool // another box says that it was this one
	upto    uint64
	ids     map[uint64]string
}

// Flaw is what a broken head office does.
type Flaw string

// The flaws.
const (
	Sound     Flaw = ""
	Forgetful Flaw = "forgetful" // counts again what comes again
	Hasty     Flaw = "hasty"     // says of the last record of each batch that it is durable, and loses it
)

// NewOffice makes one that knows nothing.
func NewOffice() *Office {
	packer, err := wire.NewZstd(1)
	if err != nil {
		panic(err)
	}
	o := &Office{zstd: packer, boxes: map[string]*outbox{}, visits: map[string]int{}, orders: map[string]edge.Order{}, page: 100,
		told: make(chan struct{}), found: map[string]edge.Found{}, epoch: "a"}
	o.mux = http.NewServeMux()
	o.handle(wire.CallRecords, o.records)
	o.handle(wire.CallOrders, o.takeOrders)
	o.handle(wire.CallChanges, o.tellChanges)
	o.handle(wire.CallLookup, o.lookup)
	o.handle(wire.CallStatus, o.takeStatus)
	o.handle(wire.CallToken, o.token)
	return o
}

func (o *Office) handle(pattern string, serve func(http.ResponseWriter, *http.Request) error) {
	name := pattern[strings.LastIndexByte(pattern, '/')+1:]
	o.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.calls = append(o.calls, name)
		o.mu.Unlock()
		if !o.knows(r) {
			wire.Refuse(w, wire.Problem{Type: wire.ProblemRevoked, Title: "revoked", Status: http.StatusUnauthorized})
			return
		}
		if err := serve(w, r); err != nil {
			refuse(w, err)
		}
	})
}

func refuse(w http.ResponseWriter, err error) {
	problem := wire.Problem{Title: "not understood", Detail: err.Error(), Status: http.StatusBadRequest}
	if p, ok := errors.AsType[wire.Problem](err); ok {
		problem = p
	} else if conflict, ok := errors.AsType[*wire.Conflict](err); ok {
		problem = conflict.Problem()
	} else if errors.Is(err, wire.ErrEncoding) {
		problem.Status = http.StatusUnsupportedMediaType
	}
	wire.Refuse(w, problem)
}

func (o *Office) knows(r *http.Request) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.tokens) == 0 {
		return true
	}
	for i, token := range o.tokens {
		if r.Header.Get("Authorization") == "Bearer "+token {
			if !strings.HasSuffix(r.URL.Path, "/token") {
				o.tokens = o.tokens[i:] // a former one is void once the next was used
			}
			return true
		}
	}
	return false
}

// ServeHTTP answers a box's calls.
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.mux.ServeHTTP(w, r) }

func (o *Office) records(w http.ResponseWriter, r *http.Request) error {
	data, err := o.zstd.ReadBody(r.Header, r.Body, wire.MaxBatch)
	if err != nil {
		return err
	}
	box, records, err := wire.DecodeRecords(data)
	if err != nil {
		return err
	}
	ack, err := o.take(box, records)
	if err != nil {
		return err
	}
	return o.zstd.AnswerMessage(w, r, http.StatusOK, ack)
}

func (o *Office) take(box string, records []edge.Record) (wire.Ack, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.batches++
	b := o.boxes[box]
	if b == nil {
		b = &outbox{ids: map[uint64]string{}}
		o.boxes[box] = b
	}
	if b.givenUp {
		return wire.Ack{}, &wire.Conflict{Detail: "given up"}
	}
	for i, r := range records {
		for _, former := range r.Former {
			if was := o.boxes[former]; was != nil {
				was.givenUp = true
			}
		}
		known := r.Seq <= b.upto
		switch {
		case known && o.Broken != Forgetful && b.ids[r.Seq] != r.ID:
			return wire.Ack{}, &wire.Conflict{Detail: "record " + strconv.FormatUint(r.Seq, 10)}
		case known && o.Broken != Forgetful:
			continue
		case !known && r.Prev != b.upto:
			return wire.Ack{Upto: b.upto}, nil
		}
		b.upto, b.ids[r.Seq] = max(b.upto, r.Seq), r.ID
		if o.Broken == Hasty && i == len(records)-1 {
			continue
		}
		if r.Visit != nil {
			o.count(r.Visit.ID, known)
		}
	}
	return wire.Ack{Upto: b.upto}, nil
}

// count counts a visit once, however often it is told under whatever number. Only the forgetful does not.
func (o *Office) count(id string, known bool) {
	if o.visits[id] == 0 || known {
		o.visits[id]++
	}
}

func (o *Office) takeOrders(w http.ResponseWriter, r *http.Request) error {
	var request wire.OrdersRequest
	if err := o.message(r, &request); err != nil {
		return err
	}
	o.mu.Lock()
	for _, order := range request.Orders {
		o.orders[order.ID()] = order
	}
	o.mu.Unlock()
	return o.zstd.AnswerMessage(w, r, http.StatusOK, wire.OrdersAnswer{Taken: len(request.Orders)})
}

func (o *Office) message(r *http.Request, into any) error {
	data, err := o.zstd.ReadBody(r.Header, r.Body, wire.MaxMessage)
	if err != nil {
		return err
	}
	return wire.Unmarshal(data, into)
}

// tellChanges answers with a page of what comes after the cursor, "epoch.number", and waits for something to tell.
func (o *Office) tellChanges(w http.ResponseWriter, r *http.Request) error {
	wait, err := strconv.Atoi(r.FormValue("wait"))
	if err != nil || wait < 0 || wait > wire.MaxWait {
		return wire.Problem{Title: "no time to wait", Status: http.StatusBadRequest}
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(wait)*time.Second)
	defer cancel()
	for {
		page, told, err := o.after(r.FormValue("after"))
		if err != nil {
			return err
		}
		if len(page.Changes) == 0 && ctx.Err() == nil && wait > 0 {
			select {
			case <-told:
			case <-ctx.Done():
			}
			continue
		}
		data, err := wire.EncodePage(nil, page)
		if err != nil {
			return err
		}
		return o.zstd.Answer(w, r, http.StatusOK, wire.TypeLines, data)
	}
}

func (o *Office) after(cursor string) (page edge.Page, told <-chan struct{}, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	from := 0
	if cursor != "" {
		epoch, number, _ := strings.Cut(cursor, ".")
		if from, err = strconv.Atoi(number); err != nil || epoch != o.epoch || from < 0 || from > len(o.changes) {
			return page, nil, wire.Problem{Title: "no cursor of this head office's", Status: http.StatusGone}
		}
	}
	upto := min(from+o.page, len(o.changes))
	page = edge.Page{Changes: o.changes[from:upto:upto], Cursor: o.epoch + "." + strconv.Itoa(upto), More: upto < len(o.changes)}
	return page, o.told, nil
}

func (o *Office) lookup(w http.ResponseWriter, r *http.Request) error {
	var request wire.LookupRequest
	if err := o.message(r, &request); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range request.Hashes {
		if found, is := o.found[string(h.Sum)]; is {
			return o.zstd.AnswerMessage(w, r, http.StatusOK, found)
		}
	}
	return wire.Problem{Title: "nobody", Status: http.StatusNotFound}
}

func (o *Office) takeStatus(w http.ResponseWriter, r *http.Request) error {
	var status wire.BoxStatus
	if err := o.message(r, &status); err != nil {
		return err
	}
	o.mu.Lock()
	o.status = append(o.status, status)
	upto := uint64(0)
	answer := wire.StatusAnswer{Now: time.Now().UTC(), Upto: &upto}
	if b := o.boxes[status.Box]; b != nil {
		upto, answer.GivenUp = b.upto, b.givenUp
	}
	o.mu.Unlock()
	return o.zstd.AnswerMessage(w, r, http.StatusOK, answer)
}

func (o *Office) token(w http.ResponseWriter, r *http.Request) error {
	o.mu.Lock()
	next := "token-" + newID()
	if len(o.tokens) > 0 {
		o.tokens = append(o.tokens, next)
	}
	o.mu.Unlock()
	return o.zstd.AnswerMessage(w, r, http.StatusOK, wire.TokenAnswer{Token: next})
}
