// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"redbench/edge"
	"redbench/ui/words"
)

//go:embed static
var static embed.FS

// pages are the HTML templates and the files beside them.
type pages struct {
	templates *template.Template
	files     fs.FS
	tags      map[string]string // ETag by file name
}

func newPages() (*pages, error) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	templates, err := template.New("").ParseFS(files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the embedded pages: %w", err)
	}
	p := &pages{templates: templates, files: files, tags: map[string]string{}}
	names, err := fs.Glob(files, "*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		p.tags[name] = `"` + hex.EncodeToString(sum[:8]) + `"`
	}
	return p, nil
}

// page is what every template gets.
type page struct {
	words.Words
	Store   string
	Version string
	Zone    string
	Locale  string
	Lane    string
	Error   string // key of a text, or empty
	Data    any    // what this page alone needs
}

// Fill is T with "{name}" filled in: Fill "lane" "lane" .Lane.
func (p page) Fill(key string, pairs ...string) (string, error) {
	text, err := p.T(key)
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text, err
}

// Script is the words as JSON, for the page's modules to read from an attribute.
func (p page) Script() (string, error) {
	body, err := json.Marshal(p.Words)
	return string(body), err
}

func (s *Server) page(lane string, data any) page {
	return page{
		Words: s.words, Store: s.opt.StoreName, Version: s.opt.Version, Zone: s.opt.Zone.String(),
		Locale: s.opt.Locale, Lane: lane, Data: data,
	}
}

func (s *Server) render(w http.ResponseWriter, status int, name string, p page) {
	var body bytes.Buffer
	if err := s.pages.templates.ExecuteTemplate(&body, name, p); err != nil {
		s.opt.Log.Error("rendering a page", "page", name, "error", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.homePage)
	mux.HandleFunc("GET /screen/{lane}", s.screenPage)
	mux.HandleFunc("GET /ws/lane/{lane}", s.serveSocket)
	mux.HandleFunc("GET /pair/{code}", s.pairByURL)
	mux.HandleFunc("POST /pair", s.pairByForm)
	mux.HandleFunc("POST /pair/ask", s.pairAsk)
	mux.HandleFunc("POST /pair/claim", s.pairClaim)
	mux.HandleFunc("GET /manager", s.managerPage)
	mux.HandleFunc("POST /manager/{action}", s.managerAction)
	mux.HandleFunc("GET /static/{name}", s.serveStatic)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /metrics", s.serveMetrics)
	return s.gate(mux)
}

// serveStatic answers without a token: the pairing page needs it, and it holds nothing but the program itself.
func (s *Server) serveStatic(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	tag, ok := s.pages.tags[name]
	if !ok || strings.HasSuffix(name, ".html") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache") // asked again each time, so that a new version is never half there
	w.Header().Set("ETag", tag)
	http.ServeFileFS(w, r, s.pages.files, name)
}

func (s *Server) healthz(w http.ResponseWriter, r *http.Request) { s.answerCheck(w, r, s.opt.Healthy) }
func (s *Server) readyz(w http.ResponseWriter, r *http.Request)  { s.answerCheck(w, r, s.opt.Ready) }

func (s *Server) answerCheck(w http.ResponseWriter, r *http.Request, check func(context.Context) error) {
	if check != nil {
		if err := check(r.Context()); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

// serveMetrics wants the metrics token, or a manager's ("redbench pair --manager --json"). The way without any is a
// listener of its own, [metrics] listen.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if s.opt.Metrics == nil {
		http.NotFound(w, r)
		return
	}
	if own := s.opt.MetricsToken; own == "" || subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(own)) != 1 {
		h, err := s.credential(r, "", true)
		if err != nil {
			s.refuse(w, err)
			return
		}
		if !h.screen.Expires.IsZero() {
			s.touch(r.Context(), h.screen.ID)
		}
	}
	s.opt.Metrics.ServeHTTP(w, r)
}

type homeData struct {
	Lanes   []homeLane
	Manager bool
}

type homeLane struct {
	Name   string
	Paired bool
}

func (s *Server) homePage(w http.ResponseWriter, r *http.Request) { s.home(w, r, http.StatusOK, "") }

func (s *Server) home(w http.ResponseWriter, r *http.Request, status int, problem string) {
	data := homeData{}
	for _, lane := range s.lanes() {
		_, err := s.credential(r, lane, false)
		data.Lanes = append(data.Lanes, homeLane{Name: lane, Paired: err == nil})
	}
	_, err := s.credential(r, "", true)
	data.Manager = err == nil
	p := s.page("", data)
	p.Error = problem
	s.render(w, status, "home.html", p)
}

// lanes lists the known lanes as people count them: 2 before 10.
func (s *Server) lanes() []string {
	lanes := slices.Clone(s.opt.Lanes())
	slices.SortFunc(lanes, naturally)
	return lanes
}

func naturally(a, b string) int {
	if len(a) != len(b) && digits(a) && digits(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

type screenData struct{ DistanceM float64 }

func (s *Server) screenPage(w http.ResponseWriter, r *http.Request) {
	lane := r.PathValue("lane")
	if !edge.ValidLane(lane) {
		http.NotFound(w, r)
		return
	}
	h, err := s.credential(r, lane, false)
	if err != nil {
		s.unpaired(w, err, lane, false)
		return
	}
	s.renewCookie(w, r, h)
	s.render(w, http.StatusOK, "screen.html", s.page(lane, screenData{DistanceM: s.opt.DistanceM}))
}

// renewCookie keeps a browser that is in use paired.
func (s *Server) renewCookie(w http.ResponseWriter, r *http.Request, h holder) {
	if !h.cookie {
		return
	}
	if c, err := r.Cookie(cookieName(h.screen.Lane, h.screen.Manager, s.secure(r))); err == nil {
		s.setCookie(w, r, h.screen, c.Value)
	}
}

type unpairedData struct{ Manager bool }

// unpaired shows the page that asks to be paired, in place of what was asked for.
func (s *Server) unpaired(w http.ResponseWriter, err error, lane string, manager bool) {
	if err != errNoCredential && err != errNotAuthorised {
		s.refuse(w, err)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="redbench"`)
	s.render(w, http.StatusUnauthorized, "pair.html", s.page(lane, unpairedData{Manager: manager}))
}

// admitLane lets a screen's socket in: its credential, its lane, and with a cookie its Origin.
func (s *Server) admitLane(w http.ResponseWriter, r *http.Request, lane string) (holder, bool) {
	if lane == edge.ProbeLane && s.probe.is(r) {
		return holder{screen: edge.Screen{Lane: lane}}, true
	}
	if !edge.ValidLane(lane) {
		http.NotFound(w, r)
		return holder{}, false
	}
	h, err := s.acting(r, lane, false)
	if err != nil {
		s.refuse(w, err)
		return holder{}, false
	}
	return h, true
}

// clock is a time as people in the store read it.
func (s *Server) clock(t time.Time) string { return t.In(s.opt.Zone).Format("15:04") }
