// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"strings"
	"time"

	"redbench/daemon/control"
)

// start makes the box run with what was set, and waits until it hears the tills.
func (j *job) start(ctx context.Context, defined bool) error {
	running := j.running()
	anew := j.up() && (defined || len(j.report.Settings) > 0)
	switch {
	case !j.wish.Start && anew:
		j.tell("start", false, "the service runs with what it was started with: `redbench restart` takes up the rest")
		return nil
	case !j.wish.Start && !j.halted:
		return nil
	}
	begin := j.machine.Start
	if anew {
		begin = j.machine.Restart
	}
	since := time.Now()
	if !running || anew {
		if _, err := begin(); err != nil {
			return err
		}
	}
	status, err := j.await(ctx)
	if err != nil {
		return err
	}
	j.report.Ready = true
	text := "it runs and is ready"
	if !running || anew {
		text = fmt.Sprintf("ready after %.1f s", time.Since(since).Seconds())
	}
	j.tell("start", !running || anew, fmt.Sprintf("%s: tills at %s, screens at %s", text, tills(status.MQTT), status.UI.Address))
	return nil
}

func tills(m control.MQTT) string {
	if m.Broker != "" {
		return m.Broker
	}
	return m.Address
}

// await asks until the daemon is ready. One that runs with what was there before does not count: it is asked for its file.
func (j *job) await(ctx context.Context) (control.Status, error) {
	wait, cancel := context.WithTimeout(ctx, j.wish.Wait)
	defer cancel()
	tick := time.NewTicker(j.Every)
	defer tick.Stop()
	last := "it did not answer"
	for {
		status, err := j.Ask(wait, j.config.State.Dir)
		switch {
		case err == nil && status.Ready:
			return status, nil
		case err == nil:
			last = strings.Join(status.NotReady, "; ")
		case wait.Err() == nil:
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return control.Status{}, ctx.Err()
		case <-wait.Done():
			return control.Status{}, j.unready(last)
		case <-tick.C:
		}
	}
}

// unready tells of a start that came to nothing in its time. The service's own last word says more than that nobody answers.
func (j *job) unready(last string) error {
	if trouble := j.machine.Trouble(); trouble != "" {
		return fmt.Errorf("the service ends by itself, and is started again and again: %s. `journalctl -u redbench -n 50` tells more", trouble)
	}
	return fmt.Errorf("the service was started, and is not ready after %s: %s. It goes on trying; `redbench status` tells how it stands",
		j.wish.Wait, last)
}

// foretell says what Run would do.
func (j *job) foretell() error {
	if j.writes() {
		j.tellConfiguration()
	} else {
		j.tell("configuration", false, j.wish.File+" says so already")
	}
	if j.wish.Code != "" {
		if j.enrolled() {
			j.tell("head-office", false, j.enrolledText("is"))
		} else {
			j.tell("head-office", true, "would enroll store "+j.config.Store.ID+" with "+j.config.HQ.URL)
		}
	}
	pending, err := j.machine.Pending()
	if err != nil {
		return err
	}
	j.tell("service", pending, j.serviceText(pending, true))
	granted, err := j.grant()
	if err != nil {
		return err
	}
	if running := j.running(); j.wish.Start && (!running || pending || granted || len(j.report.Settings) > 0) {
		j.tell("start", true, "would start it, and wait until it is ready")
	} else if j.wish.Start {
		j.tell("start", false, "it runs already")
	}
	return nil
}

func (j *job) serviceText(changed, would bool) string {
	packaged := j.machine.Packaged()
	text := "installed already, and up to date"
	switch {
	case changed && packaged != "" && would:
		text = "would enable the package's unit, " + packaged
	case changed && packaged != "":
		text = "enabled the package's unit, " + packaged + ": it starts with the machine"
	case packaged != "":
		text = "the package's unit, " + packaged + ", is enabled already"
	case changed && would:
		text = "would install it, or bring it up to date"
	case changed:
		text = "installed: it starts with the machine"
	}
	if other := j.machine.Overridden(); other != "" {
		text += "; but " + other + " stands before it: remove that unless a person made it on purpose, then `systemctl daemon-reload`"
	}
	return text
}
