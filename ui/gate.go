// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"redbench/edge"
)

// cookieAge is how long a paired browser stays paired; it is renewed whenever the page is opened.
const cookieAge = 400 * 24 * time.Hour // the longest that browsers allow

// gate answers nothing to a name that is not the box's own, which is what stops DNS rebinding: a hostile page whose
// name was made to point at this box still says its own name in Host. It also sets the headers that every answer has.
func (s *Server) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // with "no-referrer" a form would send Origin: null
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
		if !s.knownHost(r) {
			http.Error(w, "this box does not answer to that name; open it by its address, or set [ui] public_url",
				http.StatusMisdirectedRequest)
			return
		}
		h.Set("Content-Security-Policy", contentPolicy(r.Host))
		next.ServeHTTP(w, r)
	})
}

// contentPolicy names the socket's address beside 'self', because not every browser takes 'self' to mean ws: as well.
// The host was checked before.
func contentPolicy(host string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://" + host +
		" wss://" + host + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
}

// knownHost accepts the public URL's host, the listener's own, loopback names, and the very address that the
// connection came in on. The last is safe because a page cannot be served from an address that is not its own.
func (s *Server) knownHost(r *http.Request) bool {
	if s.public != nil && strings.EqualFold(r.Host, s.public.Host) {
		return true
	}
	if s.opt.Listen != "" && strings.EqualFold(r.Host, s.opt.Listen) {
		return true
	}
	host := hostName(r.Host)
	for _, name := range append([]string{"localhost"}, s.opt.TrustedHosts...) {
		if strings.EqualFold(host, name) || strings.EqualFold(r.Host, name) {
			return true
		}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	return ip.IsLoopback() || ip.Unmap() == localIP(r)
}

func hostName(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func localIP(r *http.Request) netip.Addr {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return local.AddrPort().Addr().Unmap().WithZone("")
}

// secure tells whether the browser spoke TLS, to us or to a proxy under the public URL.
func (s *Server) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	return s.public != nil && s.public.Scheme == "https" && strings.EqualFold(r.Host, s.public.Host)
}

// sameOrigin requires the exact Origin of the page that the box itself serves under this Host. A missing one is not
// the same: gorilla's own check lets it pass.
func (s *Server) sameOrigin(r *http.Request) bool {
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" || len(r.Header.Values("Origin")) != 1 {
		return false
	}
	scheme := "http"
	if s.secure(r) {
		scheme = "https"
	}
	return origin.String() == scheme+"://"+strings.ToLower(r.Host)
}

// holder is a screen and the credential that it proved itself with.
type holder struct {
	screen edge.Screen
	token  [32]byte
	cookie bool // by cookie: a browser, whose Origin counts
}

var (
	errNoCredential  = errors.New("not paired")
	errNotAuthorised = errors.New("paired for something else")
	errOrigin        = errors.New("foreign origin")
)

// A browser may be paired for several lanes, and for the manager's page: each has a cookie of its own, so that the
// credential of one lane is never spent on another.
func cookieName(lane string, manager bool, secure bool) string {
	name := "redbench-lane-" + lane
	if manager {
		name = "redbench-manager"
	}
	if secure {
		return "__Host-" + name
	}
	return name
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, screen edge.Screen, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(screen.Lane, screen.Manager, s.secure(r)), Value: token, Path: "/",
		MaxAge: int(cookieAge.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.secure(r),
	})
}

// credential finds who asks for a lane, or for the manager's page, and refuses what the credential was not made for.
//
// A screen's credential serves its lane only. A manager's serves the manager's page only, and not any lane: a lane
// shows who stands at the till now, which concerns the person at the till alone, and a back office that watches lanes
// would be watching cashiers. Who wants a lane in the office pairs it as a screen, where the list shows it.
func (s *Server) credential(r *http.Request, lane string, manager bool) (holder, error) {
	token, cookie := bearer(r), false
	if token == "" {
		found, err := r.Cookie(cookieName(lane, manager, s.secure(r)))
		if err != nil {
			return holder{}, errNoCredential
		}
		token, cookie = found.Value, true
	}
	sum := sha256.Sum256([]byte(token))
	screen, err := s.opt.Screens.ScreenByToken(r.Context(), sum)
	switch {
	case errors.Is(err, edge.ErrNotFound):
		return holder{}, errNoCredential
	case err != nil:
		return holder{}, err
	case !screen.Expires.IsZero() && !s.opt.Now().Before(screen.Expires):
		return holder{}, errNoCredential
	case screen.Manager != manager || screen.Lane != lane:
		return holder{}, errNotAuthorised
	}
	return holder{screen: screen, token: sum, cookie: cookie}, nil
}

// acting is credential for what a page's script or form does: with a cookie the exact Origin is required.
func (s *Server) acting(r *http.Request, lane string, manager bool) (holder, error) {
	h, err := s.credential(r, lane, manager)
	if err == nil && h.cookie && !s.sameOrigin(r) {
		return holder{}, errOrigin
	}
	return h, err
}

// refuse answers for a credential's error.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errNoCredential):
		w.Header().Set("WWW-Authenticate", `Bearer realm="redbench"`)
		http.Error(w, "not paired; run: redbench pair --lane LANE", http.StatusUnauthorized)
	case errors.Is(err, errNotAuthorised):
		http.Error(w, "this credential was not made for that", http.StatusForbidden)
	case errors.Is(err, errOrigin):
		http.Error(w, "not from a page of this box", http.StatusForbidden)
	default:
		s.opt.Log.Error("looking up a screen", "error", err)
		http.Error(w, "the box cannot tell who you are just now", http.StatusServiceUnavailable)
	}
}

// touch notes that a screen came. The first time makes its credential lasting and its code void.
func (s *Server) touch(ctx context.Context, screen string) {
	s.pairing.forget(screen)
	if err := s.opt.Screens.TouchScreen(ctx, screen); err != nil { // it is let in all the same: a prompt matters more
		s.opt.Log.Warn("noting that a screen came", "screen", screen, "error", err)
	}
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
