// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"redbench/daemon/config"
)

// The exit codes of the contract.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage or configuration
)

// usageError is an error that the person mends on the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// wrongUsage marks an error as one of usage, for the exit code.
func wrongUsage(err error) error { return usageError{err} }

// silent is an error that has been told already; only the exit code is left to give.
type silent struct{ code int }

func (silent) Error() string { return "told already" }

// report tells an error and gives the exit code.
func report(messages io.Writer, err error) int {
	var usage usageError
	var configuration *config.Error
	var told silent
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &told):
		return told.code
	case errors.As(err, &configuration):
		fmt.Fprintf(messages, "redbench: the configuration is wrong:\n%v\n", err)
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintf(messages, "redbench: %v\n", err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(messages, "redbench: interrupted")
		return exitFailed
	}
	fmt.Fprintf(messages, "redbench: %v\n", err)
	return exitFailed
}
