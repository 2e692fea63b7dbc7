#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2016
#
# How a former version is kept aside, and put back. A power cut may come between any two commands: whatever is replaced is made
# beside it, brought to the disk and renamed, and each step is taken up again where it was left. Data are put back by the file
# restore.json, which the program honours under its lock before it opens anything: nobody ever runs on half a state.
#
#   $lib/former         the former program, its unit, its version, and which start of the machine it was kept in
#   $lib/going-back     stands from the decision until the former version has been started
#   $lib/refused        a version that did not start, and "back-to": the version that came back
#   $pin                has the service run the former program from before unpacking until its data are aside: after a power
#                       cut or a crash in between, the new version would else change the data with nobody looking
#   STATE/former        the former data, whole: it is renamed from former.new when all is in it. The program puts "heard"
#                       there before anything can be acknowledged, and takes it away after a first good test event

pin=/etc/systemd/system/$name.service.d/upgrade.conf

pin_former() {
	if [ -e "/etc/systemd/system/$name.service" ]; then return 0; fi # somebody's own unit, of his own program
	command=$(sed -n "s,^ExecStart=$program ,$lib/former/$name ,p" "$lib/former/$name.service")
	if [ -z "$command" ]; then return 0; fi
	mkdir -p "${pin%/*}"
	note "# An upgrade is under way.
[Service]
ExecStart=
ExecStart=$command" "$pin"
}

unpin() {
	if [ ! -d "${pin%/*}" ]; then return 0; fi
	rm -f "$pin" "$pin.new"
	bring_to_disk "${pin%/*}"
	rmdir "${pin%/*}" 2>/dev/null || true
	reload
}

# What of the data there is to keep.
data_files() { echo "$database $database-wal $database-journal $beside"; }

bring_to_disk() { sync -f "$1"; }

# replace FROM TO: whole, or not at all. A link takes no room; nobody writes into a program.
replace() {
	rm -f "$2.new"
	if cmp -s "$1" "$2"; then return 0; fi
	cp -pl "$1" "$2.new" 2>/dev/null || cp -p "$1" "$2.new"
	bring_to_disk "$2.new"
	mv -f "$2.new" "$2"
	bring_to_disk "${2%/*}"
}

# note TEXT FILE
note() {
	echo "$1" >"$2.new"
	bring_to_disk "$2.new"
	mv -f "$2.new" "$2"
	bring_to_disk "${2%/*}"
}

# swap_in DIR: DIR.new takes DIR's place.
swap_in() {
	bring_to_disk "$1.new"
	rm -rf "$1.old"
	if [ -e "$1" ]; then mv "$1" "$1.old"; fi
	mv "$1.new" "$1"
	bring_to_disk "${1%/*}"
	rm -rf "$1.old"
}

boot() { cat /proc/sys/kernel/random/boot_id 2>/dev/null || true; }

is_former() { cmp -s "$lib/former/$name" "$program"; }

going_back_in_data() { [ -e "$(state_dir)/restore.json" ]; }

# Program and data of the former version are aside, and nothing was acknowledged since.
net_stands() { [ -x "$lib/former/$name" ] && data_are_aside && ! going_back_in_data; }

# Without its database it is what is left of one that was put back.
data_are_aside() { [ -e "$(state_dir)/former/$database" ] && [ ! -e "$(state_dir)/former/heard" ]; }

kilobytes() { du -ck "$@" 2>/dev/null | awk 'END { print $1 + 0 }'; }

# A copy that shares its blocks needs no room.
shares_blocks() {
	as_user sh -c 'cd "$1" && : >.reflink && echo x >.reflink && cp --reflink=always .reflink .reflinked; ok=$?; rm -f .reflink .reflinked; exit $ok' \
		sh "$1" 2>/dev/null
}

# Sets needed and free, in kilobytes.
# shellcheck disable=SC2046 # names of ours, without a blank
there_is_room() {
	dir=$(state_dir)
	if [ ! -d "$dir" ] || net_stands || shares_blocks "$dir"; then return 0; fi
	needed=$(($( (cd "$dir" && kilobytes $(data_files))) + 16384))
	free=$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$needed" ]
}

say_room() {
	say "too little room on the disk of $dir: $((needed / 1024)) MiB are needed to keep the data aside during the upgrade,"
	say "and $((free / 1024)) MiB are free. Nothing was changed. Make room, then install again."
}

# Before anything changes: is there room to keep the data aside, and is nothing else under way?
refuse_unless_ready() {
	if [ -e "$lib/going-back" ]; then
		say "an upgrade is still being taken back. Nothing was changed. First: sh /usr/share/$name/go-back; then install again."
		exit 1
	fi
	if there_is_room; then return 0; fi
	say_room
	exit 1
}

# The former program and its unit are kept where the service cannot write: root will put them back.
keep_program() { # keep_program VERSION
	running=$1 # but after an upgrade that went back, the one before it
	if [ -r "$lib/refused/back-to" ]; then running=$(cat "$lib/refused/back-to"); fi
	if net_stands; then return 0; fi # what is kept belongs to the data that are kept
	rm -rf "$lib/former.new"
	mkdir -p "$lib/former.new"
	cp -p "$program" "$lib/former.new/"
	if ! cp -p "$unit" "$lib/former.new/" 2>/dev/null; then # it was not a package's
		rm -rf "$lib/former.new" "$lib/former"
		return 0
	fi
	echo "$running" >"$lib/former.new/version"
	boot >"$lib/former.new/boot"
	swap_in "$lib/former"
	pin_former
}

# Fails with nothing changed. An unfinished restore is no state to keep.
# shellcheck disable=SC2046
keep_data() {
	as_user sh -c '
		cd "$1" || exit 1
		shift
		if [ -e restore.json ]; then exit 1; fi
		keep() {
			set -e
			rm -rf former former.new
			mkdir -m 0700 former.new
			for file; do
				if [ -f "$file" ]; then cp -p --reflink=auto -- "$file" former.new/; fi
			done
			sync -f former.new
			mv -T former.new former
			sync -f .
		}
		(keep "$@")
		if [ $? = 0 ]; then exit 0; fi
		rm -rf former.new
		exit 1' sh "$(state_dir)" $(data_files)
}

# From the rename of restore.json on the former data count: the program moves them before it opens anything. What the refused
# version made of them goes aside, its journal first.
# shellcheck disable=SC2046
put_data_back() {
	if going_back_in_data || ! data_are_aside; then return 0; fi
	as_user sh -c '
		set -eu
		cd "$1"
		database=$2
		shift 2
		in= out="\"$database-wal\",\"$database-shm\",\"$database-journal\",\"$database\""
		for file; do
			if [ -f "former/$file" ]; then in="$in${in:+,}\"$file\""; fi
			case $file in "$database"*) ;; *) out="$out,\"$file\"" ;; esac
		done
		rm -f ballast # the disk may be full
		printf "{\"new\":\"former\",\"former\":\"former-refused-%s\",\"in\":[%s],\"out\":[%s]}\n" "$(date -u +%Y%m%dT%H%M%SZ)" "$in" "$out" >restore.json.new
		sync -f restore.json.new
		mv -f restore.json.new restore.json
		sync -f .' sh "$(state_dir)" "$database" $(data_files)
}

# What did not start is kept for another try; who was there before comes back.
put_program_back() { # put_program_back FORMER-VERSION
	if is_former; then return 0; fi
	rm -rf "$lib/refused.new"
	mkdir -p "$lib/refused.new"
	cp -pl "$program" "$lib/refused.new/" 2>/dev/null || cp -p "$program" "$lib/refused.new/"
	cp -p "$unit" "$lib/refused.new/"
	echo "$1" >"$lib/refused.new/back-to"
	swap_in "$lib/refused"
	replace "$lib/former/$name.service" "$unit"
	replace "$lib/former/$name" "$program"
}

# What is kept of a refused program goes when another is unpacked; which version came back is remembered until one starts.
drop_refused_program() { rm -rf "$lib/refused/$name" "$lib/refused/$name.service" "$lib/refused.old" "$lib/refused.new"; }

try_refused_again() {
	if ! cmp -s "$lib/refused/$name" "$program"; then
		keep_program "$(cat "$lib/refused/back-to")"
		replace "$lib/refused/$name.service" "$unit"
		replace "$lib/refused/$name" "$program"
	fi
	drop_refused_program
}

forget_program() {
	unpin
	rm -rf "$lib/going-back" "$lib/former" "$lib/former.new" "$lib/former.old"
	rm -f "$program.new" "$unit.new"
	rmdir "$lib" 2>/dev/null || true
}

# A new version is here to stay.
forget_former() {
	rm -rf "$lib/refused" "$lib/refused.new" "$lib/refused.old"
	forget_program
	forget_data
}

# Not while the program has still to take them.
forget_data() {
	if [ ! -d "$(state_dir)" ] || going_back_in_data; then return 0; fi
	as_user sh -c 'cd "$1" && rm -rf former former.new former-refused-*' sh "$(state_dir)"
}

stop_surely() {
	systemctl stop "$name.service" || true
	case $(property ActiveState) in active | activating | deactivating | reloading)
		say "the service cannot be stopped, so nothing was changed: \`systemctl status $name\` tells why."
		exit 1
		;;
	esac
}

# What runs until now is the former program. Where the machine or the service was started anew after unpacking, the data are the
# new version's already.
former_data() {
	if [ -e "$pin" ]; then return 0; fi
	pid=$(property MainPID)
	if [ "${pid:-0}" != 0 ]; then
		cmp -s "/proc/$pid/exe" "$lib/former/$name"
	else
		[ "$(cat "$lib/former/boot" 2>/dev/null)" = "$(boot)" ]
	fi
}

# The former program ran until now: what it acknowledged is stored. From here to "ready" no till is answered.
upgrade() { # upgrade FORMER-VERSION
	former=$1
	if [ -r "$lib/refused/back-to" ]; then former=$(cat "$lib/refused/back-to"); fi
	if [ -r "$lib/former/version" ]; then former=$(cat "$lib/former/version"); fi
	enable_service
	if ! steered; then
		if [ ! -e "$lib/going-back" ] && ! net_stands; then forget_former; fi
		return 0
	fi
	resume
	if [ -e "$lib/refused/$name" ]; then
		if [ "${REDBENCH_RETRY:-}" != 1 ] && ! cmp -s "$lib/refused/$name" "$program"; then
			say "version $version did not start when it was tried, and $former runs. It is not tried again by itself, as that stops the"
			say "service: REDBENCH_RETRY=1 dpkg --configure $name, or install a version that mends it."
			exit 1
		fi
		try_refused_again
	fi
	systemctl daemon-reload
	tell_of_another_unit
	if [ ! -x "$lib/former/$name" ] || is_former; then # the same program again
		forget_former
		if wanted; then systemctl restart "$name.service"; else say "the service was stopped, and stays so"; fi
	elif wanted; then
		judge "$former"
	else
		keep_for_later "$former"
	fi
}

# Who stopped it will start it: until then, all is kept.
keep_for_later() {
	say "the service was stopped, and stays so"
	if ! net_stands; then
		if ! there_is_room || ! keep_data; then
			say "its data could not be kept aside: take a copy of $(state_dir) before you start it"
			forget_program
			return 0
		fi
	fi
	unpin
	say "version $1 and its data stay aside until $version has run well. If it does not start: sh /usr/share/$name/go-back"
}

judge() {
	if ! net_stands; then
		if ! former_data; then
			go_on_without_net "$1"
			return 0
		fi
		if ! there_is_room; then
			say_room
			stay "$1"
		fi
	fi
	stop_surely
	if ! net_stands && ! keep_data; then
		say "the data could not be kept aside, so $version was not started: is the disk of $(state_dir) full, or was a restore broken off?"
		stay "$1"
	fi
	unpin
	if ! start; then
		go_back "$1" # ends here, unless it started after all
		forget_former
		return 0
	fi
	await_test_event "$1"
}

# Tills are heard. The program takes the former data away itself, when a first test event went the whole way to a screen.
await_test_event() {
	tries=0
	while [ -d "$(state_dir)/former" ] && [ "$tries" -lt 30 ]; do
		sleep 1
		tries=$((tries + 1))
	done
	if [ -d "$(state_dir)/former" ]; then
		say "version $version hears the tills, but no test event has come through to a screen yet: \`$name doctor\` tells why."
		say "Until one does, $1 stays aside in $lib/former, and its data in $(state_dir)/former."
		return 0
	fi
	forget_former
}

go_on_without_net() {
	say "the machine or the service was started anew while $version was being installed, so it has the data already, and $1 was not kept aside."
	if [ "$(property ActiveState)" = active ] || start; then
		forget_former
		return 0
	fi
	say "It does not start: \`journalctl -u $name -n 50\` tells why. Install a version that mends it; the backups are in $(backup_dir)."
	exit 1
}

# Before anything of the data was touched: the former program comes back to its place, and runs.
stay() {
	put_program_back "$1"
	systemctl daemon-reload
	if [ "$(property ActiveState)" != active ]; then start || true; fi
	forget_program
	say "Version $1 runs on, with its data as they are. When it is mended: REDBENCH_RETRY=1 dpkg --configure $name, or install $version again."
	exit 1
}

# A power cut came while an upgrade was being taken back.
resume() {
	[ -e "$lib/going-back" ] || return 0
	if net_stands || going_back_in_data || is_former; then go_back "$(cat "$lib/going-back")"; fi
	rm -f "$lib/going-back" # the new version hears tills after all
}

go_back() { # go_back FORMER-VERSION
	stop_surely
	if [ -e "$(state_dir)/former/heard" ] && ! is_former; then # it came up at a later try: what was acknowledged is in its data
		if start; then
			say "version $version started at a second try, and runs: what it acknowledged since is stored, so there is no way back to $1."
			return 0
		fi
		say "version $version acknowledged something, and does not start any more: \`journalctl -u $name -n 50\` tells why. Nothing was put back."
		exit 1
	fi
	mkdir -p "$lib"
	note "$1" "$lib/going-back"
	put_program_back "$1"
	put_data_back
	systemctl daemon-reload
	if start; then
		forget_data
		say "version $version did not start, so $1 runs again, with its data as they were: nothing was lost."
	else
		say "version $version did not start; $1 and its data are back in place, but that does not start either."
	fi
	forget_program
	say "\`journalctl -u $name -n 50\` tells why. When it is mended, try again: REDBENCH_RETRY=1 dpkg --configure $name,"
	say "or install $version once more. A version that mends it can be installed over this one."
	exit "${went_back:-1}"
}
