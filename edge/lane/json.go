// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"encoding/json"
	"errors"
	"fmt"

	"redbench/edge"
)

// maxState is how large an encoded State may be. With ids of 64 bytes one takes 12 KiB at most.
const maxState = 64 << 10

// Encode gives the state as JSON.
func (s State) Encode() ([]byte, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding lane state: %w", err)
	}
	return data, nil
}

// Decode reads what Encode wrote. It refuses a state that no lane can be in, so that a damaged record never puts anybody
// on a screen; begin with the zero State then.
func Decode(data []byte) (State, error) {
	if len(data) > maxState {
		return State{}, fmt.Errorf("decoding lane state: %d bytes are more than %d", len(data), maxState)
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		// Not wrapped: a syntax error may quote what it read.
		return State{}, errors.New("decoding lane state: not the JSON of a state")
	}
	if err := s.check(); err != nil {
		return State{}, fmt.Errorf("decoding lane state: %w", err)
	}
	return s, nil
}

// check reports what no Step leaves behind.
func (s State) check() error {
	switch s.Phase {
	case Idling:
		if s.Checkout != "" || s.Holder != (Holder{}) || s.Previous != nil || !s.Shown.IsZero() || !s.Until.IsZero() || s.Withheld != (Withheld{}) {
			return errors.New("somebody is left at an idle lane")
		}
	case Greeted:
		if s.Checkout != "" {
			return errors.New("a card that waits has a checkout")
		}
	case Serving, Parting:
		if s.Checkout == "" {
			return fmt.Errorf("phase %s without a checkout", s.Phase)
		}
	default:
		return errors.New("unknown phase")
	}
	switch {
	case s.Phase != Idling && s.Until.IsZero():
		return errors.New("a phase that never ends")
	case s.Phase == Parting && (!s.Shown.IsZero() || s.Previous != nil):
		return errors.New("a prompt beside a farewell")
	case !s.Shown.IsZero() && s.Holder.Prompt == "":
		return errors.New("a prompt without id on the screen")
	case !s.Paused.IsZero() && (!s.Shown.IsZero() || s.Phase == Parting):
		return errors.New("a paused lane shows somebody")
	case s.Withheld != (Withheld{}) && (s.Paused.IsZero() || s.Withheld.Prompt == ""):
		return errors.New("a prompt withheld without a pause, or without id")
	case len(s.Parked) > maxPark || len(s.Done) > maxDone:
		return errors.New("too many checkouts")
	}
	for _, each := range s.Parked {
		if each.Why != Suspended && each.Why != Abandoned && each.Why != Expired && each.Why != Unseen {
			return errors.New("a checkout parked for an unknown reason")
		}
	}
	if s.Holder.Customer < edge.Stranger {
		return errors.New("a customer below zero")
	}
	return nil
}
