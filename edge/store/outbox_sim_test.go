// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"log/slog"
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
	ids       map[string]bool
	customers map[string]edge.CustomerState
	facts     map[string]edge.FactState
	visits    map[string]edge.VisitState
	outcomes  map[string]bool
	summed    map[string]int
}

func newReceiver() *receiver {
	return &receiver{upto: map[string]uint64{}, ids: map[string]bool{}, customers: map[string]edge.CustomerState{}, facts: map[string]edge.FactState{},
		visits: map[string]edge.VisitState{}, outcomes: map[string]bool{}, summed: map[string]int{}}
}

func (h *receiver) take(box string, records []edge.Record) (upto uint64) {
	for _, r := range records {
		if r.Seq <= h.upto[box] {
			continue
		}
		if r.Prev != h.upto[box] {
			break
		}
		h.upto[box] = r.Seq
		if !h.ids[r.ID] {
			h.ids[r.ID] = true
			h.keep(r)
		}
	}
	return h.upto[box]
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
		for kind, n := range r.Summary.Counts {
			h.summed[kind] += n
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
	exact    bool // nothing was told twice on purpose
	offered  bool
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
		Ballast: -1, Upkeep: -1, OutboxBytes: 60 * rowBytes})
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
	upto := m.hq.take(p.Box, records)
	if lose == "answer" {
		return
	}
	m.must(m.s.Acknowledged(ctx, p.Box, upto))
}

func (m *simulation) step() {
	ctx := context.Background()
	m.clock.add(time.Second)
	switch rapid.SampledFrom([]string{"note", "note", "close", "renew", "undo", "visit", "visit", "outcome", "name", "name", "consent", "send", "send", "send",
		"send", "reopen", "newbox", "restore", "offer", "upkeep"}).Draw(m.T, "deed") {
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
		m.visits++
		m.commit(edge.Entry{Visit: &edge.Visit{Customer: m.ref(m.customer()), At: m.clock.Now(), Lane: "1", Checkout: fmt.Sprint(m.next())}})
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
		m.restore()
	case "offer":
		m.exact = m.exact && !m.offered
		m.offered = true
		m.must(m.s.Offer(ctx, nil))
	case "upkeep":
		m.must(m.s.Upkeep(ctx))
	}
}

// restore copies the box, lets the original send what it had, and goes on with the copy, which works for a while before
// head office's answer tells it that it is one.
func (m *simulation) restore() {
	m.exact = false
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
	m.imports(fmt.Sprintf("customer,name\nc%d,Maya Nr%d\n", m.customer(), m.next()))
	_, err := m.s.NewBox(context.Background())
	m.must(err)
}

// TestHeadOfficeComesToKnowEverything whatever happens in a store and on the wire: in the end it has each customer and
// fact as the store has it, and each visit and outcome once, by itself or in a sum.
func TestHeadOfficeComesToKnowEverything(t *testing.T) {
	hq := office(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &simulation{T: rt, hq: newReceiver(), keys: hq, clock: newClock(), dir: t.TempDir(), exact: true}
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
			if b.Offering && b.Records == 0 {
				m.must(m.s.Offer(context.Background(), nil))
				m.offered = true
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

// counted: each once, by itself or in a sum. What is offered anew after it was told as a sum is told both ways.
func (m *simulation) counted(kind string, single, made int) {
	if got := single + m.hq.summed[kind]; got < made || single > made || m.exact && got != made {
		m.Fatalf("%d %ss and %d in a sum, of %d", single, kind, m.hq.summed[kind], made)
	}
}
