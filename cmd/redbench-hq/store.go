// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
	"redbench/sync/hq/pages"
)

func newStoreCommand() *cobra.Command {
	return cli.Parent("store", "Add a store, see how all are, take one out", newStoreAddCommand(), newStoreListCommand(), newStoreRevokeCommand())
}

// added is what `store add --json` prints.
type added struct {
	Store   string    `json:"store"`
	Code    string    `json:"code"`
	URL     string    `json:"url"`
	Command string    `json:"command"` // to type on the box
	Expires time.Time `json:"expires"`
}

func newStoreAddCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "add ID",
		Short: "Print the one-time code that a store's box enrols with",
		Long: `Makes a store known and prints the one-time code that its box enrols with; it is good for seven days. ID is the box's
own [store] id. For a store that is known it prints a new code: a box that was replaced enrols with it, and the
credentials in use hold until then.`,
		Example: "  redbench-hq store add harbour",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkStore(args[0]); err != nil {
				return cli.WrongUsage(err)
			}
			return withOffice(cmd, func(o *office, cfg *config.Config) error {
				in, err := openReach(cfg, false, slog.New(slog.DiscardHandler))
				if err != nil {
					return err
				}
				code, err := o.AddStore(cmd.Context(), args[0], in.pin)
				if err != nil {
					return err
				}
				return printAdded(cmd, args[0], code, publicURL(cfg))
			})
		},
	}
}

func printAdded(cmd *cobra.Command, store, code, url string) error {
	result := added{Store: store, Code: code, URL: url, Command: "redbench enroll --url " + url + " " + code, Expires: time.Now().Add(hq.CodeLife).UTC()}
	return cli.Printed(cmd, result, func(out io.Writer) {
		fmt.Fprintf(out, "On the box of store %s, type before %s:\n\n  %s\n\n", store, cli.Moment(result.Expires, time.Local)[:16], result.Command)
		fmt.Fprintf(out, "The box must have id = %q in the [store] section of its configuration. The code works once; %s tells when it was used.\n",
			store, cli.Hint(cmd, "store list"))
	})
}

var storeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func checkStore(id string) error {
	if !storeID.MatchString(id) {
		return fmt.Errorf("a store's id is 1 to 64 letters, digits, _ or -, as [store] id of its box; it is %q", id)
	}
	return nil
}

func newStoreListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the stores: what is wrong first",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(o *office, cfg *config.Config) error {
				stores, err := o.Stores(cmd.Context())
				if err != nil {
					return err
				}
				return cli.Printed(cmd, stores, func(out io.Writer) {
					if len(stores) == 0 {
						fmt.Fprintf(out, "No store is known. %s adds one.\n", cli.Hint(cmd, "store add store-1"))
						return
					}
					printStores(out, stores, cfg)
				})
			})
		},
	}
}

func printStores(out io.Writer, stores []hq.StoreView, cfg *config.Config) {
	judge := pages.Judge{LateAfter: cfg.Fleet.LateAfter(), OwedAfter: cfg.Erasure.LateAfter(), Now: time.Now()}
	fleet := judge.Fleet(stores, hq.PlaybookView{})
	rows := make([][]string, len(fleet.Rows))
	for i, r := range fleet.Rows {
		rows[i] = []string{r.Store, judge.Ago(r.Seen), cli.Grouped(r.Backlog), judge.Ago(r.Oldest), judge.Ago(r.Painted), r.Version, r.Sentence()}
	}
	cli.Table(out, "STORE|LAST CONTACT|WAITING|OLDEST|LAST PROMPT|VERSION|", rows)
}

func newStoreRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Void a store's credentials: its box gets and gives nothing more",
		Long: `Voids a store's credentials and codes, as for a box that was stolen or a store that was closed. Its box keeps what it
holds, and locks it once it has not heard from head office for the days that it was told. What the store told stays.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOffice(cmd, func(o *office, _ *config.Config) error {
				err := o.RevokeStore(cmd.Context(), args[0])
				if errors.Is(err, edge.ErrNotFound) {
					return fmt.Errorf("no store is called %q; %s shows them", args[0], cli.Hint(cmd, "store list"))
				}
				if err != nil {
					return err
				}
				return cli.Printed(cmd, map[string]string{"revoked": args[0]}, func(out io.Writer) {
					fmt.Fprintf(out, "The credentials of store %s are void. %s lets it in again.\n", args[0], cli.Hint(cmd, "store add "+args[0]))
				})
			})
		},
	}
}
