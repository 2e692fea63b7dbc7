// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/doctor"
	"redbench/daemon/doctor/machine"
	"redbench/daemon/service"
	"redbench/edge/guard"
)

// bundled is what `support-bundle --json` prints.
type bundled struct {
	File  string   `json:"file"`
	Bytes int64    `json:"bytes"`
	Holds []string `json:"holds"`
}

func newSupportBundleCommand() *cobra.Command {
	var path string
	command := &cobra.Command{
		Use:   "support-bundle",
		Short: "Gather what a helper needs in one file, without anything of a customer",
		Long: `Writes a .tar.gz with what doctor found, how the box stands, its configuration without secrets, names and addresses, the sizes
of its tables, the reasons of refused events without the events, the service's unit and the last lines of its log. Nothing of
a customer is in it, and no key, password or token; its README says what is. Read it before you send it.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				path = "redbench-support-" + time.Now().UTC().Format("20060102-150405") + ".tar.gz"
			}
			made, err := makeBundle(cmd, path)
			if err != nil {
				return err
			}
			return cli.Printed(cmd, made, func(out io.Writer) {
				fmt.Fprintf(out, "%s holds %s (%s). Nothing of a customer is in it; read it before you send it.\n", made.File,
					cli.Count(len(made.Holds), "file", "files"), cli.Size(made.Bytes))
			})
		},
	}
	command.Flags().StringVarP(&path, "output", "o", "", "file to write (default redbench-support-DATE.tar.gz here)")
	return command
}

func makeBundle(cmd *cobra.Command, path string) (bundled, error) {
	b := newBundle(cmd)
	if err := fillBundle(cmd, b); err != nil {
		return bundled{}, err
	}
	if cfg, err := loadConfig(cmd); err == nil {
		if err := b.Refuse(secretsOf(cfg)); err != nil {
			return bundled{}, err
		}
	}
	packed, err := pack(b)
	if err != nil {
		return bundled{}, fmt.Errorf("packing the bundle: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return bundled{}, fmt.Errorf("writing the bundle: %w", err)
	}
	_, err = file.Write(packed)
	if err := errors.Join(err, file.Close()); err != nil {
		return bundled{}, fmt.Errorf("writing the bundle: %w", err)
	}
	made := bundled{File: path, Bytes: int64(len(packed))}
	for _, f := range b.Files() {
		made.Holds = append(made.Holds, f.Name)
	}
	return made, nil
}

// newBundle makes an empty one, which takes no line that looks like a payment card in any disguise.
func newBundle(cmd *cobra.Command) *doctor.Bundle {
	var prefixes []string
	if cfg, err := loadConfig(cmd); err == nil {
		prefixes = cfg.Privacy.LoyaltyPrefixes
	}
	g := guard.New(prefixes)
	return &doctor.Bundle{Suspect: func(line []byte) bool {
		_, found := g.Find(line)
		return found
	}}
}

// fillBundle adds what can be had; what cannot is left out, as doctor tells why.
func fillBundle(cmd *cobra.Command, b *doctor.Bundle) error {
	found, err := diagnose(cmd, false, nil)
	if err != nil {
		return err
	}
	addJSON(b.Add, "doctor.json", found)
	addJSON(b.AddNumbers, "version.json", map[string]any{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
		"processors": runtime.NumCPU(), "at": time.Now().UTC()})
	if text, err := os.ReadFile("/etc/os-release"); err == nil {
		b.Add("os-release.txt", text)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 30*time.Second)
	defer cancel()
	if unit, known := machine.ServiceUnit(ctx, service.Name); known {
		addJSON(b.Add, "service.json", unit)
		if text, err := os.ReadFile(unit.Path); err == nil {
			b.Add("redbench.service", text)
		}
	}
	if log, err := machine.Journal(ctx, service.Name, 1000); err == nil {
		b.Add("log.txt", []byte(log))
	}
	cfg, err := loadConfig(cmd)
	if err != nil {
		return nil // doctor.json tells
	}
	addJSON(b.AddNumbers, "configuration.json", doctor.Shown(cfg.Map(), func(key string) bool { return cfg.Origin(key) != config.FromDefault }))
	p := newPatient(cmd, cfg, false)
	defer p.close()
	if p.status != nil {
		addJSON(b.AddNumbers, "status.json", doctor.ShownStatus(*p.status))
	}
	if text, err := p.metrics(ctx); err == nil {
		b.AddNumbers("metrics.txt", text)
	}
	return p.addRecord(ctx, b)
}

// addRecord adds sizes and reasons: numbers, and words of our own.
func (p *patient) addRecord(ctx context.Context, b *doctor.Bundle) error {
	l, err := p.look()
	if err != nil {
		return nil
	}
	defer func() { _ = l.Close() }()
	rows := map[string]int64{}
	tables, _ := l.Tables(ctx)
	for _, table := range tables {
		if n, err := l.Rows(ctx, table); err == nil {
			rows[table] = n
		}
	}
	schema, known, _ := l.Schema(ctx)
	addJSON(b.AddNumbers, "record.json", map[string]any{"schema": schema, "schema_known": known, "rows": rows})
	if g, err := l.Glance(ctx, time.Now()); err == nil {
		addJSON(b.AddNumbers, "queues.json", map[string]any{"quarantine": g.Refused, "quarantine_last_day": g.Today, "outbox": g.Backlog,
			"clock_last": g.Wall, "erasures_asked": g.Asked, "prompt_painted": g.Seen, "screens": len(g.Screens)})
	}
	return ctx.Err()
}

func addJSON(add func(string, []byte), name string, value any) {
	if text, err := json.MarshalIndent(value, "", "  "); err == nil {
		add(name, append(text, '\n'))
	}
}

func pack(b *doctor.Bundle) ([]byte, error) {
	var out bytes.Buffer
	squeezed := gzip.NewWriter(&out)
	archive := tar.NewWriter(squeezed)
	for _, f := range b.Files() {
		head := &tar.Header{Name: "redbench-support/" + f.Name, Mode: 0o600, Size: int64(len(f.Text)), ModTime: time.Now()}
		if err := archive.WriteHeader(head); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.Text); err != nil {
			return nil, err
		}
	}
	err := errors.Join(archive.Close(), squeezed.Close())
	return out.Bytes(), err
}
