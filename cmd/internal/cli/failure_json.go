// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// Failed is what a verb that came to nothing prints with --json, beside the message on standard error. A verb that has printed its result
// (an import of which no row could be used, a configuration that is wrong) has told all in it, and prints no second object.
type Failed struct {
	Error string `json:"error"`
}

// toldAlready marks a root whose verb has printed its result.
const toldAlready = "redbench.told"

func told(cmd *cobra.Command) {
	root := cmd.Root()
	if root.Annotations == nil {
		root.Annotations = map[string]string{}
	}
	root.Annotations[toldAlready] = "yes"
}

// tellFailure prints why nothing came of a verb, where its result was wanted as JSON, and gives the exit code as it is.
func tellFailure(verb *cobra.Command, code int, err error) int {
	silent := Silent{}
	if err == nil || verb == nil || errors.As(err, &silent) || !WantsJSON(verb) || verb.Root().Annotations[toldAlready] != "" {
		return code
	}
	encoder := json.NewEncoder(verb.OutOrStdout())
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(Failed{Error: strings.TrimSpace(err.Error())}) // standard output is gone; standard error was told
	return code
}
