// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
)

func newUserCommand() *cobra.Command {
	return cli.Parent("user", "Who sees the fleet page, and which program reads the feed", newUserAddCommand(), newUserListCommand(), newUserRevokeCommand())
}

// let is what `user add --json` prints.
type let struct {
	Name    string     `json:"name"`
	Role    hq.Role    `json:"role"`
	URL     string     `json:"url"`
	Token   string     `json:"token,omitempty"`   // of a program, for Authorization: Bearer
	Expires *time.Time `json:"expires,omitempty"` // of a person's link
}

func newUserAddCommand() *cobra.Command {
	var role string
	command := &cobra.Command{
		Use:   "add NAME",
		Short: "Print the one-time link that signs somebody in, or a program's token for the feed",
		Example: "  redbench-hq user add jo\n" +
			"  redbench-hq user add warehouse --role feed",
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if hq.Role(role) != hq.RolePages && hq.Role(role) != hq.RoleFeed {
				return cli.WrongUsage(fmt.Errorf("--role is pages or feed; it is %q", role))
			}
			return withOffice(cmd, func(o *office, cfg *config.Config) error {
				if hq.Role(role) == hq.RoleFeed {
					return letProgram(cmd, o, args[0], publicURL(cfg))
				}
				return letPerson(cmd, o, args[0], publicURL(cfg))
			})
		},
	}
	command.Flags().StringVar(&role, "role", string(hq.RolePages), "pages: a person who sees the fleet page; feed: a program that reads the feed")
	return command
}

// letPerson makes the user where there is none, and a new link in any case: the last one may be lost, or another browser
// is to be signed in.
func letPerson(cmd *cobra.Command, o *office, name, url string) error {
	if _, err := o.AddUser(cmd.Context(), name, hq.RolePages); err != nil && !errors.Is(err, hq.ErrExists) {
		return err
	}
	code, expires, err := o.SignInLink(cmd.Context(), name)
	if err != nil {
		return err
	}
	result := let{Name: name, Role: hq.RolePages, URL: hq.LinkURL(url, code), Expires: &expires}
	return cli.Printed(cmd, result, func(out io.Writer) {
		fmt.Fprintf(out, "Give %s this link to the fleet page. It works once, until %s, and signs in the browser that opens it:\n\n  %s\n",
			cli.Visible(name), cli.Moment(expires, time.Local)[:16], result.URL)
	})
}

func letProgram(cmd *cobra.Command, o *office, name, url string) error {
	secret, err := o.AddUser(cmd.Context(), name, hq.RoleFeed)
	if err != nil {
		return taken(cmd, name, err)
	}
	result := let{Name: name, Role: hq.RoleFeed, URL: url + "/v1/feed", Token: hq.FeedToken(name, secret)}
	return cli.Printed(cmd, result, func(out io.Writer) {
		fmt.Fprintf(out, "%s reads the feed with this token, which is not shown again:\n\n", cli.Visible(name))
		cli.Fields(out, "URL", result.URL, "header", "Authorization: Bearer "+result.Token)
	})
}

func taken(cmd *cobra.Command, name string, err error) error {
	if errors.Is(err, hq.ErrExists) {
		return fmt.Errorf("somebody is called %q already; %s takes that one out", name, cli.Hint(cmd, "user revoke "+cli.Quoted(name)))
	}
	return err
}

func newUserListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List who may look in",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(o *office, _ *config.Config) error {
				users, err := o.Users(cmd.Context())
				if err != nil {
					return err
				}
				return cli.Printed(cmd, users, func(out io.Writer) {
					if len(users) == 0 {
						fmt.Fprintf(out, "Nobody may look in. %s lets somebody.\n", cli.Hint(cmd, "user add you"))
						return
					}
					rows := make([][]string, len(users))
					for i, u := range users {
						rows[i] = []string{u.Name, roles[u.Role], cli.Moment(u.Added, time.Local)}
					}
					cli.Table(out, "NAME|MAY|ADDED", rows)
				})
			})
		},
	}
}

var roles = map[hq.Role]string{hq.RolePages: "see the fleet page", hq.RoleFeed: "read the feed"}

func newUserRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "Take somebody out: link, secret and browsers that are signed in",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(o *office, _ *config.Config) error {
				err := o.RevokeUser(cmd.Context(), args[0])
				if errors.Is(err, edge.ErrNotFound) {
					return fmt.Errorf("nobody is called %q; %s shows who is there", args[0], cli.Hint(cmd, "user list"))
				}
				if err != nil {
					return err
				}
				return cli.Printed(cmd, map[string]string{"revoked": args[0]}, func(out io.Writer) {
					fmt.Fprintf(out, "%s may look in no longer.\n", cli.Visible(args[0]))
				})
			})
		},
	}
}
