// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"
	"strings"
)

// of gives what either program can find in the words of one of them.
func of(program string, parts ...Catalogue) Catalogue {
	all := slices.Concat(parts...)
	for i := range all {
		all[i].Text, all[i].Do = programmed(all[i].Text, program), programmed(all[i].Do, program)
	}
	return all
}

// programmed names the program. Head office is started by the service manager alone.
func programmed(text, program string) string {
	if program == office {
		for _, verb := range []string{"start", "restart"} {
			text = strings.ReplaceAll(text, "`sudo PROGRAM "+verb+"`", "`sudo systemctl "+verb+" "+program+"`")
		}
	}
	return strings.ReplaceAll(text, "PROGRAM", program)
}

func sharedSetting() Catalogue {
	return Catalogue{
		{"configuration", "config-wrong", Fail, "The configuration is wrong: {problem}", "Mend what it says, then `PROGRAM config check`; until then nothing else can be looked at."},
		{"configuration", "config-file", Fail, "The configuration names a file that cannot be used: {problem}", "Put the file there, or change the key; `PROGRAM config check` tells when it is right."},
		{"configuration", "config-unsafe", Warn, "{warning}.", "Set it otherwise, unless it is meant; docs/configuration.md has each key."},
		{"configuration", "config-good", OK, "{source}: nothing is wrong.", ""},
	}
}

func sharedFiles() Catalogue {
	return Catalogue{
		{"files", "state-open", Fail, "Others than its owner may enter {dir} ({mode}).", "`sudo chmod 700 {dir}`"},
		{"files", "state-shared", Fail, "Others than its owner may read {file} ({mode}).", "`sudo chmod 600 {file}`"},
		{"files", "keys-absent", Fail, "{dir} has a record and no keys.json: nobody in it can be read.", "Put back the keys.json that belongs to it, from the backup; never let a new one be made beside this record."},
		{"files", "keys-damaged", Fail, "The keys cannot be read: {problem}", "Put back keys.json from the backup."},
		{"files", "state-owner", Fail, "{file} belongs to {owner}, and the state directory to {want}, whom it keeps out.", "`sudo chown -R {want}: {dir}`"},
		{"files", "state-owner-service", Fail, "{dir} belongs to {owner}, and the service runs as {want}, who may not write there.", "`sudo chown -R {want}: {dir}`"},
		{"files", "file-unreadable", Fail, "The service's user {user} cannot read {file} ({key}).", "`sudo chown root:{user} {file}; sudo chmod 640 {file}`, and let {user} into the directories above it."},
		{"files", "secret-shared", Warn, "Everybody on this machine may read {file} ({key}), which holds a secret.", "`sudo chown root:{user} {file}; sudo chmod 640 {file}`"},
		{"files", "files-good", OK, "{dir} and {count} that the configuration names are as they should be.", ""},
		{"files", "files-unknown", Skipped, "Who may read which file cannot be told on this system.", ""},
	}
}

func ports() Catalogue {
	return Catalogue{
		{"ports", "port-taken", Fail, "{address} ({key}) is held by {holder}.", "Stop that one, or set {key} to another port; port 0 picks a free one."},
		{"ports", "port-broker", Fail, "{address} ({key}) is held by {holder}.", "Where that is the store's broker, hear the tills through it: `[mqtt] broker = \"tcp://127.0.0.1:{port}\"`. Else stop it, or set {key} to another port."},
		{"ports", "port-unusable", Fail, "{address} ({key}) cannot be listened on: {problem}", "Set {key} to an address of this machine, with a port above 1023."},
		{"ports", "port-silent", Fail, "Nobody answers on {address} ({key}), though PROGRAM runs: {problem}", "`sudo PROGRAM restart`; a firewall on this machine may be in the way."},
		{"ports", "port-moved", Warn, "{key} is {want}, and the running one listens on {address}.", "`sudo PROGRAM restart`, or look for the file that it really reads."},
		{"ports", "port-good", OK, "{key}: {address} {how}.", ""},
	}
}

func sharedClock() Catalogue {
	return Catalogue{
		{"clock", "clock-absurd", Fail, "The clock says {now}, which is before this program was made: its battery may be empty.", "`sudo timedatectl set-time …`, or `sudo timedatectl set-ntp true`, and mend the battery."},
		{"clock", "clock-unsynced", Warn, "Nothing keeps the clock right: the system says that it is not synchronised.", "`sudo timedatectl set-ntp true`, with a time server that this network reaches."},
		{"clock", "clock-good", OK, "The clock says {now}{compared}; days go by {zone}.", ""},
		{"clock", "clock-alone", Skipped, "Whether the clock is synchronised cannot be seen here.", ""},
	}
}

func disk() Catalogue {
	return Catalogue{
		{"disk", "disk-full", Fail, "{free} are free for {dir}, less than the {needed} that keep it going on a bad day.", "Free space on that disk, or move [state] dir: what comes meanwhile has to wait where it comes from."},
		{"disk", "disk-low", Warn, "{free} are free for {dir}; {needed} are needed: {why}.", "Free space on that disk, or move [state] dir."},
		{"disk", "disk-files", Fail, "The disk of {dir} has room for {files} more files.", "Remove files that nobody needs: `df -i {dir}`."},
		{"disk", "disk-unknown", Skipped, "How much is free for {dir} cannot be told: {problem}", ""},
		{"disk", "disk-good", OK, "{free} are free for {dir}; the record takes {used}.", ""},
	}
}

func database() Catalogue {
	return Catalogue{
		{"database", "database-between", Fail, "A restore, or an upgrade's way back, was broken off between two moves in {dir}: part of the record is moved, and nothing is lost.", "`sudo PROGRAM start`: each start ends it first."},
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
}

func certificates() Catalogue {
	return Catalogue{
		{"certificates", "certificate-unreadable", Fail, "The certificate of {whose} cannot be read: {problem}", "Put a PEM file there that `openssl x509 -in FILE -noout -text` reads."},
		{"certificates", "certificate-ended", Fail, "The certificate of {whose} ended on {until}.", "Put a new one in its place{how}."},
		{"certificates", "certificate-early", Fail, "The certificate of {whose} is good from {from} on only.", "Check the clock, or put the right one in its place{how}."},
		{"certificates", "certificate-ends", Warn, "The certificate of {whose} ends in {days} days, on {until}.", "Put a new one in its place before then{how}."},
		{"certificates", "certificate-name", Warn, "The certificate of {whose} is not for {name}: browsers will refuse it.", "Get one with that name in it, or set the address that it names."},
		{"certificates", "certificate-good", OK, "The certificate of {whose} is good for {days} days.", ""},
		{"certificates", "certificates-none", OK, "No certificate is in use here.", ""},
	}
}

func backups() Catalogue {
	return Catalogue{
		{"backups", "backup-off", Warn, "Nothing is backed up by itself ([backup] at is empty).", "Set `[backup] at = \"03:30\"`, and `dir` on another disk."},
		{"backups", "backup-none", Warn, "There is no backup in {dir}.", "`sudo PROGRAM backup` makes one now."},
		{"backups", "backup-failed", Fail, "The last backup did not work: {problem}", "Mend that, then `sudo PROGRAM backup`."},
		{"backups", "backup-old", Fail, "The last good backup is {span} old ({dir}).", "`sudo PROGRAM backup`; the log tells why the nightly one was not made."},
		{"backups", "backup-same-disk", Warn, "Backups lie on the disk that they are to outlive ({dir}).", "Set `[backup] dir` to another disk, or copy them away each night."},
		{"backups", "backup-unknown", Skipped, "The backups in {dir} cannot be looked at: {problem}", ""},
		{"backups", "backup-good", OK, "The last good backup is {span} old ({dir}, {count}).", ""},
	}
}
