// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

const maintainer = "Redbench maintainers <maintainers@redbench.example>"

// recipe is what nfpm reads.
type recipe struct {
	Name            string            `yaml:"name"`
	Arch            string            `yaml:"arch"`
	Version         string            `yaml:"version"`
	VersionSchema   string            `yaml:"version_schema"`
	Release         string            `yaml:"release,omitempty"`
	Section         string            `yaml:"section"`
	Priority        string            `yaml:"priority"`
	Maintainer      string            `yaml:"maintainer"`
	Description     string            `yaml:"description"`
	License         string            `yaml:"license,omitempty"`
	MTime           string            `yaml:"mtime"`
	DisableGlobbing bool              `yaml:"disable_globbing"`
	Depends         []string          `yaml:"depends,omitempty"`
	Recommends      []string          `yaml:"recommends,omitempty"`
	Suggests        []string          `yaml:"suggests,omitempty"`
	Contents        []content         `yaml:"contents"`
	Scripts         map[string]string `yaml:"scripts"`
	Deb             map[string]any    `yaml:"deb,omitempty"`
	RPM             map[string]any    `yaml:"rpm,omitempty"`
}

type content struct {
	Src      string         `yaml:"src,omitempty"`
	Dst      string         `yaml:"dst"`
	Type     string         `yaml:"type,omitempty"`
	FileInfo map[string]any `yaml:"file_info"`
}

// family is a kind of Linux package.
type family struct {
	Kind    string            // as nfpm calls it
	Scripts map[string]string // nfpm's name of each script, and ours
	Depends []string
	File    func(p product, t target, version string) string
}

func families() map[string]family {
	return map[string]family{
		"deb": {
			Kind: "deb", Depends: []string{"passwd", "coreutils (>= 8.24)"},
			Scripts: map[string]string{"preinstall": "deb/preinst.sh", "postinstall": "deb/postinst.sh", "preremove": "deb/prerm.sh", "postremove": "deb/postrm.sh"},
			File: func(p product, t target, version string) string {
				return fmt.Sprintf("%s_%s_%s.deb", p.Name, version, t.Arch)
			},
		},
		"rpm": {
			Kind: "rpm", Depends: []string{"shadow-utils", "util-linux", "coreutils", "diffutils", "findutils"},
			Scripts: map[string]string{"preinstall": "rpm/pre.sh", "postinstall": "rpm/post.sh", "preremove": "rpm/preun.sh", "postremove": "rpm/postun.sh"},
			File: func(p product, t target, version string) string {
				return fmt.Sprintf("%s-%s-1.%s.rpm", p.Name, version, map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[t.Arch])
			},
		},
	}
}

// linux makes one deb or rpm.
func (w *work) linux(ctx context.Context, f family, p product, t target) error {
	nfpm, err := w.nfpm(ctx)
	if err != nil {
		return err
	}
	files, err := w.layout(ctx, p, t)
	if err != nil {
		return err
	}
	r := recipe{
		Name: p.Name, Arch: t.Arch, Version: w.version.Linux, VersionSchema: "none", Section: "misc", Priority: "optional",
		Maintainer: maintainer, Description: p.Summary + "\n" + p.Text, MTime: w.time.Format(time.RFC3339),
		DisableGlobbing: true, Depends: f.Depends, Scripts: map[string]string{},
	}
	if f.Kind == "rpm" {
		r.Release, r.License, r.Description = "1", "Apache-2.0", p.Text
		r.RPM = map[string]any{"summary": p.Summary, "buildhost": "redbench", "group": "Unspecified", "compression": "xz"}
	} else {
		r.Deb = map[string]any{"compression": "xz"}
	}
	if err := w.signed(&r); err != nil {
		return err
	}
	for call, name := range f.Scripts {
		if r.Scripts[call], err = w.script(p, name); err != nil {
			return err
		}
	}
	r.Contents = contents(files, p)
	text, err := yaml.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing nfpm's recipe: %w", err)
	}
	name := f.File(p, t, w.version.Linux)
	file, err := w.put(filepath.Join("recipes", name+".yaml"), text, 0o644)
	if err != nil {
		return err
	}
	if err := w.run(ctx, w.top, nil, nfpm, "package", "--config", file, "--packager", f.Kind, "--target", filepath.Join(w.out, name)); err != nil {
		return fmt.Errorf("packaging %s: %w", name, err)
	}
	return w.finished(name)
}

// signed has nfpm sign the package, where there is a key that it can use.
func (w *work) signed(r *recipe) error {
	signature, err := w.signature()
	if err != nil || signature == nil {
		return err
	}
	for _, settings := range []map[string]any{r.Deb, r.RPM} {
		if settings != nil {
			settings["signature"] = signature
		}
	}
	return nil
}

func contents(files []laid, p product) []content {
	var list []content
	for _, dir := range []string{"/usr/share/doc/" + p.Name, "/usr/share/" + p.Name} {
		list = append(list, content{Dst: dir, Type: "dir", FileInfo: owned(0o755)})
	}
	for _, file := range files {
		list = append(list, content{Src: file.From, Dst: file.To, FileInfo: owned(file.Mode)})
	}
	return list
}

func owned(mode os.FileMode) map[string]any {
	return map[string]any{"mode": int(mode.Perm()), "owner": "root", "group": "root"}
}

// nfpm builds the packager from its own module, so that the product's needs nothing of it.
func (w *work) nfpm(ctx context.Context) (string, error) {
	file := filepath.Join(w.dir, "tools", "nfpm")
	if w.built[file] {
		return file, nil
	}
	err := w.run(ctx, filepath.Join(w.top, "packaging", "tools"), []string{"GOFLAGS=-mod=readonly", "CGO_ENABLED=0"}, "go", "build", "-o", file, "github.com/goreleaser/nfpm/v2/cmd/nfpm")
	if err != nil {
		return "", fmt.Errorf("building nfpm: %w", err)
	}
	w.built[file] = true
	return file, nil
}

// finished notes a package that stands in the folder.
func (w *work) finished(name string) error {
	info, err := os.Stat(filepath.Join(w.out, name))
	if err != nil {
		return fmt.Errorf("looking for the package: %w", err)
	}
	w.say("%8.1f MB  %s", float64(info.Size())/1e6, filepath.Join(w.out, name))
	return nil
}
