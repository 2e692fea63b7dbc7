// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"errors"
	"testing"

	"redbench/sync/hq"
)

// A link that was not used goes with its user: it must not sign in whoever is called so next.
func TestARevokedUsersLinkIsVoid(t *testing.T) {
	o := newOffice(t)
	_, err := o.AddUser(t.Context(), "jo", hq.RolePages)
	must(t, err)
	code, _, err := o.SignInLink(t.Context(), "jo")
	must(t, err)
	must(t, o.RevokeUser(t.Context(), "jo"))
	_, err = o.AddUser(t.Context(), "jo", hq.RolePages)
	must(t, err)
	if _, _, err := o.SignInByLink(t.Context(), code); !errors.Is(err, hq.ErrSignIn) {
		t.Errorf("an old link: %v", err)
	}
}
