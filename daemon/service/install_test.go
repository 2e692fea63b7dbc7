// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"slices"
	"testing"

	kardianos "github.com/kardianos/service"
)

// A package's unit is its own: it is enabled and disabled, and no other is written beside it.
func TestAPackagedServiceIsOnlyEnabled(t *testing.T) {
	m, s, h := manager()
	h.packaged, h.disabled, s.status, s.err = "/usr/lib/systemd/system/redbench.service", true, kardianos.StatusStopped, nil
	for _, first := range []bool{true, false} {
		if pending, err := m.Pending(); err != nil || pending != first {
			t.Errorf("pending %v, %v", pending, err)
		}
		if changed, err := m.Install(); err != nil || changed != first {
			t.Errorf("installing: changed %v, %v", changed, err)
		}
	}
	s.status = kardianos.StatusRunning
	for _, first := range []bool{true, false} {
		if changed, err := m.Uninstall(); err != nil || changed != first {
			t.Errorf("uninstalling: changed %v, %v", changed, err)
		}
	}
	if !slices.Equal(s.told, []string{"stop"}) || !slices.Equal(h.noted, []string{"enable true", "enable false"}) {
		t.Errorf("the manager was told %v, the machine %v", s.told, h.noted)
	}
}

func TestAPackagedServiceThatDoesNotFitIsRefused(t *testing.T) {
	m, s, h := manager()
	h.packaged, h.misfit, h.hidden = "/lib/systemd/system/redbench.service", errors.New("it reads another file"), exe
	if _, err := m.Install(); err == nil || err.Error() != "it reads another file" || len(s.told) > 0 || h.prepared > 0 {
		t.Errorf("told %v; %v", err, s.told)
	}
}

func TestWhatAPersonDisabledIsEnabledAgain(t *testing.T) {
	m, s, h := manager()
	h.unit, h.disabled, s.status, s.err = "unit 2", true, kardianos.StatusStopped, nil
	if changed, err := m.Install(); err != nil || !changed || len(s.told) > 0 || h.disabled {
		t.Errorf("changed %v, %v; told %v", changed, err, s.told)
	}
}

// Windows' manager would not take a running service out and in at once.
func TestAServiceIsRenewedInItsPlaceWhereItCanBe(t *testing.T) {
	m, s, h := manager()
	h.unit, h.renews, s.status, s.err = "unit 1", true, kardianos.StatusRunning, nil
	if changed, err := m.Install(); err != nil || !changed || len(s.told) > 0 || !slices.Equal(h.noted, []string{"renew"}) {
		t.Errorf("changed %v, %v; told %v and %v", changed, err, s.told, h.noted)
	}
	m, s, h = manager()
	if _, err := m.Install(); err != nil || !slices.Equal(s.told, []string{"install"}) || !slices.Equal(h.noted, []string{"finish"}) {
		t.Errorf("a new one: %v; told %v and %v", err, s.told, h.noted)
	}
}
