// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// upgradeCode is what all versions have in common for Windows Installer; it stands in redbench.wxs, too.
const upgradeCode = "6C6F1C3E-5D0B-4B8E-9E38-1F6A3C0D7A51"

// msi makes the package of the box for Windows Installer. What wixl writes of the hour (two time stamps) stays; the rest
// is the same wherever it is built.
func (w *work) msi(ctx context.Context, t target) error {
	program, err := w.program(ctx, "redbench", t)
	if err != nil {
		return err
	}
	list, licences, err := w.components(ctx, "redbench", t)
	if err != nil {
		return err
	}
	from := func(parts ...string) string { return filepath.Join(append([]string{w.top}, parts...)...) }
	dir := filepath.Join(w.dir, "msi") // wixl takes sources from its folder only
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("laying the .msi together: %w", err)
	}
	staged := map[string]string{"redbench.exe": program, "redbench.toml": from("packaging", "redbench.toml"), "third-party.txt": licences, "sbom.cdx.json": list}
	for _, doc := range documents() {
		staged[path.Base(doc)] = from(filepath.FromSlash(doc))
	}
	for name, file := range staged {
		if err := w.stage(file, filepath.Join("msi", name)); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("redbench-%s-x64.msi", w.version.Linux)
	file := filepath.Join(w.out, name)
	code := strings.ToUpper(uuid.NewSHA1(uuid.MustParse(upgradeCode), []byte("product "+w.version.Program)).String())
	if err := w.run(ctx, dir, nil, "wixl", "--arch", "x64", "--output", file, "-D", "ProductCode="+code, "-D", "Version="+w.version.Windows,
		"-D", "Called="+w.version.Program, from("packaging", "msi", "redbench.wxs")); err != nil {
		return fmt.Errorf("packaging %s: %w", name, err)
	}
	if err := w.amend(ctx, dir, file); err != nil {
		return fmt.Errorf("packaging %s: %w", name, err)
	}
	return w.finished(name)
}

// stage copies a file to the work folder; it bears the commit's time.
func (w *work) stage(from, name string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("laying the .msi together: %w", err)
	}
	file, err := w.put(name, content, 0o644)
	if err != nil {
		return err
	}
	if err := os.Chtimes(file, w.time, w.time); err != nil {
		return fmt.Errorf("laying the .msi together: %w", err)
	}
	return nil
}

// Upgrade's attributes: from and to the versions named, both included.
const inclusive = "768"

// amend does what wixl 0.101 leaves out: "this version, too" in the table of upgrades, and a package code of our own
// instead of one drawn by lot.
func (w *work) amend(ctx context.Context, dir, file string) error {
	table, err := w.output(ctx, "msiinfo", "export", file, "Upgrade")
	if err != nil {
		return err
	}
	amended := strings.Replace(table, "\t256\t", "\t"+inclusive+"\t", 1)
	if !strings.Contains(amended, "\t"+inclusive+"\t") {
		return fmt.Errorf("the table of upgrades is not as wixl used to write it: %q", table)
	}
	idt, err := w.put(filepath.Join("msi", "Upgrade.idt"), []byte(amended+"\r\n"), 0o644)
	if err != nil {
		return err
	}
	if err := w.run(ctx, dir, nil, "msibuild", file, "-i", idt); err != nil {
		return err
	}
	code := strings.ToUpper(uuid.NewSHA1(uuid.MustParse(upgradeCode), []byte("package "+w.version.Program+w.time.String())).String())
	return w.run(ctx, dir, nil, "msibuild", file, "-s", "Redbench "+w.version.Program, "Redbench maintainers", "x64;1033", "{"+code+"}")
}
