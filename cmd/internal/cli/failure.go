// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"redbench/daemon/config/keyed"
)

// The exit codes of the contract.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2 // wrong usage or configuration
)

// usageError is an error that the person mends on the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// WrongUsage marks an error as one of usage, for the exit code.
func WrongUsage(err error) error { return usageError{err} }

// Silent is an error that has been told already; only the exit code is left to give.
type Silent struct{ Code int }

// Error is for whoever prints it all the same.
func (Silent) Error() string { return "told already" }

// Report tells an error in the name of a program, and gives the exit code.
func Report(messages io.Writer, program string, err error) int {
	var usage usageError
	var configuration *keyed.Error
	var told Silent
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &told):
		return told.Code
	case errors.As(err, &configuration):
		fmt.Fprintf(messages, "%s: the configuration is wrong:\n%v\n", program, err)
		return ExitUsage
	case errors.As(err, &usage):
		fmt.Fprintf(messages, "%s: %v\n", program, err)
		return ExitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(messages, "%s: interrupted\n", program)
		return ExitFailed
	}
	fmt.Fprintf(messages, "%s: %v\n", program, err)
	return ExitFailed
}
