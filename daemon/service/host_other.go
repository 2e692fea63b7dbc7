// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows && !darwin

package service

import kardianos "github.com/kardianos/service"

const (
	privilege   = "root: try it with sudo"
	whereToLook = ""
	account     = ""
	unitFile    = ""
)

// supported is no system that nobody of ours has looked at.
func supported(string) bool { return false }

func osOptions(Options) (kardianos.KeyValue, string) { return nil, "" }

type osHost struct{}

func (osHost) Privileged() bool              { return true }
func (osHost) Usable(string) error           { return nil }
func (osHost) Installed() (string, bool)     { return "", false }
func (osHost) Packaged() string              { return "" }
func (osHost) Fits(Options) error            { return nil }
func (osHost) Enabled() (bool, error)        { return true, nil }
func (osHost) Enable(bool) error             { return nil }
func (osHost) Prepare(Options) error         { return nil }
func (osHost) Entrust(Options, string) error { return nil }
func (osHost) Renew(Options) (bool, error)   { return false, nil }
func (osHost) Finish(Options) error          { return nil }
func (osHost) State() (State, bool)          { return "", false }
func (osHost) LastError() string             { return "" }

func (osHost) Grant(Options, bool) (Granted, error) { return Granted{}, nil }

// User is the user that the service runs as, which Prepare makes; empty: one of the system's, of whom nothing can be asked.
const User = ""
