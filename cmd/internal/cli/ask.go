// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"redbench/edge"
)

// IsTerminal reports whether a person watches out.
func IsTerminal(out any) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// CanAsk reports whether a person reads a question and answers it. What cannot be asked is not taken as agreed.
func CanAsk(cmd *cobra.Command) bool {
	return IsTerminal(cmd.InOrStdin()) && IsTerminal(cmd.ErrOrStderr())
}

// Agreed asks the person at the terminal, who agrees by typing yes.
func Agreed(cmd *cobra.Command, question string) bool {
	fmt.Fprint(cmd.ErrOrStderr(), question+" Type yes: ")
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	return strings.TrimSpace(answer) == "yes"
}

// identifierKinds are what --kind takes.
var identifierKinds = []edge.IdentifierKind{edge.KindCard, edge.KindPhone, edge.KindEmail, edge.KindApp, edge.KindCustomer}

// AddKind adds --kind to a verb that takes an identifier.
func AddKind(cmd *cobra.Command) {
	names := make([]string, len(identifierKinds))
	for i, kind := range identifierKinds {
		names[i] = string(kind)
	}
	cmd.Flags().String("kind", string(edge.KindCard), "what the identifier is: "+strings.Join(names, ", "))
	OneOf(cmd, "kind", names...)
}

// OneOf has the shell complete a flag with the values that it takes.
func OneOf(cmd *cobra.Command, flag string, values ...string) {
	// The error is that there is no such flag, or that it is told twice: a mistake in the program, which its tests meet.
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// Identifier reads one from the arguments. A dash reads it from standard input, where neither the shell's history nor
// the list of processes shows it.
func Identifier(cmd *cobra.Command, value string) (edge.Identifier, error) {
	kind, err := cmd.Flags().GetString("kind")
	if err != nil {
		return edge.Identifier{}, err
	}
	id := edge.Identifier{Kind: edge.IdentifierKind(kind), Value: value}
	if !id.Kind.Valid() {
		return id, WrongUsage(fmt.Errorf("--kind is card, phone, email, app or customer; it is %q", kind))
	}
	if value == "-" {
		raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 4096))
		if err != nil {
			return id, fmt.Errorf("reading the identifier: %w", err)
		}
		id.Value = string(raw)
	}
	if id.Value = strings.TrimSpace(id.Value); id.Value == "" {
		return id, WrongUsage(errors.New("the identifier is empty"))
	}
	return id, nil
}
