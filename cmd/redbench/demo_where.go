// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/daemon/control"
	"redbench/edge/simulate"
)

// demoWhere is where to look; its JSON is what `redbench demo --json` prints.
type demoWhere struct {
	Store     string       `json:"store"`
	Customers int          `json:"customers"`
	Visits    int          `json:"visits"`
	Screens   []demoScreen `json:"screens"`
	Manager   demoScreen   `json:"manager"`
	Home      string       `json:"home"`
	Tills     string       `json:"tills"`
	Dir       string       `json:"dir"`
	Config    string       `json:"config"`
	Log       string       `json:"log"`
}

type demoScreen struct {
	Lane    string    `json:"lane,omitempty"`
	URL     string    `json:"url"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// pair mints a credential for each lane's screen and for the manager's page.
func (d *demo) pair(ctx context.Context, chain *simulate.Chain) (demoWhere, error) {
	where := demoWhere{Store: demoStore, Customers: len(chain.Customers), Visits: len(chain.Visits), Dir: d.dir,
		Config: d.cfg.File, Log: d.dir + string(os.PathSeparator) + "redbench.log"}
	for _, lane := range demoLanes {
		minted, err := d.box.Pair(ctx, control.PairRequest{Lane: lane, Name: "demo, lane " + lane})
		if err != nil {
			return where, fmt.Errorf("pairing a screen: %w", err)
		}
		where.Screens = append(where.Screens, demoScreen{lane, minted.URL, minted.Token, minted.Expires})
	}
	minted, err := d.box.Pair(ctx, control.PairRequest{Manager: true, Name: "demo, manager"})
	if err != nil {
		return where, fmt.Errorf("pairing the manager's page: %w", err)
	}
	where.Manager = demoScreen{"", minted.URL, minted.Token, minted.Expires}
	status, err := d.box.Status(ctx)
	if err != nil {
		return where, err
	}
	where.Home, where.Tills = status.UI.URL, "mqtt://"+status.MQTT.Address
	return where, nil
}

// paint wraps a text in terminal colours, or leaves it.
type paint func(code, text string) string

func colours(out io.Writer) paint {
	if !cli.IsTerminal(out) || os.Getenv("NO_COLOR") != "" {
		return func(_, text string) string { return text }
	}
	return func(code, text string) string { return "\033[" + code + "m" + text + "\033[0m" }
}

// print tells a person where to look.
func (w demoWhere) print(out io.Writer, p paint) {
	fmt.Fprintf(out, "\n  %s  %s\n", p("1", "Redbench"), p("2", "a store day at the "+demoName))
	fmt.Fprintf(out, "  %s\n\n", p("2", fmt.Sprintf("%d made-up customers, %d past visits, three lanes", w.Customers, w.Visits)))
	for _, s := range w.Screens {
		fmt.Fprintf(out, "  Cashier's screen, lane %s   %s\n", s.Lane, p("4", s.URL))
	}
	fmt.Fprintf(out, "  Manager's page             %s\n\n", p("4", w.Manager.URL))
	fmt.Fprintf(out, "  %s\n", p("2", "Each link works once, within "+lasting(w.Manager.Expires)+". Another:"))
	fmt.Fprintf(out, "  %s\n\n", p("2", cli.CommandLine("redbench", "pair --lane 1", w.Config)))
	fmt.Fprintf(out, "  Tills publish to %s, topics redbench/v1/%s/+/…\n", w.Tills, w.Store)
	fmt.Fprintf(out, "  State and log    %s\n\n", w.Dir)
	fmt.Fprintf(out, "  Ctrl-C ends it.\n\n")
}

func lasting(until time.Time) string {
	return fmt.Sprintf("%d minutes", max(1, int(time.Until(until).Round(time.Minute)/time.Minute)))
}
