// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// laid is a file as a package lays it down.
type laid struct {
	From string      // a file of this machine
	To   string      // where it goes
	Mode fs.FileMode // its rights
}

// layout lists what a package of p lays down on a Linux of t.
func (w *work) layout(ctx context.Context, p product, t target) ([]laid, error) {
	var files []laid
	add := func(from, to string, mode fs.FileMode) { files = append(files, laid{from, to, mode}) }

	program, err := w.program(ctx, p.Name, t)
	if err != nil {
		return nil, err
	}
	add(program, "/usr/bin/"+p.Name, 0o755)
	unit, err := w.unit(p)
	if err != nil {
		return nil, err
	}
	add(unit, "/usr/lib/systemd/system/"+p.Name+".service", 0o644)
	add(filepath.Join(w.top, "packaging", p.Example), "/usr/share/"+p.Name+"/"+p.Example, 0o644)
	for _, name := range []string{"purge", "go-back"} {
		script, err := w.script(p, name+".sh")
		if err != nil {
			return nil, err
		}
		add(script, "/usr/share/"+p.Name+"/"+name, 0o755)
	}
	version, err := w.put(filepath.Join("versions", p.Name), []byte(w.version.Linux+"\n"), 0o644)
	if err != nil {
		return nil, err
	}
	add(version, "/usr/share/"+p.Name+"/version", 0o644) // for the next package's scripts

	for _, more := range []func(context.Context, product, target) ([]laid, error){w.docs, w.pages, w.kiosk} {
		found, err := more(ctx, p, t)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].To < files[j].To })
	return files, nil
}

// unit is the systemd unit with the packaged program's path.
func (w *work) unit(p product) (string, error) {
	content, err := os.ReadFile(filepath.Join(w.top, "packaging", "systemd", p.Name+".service"))
	if err != nil {
		return "", fmt.Errorf("reading the unit: %w", err)
	}
	text := strings.ReplaceAll(string(content), "/usr/local/bin/"+p.Name, "/usr/bin/"+p.Name)
	if !strings.Contains(text, "\nExecStart=/usr/bin/"+p.Name+" ") {
		return "", fmt.Errorf("the unit of %s does not start /usr/bin/%s", p.Name, p.Name)
	}
	return w.put(filepath.Join("units", p.Name+".service"), []byte(text), 0o644)
}

// docs are what a person reads at the box, without a network.
func (w *work) docs(ctx context.Context, p product, t target) ([]laid, error) {
	list, licences, err := w.components(ctx, p.Name, t)
	if err != nil {
		return nil, err
	}
	changes, err := w.changelog(p)
	if err != nil {
		return nil, err
	}
	overrides, err := w.put(filepath.Join("lintian", p.Name), []byte(lintian), 0o644)
	if err != nil {
		return nil, err
	}
	dir := "/usr/share/doc/" + p.Name + "/"
	files := []laid{
		{filepath.Join(w.top, "packaging", "copyright"), dir + "copyright", 0o644},
		{list, dir + "sbom.cdx.json", 0o644},
		{licences, dir + "third-party.txt", 0o644},
		{changes, dir + "changelog.gz", 0o644},
		{overrides, "/usr/share/lintian/overrides/" + p.Name, 0o644},
	}
	for _, doc := range p.Docs {
		files = append(files, laid{filepath.Join(w.top, filepath.FromSlash(doc)), dir + filepath.Base(doc), 0o644})
	}
	return files, nil
}

// lintian says where Debian's habits are left, and why.
const lintian = `# One file runs on any Linux; see copyright on linking it anew.
statically-linked-binary
# The scripts start, stop and go back by what systemd says of each step, which invoke-rc.d does not tell; they honour
# policy-rc.d themselves.
maintainer-script-calls-systemctl
command-with-path-in-maintainer-script
`

// changelog is the one entry that Debian asks for; what changed is told in CHANGELOG.md.
func (w *work) changelog(p product) (string, error) {
	text := fmt.Sprintf("%s (%s) stable; urgency=medium\n\n  * See /usr/share/doc/%s/CHANGELOG.md.\n\n -- %s  %s\n",
		p.Name, w.version.Linux, p.Name, maintainer, w.time.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	packed, err := zipped([]byte(text))
	if err != nil {
		return "", fmt.Errorf("packing the changelog: %w", err)
	}
	return w.put(filepath.Join("changelogs", p.Name+".gz"), packed, 0o644)
}

// zipped is content as gzip, which says neither when nor from what.
func zipped(content []byte) ([]byte, error) {
	var out bytes.Buffer
	zipper, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zipper.Write(content); err != nil {
		return nil, err
	}
	err = zipper.Close()
	return out.Bytes(), err
}
