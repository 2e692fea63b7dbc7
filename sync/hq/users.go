// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"time"

	"redbench/edge"
)

// Role says what a user may do.
type Role string

// The roles.
const (
	RolePages Role = "pages" // sees head office's pages
	RoleFeed  Role = "feed"  // reads the feed
)

// User is somebody who may look in.
type User struct {
	Name  string    `json:"name"`
	Role  Role      `json:"role"`
	Added time.Time `json:"added"`
}

// ErrExists says that the name is taken.
var ErrExists = errors.New("it is there already")

// ErrSignIn says that name or secret is wrong, or the session over.
var ErrSignIn = errors.New("name or secret is wrong")

// workday is how long a session lasts.
const workday = 12 * time.Hour

var userName = regexp.MustCompile(`^[\pL\pN][\pL\pN ._@-]{0,63}$`)

// AddUser makes a user and gives the secret to sign in with, which nobody can read again: it rests as its digest. A name
// that is taken is ErrExists.
func (h *HQ) AddUser(ctx context.Context, name string, role Role) (secret string, err error) {
	if !userName.MatchString(name) || role != RolePages && role != RoleFeed {
		return "", fmt.Errorf("adding a user: %q is no name, or %q no role", name, role)
	}
	secret = newSecret()
	err = h.update(ctx, "", func(w *work) error {
		if _, err := w.tx.User(name); !errors.Is(err, edge.ErrNotFound) {
			return errors.Join(err, ErrExists)
		}
		return w.tx.PutUser(UserRow{Name: name, Role: role, Hash: sha256.Sum256([]byte(secret)), Added: w.now.UTC()})
	})
	if err != nil {
		return "", fmt.Errorf("adding user %q: %w", name, err)
	}
	return secret, nil
}

// Users lists the users by name.
func (h *HQ) Users(ctx context.Context) (out []User, err error) {
	err = h.view(ctx, "", func(w *work) error {
		rows, err := w.tx.Users()
		for _, r := range rows {
			out = append(out, User{Name: r.Name, Role: r.Role, Added: r.Added})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	return out, nil
}

// RevokeUser takes a user out with all sessions and the link that was not used yet. An unknown one is edge.ErrNotFound.
func (h *HQ) RevokeUser(ctx context.Context, name string) error {
	err := h.update(ctx, "", func(w *work) error {
		if _, err := w.tx.User(name); err != nil {
			return err
		}
		// The link goes too: it would sign in whoever is called so next.
		return errors.Join(w.tx.DeleteCodes(linkOwner(name), w.now), w.tx.DeleteUser(name))
	})
	if err != nil {
		return fmt.Errorf("revoking user %q: %w", name, err)
	}
	return nil
}

// CheckUser gives the user with this secret, or ErrSignIn: for a program that sends it each time.
func (h *HQ) CheckUser(ctx context.Context, name, secret string) (user User, err error) {
	err = h.view(ctx, "", func(w *work) (err error) {
		user, err = w.user(name, secret)
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("signing in: %w", err)
	}
	return user, nil
}

// user compares digests, and does so for an unknown name too: how long it takes tells nothing.
func (w *work) user(name, secret string) (User, error) {
	r, err := w.tx.User(name)
	unknown := errors.Is(err, edge.ErrNotFound)
	if err != nil && !unknown {
		return User{}, err
	}
	given := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(given[:], r.Hash[:]) != 1 || unknown {
		return User{}, ErrSignIn
	}
	return User{Name: r.Name, Role: r.Role, Added: r.Added}, nil
}

// SignIn gives a session's token, good until expires.
func (h *HQ) SignIn(ctx context.Context, name, secret string) (token string, expires time.Time, err error) {
	token = newSecret()
	err = h.update(ctx, "", func(w *work) error {
		if _, err := w.user(name, secret); err != nil {
			return err
		}
		expires = w.now.UTC().Add(workday)
		return errors.Join(w.tx.DeleteSessions(w.now),
			w.tx.PutSession(SessionRow{Hash: sha256.Sum256([]byte(token)), User: name, Expires: expires}))
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("signing in: %w", err)
	}
	return token, expires, nil
}

// Session gives whose session a token is, or ErrSignIn.
func (h *HQ) Session(ctx context.Context, token string) (user User, err error) {
	err = h.view(ctx, "", func(w *work) error {
		s, err := w.tx.Session(sha256.Sum256([]byte(token)))
		if errors.Is(err, edge.ErrNotFound) || err == nil && !w.now.Before(s.Expires) {
			return ErrSignIn
		}
		if err != nil {
			return err
		}
		r, err := w.tx.User(s.User)
		user = User{Name: r.Name, Role: r.Role, Added: r.Added}
		return err
	})
	if err != nil {
		return User{}, fmt.Errorf("looking a session up: %w", err)
	}
	return user, nil
}

// SignOut ends a session.
func (h *HQ) SignOut(ctx context.Context, token string) error {
	err := h.update(ctx, "", func(w *work) error { return w.tx.DeleteSession(sha256.Sum256([]byte(token))) })
	if err != nil {
		return fmt.Errorf("signing out: %w", err)
	}
	return nil
}
