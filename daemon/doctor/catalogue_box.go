// SPDX-License-Identifier: Apache-2.0

package doctor

import "slices"

// Box is what can be found at a store's box.
func Box() Catalogue {
	return slices.Concat(of("redbench", sharedSetting()), boxSetting(), of("redbench", sharedFiles(), ports(), sharedClock()), boxClock(),
		of("redbench", disk(), database()), boxRecord(), boxTills(), boxOffice(), of("redbench", certificates()), boxService(), boxBackups(), of("redbench", backups(), former()))
}

func boxSetting() Catalogue {
	return Catalogue{
		{"configuration", "config-stale", Warn, "{file} was changed after the box started, which still works by the old one.", "`sudo redbench restart`"},
		{"configuration", "config-other", Warn, "The running box reads {running}, and this command read {here}.", "Give this command the same file with `--config`."},
		{"configuration", "config-silent", Warn, "[experiment] silent is on: prompts are chosen and none is shown.", "Set `silent = false` when the weeks of measuring are over, then `sudo redbench restart`."},

		{"access", "access-denied", Fail, "This user may not look at the box.", "`sudo redbench doctor`"},
		{"access", "not-running", Fail, "Redbench is not running: no till is heard and no screen is answered.", "`sudo redbench start`; `journalctl -u redbench -n 50` tells why it stopped."},
		{"access", "not-ready", Fail, "It runs and would not prompt now: {why}.", "What else is found here says what to mend."},
		{"access", "running", OK, "It runs since {since} (process {pid}), and is ready.", ""},

		{"files", "state-absent", Fail, "There is no state directory {dir} yet.", "`sudo redbench install`, then `sudo redbench start`, make it."},
	}
}

func boxClock() Catalogue {
	return Catalogue{
		{"clock", "clock-back", Fail, "The clock is {by} behind what it said when the record was last written.", "Set it (`sudo timedatectl set-ntp true`) before the box starts: a clock that goes back makes it take itself for a restored copy."},
		{"clock", "clock-off", Warn, "The clock is {by} {way} of head office's.", "Set this one or that one: `timedatectl`."},
		{"clock", "zone-guessed", Warn, "[store] time_zone is Local, and the machine's own is {zone}: days, greetings and hours go by it.", "Set `time_zone` to the store's, as in \"Europe/Lisbon\"."},
	}
}

func boxRecord() Catalogue {
	return Catalogue{
		{"outbox", "outbox-old", Warn, "{count} wait for head office, the oldest since {oldest}.", "See what is found of head office; `[hq] send` hours that never come are another cause. After an outage it goes down by itself, slowly while cards come. Nothing is lost."},
		{"outbox", "outbox-full", Warn, "The outbox holds {share} % of [limits] outbox_mb: soon the oldest visits are told as a sum only.", "Bring the box back to head office, or raise `[limits] outbox_mb` where the disk allows."},
		{"outbox", "outbox-summed", Warn, "{count} were told to head office as a sum, as the outbox was full.", "Raise `[limits] outbox_mb` if the box is to stay away as long again."},
		{"outbox", "outbox-good", OK, "{count} wait for head office.", ""},
		{"outbox", "outbox-none", OK, "The box works alone; nothing waits.", ""},

		{"quarantine", "quarantine-new", Warn, "{count} refused in the last day: {reasons}.", "`sudo redbench quarantine list` tells topic and reason of each; an adapter may have to be mended (`redbench adapter test`)."},
		{"quarantine", "quarantine-full", Warn, "Quarantine is full ({kept}): more is only counted, and nobody can look at it.", "`sudo redbench quarantine list`, and mend what sends it; what is older than 30 days goes by itself."},
		{"quarantine", "quarantine-old", OK, "Nothing was refused in the last day; {kept} kept from before: {reasons}.", ""},
		{"quarantine", "quarantine-good", OK, "No event was refused.", ""},

		{"customers", "customers-none", Warn, "The box knows nobody yet: every customer is a stranger.", "`sudo redbench import customers FILE`, or let head office send them (`sudo redbench enroll`)."},
		{"customers", "customers-good", OK, "{count} known.", ""},

		{"playbook", "playbook-wrong", Fail, "The playbook {file} cannot be loaded: {problem}", "`redbench playbook check {file}` tells where."},
		{"playbook", "playbook-style", Warn, "The playbook {file} says what no screen should, in {count}.", "`redbench playbook check {file}` tells each."},
		{"playbook", "playbook-refused", Warn, "Head office's playbook was refused: {problem}", "Mend it at head office and publish it anew; until then the one before it holds."},
		{"playbook", "playbook-good", OK, "In use: {name}.", ""},

		{"disk", "disk-bound", Warn, "The record grows towards what it may have: the box may come to take {bound}, takes {total} now, and {free} are free for {dir}.", "Lower [limits] database_mb or [backup] keep, put [backup] dir on another disk, or take a larger one."},
		{"screens", "screens-none", Warn, "No screen is paired: nobody sees a prompt.", "`sudo redbench pair --lane 3` for each lane."},
		{"screens", "screens-dark", Fail, "{count} paired, and none is connected, though tills are heard.", "Open the box's address on the screens; `sudo redbench screens list` tells when each was last there."},
		{"screens", "screen-away", Warn, "The screen of lane {lane} was last connected {when}.", "Open the box's address there, or `sudo redbench screens revoke ID` if it is gone for good."},
		{"screens", "screens-unpainted", Warn, "No prompt was painted for {span}, though {count} connected.", "Show a card at a till and look; `sudo redbench doctor --check probe` tells whether the way to a screen works."},
		{"screens", "screens-asleep", Warn, "{count} paired, and none is connected; a till was last heard: {when}.", "Nothing outside opening hours. Else open the box's address on the screens; `sudo redbench screens list` tells when each was last there."},
		{"screens", "screens-stopped", Skipped, "Whether screens are connected only the running box knows; {count} paired.", ""},
		{"screens", "screens-good", OK, "{connected} of {count} connected; the last prompt was painted {when}.", ""},
	}
}
