// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"redbench/sync/hq"
)

//go:embed static
var static embed.FS

// Office is what the pages ask of head office.
type Office interface {
	Stores(ctx context.Context) ([]hq.StoreView, error)
	PlaybookStatus(ctx context.Context) (hq.PlaybookView, error)
}

// Options are what the pages are made of.
type Options struct {
	Office Office
	// Guard lets in who has signed in, and gives everybody else to refused.
	Guard     func(next, refused http.Handler) http.Handler
	User      func(*http.Request) string // what whoever was let in is called; nil: nobody has a name
	Name      string                     // of head office
	Version   string                     // of the program
	LateAfter time.Duration
	OwedAfter time.Duration
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: slog.Default()
}

// Pages answers what a browser asks of head office. Make it with New.
type Pages struct {
	opt       Options
	templates *template.Template
	files     fs.FS
	tags      map[string]string // ETag by file name
	mux       *http.ServeMux
}

// New makes the pages of their options.
func New(o Options) (*Pages, error) {
	if o.Office == nil || o.Guard == nil {
		return nil, errors.New("making head office's pages: they need an office, and somebody at the door")
	}
	if o.User == nil {
		o.User = func(*http.Request) string { return "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	p := &Pages{opt: o, files: files, tags: map[string]string{}, mux: http.NewServeMux()}
	if p.templates, err = template.New("").Funcs(functions()).ParseFS(files, "*.html"); err != nil {
		return nil, fmt.Errorf("reading the embedded pages: %w", err)
	}
	if err := p.tagFiles(); err != nil {
		return nil, err
	}
	p.mux.Handle("GET /{$}", o.Guard(http.HandlerFunc(p.fleet), http.HandlerFunc(p.signIn)))
	p.mux.HandleFunc("GET /static/{name}", p.serveStatic)
	return p, nil
}

func (p *Pages) tagFiles() error {
	names, err := fs.Glob(p.files, "*")
	if err != nil {
		return err
	}
	for _, name := range names {
		body, err := fs.ReadFile(p.files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		p.tags[name] = `"` + hex.EncodeToString(sum[:8]) + `"`
	}
	return nil
}

// policy lets the pages load what is ours and nothing else. No script and no style stands in a page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// ServeHTTP answers a page or a file of one.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	p.mux.ServeHTTP(w, r)
}

// serveStatic answers without a session: the page that asks to sign in needs it, and it holds nothing but the program.
func (p *Pages) serveStatic(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	tag, ok := p.tags[name]
	if !ok || strings.HasSuffix(name, ".html") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache") // asked again each time, so that a new version is never half there
	w.Header().Set("ETag", tag)
	http.ServeFileFS(w, r, p.files, name)
}

// page is what every template gets.
type page struct {
	Name    string
	Version string
	User    string
	Query   string // what is looked for
	Fleet   Fleet
	Groups  []group
	Judge   Judge
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, http.StatusUnauthorized, "signin.html", page{Name: p.opt.Name})
}

func (p *Pages) fleet(w http.ResponseWriter, r *http.Request) {
	shown := page{Name: p.opt.Name, Version: p.opt.Version, User: p.opt.User(r), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	shown.Judge = Judge{LateAfter: p.opt.LateAfter, OwedAfter: p.opt.OwedAfter, Now: p.opt.Now()}
	var err error
	if shown.Fleet, err = p.look(r.Context(), shown.Judge); err != nil {
		p.opt.Log.Error("reading the fleet", "error", err)
		p.render(w, r, http.StatusServiceUnavailable, "broken.html", shown)
		return
	}
	shown.Groups = groups(shown.Fleet.Rows, shown.Query)
	p.render(w, r, http.StatusOK, "fleet.html", shown)
}

func (p *Pages) look(ctx context.Context, judge Judge) (Fleet, error) {
	stores, err := p.opt.Office.Stores(ctx)
	if err != nil {
		return Fleet{}, err
	}
	playbooks, err := p.opt.Office.PlaybookStatus(ctx)
	if err != nil {
		return Fleet{}, err
	}
	return judge.Fleet(stores, playbooks), nil
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, name string, data page) {
	var body bytes.Buffer
	if err := p.templates.ExecuteTemplate(&body, name, data); err != nil {
		p.opt.Log.Error("rendering a page", "page", name, "error", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, _ = w.Write(body.Bytes()) // whoever asked may be gone
		return
	}
	h.Set("Content-Encoding", "gzip") // 800 stores are 430 kB, and 20 when packed
	w.WriteHeader(status)
	packed := gzip.NewWriter(w)
	_, _ = packed.Write(body.Bytes())
	_ = packed.Close()
}
