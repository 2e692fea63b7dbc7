// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
)

// bom is a list of components in CycloneDX's form.
type bom struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Hashes     []hashed   `json:"hashes,omitempty"`
	Licences   []licensed `json:"licenses,omitempty"`
	URL        string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hashed struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licensed struct {
	Licence    *licenceID `json:"license,omitempty"`
	Expression string     `json:"expression,omitempty"`
}

type licenceID struct {
	ID string `json:"id"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// components writes the list of components of a program for a system, and the licences that go with it.
func (w *work) components(ctx context.Context, name string, t target) (list, licences string, err error) {
	program, err := w.program(ctx, name, t)
	if err != nil {
		return "", "", err
	}
	parts, err := w.parts(ctx, program, t)
	if err != nil {
		return "", "", err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return "", "", fmt.Errorf("listing components: %w", err)
	}
	text, err := json.MarshalIndent(w.bom(name, t, content, parts), "", "  ")
	if err != nil {
		return "", "", fmt.Errorf("listing components: %w", err)
	}
	dir := filepath.Join("components", name+"-"+t.OS+"-"+t.Arch)
	if list, err = w.put(filepath.Join(dir, "sbom.cdx.json"), append(text, '\n'), 0o644); err != nil {
		return "", "", err
	}
	licences, err = w.put(filepath.Join(dir, "third-party.txt"), notices(parts), 0o644)
	return list, licences, err
}

func (w *work) bom(name string, t target, program []byte, parts []part) bom {
	sum := sha256.Sum256(program)
	self := component{Type: "application", Ref: name, Name: name, Version: w.version.Program, Hashes: []hashed{{"SHA-256", hex.EncodeToString(sum[:])}},
		Licences:   []licensed{{Licence: &licenceID{"Apache-2.0"}}},
		Properties: []property{{"redbench:system", t.OS + "/" + t.Arch}}}
	b := bom{Format: "CycloneDX", Spec: "1.5", Version: 1, Serial: "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceOID, sum[:]).String(),
		Metadata: metadata{Timestamp: w.time.Format(time.RFC3339), Component: self}}
	needs := dependency{Ref: name, DependsOn: []string{}}
	for _, p := range parts {
		c := component{Type: "library", Ref: p.URL, Name: p.Name, Version: p.Version, URL: p.URL}
		switch {
		case bytes.ContainsRune([]byte(p.Licence), ' '):
			c.Licences = []licensed{{Expression: p.Licence}}
		case p.Licence != "":
			c.Licences = []licensed{{Licence: &licenceID{p.Licence}}}
		}
		if p.Sum != "" {
			c.Properties = []property{{"redbench:go.sum", p.Sum}}
		}
		b.Components = append(b.Components, c)
		needs.DependsOn = append(needs.DependsOn, p.URL)
	}
	b.Dependencies = []dependency{needs}
	return b
}

// notices are the licences of all that is linked in, as most of them ask.
func notices(parts []part) []byte {
	var out bytes.Buffer
	fmt.Fprintln(&out, "This program is linked with the following, whose licences are:")
	for _, p := range parts {
		fmt.Fprintf(&out, "\n\n===== %s %s (%s)\n\n%s", p.Name, p.Version, p.Licence, p.Text)
	}
	return out.Bytes()
}
