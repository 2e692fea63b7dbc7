// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"redbench/edge"
	"redbench/edge/playbook"
	"redbench/edge/seal"
	"redbench/edge/simulate"
	"redbench/edge/store"
)

// promptOptions are the flags of `rig prompts`.
type promptOptions struct {
	data     string
	sets     []string
	language string
	playbook string
	taps     int
	row      int
	seed     uint64
	json     bool
	load     string
	facts    bool
	bare     bool
}

// PromptsCommand is `rig prompts`.
func PromptsCommand() *cobra.Command {
	var o promptOptions
	command := &cobra.Command{
		Use:   "prompts",
		Short: "Print the prompts of real taps, to be read aloud: real visits, made-up names and facts, the real store",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return readAloud(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.data, "data", "", "folder that holds the sets, each in a folder of its own")
	flags.StringSliceVar(&o.sets, "only", []string{"coop_italy", "uci_online_retail"}, "the sets")
	flags.StringVar(&o.language, "language", "en", "language of the screen")
	flags.StringVar(&o.playbook, "playbook", "", "a playbook file instead of the one that is built in")
	flags.IntVar(&o.taps, "taps", 200, "how many taps, of all sets together")
	flags.IntVar(&o.row, "in-a-row", 4, "how many visits of each customer, one after another")
	flags.Uint64Var(&o.seed, "seed", 1, "which customers and facts")
	flags.StringVar(&o.load, "load", "", "how busy the lane is: calm, busy or rush")
	flags.BoolVar(&o.facts, "facts", true, "two of three customers have told something; without, none has")
	flags.BoolVar(&o.bare, "bare", false, "print what the cashier sees, without reasons and baskets")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	return command
}

func readAloud(ctx context.Context, o promptOptions, out, progress io.Writer) error {
	rules, err := readRules(o.playbook)
	if err != nil {
		return err
	}
	busy, err := playbook.ParseLoad(o.load)
	if err != nil {
		return err
	}
	for _, name := range o.sets {
		if files[name].name == "" || o.taps < 1 || o.row < 1 {
			return fmt.Errorf("prompts needs sets (%q is none), and at least one tap in a row", name)
		}
		if _, err := chosen(options{data: o.data}, []part{{set: name}}); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s: reading\n", name)
		s, err := load(o.data, name)
		if err != nil {
			return err
		}
		r := &reading{promptOptions: o, set: s, rules: rules, out: out, busy: busy, spoke: map[string]int{}}
		if err := r.run(ctx, o.taps/len(o.sets)); err != nil {
			return fmt.Errorf("reading the prompts of %s: %w", name, err)
		}
	}
	return nil
}

func readRules(path string) (*playbook.Playbook, error) {
	if path == "" {
		return playbook.Default(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the playbook: %w", err)
	}
	defer func() { _ = f.Close() }()
	return playbook.Load(f, path)
}

// reading is one set's prompts under way. The clock is moved along with the visits.
type reading struct {
	promptOptions
	set   *set
	rules *playbook.Playbook
	out   io.Writer
	now   time.Time
	store *store.Store
	n     int
	busy  playbook.LoadLevel
	spoke map[string]int // how often each line was there
}

// shopper is a customer of the data, with a made-up person in her place.
type shopper struct {
	*customer
	person simulate.Person
	card   edge.Identifier
	coming []basket
	told   bool // something was told to the store
}

// tap is one visit to come.
type tap struct {
	*shopper
	basket basket
}

func (r *reading) run(ctx context.Context, taps int) error {
	shoppers, coming := r.choose(taps)
	if len(coming) == 0 {
		return errors.New("nobody has visits enough")
	}
	r.now = coming[0].basket.at.AddDate(0, 0, -30)
	done, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := r.fill(ctx, shoppers); err != nil {
		return err
	}
	for _, t := range coming {
		if err := r.tap(ctx, t); err != nil {
			return err
		}
	}
	return r.count()
}

// count tells at how many taps each line spoke.
func (r *reading) count() error {
	if r.json {
		return nil
	}
	said := []string{}
	for _, name := range append([]string{"greeting alone"}, edge.LineNames...) {
		said = append(said, fmt.Sprintf("%s at %d", name, r.spoke[name]))
	}
	_, err := fmt.Fprintf(r.out, "Of %d taps of %s: %s.\n\n", r.n, r.set.name, strings.Join(said, ", "))
	return err
}

// open makes an empty store, whose clock is the reading's.
func (r *reading) open(ctx context.Context) (done func(), err error) {
	dir, err := os.MkdirTemp("", "redbench-prompts-")
	if err != nil {
		return nil, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	keys, err := seal.Open(dir)
	if err == nil {
		r.store, err = store.Open(ctx, store.Options{Dir: dir, StoreID: "harbour", Seal: keys, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return r.now }, Upkeep: -1, Ballast: -1})
	}
	if err != nil {
		remove()
		return nil, err
	}
	return func() { _ = r.store.Close(); remove() }, nil
}

// cardOf makes up a card.
func cardOf(n int) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCard, Value: fmt.Sprintf("2913%09d", 7919*(n+1))}
}

// choose picks customers by the seed, and a run of each one's visits at any place of her history, so that new customers
// and old ones come, from the second visit on. Each is moved to a day of her own within two weeks, as tills would see them.
func (r *reading) choose(taps int) (shoppers []*shopper, coming []tap) {
	random := rand.New(rand.NewPCG(r.seed, 7))
	people := simulate.NewChain(r.seed, time.Now()).Customers
	base := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, n := range random.Perm(len(r.set.customers)) {
		c := r.set.customers[n]
		if len(shoppers)*r.row >= taps {
			break
		}
		if len(c.baskets) <= r.row {
			continue
		}
		// Half of them early in their history: there prompts differ most from visit to visit.
		most := len(c.baskets) - r.row
		from := 1 + random.IntN(most)
		if len(shoppers)%2 == 0 {
			from = 1 + random.IntN(min(most, 12))
		}
		s := &shopper{customer: c, person: people[len(shoppers)%len(people)], told: random.IntN(3) > 0 && r.facts,
			card: cardOf(len(shoppers))}
		move := base.AddDate(0, 0, random.IntN(14)).Sub(c.baskets[from].at.Truncate(24 * time.Hour))
		s.coming = r.moved(c.baskets[:from+r.row], move)
		shoppers = append(shoppers, s)
		for _, b := range s.coming[from:] {
			coming = append(coming, tap{s, b})
		}
		s.coming = s.coming[:from]
	}
	slices.SortFunc(coming, func(a, b tap) int { return a.basket.at.Compare(b.basket.at) })
	return shoppers, coming
}

// moved moves baskets in time. Where the data has no time of the day, it is one.
func (r *reading) moved(baskets []basket, move time.Duration) []basket {
	out := slices.Clone(baskets)
	for i := range out {
		out[i].at = out[i].at.Add(move)
		if !r.set.timed {
			out[i].at = out[i].at.Add(time.Duration(9+i%9) * time.Hour)
		}
	}
	return out
}

// fill imports who they are and what they bought before.
func (r *reading) fill(ctx context.Context, shoppers []*shopper) error {
	_, err := r.store.ImportCustomers(ctx, func(yield func(edge.CustomerRow, error) bool) {
		for _, s := range shoppers {
			row := edge.CustomerRow{Identifier: s.card, Name: s.person.Name, Say: s.person.Say, Consent: edge.ConsentRemember}
			if !yield(row, nil) {
				return
			}
		}
	}, edge.ImportOptions{})
	if err != nil {
		return err
	}
	if err := r.tell(ctx, shoppers); err != nil {
		return err
	}
	for _, s := range shoppers { // facts are older than the taps, and no visit lies in the future
		if last := s.coming[len(s.coming)-1].at; last.After(r.now) {
			r.now = last
		}
	}
	_, err = r.store.ImportVisits(ctx, func(yield func(edge.VisitRow, error) bool) {
		for _, s := range shoppers {
			for i, b := range s.coming {
				for _, it := range r.items(b) {
					if !yield(edge.VisitRow{Identifier: s.card, At: b.at, Checkout: fmt.Sprint("past-", i), Item: it}, nil) {
						return
					}
				}
			}
		}
	}, edge.ImportOptions{})
	return err
}

// inShop are made-up facts as people tell them in a shop: the demo's people, whose names and lives these customers have, are
// guests of a café.
var inShop = map[edge.FactKind][]string{
	edge.FactPreference: {"Heavy things at the bottom", "Receipt in the bag", "Two small bags", "Wrapped in paper", "No receipt"},
	edge.FactComplaint:  {"Waited twenty minutes last Tuesday", "One cup was broken in the box"},
	edge.FactPromise:    {"A call when the blue ones are in again", "A word with the manager about the door"},
	edge.FactPraise:     {"Thanked us for carrying the box", "Said the wrapping was lovely"},
}

// tell gives each who told something her facts, as a cashier notes them, some weeks before her next visit.
func (r *reading) tell(ctx context.Context, shoppers []*shopper) error {
	for i, s := range shoppers {
		if !s.told {
			continue
		}
		profile, err := r.store.Profile(ctx, s.card)
		if err != nil {
			return err
		}
		for _, f := range s.person.Facts {
			fact := edge.Fact{ID: uuid.Must(uuid.NewV7()).String(), Customer: profile.Customer.Ref, Kind: f.Kind, Text: f.Text,
				ToldTo: []string{"Jo", "Sam", "Ines"}[i%3], Place: "harbour · 1", At: r.now.AddDate(0, 0, i%25)}
			if texts := inShop[f.Kind]; len(texts) > 0 && r.set.name != "cafe_sample" {
				fact.Text = texts[i%len(texts)]
			}
			if f.Kind == edge.FactDate {
				fact.Text, fact.Date = "Moves to the new flat", r.now.AddDate(0, 0, 33+i%9).Format(time.DateOnly)
			}
			if _, err := r.store.Commit(ctx, []edge.Entry{{Fact: &fact}}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reading) items(b basket) []edge.Item {
	out := make([]edge.Item, len(b.items))
	for i, n := range b.items {
		out[i] = edge.Item{SKU: r.set.items[n].sku, Name: r.set.items[n].name, Quantity: 1}
	}
	return out
}

// tap is what a till and the box do: read her record, choose, keep what was said, and then the visit.
func (r *reading) tap(ctx context.Context, t tap) error {
	r.now, r.n = t.basket.at, r.n+1
	profile, err := r.store.Profile(ctx, t.card)
	if err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7()).String()
	in := playbook.Input{Profile: profile, Known: true, PromptID: id, Now: r.now, Language: r.language, Lane: "1", Load: r.busy,
		Tallies: r.store.RuleTallies(), Seed: r.seed + uint64(r.n), Explain: true}
	choice := r.rules.Choose(in)
	prompt := choice.Prompt
	prompt.Customer = profile.Customer.Ref
	visit := edge.Visit{Customer: profile.Customer.Ref, At: r.now.Add(2 * time.Minute), Store: "harbour", Lane: "1",
		Checkout: fmt.Sprint("c", r.n), Items: r.items(t.basket)}
	if _, err := r.store.Commit(ctx, []edge.Entry{{Prompt: &prompt}, {Visit: &visit}}); err != nil {
		return err
	}
	if r.json {
		return json.NewEncoder(r.out).Encode(map[string]any{"tap": r.n, "set": r.set.name, "prompt": prompt, "visits": profile.Visits,
			"stage_why": choice.StageWhy, "bought": names(visit.Items, 8)})
	}
	return r.print(prompt, r.rules.Farewell(in).Text, profile, choice.StageWhy, visit)
}

func (r *reading) print(p edge.Prompt, farewell string, profile edge.Profile, why string, v edge.Visit) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%3d  %s", r.n, p.Who.Name)
	for _, part := range []string{p.Who.Say, p.Who.Since} {
		if part != "" {
			b.WriteString(" · " + part)
		}
	}
	if !r.bare {
		fmt.Fprintf(&b, "   [%s; %s]", p.Who.Stage, why)
	}
	fmt.Fprintf(&b, "\n     greeting  %s\n", p.Who.Greeting)
	lines := p.Lines()
	if len(lines) == 0 {
		r.spoke["greeting alone"]++
	}
	for _, name := range edge.LineNames {
		line, ok := lines[name]
		switch {
		case !ok:
			continue
		case r.bare:
			fmt.Fprintf(&b, "     %-9s %s\n", name, line.Text)
		default:
			fmt.Fprintf(&b, "     %-9s %s   (%s; %s)\n", name, line.Text, line.Why, line.Rule)
		}
		r.spoke[name]++
	}
	fmt.Fprintf(&b, "     farewell  %s\n", farewell)
	if r.bare {
		_, err := io.WriteString(r.out, b.String()+"\n")
		return err
	}
	var usual []string
	for _, h := range profile.Usual[:min(3, len(profile.Usual))] {
		usual = append(usual, fmt.Sprintf("%s %.2f", h.Name, h.P))
	}
	fmt.Fprintf(&b, "     (usual: %s; last: %s; bought then: %s)\n\n", strings.Join(usual, ", "), names(profile.Last.Items, 4), names(v.Items, 6))
	_, err := io.WriteString(r.out, b.String())
	return err
}

func names(items []edge.Item, most int) string {
	var out []string
	for _, it := range items[:min(most, len(items))] {
		out = append(out, it.Name)
	}
	if len(items) > most {
		out = append(out, fmt.Sprintf("and %d more", len(items)-most))
	}
	return strings.Join(out, ", ")
}
