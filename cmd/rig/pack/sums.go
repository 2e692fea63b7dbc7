// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

const sumsFile = "SHA256SUMS"

// listed lays the lists of components of this run beside the packages.
func (w *work) listed() error {
	lists, err := filepath.Glob(filepath.Join(w.dir, "components", "*", "sbom.cdx.json"))
	if err != nil {
		return fmt.Errorf("looking for the lists of components: %w", err)
	}
	for _, list := range lists {
		content, err := os.ReadFile(list)
		if err != nil {
			return fmt.Errorf("laying the lists of components beside the packages: %w", err)
		}
		// redbench-linux-amd64 of version 1.2.3
		name := fmt.Sprintf("%s-%s.cdx.json", filepath.Base(filepath.Dir(list)), w.version.Linux)
		if err := os.WriteFile(filepath.Join(w.out, name), content, 0o644); err != nil {
			return fmt.Errorf("laying the lists of components beside the packages: %w", err)
		}
	}
	return nil
}

// sums writes the checksums of what lies in the folder, of earlier runs, too, as `sha256sum --check` reads them, and signs them.
func (w *work) sums(ctx context.Context) error {
	files, err := filepath.Glob(filepath.Join(w.out, "redbench*"))
	if err != nil {
		return fmt.Errorf("summing up: %w", err)
	}
	sort.Strings(files)
	var text strings.Builder
	for _, file := range files {
		name := filepath.Base(file)
		content, err := os.ReadFile(filepath.Join(w.out, name))
		if err != nil {
			return fmt.Errorf("summing up: %w", err)
		}
		sum := sha256.Sum256(content)
		fmt.Fprintf(&text, "%s  %s\n", hex.EncodeToString(sum[:]), name)
	}
	if err := os.WriteFile(filepath.Join(w.out, sumsFile), []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("summing up: %w", err)
	}
	return w.sign(ctx)
}
