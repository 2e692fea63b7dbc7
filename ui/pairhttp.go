// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"redbench/edge"
)

// pairByURL is what "redbench pair" prints: it spends the code, gives the browser its cookie, and goes on to the page.
// Only a person who goes there spends anything: neither a link preview's HEAD, nor the pictures and frames of some other
// page, which would use up the guesses of everybody behind the browser's address.
func (s *Server) pairByURL(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "open this in a browser", http.StatusMethodNotAllowed)
		return
	}
	if !visits(r) {
		http.Error(w, "open this by itself, not from within another page", http.StatusForbidden)
		return
	}
	s.redeem(w, r, r.PathValue("code"))
}

// visits tells whether a browser goes to a page as a whole. Browsers that do not say (and other programs) are believed.
func visits(r *http.Request) bool {
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	return (mode == "" || mode == "navigate") && (dest == "" || dest == "document")
}

// pairByForm is the same for a code that a person types.
func (s *Server) pairByForm(w http.ResponseWriter, r *http.Request) {
	if !s.sameOrigin(r) {
		s.refuse(w, errOrigin)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	s.redeem(w, r, r.PostFormValue("code"))
}

func (s *Server) redeem(w http.ResponseWriter, r *http.Request, code string) {
	made, err := s.pairing.redeem(code, remoteIP(r))
	var refusal *edge.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Code == codeRate:
		s.home(w, r, http.StatusTooManyRequests, "pair.slow")
		return
	case err != nil:
		s.home(w, r, http.StatusNotFound, "pair.bad")
		return
	}
	if err := s.welcome(w, r, made); err != nil {
		s.refuse(w, err)
		return
	}
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		// Coming by a link in a mail, a redirect would still count as that site's, and the strict cookie would stay
		// at home. From a page of our own it travels.
		s.render(w, http.StatusOK, "go.html", s.page("", door(made.screen)))
		return
	}
	http.Redirect(w, r, door(made.screen), http.StatusSeeOther)
}

// welcome makes a pairing lasting and gives the browser its cookie.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, made offer) error {
	if err := s.opt.Screens.TouchScreen(r.Context(), made.screen.ID); err != nil {
		return err
	}
	s.setCookie(w, r, made.screen, made.token)
	s.opt.Log.Info("screen paired", "screen", made.screen.ID, "lane", made.screen.Lane, "manager", made.screen.Manager)
	return nil
}

func door(screen edge.Screen) string {
	if screen.Manager {
		return "/manager"
	}
	return "/screen/" + screen.Lane
}

type askWire struct {
	Lane    string `json:"lane"`
	Manager bool   `json:"manager"`
}

type askedWire struct {
	Code    string `json:"code"`
	Secret  string `json:"secret"`
	Expires int64  `json:"expires_in_s"`
}

// pairAsk opens a code for an unpaired page to show.
func (s *Server) pairAsk(w http.ResponseWriter, r *http.Request) {
	var wish askWire
	if !s.readOwn(w, r, &wish) {
		return
	}
	if err := s.checkLane(wish.Lane, wish.Manager); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	code, secret, err := s.pairing.ask(wish.Lane, wish.Manager, remoteIP(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusTooManyRequests)
		return
	}
	writeJSON(w, http.StatusOK, askedWire{Code: pretty(code), Secret: secret, Expires: int64(codeLife / time.Second)})
}

type claimWire struct {
	Code   string `json:"code"`
	Secret string `json:"secret"`
}

// pairClaim tells an unpaired page whether its code was accepted: 202 not yet, 200 with the cookie, 404 ask anew.
func (s *Server) pairClaim(w http.ResponseWriter, r *http.Request) {
	var claim claimWire
	if !s.readOwn(w, r, &claim) {
		return
	}
	made, err := s.pairing.claim(claim.Code, claim.Secret)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusNotFound)
	case made == nil:
		w.WriteHeader(http.StatusAccepted)
	default:
		if err := s.welcome(w, r, *made); err != nil {
			s.refuse(w, err)
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"goto": door(made.screen)})
	}
}

// readOwn reads a small JSON body that a page of our own sent.
func (s *Server) readOwn(w http.ResponseWriter, r *http.Request, into any) bool {
	if !s.sameOrigin(r) {
		s.refuse(w, errOrigin)
		return false
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, "want a small JSON object", http.StatusBadRequest)
		return false
	}
	return true
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side is gone: nothing to do about it
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
