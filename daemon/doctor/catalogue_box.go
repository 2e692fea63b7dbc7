// SPDX-License-Identifier: Apache-2.0

package doctor

import "slices"

// Box is what can be found at a store's box.
func Box() Catalogue {
	return slices.Concat(boxSetting(), common("redbench"), boxRecord(), boxTills(), boxOffice(), boxService())
}

func boxSetting() Catalogue {
	return Catalogue{
		{"configuration", "config-wrong", Fail, "The configuration is wrong: {problem}", "Mend what it says, then `redbench config check`; until then nothing else can be looked at."},
		{"configuration", "config-file", Fail, "The configuration names a file that cannot be used: {problem}", "Put the file there, or change the key; `redbench config check` tells when it is right."},
		{"configuration", "config-unsafe", Warn, "{warning}.", "Set it otherwise, unless it is meant; docs/configuration.md has each key."},
		{"configuration", "config-stale", Warn, "{file} was changed after the box started, which still works by the old one.", "`sudo redbench restart`"},
		{"configuration", "config-other", Warn, "The running box reads {running}, and this command read {here}.", "Give this command the same file with `--config`."},
		{"configuration", "config-silent", Warn, "[experiment] silent is on: prompts are chosen and none is shown.", "Set `silent = false` when the weeks of measuring are over, then `sudo redbench restart`."},
		{"configuration", "config-good", OK, "{source}: nothing is wrong.", ""},

		{"access", "access-denied", Fail, "This user may not look at the box.", "`sudo redbench doctor`"},
		{"access", "not-running", Fail, "Redbench is not running: no till is heard and no screen is answered.", "`sudo redbench start`; `journalctl -u redbench -n 50` tells why it stopped."},
		{"access", "not-ready", Fail, "It runs and would not prompt now: {why}.", "What else is found here says what to mend."},
		{"access", "running", OK, "It runs since {since} (process {pid}), and is ready.", ""},

		{"files", "state-absent", Fail, "There is no state directory {dir} yet.", "`sudo redbench install`, then `sudo redbench start`, make it."},
		{"files", "state-open", Fail, "Others than its owner may enter {dir} ({mode}).", "`sudo chmod 700 {dir}`"},
		{"files", "state-shared", Fail, "Others than its owner may read {file} ({mode}).", "`sudo chmod 600 {file}`"},
		{"files", "keys-absent", Fail, "{dir} has a record and no keys.json: nobody in it can be read.", "Put back the keys.json that belongs to it, from the backup; never let the box make a new one beside this record."},
		{"files", "keys-damaged", Fail, "The keys cannot be read: {problem}", "Put back keys.json from the backup."},
		{"files", "state-owner", Fail, "{file} belongs to {owner}, and the state directory to {want}, whom it keeps out.", "`sudo chown -R {want}: {dir}`"},
		{"files", "state-owner-service", Fail, "{dir} belongs to {owner}, and the service runs as {want}, who may not write there.", "`sudo chown -R {want}: {dir}`"},
		{"files", "file-unreadable", Fail, "The service's user {user} cannot read {file} ({key}).", "`sudo chown root:{user} {file}; sudo chmod 640 {file}`, and let {user} into the directories above it."},
		{"files", "secret-shared", Warn, "Everybody on this machine may read {file} ({key}), which holds a secret.", "`sudo chown root:{user} {file}; sudo chmod 640 {file}`"},
		{"files", "files-good", OK, "{dir} and {count} that the configuration names are as they should be.", ""},
		{"files", "files-unknown", Skipped, "Who may read which file cannot be told on this system.", ""},
	}
}

// common is what can be found at either program, whose name it takes.
func common(program string) Catalogue {
	all := Catalogue{
		{"ports", "port-taken", Fail, "{address} ({key}) is held by {holder}.", "Stop that one, or set {key} to another port; port 0 picks a free one."},
		{"ports", "port-unusable", Fail, "{address} ({key}) cannot be listened on: {problem}", "Set {key} to an address of this machine, with a port above 1023."},
		{"ports", "port-silent", Fail, "Nobody answers on {address} ({key}), though PROGRAM runs: {problem}", "`sudo PROGRAM restart`; a firewall on this machine may be in the way."},
		{"ports", "port-moved", Warn, "{key} is {want}, and the running one listens on {address}.", "`sudo PROGRAM restart`, or look for the file that it really reads."},
		{"ports", "port-good", OK, "{key}: {address} {how}.", ""},

		{"clock", "clock-absurd", Fail, "The clock says {now}, which is before this program was made: its battery may be empty.", "`sudo timedatectl set-time …`, or `sudo timedatectl set-ntp true`, and mend the battery."},
		{"clock", "clock-back", Fail, "The clock is {by} behind what it said when the record was last written.", "Set it (`sudo timedatectl set-ntp true`) before the box starts: a clock that goes back makes it take itself for a restored copy."},
		{"clock", "clock-off", Warn, "The clock is {by} {way} of head office's.", "Set this one or that one: `timedatectl`."},
		{"clock", "clock-unsynced", Warn, "Nothing keeps the clock right: the system says that it is not synchronised.", "`sudo timedatectl set-ntp true`, with a time server that this network reaches."},
		{"clock", "zone-guessed", Warn, "[store] time_zone is Local, and the machine's own is {zone}: days, greetings and hours go by it.", "Set `time_zone` to the store's, as in \"Europe/Lisbon\"."},
		{"clock", "clock-good", OK, "The clock says {now}{compared}; days go by {zone}.", ""},
		{"clock", "clock-alone", Skipped, "Whether the clock is synchronised cannot be seen here.", ""},

		{"disk", "disk-full", Fail, "{free} are free for {dir}, less than the {needed} that keep it going on a bad day.", "Free space on that disk, or move [state] dir: until then tills may have to keep their events."},
		{"disk", "disk-low", Warn, "{free} are free for {dir}; {needed} are needed: {why}.", "Free space on that disk, or move [state] dir."},
		{"disk", "disk-files", Fail, "The disk of {dir} has room for {files} more files.", "Remove files that nobody needs: `df -i {dir}`."},
		{"disk", "disk-unknown", Skipped, "How much is free for {dir} cannot be told: {problem}", ""},
		{"disk", "disk-good", OK, "{free} are free for {dir}; the record takes {used}.", ""},

		{"database", "database-absent", Skipped, "There is no record yet in {dir}.", ""},
		{"database", "database-unopened", Fail, "The record cannot be opened: {problem}", "`ls -l` the state directory; where the file is damaged put back the last good backup."},
		{"database", "database-damaged", Fail, "The record is damaged, in {count}; the first: {problem}", "Stop it, copy the state directory aside, and put back the last good backup (docs/operations.md)."},
		{"database", "database-newer", Fail, "The record has schema {have}, and this program knows {known}: a newer one wrote it.", "Install that newer program again."},
		{"database", "database-older", OK, "The record has schema {have}; the next start brings it to {known}.", ""},
		{"database", "database-keys", Fail, "The record was made with other keys than those in keys.json.", "Put back the keys.json that belongs to this record, from the backup."},
		{"database", "database-rotten", Fail, "{bad} of {tried} sealed rows that were tried do not open: the file was changed beneath the database.", "Put back the last good backup, then have the disk looked at (`smartctl -a`); `--deep` tries every row."},
		{"database", "database-unfinished", Warn, "The time was not enough to look through the record: {done}.", "`sudo PROGRAM doctor --deep` takes the time that it needs."},
		{"database", "database-journal", Warn, "The journal beside the record has {size}, which nobody brings home.", "`sudo PROGRAM restart`; if it grows again, something holds the record open."},
		{"database", "database-good", OK, "The record is sound: {tables}, schema {schema}, {tried} sealed rows opened.", ""},
	}
	for i := range all {
		all[i].Text, all[i].Do = programmed(all[i].Text, program), programmed(all[i].Do, program)
	}
	return all
}

func boxRecord() Catalogue {
	return Catalogue{
		{"outbox", "outbox-old", Warn, "{count} wait for head office, the oldest since {oldest}.", "See what is found of head office; `[hq] send` hours that never come are another cause. Nothing is lost."},
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

		{"screens", "screens-none", Warn, "No screen is paired: nobody sees a prompt.", "`sudo redbench pair --lane 3` for each lane."},
		{"screens", "screens-dark", Fail, "{count} paired, and none is connected.", "Open the box's address on the screens; `sudo redbench screens list` tells when each was last there."},
		{"screens", "screen-away", Warn, "The screen of lane {lane} was last connected {when}.", "Open the box's address there, or `sudo redbench screens revoke ID` if it is gone for good."},
		{"screens", "screens-unpainted", Warn, "No prompt was painted for {span}, though {count} connected.", "Show a card at a till and look; `sudo redbench doctor --check probe` tells whether the way to a screen works."},
		{"screens", "screens-stopped", Skipped, "Whether screens are connected only the running box knows; {count} paired.", ""},
		{"screens", "screens-good", OK, "{connected} of {count} connected; the last prompt was painted {when}.", ""},
	}
}
