// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/mqtt"
)

// pairOptions are the flags of `redbench pair`.
type pairOptions struct {
	lane    string
	manager bool
	till    bool
	approve string
	name    string
}

func newPairCommand() *cobra.Command {
	var o pairOptions
	command := &cobra.Command{
		Use:   "pair",
		Short: "Pair a screen with a lane, or the manager's page",
		Long: `Mints a credential for a screen: open the address on it, or type the code there. Or the other way round: a page that is
not paired shows a code, which --approve accepts.`,
		Example: `  redbench pair --lane 3
  redbench pair --approve KQ4M-7TXD --lane 3
  redbench pair --manager
  redbench pair --till --lane 3      a till's password for the embedded broker`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return cli.WrongUsage(err)
			}
			if o.till {
				return pairTill(cmd, o.lane)
			}
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				if o.approve != "" {
					return approve(cmd, box, o)
				}
				return mint(cmd, box, cfg, o)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.lane, "lane", "", "the lane that the screen stands at")
	flags.BoolVar(&o.manager, "manager", false, "pair the manager's page instead of a lane's screen")
	flags.StringVar(&o.approve, "approve", "", "accept the code that a page shows")
	flags.StringVar(&o.name, "name", "", "what people call this screen")
	flags.BoolVar(&o.till, "till", false, "make a till's password for the embedded broker instead")
	return command
}

func (o pairOptions) check(cmd *cobra.Command) error {
	laneGiven := cmd.Flags().Changed("lane")
	switch {
	case o.manager == laneGiven:
		return errors.New("pair needs one of --lane LANE and --manager")
	case laneGiven && !edge.ValidLane(o.lane):
		return fmt.Errorf("--lane: %q is no lane: 1 to 32 letters, digits, _ and -, and not \"box\"", o.lane)
	case o.till && (o.manager || o.approve != ""):
		return errors.New("--till goes with --lane only")
	case cmd.Flags().Changed("approve") && strings.TrimSpace(o.approve) == "":
		return errors.New("--approve needs the code that the page shows")
	}
	return nil
}

func (o pairOptions) where() string {
	if o.manager {
		return "the manager's page"
	}
	return "lane " + o.lane
}

func mint(cmd *cobra.Command, box control.Box, cfg *config.Config, o pairOptions) error {
	pairing, err := box.Pair(cmd.Context(), control.PairRequest{Lane: o.lane, Manager: o.manager, Name: o.name})
	if err != nil {
		return err
	}
	return cli.Printed(cmd, pairing, func(out io.Writer) {
		fmt.Fprintf(out, "To pair a screen with %s, do one of these before %s:\n\n", o.where(), pairing.Expires.In(cfg.Zone()).Format("15:04"))
		cli.Fields(out,
			"open on the screen", pairing.URL,
			"or type there", pairing.Code,
			"or, without a browser", "Authorization: Bearer "+pairing.Token,
		)
		fmt.Fprintf(out, "\nIt pairs one screen. %s shows those that are paired.\n", cli.Hint(cmd, "screens list"))
	})
}

func approve(cmd *cobra.Command, box control.Box, o pairOptions) error {
	request := control.ApproveRequest{Code: strings.TrimSpace(o.approve), Lane: o.lane, Manager: o.manager, Name: o.name}
	if err := box.Approve(cmd.Context(), request); err != nil {
		return err
	}
	return cli.Printed(cmd, map[string]any{"approved": true, "lane": o.lane, "manager": o.manager}, func(out io.Writer) {
		fmt.Fprintf(out, "The screen is paired with %s.\n", o.where())
	})
}

// tillPassword is what `pair --till --json` prints.
type tillPassword struct {
	Lane     string `json:"lane"`
	Username string `json:"username"`
	Password string `json:"password"`
	Line     string `json:"line"` // for [mqtt] tills_file
}

// pairTill makes a password. It is shown once; the file holds only a hash that it cannot be told from.
func pairTill(cmd *cobra.Command, lane string) error {
	password := rand.Text()
	hash, err := mqtt.HashPassword(password)
	if err != nil {
		return err
	}
	made := tillPassword{Lane: lane, Username: lane, Password: password, Line: lane + ":" + hash}
	return cli.Printed(cmd, made, func(out io.Writer) {
		fmt.Fprintf(out, "Give the till of lane %s:\n\n", lane)
		cli.Fields(out, "user name", made.Username, "password", made.Password)
		fmt.Fprintf(out, "\nAdd this line to the file that [mqtt] tills_file names, then %s:\n\n%s\n", cli.Hint(cmd, "restart"), made.Line)
	})
}

func newScreensCommand() *cobra.Command {
	return cli.Parent("screens", "List the paired screens, and take a credential back", newScreensListCommand(), newScreensRevokeCommand())
}

func newScreensListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the paired screens",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				screens, err := box.Screens(cmd.Context())
				if err != nil {
					return err
				}
				return cli.Printed(cmd, screens, func(out io.Writer) {
					if len(screens) == 0 {
						fmt.Fprintf(out, "No screen is paired. %s pairs one.\n", cli.Hint(cmd, "pair --lane 1"))
						return
					}
					printScreens(out, screens, cfg.Zone())
				})
			})
		},
	}
}

func printScreens(out io.Writer, screens []control.Screen, zone *time.Location) {
	rows := make([][]string, len(screens))
	for i, s := range screens {
		place := s.Lane
		if s.Manager {
			place = "manager"
		}
		rows[i] = []string{place, s.ID, screenState(s, zone), cli.Moment(pairedAt(s), zone), s.Name}
	}
	cli.Table(out, "LANE|ID|LAST SEEN|PAIRED|NAME", rows)
}

// unused reports whether a credential waits for its first use.
func unused(s control.Screen) bool { return !s.Connected && s.Seen.IsZero() && !s.Expires.IsZero() }

// pairedAt is when a screen was paired; a credential that nobody used has paired none.
func pairedAt(s control.Screen) time.Time {
	if unused(s) {
		return time.Time{}
	}
	return s.Paired
}

func screenState(s control.Screen, zone *time.Location) string {
	switch {
	case s.Connected:
		return "now"
	case unused(s):
		return "never; void after " + s.Expires.In(zone).Format("15:04")
	}
	return cli.Moment(s.Seen, zone)
}

func newScreensRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Take a screen's credential back; it goes blank at once",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withBox(cmd, func(box control.Box, _ *config.Config) error {
				err := box.Revoke(cmd.Context(), args[0])
				if errors.Is(err, edge.ErrNotFound) {
					return fmt.Errorf("no screen has the id %q; %s shows them", args[0], cli.Hint(cmd, "screens list"))
				}
				if err != nil {
					return err
				}
				return cli.Printed(cmd, map[string]any{"revoked": args[0]}, func(out io.Writer) {
					fmt.Fprintln(out, "The screen's credential is taken back.")
				})
			})
		},
	}
}
