// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Run is a whole program: arguments in, exit code out. newRoot makes its verbs.
func Run(newRoot func() *cobra.Command, args []string, in io.Reader, out, messages io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not end by itself

	understood := false // an error before the command line has been is one of usage
	root := Ready(newRoot())
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(messages)
	verb, err := root.ExecuteContextC(ctx)
	if err != nil && !understood {
		err = WrongUsage(fmt.Errorf("%w; `%s --help` explains", err, Program(root.Name())+strings.TrimPrefix(verb.CommandPath(), root.Name())))
	}
	code := Report(messages, root.Name(), err)
	return tellFailure(verb, code, err)
}

// Ready gives root what all our programs have in common.
func Ready(root *cobra.Command) *cobra.Command {
	root.SilenceUsage, root.SilenceErrors = true, true
	root.Args = KnownVerb
	version := root.Flags().Bool("version", false, "print the version")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *version {
			verb, _, err := root.Find([]string{"version"})
			if err != nil {
				return err
			}
			return verb.RunE(cmd, nil)
		}
		return cmd.Help()
	}
	root.PersistentFlags().Bool("json", false, "print the result as JSON")
	return root
}

// Add adds verbs to a group of root's.
func Add(root *cobra.Command, group, title string, verbs ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: group, Title: title})
	for _, verb := range verbs {
		verb.GroupID = group
		root.AddCommand(verb)
	}
}

// Parent makes a verb that only holds others.
func Parent(use, short string, verbs ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: NeedVerb}
	command.RunE = func(*cobra.Command, []string) error { return nil } // unreachable: NeedVerb always refuses
	command.AddCommand(verbs...)
	return command
}

// WantsJSON reports whether the result is printed as JSON.
func WantsJSON(cmd *cobra.Command) bool {
	yes, err := cmd.Flags().GetBool("json")
	return err == nil && yes
}
