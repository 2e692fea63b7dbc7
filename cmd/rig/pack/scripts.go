// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// script is one of a package's scripts: its head, what all have in common, and its own part.
func (w *work) script(p product, name string) (string, error) {
	var text strings.Builder
	text.WriteString("#!/bin/sh\nset -eu\n")
	for _, each := range [][2]string{
		{"name", p.Name}, {"version", w.version.Linux}, {"user", p.User}, {"config", p.Config}, {"state", p.State}, {"doing", p.Summary},
		{"database", p.Database}, {"beside", p.Beside},
	} {
		fmt.Fprintf(&text, "%s='%s'\n", each[0], strings.ReplaceAll(each[1], "'", `'\''`))
	}
	for _, part := range []string{"common.sh", "former.sh", name} {
		content, err := os.ReadFile(filepath.Join(w.top, "packaging", "scripts", part))
		if err != nil {
			return "", fmt.Errorf("reading a package's script: %w", err)
		}
		text.WriteString("\n" + strings.TrimPrefix(string(content), "#!/bin/sh\n"))
	}
	return w.put(filepath.Join("scripts", p.Name, name), []byte(text.String()), 0o755)
}
