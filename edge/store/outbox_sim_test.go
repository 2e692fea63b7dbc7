// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/exchange"
	"redbench/edge/seal"
)

// receiver is a head office that keeps the rules of the way up and nothing else: a place for each box, each record once
// by its id, states that merge.
type receiver struct {
	upto      map[string]uint64
	ids       map[string]map[uint64]string // of each box, by number
	customers map[string]edge.CustomerState
	facts     map[string]edge.FactState
	visits    map[string]edge.VisitState
	outcomes  map[string]bool
	sums      map[string]map[string]int // counts, by the sum's id
}

func newReceiver() *receiver {
	return &receiver{upto: map[string]uint64{}, ids: map[string]map[uint64]string{}, customers: map[string]edge.CustomerState{}, facts: map[string]edge.FactState{},
		visits: map[string]edge.VisitState{}, outcomes: map[string]bool{}, sums: map[string]map[string]int{}}
}

// take refuses a batch in which another record stands under a number that is known.
func (h *receiver) take(box string, records []edge.Record) (upto uint64, conflict bool) {
	if h.ids[box] == nil {
		h.ids[box] = map[uint64]string{}
	}
	for upto, i := h.upto[box], 0; i < len(records); i++ {
		switch r := records[i]; {
		case r.Seq <= upto && h.ids[box][r.Seq] == r.ID:
		case r.Seq <= upto || r.Prev < upto:
			return 0, true
		case r.Prev == upto:
			upto = r.Seq
		}
	}
	for _, r := range records {
		if r.Seq > h.upto[box] && r.Prev == h.upto[box] {
			h.upto[box], h.ids[box][r.Seq] = r.Seq, r.ID
			h.keep(r)
		}
	}
	return h.upto[box], false
}

// backup is head office as it is now.
func (h *receiver) backup() *receiver {
	c := &receiver{upto: maps.Clone(h.upto), ids: map[string]map[uint64]string{}, customers: maps.Clone(h.customers), facts: maps.Clone(h.facts),
		visits: maps.Clone(h.visits), outcomes: maps.Clone(h.outcomes), sums: maps.Clone(h.sums)}
	for box, ids := range h.ids {
		c.ids[box] = maps.Clone(ids)
	}
	return c
}

func (h *receiver) summed(kind string) (n int) {
	for _, counts := range h.sums {
		n += counts[kind]
	}
	return n
}

func (h *receiver) keep(r edge.Record) {
	switch {
	case r.Customer != nil:
		if have, is := h.customers[r.Customer.ID]; is {
			h.customers[r.Customer.ID] = have.Merge(*r.Customer)
		} else {
			h.customers[r.Customer.ID] = *r.Customer
		}
	case r.Fact != nil:
		if have, is := h.facts[r.Fact.ID]; is {
			h.facts[r.Fact.ID] = have.Merge(*r.Fact)
		} else {
			h.facts[r.Fact.ID] = *r.Fact
		}
	case r.Visit != nil:
		if have := h.visits[r.Visit.ID]; have.Customer == "" {
			h.visits[r.Visit.ID] = *r.Visit
		}
	case r.Outcome != nil:
		h.outcomes[r.Outcome.ID] = true
	case r.Summary != nil:
		if have, is := h.sums[r.Summary.ID]; !is || len(have) > 0 && len(r.Summary.Counts) == 0 {
			h.sums[r.Summary.ID] = r.Summary.Counts
		}
	}
}

// simulation is a box, its head office, and a wire that loses answers.
type simulation struct {
	*rapid.T
	s        *Store
	hq       *receiver
	keys     *seal.Box
	clock    *clock
	dir      string
	n        int
	facts    []string
	words    []string
	old      *receiver // a backup of head office; nil: none
	visits   int
	outcomes int
}

func (m *simulation) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *simulation) open() {
	keys, err := seal.Open(m.dir)
	m.must(err)
	m.s, err = Open(context.Background(), Options{Dir: m.dir, StoreID: "harbour", Seal: keys, Log: slog.New(slog.DiscardHandler), Now: m.clock.Now,
		Ballast: -1, Upkeep: -1, OutboxBytes: 20 * rowBytes})
	m.must(err)
}

func (m *simulation) commit(e edge.Entry) {
	_, err := m.s.Commit(context.Background(), []edge.Entry{e})
	m.must(err)
}

func (m *simulation) imports(csv string) {
	_, err := m.s.ImportCustomers(context.Background(), exchange.Customers(strings.NewReader(csv), exchange.Options{}), edge.ImportOptions{})
	m.must(err)
}

// next is a number that was not used before.
func (m *simulation) next() int {
	m.n++
	return m.n
}

func (m *simulation) customer() int { return rapid.IntRange(0, 3).Draw(m.T, "customer") }

func (m *simulation) ref(i int) edge.CustomerRef {
	ref, err := m.s.find(context.Background(), edge.Identifier{Kind: edge.KindCustomer, Value: fmt.Sprint("c", i)})
	if err != nil {
		return edge.Stranger
	}
	return ref
}

// send reads, tries and sends a batch, of which the answer may be lost, and the whole of it, too.
func (m *simulation) send(lose string) {
	ctx := context.Background()
	p, err := m.s.Place(ctx)
	m.must(err)
	records, err := m.s.Pending(ctx, p.Acked, rapid.IntRange(1, 8).Draw(m.T, "batch"), 0)
	m.must(err)
	if len(records) == 0 {
		return
	}
	if lose == "before" {
		return
	}
	m.must(m.s.Trying(ctx, records[len(records)-1].Seq))
	if lose == "request" {
		return
	}
	last := records[len(records)-1].Seq
	upto, conflict := m.hq.take(p.Box, records)
	switch {
	case lose == "answer":
	case conflict, upto > p.Last:
		_, err := m.s.NewBox(ctx)
		m.must(err)
	case upto < p.Acked:
		m.offerAnew()
	default:
		m.must(m.s.Acknowledged(ctx, p.Box, min(upto, last)))
	}
}

// offerAnew tells a head office everything that has lost what it had. The offer goes on while batches are sent.
func (m *simulation) offerAnew() {
	ctx := context.Background()
	_, err := m.s.NewBox(ctx)
	m.must(errors.Join(m.s.StartOver(ctx), err))
}

// offerOn goes on with an offer until the outbox is full.
func (m *simulation) offerOn() {
	for full := false; !full; {
		var err error
		if full, err = m.s.outboxFull(context.Background()); err == nil && !full {
			err = m.s.offerStep(context.Background(), nil)
		}
		if errors.Is(err, errOffered) {
			return
		}
		m.must(err)
	}
}

func (m *simulation) step() {
	ctx := context.Background()
	m.clock.add(time.Second)
	switch rapid.SampledFrom([]string{"note", "note", "close", "renew", "undo", "visit", "visit", "outcome", "name", "name", "consent", "send", "send", "send",
		"send", "reopen", "newbox", "restore", "restored", "offer", "upkeep", "upkeep", "backup", "loss", "visits", "attach", "attach", "said"}).Draw(m.T, "deed") {
	case "note":
		if ref := m.ref(m.customer()); ref != 0 {
			id, word := newID(), newID()
			m.facts, m.words = append(m.facts, id), append(m.words, word)
			m.commit(edge.Entry{Word: word, Fact: &edge.Fact{ID: id, Customer: ref, Kind: edge.FactPraise, Text: fmt.Sprint("note ", m.next()), At: m.clock.Now()}})
		}
	case "close", "renew":
		if len(m.facts) > 0 {
			id, word := rapid.SampledFrom(m.facts).Draw(m.T, "fact"), newID()
			e := edge.Entry{Word: word, Renew: id}
			if rapid.Bool().Draw(m.T, "close") {
				e = edge.Entry{Word: word, Close: &edge.CloseFact{ID: id, At: m.clock.Now()}}
			}
			m.words = append(m.words, word)
			m.commit(e)
		}
	case "undo":
		if len(m.words) > 0 {
			m.commit(edge.Entry{Word: newID(), Withdraw: rapid.SampledFrom(m.words).Draw(m.T, "word")})
		}
	case "visit":
		m.visit(m.ref(m.customer()))
	case "visits":
		for range rapid.IntRange(5, 40).Draw(m.T, "visits") {
			m.clock.add(time.Second)
			m.visit(m.ref(m.customer()))
		}
	case "attach":
		if m.n > 0 {
			m.commit(edge.Entry{Attach: &edge.Attach{Customer: m.ref(m.customer()), Lane: "1", Checkout: fmt.Sprint(rapid.IntRange(max(1, m.n-20), m.n).Draw(m.T, "checkout"))}})
		}
	case "said":
		m.saidElsewhere()
	case "outcome":
		m.outcomes++
		prompt := newID()
		m.commit(edge.Entry{Prompt: &edge.Prompt{ID: prompt}, Outcome: &edge.Outcome{Word: newID(), Prompt: prompt, Kind: "used", At: m.clock.Now()}})
	case "name":
		m.imports(fmt.Sprintf("customer,name,say\nc%d,Maya Nr%d,\n", m.customer(), m.next()))
	case "consent":
		m.imports(fmt.Sprintf("customer,consent,name\nc%d,%s,Maya Nr%d\n", m.customer(), rapid.SampledFrom([]string{"none", "recognise", "remember"}).Draw(m.T, "consent"), m.next()))
	case "send":
		m.send(rapid.SampledFrom([]string{"", "", "", "before", "request", "answer"}).Draw(m.T, "lose"))
	case "reopen":
		m.must(m.s.Close())
		m.open()
	case "newbox":
		_, err := m.s.NewBox(ctx)
		m.must(err)
	case "restore":
		m.restore(true)
	case "restored":
		m.restore(false)
	case "backup":
		m.old = m.hq.backup()
	case "loss":
		if m.old != nil {
			m.hq = m.old.backup()
			m.offerAnew() // as soon as the downlink hears of it
		}
	case "offer":
		m.offerOn()
	case "upkeep":
		m.must(m.s.Upkeep(ctx))
	}
}

func (m *simulation) visit(ref edge.CustomerRef) {
	m.visits++
	m.commit(edge.Entry{Visit: &edge.Visit{Customer: ref, At: m.clock.Now(), Lane: "1", Checkout: fmt.Sprint(m.next())}})
}

// saidElsewhere: she took back what was learnt until some time ago. What she did since is hers, and told again.
func (m *simulation) saidElsewhere() {
	ref := m.ref(m.customer())
	if ref == 0 {
		return
	}
	stamp := edge.Stamp{Wall: m.clock.Now().Add(-20 * time.Second).UnixMicro(), Origin: "elsewhere"}
	m.must(m.s.working(context.Background(), func(w *work) error {
		c, err := w.customerState(ref)
		if err != nil || c.Consent() != edge.ConsentRemember {
			return err
		}
		now := c.Merge(edge.CustomerState{ID: c.ID, Unlearnt: stamp})
		a := &applying{work: w, changed: map[edge.CustomerRef]struct{}{}, joined: map[edge.CustomerRef]edge.CustomerRef{}}
		return errors.Join(a.settle(ref, []edge.CustomerState{c}, now), w.tell(edge.RecordCustomer, ref, nil, nil))
	}))
}

// restore copies the box, lets the original send what it had, and goes on with the copy, which works for a while before
// it is told that it is one, or finds it out from what head office answers.
func (m *simulation) restore(told bool) {
	m.must(m.s.Close())
	copied := m.dir + "x"
	m.must(os.CopyFS(copied, os.DirFS(m.dir)))
	m.open()
	for range rapid.IntRange(0, 3).Draw(m.T, "sent") {
		m.send("")
	}
	m.must(m.s.Close())
	m.dir = copied
	m.open()
	for range rapid.IntRange(0, 30).Draw(m.T, "visits") {
		m.clock.add(time.Second)
		m.visit(edge.Stranger)
	}
	m.must(m.s.Upkeep(context.Background()))
	m.imports(fmt.Sprintf("customer,name\nc%d,Maya Nr%d\n", m.customer(), m.next()))
	if told {
		_, err := m.s.NewBox(context.Background())
		m.must(err)
	}
}

// TestHeadOfficeComesToKnowEverything whatever happens in a store and on the wire: in the end it has each customer and
// fact as the store has it, and each visit and outcome once, by itself or in a sum.
func TestHeadOfficeComesToKnowEverything(t *testing.T) {
	hq := office(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &simulation{T: rt, hq: newReceiver(), keys: hq, clock: newClock(), dir: t.TempDir()}
		m.open()
		defer func() { _ = m.s.Close() }()
		m.imports("customer,name\nc0,Maya\nc1,Ada\n")
		m.must(m.s.opt.Seal.Adopt(hq.ChainKeys()))
		m.must(m.s.StartOutbox(context.Background()))
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			m.step()
		}
		for b, err := m.s.Backlog(context.Background()); b.Records > 0 || b.Offering; b, err = m.s.Backlog(context.Background()) {
			m.must(err)
			if b.Offering {
				m.offerOn()
			}
			m.send("")
		}
		m.compare()
	})
}

func (m *simulation) compare() {
	facts, customers := 0, 0
	m.must(m.s.working(context.Background(), func(w *work) error {
		for id, told := range m.hq.customers {
			refs, err := w.byIDs([][]byte{idKey(id)})
			if err != nil || len(refs) != 1 {
				return fmt.Errorf("head office knows somebody whom nobody else knows: %v", err)
			}
			have, err := w.customerState(refs[0])
			if err != nil {
				return err
			}
			customers++
			// Identifiers are only ever added: head office keeps those under the former key.
			if told = told.Merge(told); len(told.Merge(have).Identifiers) != len(told.Identifiers) {
				return fmt.Errorf("an identifier was not told: %+v", have.Identifiers)
			}
			told.Identifiers, have.Identifiers = nil, nil
			if diff := cmp.Diff(have, told); diff != "" {
				return fmt.Errorf("customer: %s", diff)
			}
		}
		rows, err := w.tx.Query(`SELECT id FROM facts`)
		if err != nil {
			return err
		}
		var ids []string
		for rows.Next() {
			var id []byte
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, string(id))
		}
		for _, id := range ids {
			have, err := w.factState(uuid.UUID([]byte(id)).String())
			if err != nil {
				return err
			}
			facts++
			if diff := cmp.Diff(have, m.hq.facts[have.ID]); diff != "" {
				return fmt.Errorf("fact: %s", diff)
			}
		}
		for id, told := range m.hq.facts {
			voided := m.hq.customers[told.Customer].Unlearnt
			if !told.Gone && !slices.Contains(ids, string(idKey(id))) && told.Learnt().After(voided) {
				return fmt.Errorf("head office has a fact that is gone: %+v", told)
			}
		}
		return nil
	}))
	var all, allFacts int
	m.must(m.s.read.QueryRow(`SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM facts)`).Scan(&all, &allFacts))
	if all != customers || allFacts != facts {
		m.Fatalf("%d customers and %d facts are told of, of %d and %d", customers, facts, all, allFacts)
	}
	m.counted("visit", len(m.hq.visits), m.visits)
	m.counted("outcome", len(m.hq.outcomes), m.outcomes)
}

// counted: each once, by itself or in a sum.
func (m *simulation) counted(kind string, single, made int) {
	if got := single + m.hq.summed(kind); got != made {
		m.Fatalf("%d %ss and %d in a sum, of %d", single, kind, m.hq.summed(kind), made)
	}
}
