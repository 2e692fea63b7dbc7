// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"redbench/edge"
)

// LinkLife is how long a one-time link to sign in is good for.
const LinkLife = 24 * time.Hour

// sessionLife is how long a browser that came by a link stays signed in.
const sessionLife = 30 * 24 * time.Hour

// linkOwner is whom the code of a link belongs to, among the codes of stores: no store is called so.
func linkOwner(name string) string { return linkPrefix + name }

const linkPrefix = "user:"

// SignInLink makes the secret part of a one-time link for a user who may see the pages, in place of any earlier one. An
// unknown user is edge.ErrNotFound.
func (h *HQ) SignInLink(ctx context.Context, name string) (code string, expires time.Time, err error) {
	now := h.opt.Now().UTC()
	code, expires = newSecret(), now.Add(LinkLife)
	err = h.opt.Store.Update(ctx, func(tx Tx) error {
		user, err := tx.User(name)
		if err != nil {
			return err
		}
		if user.Role != RolePages {
			return edge.Refuse("role", "user %s reads the feed and has a token; only who sees the pages signs in", name)
		}
		if err := tx.DeleteCodes(linkOwner(name), now); err != nil {
			return err
		}
		return tx.PutCode(CodeRow{Hash: sha256.Sum256([]byte(code)), Store: linkOwner(name), Expires: expires})
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("making a link to sign in: %w", err)
	}
	return code, expires, nil
}

// LinkURL is the address that a person opens once to sign in: SignInLink's code under the URL of head office.
func LinkURL(base, code string) string { return strings.TrimSuffix(base, "/") + "/signin/" + code }

// SignInByLink uses up a link and gives a session's token, good until expires. A link that is unknown, used or too old is
// ErrSignIn.
func (h *HQ) SignInByLink(ctx context.Context, code string) (token string, expires time.Time, err error) {
	now := h.opt.Now().UTC()
	token, expires = newSecret(), now.Add(sessionLife)
	err = h.opt.Store.Update(ctx, func(tx Tx) error {
		row, err := tx.Code(sha256.Sum256([]byte(code)))
		name, link := strings.CutPrefix(row.Store, linkPrefix)
		switch {
		case errors.Is(err, edge.ErrNotFound), err == nil && (!link || !now.Before(row.Expires)):
			return ErrSignIn
		case err != nil:
			return err
		}
		if err := tx.DeleteCodes(row.Store, now); err != nil {
			return err
		}
		if _, err := tx.User(name); errors.Is(err, edge.ErrNotFound) { // revoked since
			return ErrSignIn
		} else if err != nil {
			return err
		}
		return errors.Join(tx.DeleteSessions(now), tx.PutSession(SessionRow{Hash: sha256.Sum256([]byte(token)), User: name, Expires: expires}))
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("signing in by a link: %w", err)
	}
	return token, expires, nil
}

type userKey struct{}

// UserOf gives who signed in, within a handler that RequireUser let in.
func UserOf(ctx context.Context) (User, bool) {
	user, ok := ctx.Value(userKey{}).(User)
	return user, ok
}

// RequireUser lets in who has signed in and may see the pages; everybody else gets to refused. What changes something must
// come from a page of our own: browsers that say where a request comes from are believed, and one that says nothing must
// send the page's Origin.
func (a *API) RequireUser(next, refused http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := a.signedIn(r)
		switch {
		case errors.Is(err, ErrSignIn):
			refused.ServeHTTP(w, r)
		case err != nil:
			a.opt.Log.Error("looking up a session", "error", err)
			refuse(http.StatusServiceUnavailable, "head office cannot tell who you are just now; try again").write(w)
		case !a.ownPage(r):
			refuse(http.StatusForbidden, "this did not come from a page of head office; open the page and try again").write(w)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
		}
	})
}

// signedIn gives whose session the request's cookie is, or ErrSignIn.
func (a *API) signedIn(r *http.Request) (User, error) {
	cookie, err := r.Cookie(a.cookieName())
	if err != nil || cookie.Value == "" {
		return User{}, ErrSignIn
	}
	user, err := a.hq.Session(r.Context(), cookie.Value)
	if errors.Is(err, edge.ErrNotFound) || err == nil && user.Role != RolePages {
		return User{}, ErrSignIn
	}
	return user, err
}

// ownPage holds for a request that changes nothing, and for one that comes from where it goes to.
func (a *API) ownPage(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && strings.EqualFold(origin.Host, r.Host)
}

func (a *API) cookieName() string {
	if a.opt.Insecure {
		return "redbench-hq"
	}
	return "__Host-redbench-hq"
}

func (a *API) setCookie(w http.ResponseWriter, token string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(), Value: token, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: !a.opt.Insecure, SameSite: http.SameSiteStrictMode,
	})
}

// signedInPage leads on from a page of our own: after a redirect from a link in a mail the strict cookie would stay home.
const signedInPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">
<title>Redbench</title><p><a href="/">Go on to the stores</a></p></html>
`

const usedLinkPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Redbench</title><h1>This link does not work any more</h1>
<p>It was used already, is too old, or was cut short on its way. Ask for a new one: redbench-hq user add NAME</p></html>
`

// signIn uses up a link. Only a person who goes there does: neither the preview of a mail program, which sends HEAD, nor
// the pictures of another page.
func (c *call) signIn() error {
	if c.r.Method != http.MethodGet {
		return refuseMethod([]string{http.MethodGet})
	}
	if mode, dest := c.r.Header.Get("Sec-Fetch-Mode"), c.r.Header.Get("Sec-Fetch-Dest"); (mode != "" && mode != "navigate") || (dest != "" && dest != "document") {
		return refuse(http.StatusForbidden, "open this link by itself, not from within another page")
	}
	if c.r.Header.Get("Sec-Purpose") != "" || c.r.Header.Get("Purpose") != "" { // a browser that guesses where somebody goes next
		return refuse(http.StatusForbidden, "this link is not opened ahead of time")
	}
	from := remote(c.r)
	if wait := max(c.api.signEach.take(from), c.api.signAll.take("")); wait > 0 {
		return refuseRate(wait, "links that did not work")
	}
	token, expires, err := c.api.hq.SignInByLink(c.r.Context(), c.vars["code"])
	if errors.Is(err, ErrSignIn) && strings.Contains(c.r.Header.Get("Accept"), "text/html") {
		c.writePage(http.StatusNotFound, usedLinkPage)
		return nil
	}
	if errors.Is(err, ErrSignIn) {
		return refuse(http.StatusNotFound, "this link was used, is too old or never was; ask for a new one: redbench-hq user add NAME")
	}
	if err != nil {
		return err
	}
	c.api.signEach.give(from)
	c.api.signAll.give("")
	c.api.setCookie(c.w, token, int(expires.Sub(c.api.opt.Now()).Seconds()))
	c.writePage(http.StatusOK, signedInPage)
	return nil
}

// writePage writes a page to whoever followed a link. The link stands in the address, and is told to nobody.
func (c *call) writePage(status int, page string) {
	h := c.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, page) // the browser is gone: nothing to do about it
}

// signOut ends the session of the browser that asks.
func (c *call) signOut() error {
	if !c.api.ownPage(c.r) {
		return refuse(http.StatusForbidden, "this did not come from a page of head office; open the page and try again")
	}
	if cookie, err := c.r.Cookie(c.api.cookieName()); err == nil {
		if err := c.api.hq.SignOut(c.r.Context(), cookie.Value); err != nil && !errors.Is(err, ErrSignIn) {
			return err
		}
	}
	c.api.setCookie(c.w, "", -1)
	c.w.Header().Set("Location", "/")
	c.w.WriteHeader(http.StatusSeeOther)
	return nil
}
