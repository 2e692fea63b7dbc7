// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge/simulate"
)

// replayOptions are the flags of `redbench replay`.
type replayOptions struct {
	tills   tillOptions
	speed   float64
	rate    string
	restamp bool
	length  time.Duration
}

func newReplayCommand() *cobra.Command {
	var o replayOptions
	command := &cobra.Command{
		Use:   "replay FILE",
		Short: "Send recorded events, as tills would",
		Long: `Sends a recording to a broker: a file of JSON lines {"at","topic","payload"}, gzip or not, a folder of such files, or -
for standard input (docs/replay.md). One MQTT connection a lane, each lane in order.

A box remembers events for 400 days, and does not show what comes late: to see prompts of an old recording, --restamp.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error { return runReplay(cmd, o, args[0]) },
	}
	flags := command.Flags()
	o.tills.add(flags)
	flags.Float64Var(&o.speed, "speed", 1, "60 puts an hour into a minute; 0 goes as fast as the broker takes it")
	flags.StringVar(&o.rate, "rate", "", "messages a second instead of the recorded moments, as in 50/s")
	flags.BoolVar(&o.restamp, "restamp", false, "give events the time at which they are sent, and ids of their own")
	flags.DurationVar(&o.length, "for", 0, "stop after this time, as in 30s or 2h")
	command.MarkFlagsMutuallyExclusive("speed", "rate")
	return command
}

func runReplay(cmd *cobra.Command, o replayOptions, path string) error {
	every, err := parseRate(o.rate)
	if err != nil {
		return cli.WrongUsage(err)
	}
	if o.speed < 0 || o.length < 0 {
		return cli.WrongUsage(errors.New("--speed and --for are not below 0"))
	}
	recording, err := simulate.OpenRecording(path, cmd.InOrStdin())
	if err != nil {
		return err
	}
	defer recording.Close()
	how := simulate.ReplayOptions{}
	if cmd.Flags().Changed("store") {
		how.Store = o.tills.store
	}
	if o.restamp {
		how.Restamp = strconv.FormatInt(time.Now().UnixMilli(), 36)
	}
	tills, err := connectTills(cmd, o.tills)
	if err != nil {
		return err
	}
	defer tills.close()
	messages, failed := simulate.Replay(recording, how)
	ctx, cancel := within(cmd.Context(), o.length)
	defer cancel()
	err = play(cmd, ctx, tills, &simulate.Player{Speed: o.speed, Every: every}, messages)
	return errors.Join(err, failed())
}

// parseRate reads "50/s" or "50"; empty is no rate.
func parseRate(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	rate, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil || !(rate > 0 && rate <= 1e6) {
		return 0, fmt.Errorf("--rate: %q is no rate; write 50/s", text)
	}
	return time.Duration(float64(time.Second) / rate), nil
}
