// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"redbench/cmd/rig/load"
	"redbench/edge"
	"redbench/edge/store"
)

// month is what a store learns while head office cannot be reached: the same for the same numbers, but for its ids.
type month struct {
	store     string
	customers int
	records   int
	from, to  time.Time
	random    *rand.Rand
	refs      []edge.CustomerRef
	lanes     int
}

func newMonth(storeID string, customers, records int, now time.Time) *month {
	return &month{store: storeID, customers: customers, records: records, from: now.AddDate(0, 0, -30), to: now.Add(-time.Minute),
		random: rand.New(rand.NewPCG(30, 1)), lanes: 20}
}

// Of a hundred records this many are outcomes and facts. Customers come first, the rest are visits.
const (
	outcomesIn100 = 6
	factsIn100    = 2
)

const perCommit = 2_000 // entries in one transaction

func (m *month) card(i int) string { return fmt.Sprintf("2912%09d", i) }

func (m *month) name(i int) string { return fmt.Sprintf("Mara Lindqvist-%d", i) }

// customerRows are the store's customers.
func (m *month) customerRows() iter.Seq2[edge.CustomerRow, error] {
	return func(yield func(edge.CustomerRow, error) bool) {
		for i := range m.customers {
			row := edge.CustomerRow{Line: i + 1, Chain: fmt.Sprint("C-", i), Name: m.name(i), Consent: edge.ConsentRemember, Since: m.from,
				Identifier: edge.Identifier{Kind: edge.KindCard, Value: m.card(i)}}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// live fills the store with all of it, and tells how far it is.
func (m *month) live(ctx context.Context, s *store.Store, progress func(done, of int)) error {
	if _, err := s.ImportCustomers(ctx, m.customerRows(), edge.ImportOptions{}); err != nil {
		return fmt.Errorf("importing customers: %w", err)
	}
	for i := range m.customers {
		profile, err := s.Profile(ctx, edge.Identifier{Kind: edge.KindCard, Value: m.card(i)})
		if err != nil {
			return fmt.Errorf("finding a customer again: %w", err)
		}
		m.refs = append(m.refs, profile.Customer.Ref)
	}
	for done := m.customers; done < m.records; {
		some := min(perCommit, m.records-done)
		entries := make([]edge.Entry, 0, some)
		for range some {
			entries = append(entries, m.entry(done+len(entries)))
		}
		results, err := s.Commit(ctx, entries)
		if err != nil {
			return err
		}
		for _, result := range results {
			if result != edge.Written {
				return fmt.Errorf("an entry of the month was not written: %v", result)
			}
		}
		done += some
		progress(done, m.records)
	}
	return nil
}

// entry gives what leads to one more record.
func (m *month) entry(n int) edge.Entry {
	at := m.from.Add(time.Duration(float64(m.to.Sub(m.from)) * float64(n) / float64(m.records)))
	lane := fmt.Sprint("L", 1+n%m.lanes)
	switch k := n % 100; {
	case k < outcomesIn100:
		return m.outcome(n, lane, at)
	case k < outcomesIn100+factsIn100:
		return edge.Entry{Event: m.event(n, edge.LoyaltyPresented, lane, at), Word: fmt.Sprint("w-", n), Fact: &edge.Fact{ID: newID(),
			Customer: m.somebody(), Kind: edge.FactPreference, Text: "The table by the window, and the newspaper", ToldTo: "jo",
			Place: m.store + "/" + lane, At: at}}
	}
	visit := edge.Visit{Customer: m.perhapsSomebody(), At: at, Store: m.store, Lane: lane, Checkout: fmt.Sprint("m-", n)}
	for range m.basket() {
		item := m.item()
		visit.Items = append(visit.Items, item)
		visit.Total.Minor += item.AmountMinor
	}
	visit.Total.Currency = "EUR"
	return edge.Entry{Event: m.event(n, edge.CheckoutCompleted, lane, at), Visit: &visit}
}

// outcome is a prompt that was painted.
func (m *month) outcome(n int, lane string, at time.Time) edge.Entry {
	prompt := edge.Prompt{ID: newID(), Event: fmt.Sprint("e-", n), Customer: m.somebody(),
		Remember: &edge.Line{Text: "She liked the quiet table", Why: "told to Jo", Rule: "fact"}}
	return edge.Entry{Event: m.event(n, edge.LoyaltyPresented, lane, at), Prompt: &prompt, Word: fmt.Sprint("w-", n),
		Outcome: &edge.Outcome{Word: fmt.Sprint("w-", n), Prompt: prompt.ID, Kind: "seen", At: at}}
}

func (m *month) event(n int, kind edge.EventType, lane string, at time.Time) *edge.SeenEvent {
	event := edge.SeenEvent{Type: kind, Lane: lane, At: at}
	binary.BigEndian.PutUint64(event.Key[:], m.random.Uint64())
	binary.BigEndian.PutUint64(event.Key[8:], uint64(n))
	return &event
}

func (m *month) somebody() edge.CustomerRef { return m.refs[m.random.IntN(len(m.refs))] }

// perhapsSomebody is a customer in three checkouts of five, and a stranger else.
func (m *month) perhapsSomebody() edge.CustomerRef {
	if m.random.IntN(5) < 3 {
		return m.somebody()
	}
	return edge.Stranger
}

// basket is how many lines a receipt has: five in the mean.
func (m *month) basket() int { return 1 + m.random.IntN(9) }

const articles = 3_000

func (m *month) item() edge.Item {
	n := min(m.random.IntN(articles), m.random.IntN(articles)) // some are bought often
	return edge.Item{SKU: fmt.Sprintf("40%06d", n), Name: fmt.Sprintf("Article number %d", n), Quantity: 1, AmountMinor: int64(100 + n%900)}
}

// visit gives the i-th visit of the live measurement.
func (m *month) visit(i int) load.Visit {
	who := i % m.customers
	return load.Visit{Card: m.card(who), Name: m.name(who), Items: []edge.Item{m.item(), m.item(), m.item()}}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
