// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"redbench/edge"
)

// AsUsed holds a verb to the arguments that its line of usage names: FILE must be there, [FILE] may. The arguments are
// not repeated: one may be a customer's card.
func AsUsed(cmd *cobra.Command, args []string) error {
	words := strings.Fields(cmd.Use)[1:]
	needed := 0
	for _, word := range words {
		if !strings.HasPrefix(word, "[") {
			needed++
		}
	}
	switch {
	case len(args) < needed:
		return fmt.Errorf("%s needs %s", cmd.CommandPath(), strings.Join(words[len(args):needed], " and "))
	case len(args) > len(words) && len(words) == 0:
		return fmt.Errorf("%s takes no argument; it was given %d", cmd.CommandPath(), len(args))
	case len(args) > len(words):
		return fmt.Errorf("%s takes %s and no more; it was given %s", cmd.CommandPath(), strings.Join(words, " and "),
			Count(len(args), "argument", "arguments"))
	}
	return nil
}

// KnownVerb refuses what is no verb of the program.
func KnownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unknown verb %q%s", args[0], meantVerb(args[0], verbs(cmd)))
}

// NeedVerb refuses a parent that is called by itself, which cobra would answer with its help and success.
func NeedVerb(cmd *cobra.Command, args []string) error {
	names := verbs(cmd)
	if len(args) > 0 {
		return fmt.Errorf("unknown verb %q of %q%s; there is: %s", args[0], cmd.CommandPath(), meantVerb(args[0], names),
			strings.Join(names, " "))
	}
	return fmt.Errorf("%s needs one of: %s", cmd.CommandPath(), strings.Join(names, " "))
}

func verbs(cmd *cobra.Command) []string {
	var names []string
	for _, verb := range cmd.Commands() {
		if verb.IsAvailableCommand() {
			names = append(names, verb.Name())
		}
	}
	return names
}

// meantVerb gives "; did you mean …?" where a name is close.
func meantVerb(name string, names []string) string {
	best, letters := edge.Nearest(name, names)
	if letters > len(name)/2 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}
