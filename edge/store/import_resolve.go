// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"redbench/edge"
	"redbench/edge/seal"
)

// newcomer is one customer of a chunk: all its rows that name her.
type newcomer struct {
	person
	key         [32]byte // the current hash of what she is known by
	lines       []int
	chainHash   []seal.Hash  // nil: she goes by her identifier
	identifiers []identified // without the chain's id
	consent     edge.Consent // empty: no row says
	since       int64
	facts       []edge.FactText
	leftOut     int // facts that her consent does not allow to keep

	ref   edge.CustomerRef
	isNew bool
	bad   string // why her rows cannot be used
	lift  [][32]byte

	// what is to be written
	told                bool // a row states her consent
	consentAt           int64
	stamps              []byte // of her fields
	factStamps          []byte // of each new fact
	id, wrapped, sealed []byte
	tap                 []byte // of a new customer: what a tap reads of her facts
	update              bool   // the customer's own row changes
	lowered             bool   // she takes consent back: what was learnt goes
	missing             []identified
	newFacts            []sealedFact
}

// identified is an identifier of a newcomer.
type identified struct {
	kind   edge.IdentifierKind
	value  string
	hashes []seal.Hash
}

func (i identified) current() [32]byte { return i.hashes[0].Sum }

func (p *newcomer) changes() bool { return p.update || len(p.missing) > 0 || len(p.newFacts) > 0 }

// primary is the identifier that she is known by.
func (p *newcomer) primary() identified {
	if p.chainHash != nil {
		return identified{kind: edge.KindCustomer, value: p.chain, hashes: p.chainHash}
	}
	return p.identifiers[0]
}

// all are her identifiers, the primary one first.
func (p *newcomer) all() []identified {
	if p.chainHash == nil {
		return p.identifiers
	}
	return append([]identified{p.primary()}, p.identifiers...)
}

// gather brings the rows of each customer together, in the order of the primary hash.
func (im *customerImport) gather(h *hashed) []*newcomer {
	byPrimary := make(map[[32]byte]*newcomer, len(h.rows))
	people := make([]*newcomer, 0, len(h.rows))
	for i := range h.rows {
		key := h.identifier[i]
		if h.chain[i] != nil {
			key = h.chain[i]
		}
		p := byPrimary[key[0].Sum]
		if p == nil {
			p = &newcomer{key: key[0].Sum}
			byPrimary[key[0].Sum] = p
			people = append(people, p)
		}
		p.add(&h.rows[i], h.chain[i], h.identifier[i])
	}
	people = joinByIdentifier(people)
	slices.SortFunc(people, func(a, b *newcomer) int { return bytes.Compare(a.key[:], b.key[:]) })
	return people
}

// add takes a row in: what it says wins over what an earlier row said.
func (p *newcomer) add(r *edge.CustomerRow, chain, identifier []seal.Hash) {
	p.lines = append(p.lines, r.Line)
	if chain != nil {
		p.chain, p.chainHash = r.Chain, chain
	}
	if identifier != nil && !p.has(identifier[0].Sum) {
		p.identifiers = append(p.identifiers, identified{r.Identifier.Kind, r.Identifier.Value, identifier})
	}
	p.person = p.merged(person{r.Name, r.Say, r.Address, r.Language, r.Chain})
	if r.Consent != "" {
		p.consent = r.Consent
	}
	if !r.Since.IsZero() {
		p.since = micros(r.Since)
	}
	p.addFacts(r.Facts)
}

func (p *newcomer) has(hash [32]byte) bool {
	return p.chainHash != nil && p.chainHash[0].Sum == hash ||
		slices.ContainsFunc(p.identifiers, func(i identified) bool { return i.current() == hash })
}

func (p *newcomer) addFacts(facts []edge.FactText) {
	for _, f := range facts {
		if !slices.Contains(p.facts, f) {
			p.facts = append(p.facts, f)
		}
	}
}

// merged is a person with what another says of her laid over.
func (p person) merged(over person) person {
	lay := func(under *string, over string) {
		if over != "" {
			*under = over
		}
	}
	lay(&p.name, over.name)
	lay(&p.say, over.say)
	lay(&p.address, over.address)
	lay(&p.language, over.language)
	lay(&p.chain, over.chain)
	return p
}

// joinByIdentifier adds rows without the chain's id to the customer with one whose identifier they name, as a second run
// of the file would.
func joinByIdentifier(people []*newcomer) []*newcomer {
	owners := map[[32]byte][]*newcomer{}
	mixed := false
	for _, p := range people {
		if p.chainHash == nil {
			mixed = true
			continue
		}
		for _, i := range p.identifiers {
			owners[i.current()] = append(owners[i.current()], p)
		}
	}
	if !mixed || len(owners) == 0 {
		return people
	}
	return slices.DeleteFunc(people, func(p *newcomer) bool {
		if p.chainHash != nil {
			return false
		}
		who := owners[p.identifiers[0].current()]
		switch len(who) {
		case 0:
			return false
		case 1:
			who[0].join(p)
			return true
		}
		p.bad = ambiguousRow
		return false
	})
}

func (p *newcomer) join(other *newcomer) {
	p.lines = append(p.lines, other.lines...)
	p.person = p.merged(other.person)
	if other.consent != "" {
		p.consent = other.consent
	}
	if other.since != 0 {
		p.since = other.since
	}
	p.addFacts(other.facts)
}

const (
	ambiguousRow = "the identifier belongs to more than one customer; name the customer by the chain's id"
	forgottenRow = "this customer was forgotten; a row that states a new consent brings her back"
)

// resolve finds out which of the chunk's people are known, and which of their identifiers.
func (im *customerImport) resolve(people []*newcomer) error {
	owners, err := im.owners(people)
	if err != nil {
		return err
	}
	taken := map[edge.CustomerRef]bool{}
	for _, p := range people {
		if p.bad != "" {
			continue
		}
		if p.bad = im.buried(p, owners); p.bad != "" {
			continue
		}
		if err := im.known(p, owners, taken); err != nil {
			return err
		}
		if p.bad != "" {
			continue
		}
		p.isNew = p.ref == edge.Stranger
		taken[p.ref] = true
		for _, i := range p.all() {
			if p.isNew || !owns(owners, i, p.ref) {
				p.missing = append(p.missing, i)
			}
		}
	}
	return nil
}

func owns(owners map[[32]byte][]edge.CustomerRef, i identified, ref edge.CustomerRef) bool {
	for _, hash := range i.hashes {
		if slices.Contains(owners[hash.Sum], ref) {
			return true
		}
	}
	return false
}

// known finds the customer that p is, if there is one.
func (im *customerImport) known(p *newcomer, owners map[[32]byte][]edge.CustomerRef, taken map[edge.CustomerRef]bool) error {
	refs := refsOf(owners, p.primary())
	switch {
	case len(refs) > 1:
		p.bad = ambiguousRow
		return nil
	case len(refs) == 1:
		p.ref = refs[0]
		return nil
	case p.chainHash == nil:
		return nil
	}
	// A customer whom the chain names now may be known by her identifier alone so far.
	for _, i := range p.identifiers {
		refs := refsOf(owners, i)
		if len(refs) != 1 || taken[refs[0]] {
			continue
		}
		named, err := im.hasChain(refs[0])
		if err != nil {
			return err
		}
		if !named {
			p.ref = refs[0]
			return nil
		}
	}
	return nil
}

func refsOf(owners map[[32]byte][]edge.CustomerRef, i identified) (refs []edge.CustomerRef) {
	for _, hash := range i.hashes {
		for _, o := range owners[hash.Sum] {
			if !slices.Contains(refs, o) {
				refs = append(refs, o)
			}
		}
	}
	return refs
}

func (im *customerImport) hasChain(ref edge.CustomerRef) (bool, error) {
	var one int
	err := im.read.QueryRowContext(im.ctx, `SELECT 1 FROM held WHERE customer = ? AND kind = 'customer' LIMIT 1`, int64(ref)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// lookups is how many rows one SELECT asks for.
const lookups = 128

// owners looks up every identifier of the chunk, under every live key.
func (im *customerImport) owners(people []*newcomer) (map[[32]byte][]edge.CustomerRef, error) {
	owners := map[[32]byte][]edge.CustomerRef{}
	var any int
	if err := im.read.QueryRowContext(im.ctx, `SELECT EXISTS (SELECT 1 FROM identifiers)`).Scan(&any); err != nil || any == 0 {
		return owners, err
	}
	hashes := make([][]byte, 0, 2*len(people))
	for _, p := range people {
		for _, i := range p.all() {
			for k := range i.hashes {
				hashes = append(hashes, i.hashes[k].Sum[:])
			}
		}
	}
	slices.SortFunc(hashes, bytes.Compare)
	hashes = slices.CompactFunc(hashes, bytes.Equal)
	for part := range slices.Chunk(hashes, lookups) {
		if err := im.ownersOf(part, owners); err != nil {
			return nil, fmt.Errorf("looking identifiers up: %w", err)
		}
	}
	return owners, nil
}

func (im *customerImport) ownersOf(hashes [][]byte, owners map[[32]byte][]edge.CustomerRef) error {
	args := make([]any, len(hashes))
	for i, hash := range hashes {
		args[i] = hash
	}
	rows, err := im.read.Query(`SELECT hash, customer FROM identifiers WHERE hash IN (`+marks(len(args))+`)`, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var hash sql.RawBytes
		var ref int64
		if err := rows.Scan(&hash, &ref); err != nil {
			return err
		}
		if len(hash) != 32 {
			return errRecord
		}
		key := [32]byte(hash)
		owners[key] = append(owners[key], edge.CustomerRef(ref))
	}
	return rows.Err()
}

// marks are n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
