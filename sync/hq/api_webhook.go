// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"net/http"
	"time"

	"redbench/edge/adapt"
	"redbench/sync/wire"
)

// webhook takes what a vendor posts: signature first, then the guard, then the vendor's program. Nothing of what is refused
// is kept or logged, since nobody knows what is in it.
func (c *call) webhook() error {
	h := c.api.hooks[c.vars["vendor"]]
	if h == nil {
		return refuse(http.StatusNotFound, "no vendor of this name is configured here")
	}
	taken, err := c.hooked(h)
	c.api.metrics.hooks.WithLabelValues(h.Vendor, outcomeOf(taken, err)).Inc()
	if err != nil {
		return refuseHook(err)
	}
	status := http.StatusAccepted
	if taken == 0 {
		status = http.StatusOK
	}
	data, err := wire.Marshal(wire.WebhookAnswer{Taken: taken})
	if err != nil {
		return err
	}
	return c.sendAs(status, wire.TypeJSON, data)
}

func (c *call) hooked(h *hook) (taken int, err error) {
	if e := c.r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return 0, refuse(http.StatusUnsupportedMediaType, "send the body as it is, without a Content-Encoding")
	}
	body, err := c.raw(maxHook)
	if err != nil {
		return 0, err
	}
	now := c.api.opt.Now()
	if err := h.verify(c.r.Header, body, now); err != nil {
		return 0, err
	}
	// Only now: whoever proves nothing must not be able to fill the line.
	leave, in := c.api.hooking.enter(c.r.Context().Done())
	if !in {
		return 0, refuseBusy()
	}
	defer leave()
	events, err := h.program.Events(body, now)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	return c.api.hq.Relay(c.r.Context(), h.Vendor, events)
}

// relayRetry is when a vendor is to come again for a store whose events wait.
const relayRetry = 5 * time.Minute

// refuseHook says what a failure means to a vendor.
func refuseHook(err error) error {
	if rejection, ok := errors.AsType[*adapt.Rejection](err); ok {
		return refuse(http.StatusUnprocessableEntity, "%s; nothing of this body was kept", rejection.Error())
	}
	switch {
	case errors.Is(err, errSignature), errors.Is(err, errMoment):
		return refuse(http.StatusUnauthorized, "%v", err).with("WWW-Authenticate", "Signature")
	case errors.Is(err, ErrOtherEvent):
		return refuse(http.StatusConflict, "%v; nothing of this body was kept", ErrOtherEvent)
	case errors.Is(err, ErrNoBox):
		return refuse(http.StatusUnprocessableEntity, "%v; nothing of this body was kept", ErrNoBox)
	case errors.Is(err, ErrRelaySize):
		return refuse(http.StatusUnprocessableEntity, "%v; nothing of this body was kept", ErrRelaySize)
	case errors.Is(err, ErrManyRelays):
		return refuse(http.StatusServiceUnavailable, "%v; send it again later", ErrManyRelays).after(relayRetry)
	}
	return err
}

// outcomeOf is what metrics call an outcome: few words, none of which a vendor chooses.
func outcomeOf(taken int, err error) string {
	if rejection, ok := errors.AsType[*adapt.Rejection](err); ok {
		return rejection.Code
	}
	switch {
	case err == nil && taken > 0:
		return "taken"
	case err == nil:
		return "nothing-new"
	case errors.Is(err, errSignature), errors.Is(err, errMoment):
		return "signature"
	case errors.Is(err, ErrOtherEvent):
		return "conflict"
	case errors.Is(err, ErrNoBox):
		return adapt.CodeStore
	case errors.Is(err, ErrRelaySize):
		return adapt.CodeTooLarge
	}
	return "failed"
}
