// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"redbench/edge"
)

const (
	codeLife     = 15 * time.Minute
	codeLetters  = "23456789ABCDEFGHJKMNPQRSTVWXYZ" // none that is read as another
	mintedLength = 8                                // 39 bits, and at most some thousands of guesses in its life
	askedLength  = 6                                // to be approved by a person, who reads it off the screen
	maxAsking    = 256
	maxAskingOne = 8 // per remote address
)

// Pairing is a new screen's way in: a one-time code and the URL that carries it for a browser, or a token for others.
// Whichever is used first makes the code void; none used before Expires makes all void.
type Pairing struct {
	Screen  string    `json:"screen"`
	Code    string    `json:"code"`
	URL     string    `json:"url"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// pairing holds the codes that are open now. They live in memory only: a restart voids them all.
type pairing struct {
	now     func() time.Time
	guesses *buckets
	asks    *buckets

	mu     sync.Mutex
	minted map[string]offer // by code
	asking map[string]*ask  // by code
	opened uint64           // codes ever shown by pages: which of them is older
}

// offer is a minted pairing that waits for its screen.
type offer struct {
	screen edge.Screen
	token  string
}

// ask is a page that shows a code and waits for a person to accept it.
type ask struct {
	secret  [32]byte // SHA-256 of what the page proves itself with
	lane    string
	manager bool
	remote  string
	expires time.Time
	order   uint64
	granted *offer
}

func newPairing(now func() time.Time) *pairing {
	return &pairing{
		now:     now,
		guesses: newBuckets(now, 10, 1.0/6),
		asks:    newBuckets(now, 20, 1.0/6),
		minted:  map[string]offer{}, asking: map[string]*ask{},
	}
}

// Mint makes a credential for a new screen of a lane, or for the manager's page (lane is then empty). name is what
// people will know it by in lists, and may be empty. The error is an *edge.Refusal for a lane that cannot be.
func (s *Server) Mint(ctx context.Context, lane string, manager bool, name string) (Pairing, error) {
	made, err := s.newScreen(ctx, lane, manager, name)
	if err != nil {
		return Pairing{}, err
	}
	code := s.pairing.offer(made)
	return Pairing{
		Screen: made.screen.ID, Code: pretty(code), URL: s.base() + "/pair/" + pretty(code), Token: made.token,
		Expires: made.screen.Expires,
	}, nil
}

// Approve accepts the code that an unpaired page shows, for a lane or for the manager's page. With neither, the page
// gets what it asked for. The error is an *edge.Refusal for a code that no page shows.
func (s *Server) Approve(ctx context.Context, code, lane string, manager bool) error {
	asked, err := s.pairing.asked(code)
	if err != nil {
		return err
	}
	if lane == "" && !manager {
		lane, manager = asked.lane, asked.manager
	}
	made, err := s.newScreen(ctx, lane, manager, "")
	if err != nil {
		return err
	}
	if !s.pairing.grant(code, made) {
		return errors.Join(errNoSuchCode(), s.opt.Screens.RevokeScreen(ctx, made.screen.ID))
	}
	return nil
}

func errNoSuchCode() error {
	return edge.Refuse("code", "no screen shows this code now; codes last %d minutes", int(codeLife.Minutes()))
}

func (s *Server) newScreen(ctx context.Context, lane string, manager bool, name string) (offer, error) {
	if err := s.checkLane(lane, manager); err != nil {
		return offer{}, err
	}
	now := s.opt.Now().UTC()
	made := offer{token: newSecret(), screen: edge.Screen{
		ID: newID(), Lane: lane, Manager: manager, Name: name, Paired: now, Expires: now.Add(codeLife),
	}}
	if err := s.opt.Screens.AddScreen(ctx, made.screen, sha256.Sum256([]byte(made.token))); err != nil {
		return offer{}, fmt.Errorf("adding a screen: %w", err)
	}
	return made, nil
}

func (s *Server) checkLane(lane string, manager bool) error {
	if manager {
		if lane != "" {
			return edge.Refuse("lane", "the manager's page has no lane")
		}
		return nil
	}
	if !edge.ValidLane(lane) {
		return edge.Refuse("lane", "a lane's name is 1 to 32 letters, digits, dashes or underscores, and not \"box\"")
	}
	known := s.opt.Lanes()
	if len(known) >= edge.MaxLanes && !slices.Contains(known, lane) {
		return edge.Refuse("lane", "this box has its %d lanes already", edge.MaxLanes)
	}
	return nil
}

// offer keeps a minted pairing under a new code.
func (p *pairing) offer(made offer) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	code := newCode(mintedLength)
	p.minted[code] = made
	return code
}

// redeem takes a minted pairing: once, and guesses are few.
func (p *pairing) redeem(code, remote string) (offer, error) {
	if !p.guesses.take(remote) {
		return offer{}, edge.Refuse(codeRate, "too many codes tried; wait a minute")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	code = plain(code)
	made, ok := p.minted[code]
	if !ok {
		return offer{}, edge.Refuse("code", "unknown, used or expired")
	}
	delete(p.minted, code)
	return made, nil
}

// ask opens a code for a page. The secret stays in that page's browser.
func (p *pairing) ask(lane string, manager bool, remote string) (code, secret string, err error) {
	if !p.asks.take(remote) {
		return "", "", edge.Refuse(codeRate, "too many codes asked for; wait a minute")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	p.dropOldest(remote)
	if len(p.asking) >= maxAsking {
		return "", "", edge.Refuse(codeRate, "too many screens ask to be paired; wait a minute")
	}
	code, secret = newCode(askedLength), newSecret()
	p.opened++
	p.asking[code] = &ask{
		order: p.opened, secret: sha256.Sum256([]byte(secret)), lane: lane, manager: manager, remote: remote,
		expires: p.now().Add(codeLife),
	}
	return code, secret, nil
}

// dropOldest makes room when one address asks again and again, as a page that is reloaded does.
func (p *pairing) dropOldest(remote string) {
	oldest, count := "", 0
	for code, each := range p.asking {
		if each.remote != remote || each.granted != nil {
			continue
		}
		count++
		if oldest == "" || each.order < p.asking[oldest].order {
			oldest = code
		}
	}
	if count >= maxAskingOne {
		delete(p.asking, oldest)
	}
}

func (p *pairing) asked(code string) (ask, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	found := p.asking[plain(code)]
	if found == nil || found.granted != nil {
		return ask{}, errNoSuchCode()
	}
	return *found, nil
}

func (p *pairing) grant(code string, made offer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.asking[plain(code)]
	if found == nil || found.granted != nil {
		return false
	}
	found.granted = &made
	return true
}

// claim gives a page what a person granted it; nil while it has to wait.
func (p *pairing) claim(code, secret string) (*offer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	code = plain(code)
	found := p.asking[code]
	if found == nil || found.secret != sha256.Sum256([]byte(secret)) {
		return nil, edge.Refuse("code", "unknown or expired")
	}
	if found.granted != nil {
		delete(p.asking, code)
	}
	return found.granted, nil
}

// forget voids the code of a screen that came by its token, or was revoked.
func (p *pairing) forget(screen string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for code, each := range p.minted {
		if each.screen.ID == screen {
			delete(p.minted, code)
		}
	}
	for code, each := range p.asking {
		if each.granted != nil && each.granted.screen.ID == screen {
			delete(p.asking, code)
		}
	}
}

func (p *pairing) sweep() {
	now := p.now()
	for code, each := range p.minted {
		if !now.Before(each.screen.Expires) {
			delete(p.minted, code)
		}
	}
	for code, each := range p.asking {
		if !now.Before(each.expires) {
			delete(p.asking, code)
		}
	}
}

// newSecret is 256 random bits.
func newSecret() string {
	var raw [32]byte
	rand.Read(raw[:]) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func newCode(length int) string {
	code := make([]byte, 0, length)
	var raw [1]byte
	for len(code) < length {
		rand.Read(raw[:])
		if int(raw[0]) < 256/len(codeLetters)*len(codeLetters) { // no letter likelier than another
			code = append(code, codeLetters[int(raw[0])%len(codeLetters)])
		}
	}
	return string(code)
}

// pretty puts a dash in the middle, as people read codes.
func pretty(code string) string { return code[:len(code)/2] + "-" + code[len(code)/2:] }

// plain undoes pretty, and what people do to codes.
func plain(code string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeLetters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(code))
}
