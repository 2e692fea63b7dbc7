// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"net/http"

	"redbench/edge"
	"redbench/sync/wire"
)

// enrol gives credentials for a one-time code. Codes are far too long to be guessed; who tries all the same is slowed
// down, and an evening on which 800 boxes enrol from one address is not: what worked costs nothing.
func (c *call) enrol() error {
	from := remote(c.r)
	if wait := max(c.api.enrolEach.take(from), c.api.enrolAll.take("")); wait > 0 {
		return refuseRate(wait, "attempts to enroll that did not work")
	}
	answer, err := c.enrolled()
	if err != nil {
		return err
	}
	c.api.enrolEach.give(from)
	c.api.enrolAll.give("")
	return c.answer(answer)
}

func (c *call) enrolled() (wire.EnrolAnswer, error) {
	var request wire.EnrolRequest
	if err := c.message(&request); err != nil {
		return wire.EnrolAnswer{}, err
	}
	if err := checkOwnKeys(request.Keys); err != nil {
		return wire.EnrolAnswer{}, err
	}
	made, err := c.api.hq.Enrol(c.r.Context(), request)
	if errors.Is(err, ErrCode) {
		return wire.EnrolAnswer{}, refuse(http.StatusForbidden,
			"the code is wrong, used, too old or another store's; ask for a new one: redbench-hq store add STORE").as(wire.ProblemCode)
	}
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	c.store = made.Store
	return wire.EnrolAnswer{
		Store: made.Store, Token: c.api.key.mint(claims{Store: made.Store, Serial: made.Serial}),
		CA: string(c.api.opt.CA), Chain: made.Chain,
	}, nil
}

// mostOwnKeys is how many keys of its own a box may bring: one, and those of chains that it belonged to before.
const mostOwnKeys = 16

// checkOwnKeys refuses keys that are none before they are kept: all other boxes are told of them, and a page with one that
// they do not take would be the last that any of them gets.
func checkOwnKeys(keys []edge.Key) error {
	if len(keys) > mostOwnKeys {
		return edge.Refuse("keys", "a box brings %d keys of its own at most", mostOwnKeys)
	}
	for _, k := range keys {
		if k.ID == 0 || len(k.Key) != 32 {
			return edge.Refuse("keys", "a key of the box's own has the wrong length or no id")
		}
	}
	return nil
}

// rotate gives a new token. The former holds until this one was used, so that an answer that is lost costs nothing.
func (c *call) rotate() error {
	if c.r.ContentLength != 0 {
		if err := c.message(&struct{}{}); err != nil {
			return err
		}
	}
	serial, err := c.api.hq.Rotate(c.r.Context(), c.store)
	if err != nil {
		return err
	}
	return c.answer(wire.TokenAnswer{Token: c.api.key.mint(claims{Store: c.store, Serial: serial})})
}
