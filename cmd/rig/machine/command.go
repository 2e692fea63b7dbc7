// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/machine/nspawn"
)

// Command is `rig machine`.
func Command() *cobra.Command {
	o := Options{Debian: nspawn.Default()}
	var asJSON, million bool
	command := &cobra.Command{
		Use:   "machine",
		Short: "Prove the package on a real Debian booted with systemd",
		Long: `Boots a Debian with systemd in a container, installs the package beside a real Mosquitto, and holds every promise that the package
makes: prompts, kill -9, a process that stalls, a configuration that is wrong, reboot, upgrade under load, an upgrade that fails, downgrade,
exposure, remove, purge. It takes root, debootstrap and systemd-nspawn.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Log = cmd.ErrOrStderr()
			return run(cmd.Context(), o, million, asJSON, cmd.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.Package, "package", "", "the .deb of redbench")
	flags.StringVar(&o.Office, "office", "", "the .deb of redbench-hq (default: it is not looked at)")
	flags.StringVar(&o.Cache, "cache", "", "where an installed Debian is kept for the next time (default: nowhere)")
	flags.StringVar(&o.Base, "dir", "/var/tmp", "for the machine's tree, on a real disk")
	flags.StringVar(&o.Debian.Suite, "suite", o.Debian.Suite, "which Debian")
	flags.StringVar(&o.Debian.Mirror, "mirror", o.Debian.Mirror, "where it comes from")
	flags.BoolVar(&million, "million", false, "measure the service with 10,000, 100,000 and a million customers instead")
	flags.BoolVar(&asJSON, "json", false, "print JSON at the end")
	_ = command.MarkFlagRequired("package") // the flag is there
	return command
}

func run(ctx context.Context, o Options, million, asJSON bool, out io.Writer) (err error) {
	o.Tell = func(s Step) {
		if !asJSON {
			s.print(out)
		}
	}
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if million {
		err = p.through(ctx, p.sizes())
	} else {
		err = p.through(ctx, p.all())
	}
	if asJSON {
		p.report.print(out)
	}
	return err
}

// all is the whole proof.
func (p *proof) all() []step {
	steps := []step{{name: "install", do: p.install}, {name: "till → prompt", do: p.first}, {name: "kill -9", do: p.kill},
		{name: "stalled", do: p.stall}, {name: "misconfigured", do: p.misconfigured}, {name: "exposure", do: p.hardened, apart: true},
		{name: "reboot", do: p.reboot}, {name: "power cut", do: p.powerCut},
		{name: "upgrade", do: with(p.upgrade, grown)}, {name: "failed upgrade", do: with(p.failing, stillborn)},
		{name: "downgrade", do: p.downgrade}, {name: "never ready", do: with(p.failing, silent)},
		{name: "remove", do: p.remove}, {name: "embedded broker", do: p.embedded}}
	if p.o.Office != "" {
		steps = append(steps, step{name: "head office", do: p.office})
	}
	return append(steps, step{name: "purge", do: p.purge})
}

// short is what each run of the tests proves.
func (p *proof) short() []step {
	return []step{{name: "install", do: p.install}, {name: "till → prompt", do: p.first}, {name: "kill -9", do: p.kill},
		{name: "upgrade", do: with(p.upgrade, grown)}, {name: "purge", do: p.purge}}
}

// with gives a step its package.
func with(do func(context.Context, *Step, later) error, l later) func(context.Context, *Step) error {
	return func(ctx context.Context, s *Step) error { return do(ctx, s, l) }
}
