#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2016
#
# What the packages' scripts have in common. A script in a package is this file behind a head that names the package
# ($name, $version, $user, $config, $state, $doing), and before the script itself: it must stand alone, as some of them run
# before anything is unpacked. Whatever is done inside the state directory is done as the service's user, so that
# nothing that the service may have put there (a link, say) ever moves root's hand.

program=/usr/bin/$name
unit=/usr/lib/systemd/system/$name.service
lib=/usr/lib/$name # root's own: the former program, and one that was refused
sample=/usr/share/$name/$name.toml

say() { echo "$name: $*" >&2; }

# An administrator may have another directory in the configuration.
state_dir() {
	named=
	if [ -r "$config" ]; then
		named=$(sed -n '/^[[:space:]]*\[state\]/,/^[[:space:]]*\[[^s]/s/^[[:space:]]*dir[[:space:]]*=[[:space:]]*"\(\/[^"]*\)".*/\1/p' "$config" | head -n 1)
	fi
	echo "${named:-$state}"
}

# Empty where none is configured.
backup_elsewhere() {
	[ -r "$config" ] || return 0
	sed -n '/^[[:space:]]*\[backup\]/,/^[[:space:]]*\[[^b]/s/^[[:space:]]*dir[[:space:]]*=[[:space:]]*"\(\/[^"]*\)".*/\1/p' "$config" | head -n 1
}

backup_dir() {
	elsewhere=$(backup_elsewhere)
	echo "${elsewhere:-$(state_dir)/backups}"
}

as_user() { runuser -u "$user" -- "$@"; }

# The service is steered where systemd runs, and where nobody forbids it (as in an image that is being built).
steered() {
	[ -d /run/systemd/system ] || return 1
	[ -x /usr/sbin/policy-rc.d ] || return 0
	denied=0
	/usr/sbin/policy-rc.d "$name" start >/dev/null 2>&1 || denied=$?
	[ "$denied" != 101 ]
}

make_user() {
	if ! getent passwd "$user" >/dev/null; then
		useradd --system --user-group --no-create-home --home-dir "$state" --shell /usr/sbin/nologin --comment "$doing" "$user"
	fi
	# Another disk may be mounted there, and then belongs to root at first.
	if [ ! -d "$state" ] || [ "$(stat -c %U "$state")" = root ]; then install -d -m 0700 -o "$user" -g "$user" "$state"; fi
}

# The configuration is no conffile: a fleet lays its own down first, and nobody is ever asked about it.
make_config() {
	[ -d "${config%/*}" ] || install -d -m 0755 "${config%/*}"
	if [ ! -e "$config" ]; then
		install -m 0640 -o root -g "$user" "$sample" "$config"
	elif ! as_user test -r "$config"; then # laid down before there was such a group
		chgrp "$user" "$config"
		chmod g+r "$config"
	fi
	make_readable
}

# What the configuration names (a password, a certificate's key) and root laid down before there was such a user. Nothing else: the
# directory may hold another service's secrets.
make_readable() {
	named_files | while read -r file; do
		case $file in *..*) continue ;; "${config%/*}"/*) ;; *) continue ;; esac
		if [ -f "$file" ] && [ ! -L "$file" ] && [ "$(stat -c %U:%G "$file")" = root:root ] && ! as_user test -r "$file"; then
			chgrp "$user" "$file"
			chmod g+r "$file"
		fi
	done
}

named_files() {
	[ -r "$config" ] || return 0
	sed -n 's/^[[:space:]]*[a-z_]*file[[:space:]]*=[[:space:]]*"\([^"]*\)".*/\1/p' "$config" | while read -r file; do
		case $file in /*) echo "$file" ;; *) echo "${config%/*}/$file" ;; esac
	done
}

newer() { # newer A B: A is newer than B
	if [ "$1" = "$2" ]; then return 1; fi
	if command -v dpkg >/dev/null 2>&1; then
		dpkg --compare-versions "$1" gt "$2"
	else
		[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]
	fi
}

# What was written by a newer version cannot be read by an older one.
refuse_downgrade() { # refuse_downgrade PRESENT
	present=$1
	if [ -r "$lib/refused/back-to" ]; then present=$(cat "$lib/refused/back-to"); fi
	if [ -z "$present" ] || ! newer "$present" "$version"; then return 0; fi
	say "version $present is installed, and $version is older: it cannot read what the newer one has written."
	say "Nothing was changed. To go back all the same, FIRST copy a backup that $version made elsewhere, as purging deletes"
	say "the state directory with the backups in it: cp -a $(backup_dir)/redbench-… /root/"
	say "Then purge the package, install $version, and restore that copy. Without such a backup no way back keeps the data."
	exit 1
}

kilobytes() { du -sk "$@" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }

# A copy that shares its blocks needs no room.
shares_blocks() {
	as_user sh -c 'cd "$1" && : >.reflink && echo x >.reflink && cp --reflink=always .reflink .reflinked; ok=$?; rm -f .reflink .reflinked; exit $ok' \
		sh "$1" 2>/dev/null
}

# Before anything changes: is there room to keep the data aside?
refuse_without_room() {
	dir=$(state_dir)
	[ -d "$dir" ] || return 0
	if shares_blocks "$dir"; then return 0; fi
	needed=$(($(kilobytes "$dir") - $(kilobytes "$dir/backups" "$dir/former" "$dir/ballast") + 16384))
	free=$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')
	if [ "$free" -ge "$needed" ]; then return 0; fi
	say "too little room on the disk of $dir: $((needed / 1024)) MiB are needed to keep the data aside during the upgrade,"
	say "and $((free / 1024)) MiB are free. Nothing was changed. Make room, then install again."
	exit 1
}

# The former program and its unit are kept where the service cannot write: root will put them back.
keep_program() {
	rm -rf "$lib/former"
	mkdir -p "$lib/former"
	cp -p "$program" "$lib/former/"
	cp -p "$unit" "$lib/former/" 2>/dev/null || rm -rf "$lib/former"
}

keep_data() {
	as_user sh -c '
		set -eu
		cd "$1"
		rm -rf former
		mkdir -m 0700 former
		for file in *; do
			case $file in former | former.back | backups | ballast | lock | pid | *.sock | *.lock) continue ;; esac
			cp -a --reflink=auto -- "$file" former/
		done
		sync -f former' sh "$(state_dir)"
}

# Taken up again where a power cut stopped it: "cleared" stands once only former data is left to move.
put_data_back() {
	as_user sh -c '
		set -eu
		cd "$1"
		[ -d former.back ] || mv former former.back
		if [ ! -e former.back/cleared ]; then
			for file in *; do
				case $file in former | former.back | backups | *.lock) continue ;; esac
				rm -rf -- "$file"
			done
			: >former.back/cleared
		fi
		for file in former.back/*; do
			if [ "$file" != former.back/cleared ]; then mv -f -- "$file" .; fi
		done
		rm -rf former.back
		sync -f .' sh "$(state_dir)"
}

# What did not start is kept for another try; who was there before comes back.
put_program_back() { # put_program_back FORMER-VERSION
	rm -rf "$lib/refused"
	mkdir -p "$lib/refused"
	mv "$program" "$lib/refused/"
	cp -p "$unit" "$lib/refused/"
	echo "$1" >"$lib/refused/back-to"
	cp -p "$lib/former/$name" "$program"
	cp -p "$lib/former/$name.service" "$unit"
	rm -rf "$lib/former"
}

try_refused_again() {
	[ -e "$lib/refused/$name" ] || return 0
	keep_program
	mv -f "$lib/refused/$name" "$program"
	mv -f "$lib/refused/$name.service" "$unit"
	rm -rf "$lib/refused"
}

forget_former() {
	rm -rf "$lib/former" "$lib/refused"
	rmdir "$lib" 2>/dev/null || true
	dir=$(state_dir)
	if [ -e "$dir/former" ]; then as_user rm -rf "$dir/former"; fi
}

property() { systemctl show --property "$1" --value "$name.service" 2>/dev/null || true; }

# Whoever stopped the service wants it stopped; one that fails and is started again is wanted.
wanted() { [ "$(property ActiveState)" != inactive ]; }

# A start counts when tills are heard. A service that cannot tell is watched for a while.
start() {
	systemctl reset-failed "$name.service" >/dev/null 2>&1 || true
	systemctl start "$name.service" || return 1
	if [ "$(property Type)" = notify ]; then return 0; fi
	sleep 5
	[ "$(property ActiveState)" = active ] && [ "$(property NRestarts)" = 0 ]
}

enable_service() {
	if [ -n "${DPKG_MAINTSCRIPT_NAME:-}" ] && command -v deb-systemd-helper >/dev/null 2>&1; then
		deb-systemd-helper unmask "$name.service" >/dev/null || true
		if deb-systemd-helper --quiet was-enabled "$name.service"; then
			deb-systemd-helper enable "$name.service" >/dev/null || true
		else
			deb-systemd-helper update-state "$name.service" >/dev/null || true
		fi
	elif command -v systemctl >/dev/null 2>&1; then
		systemctl enable "$name.service" >/dev/null 2>&1 || true
	fi
}

# Units in /etc hide the package's.
tell_of_another_unit() {
	if [ -e "/etc/systemd/system/$name.service" ]; then
		say "/etc/systemd/system/$name.service is in force instead of the package's unit;"
		say "take it away (\`$name uninstall\` of the program that it names does) and run \`systemctl daemon-reload\`."
	fi
}

first_start() {
	enable_service
	steered || return 0
	systemctl daemon-reload
	tell_of_another_unit
	if ! systemctl start "$name.service"; then
		say "installed, but it does not start yet: \`journalctl -u $name -n 20\` tells why. It tries again by itself;"
		say "set $config, then \`systemctl restart $name\`."
	fi
}

# The former program ran until now: what it acknowledged is stored. From here to "ready" no till is answered.
upgrade() { # upgrade FORMER-VERSION
	enable_service
	if ! steered; then
		forget_former
		return 0
	fi
	dir=$(state_dir)
	if [ -d "$dir/former.back" ]; then put_data_back; fi
	try_refused_again
	systemctl daemon-reload
	tell_of_another_unit
	if ! wanted; then
		say "the service was stopped, and stays so"
		forget_former
		return 0
	fi
	if [ ! -x "$lib/former/$name" ] || cmp -s "$lib/former/$name" "$program"; then # the same program again
		forget_former
		systemctl restart "$name.service"
		return 0
	fi
	systemctl stop "$name.service"
	if keep_data && start; then
		forget_former
		return 0
	fi
	go_back "$1"
}

go_back() { # go_back FORMER-VERSION
	systemctl stop "$name.service" || true
	if [ -d "$(state_dir)/former" ]; then put_data_back; fi
	put_program_back "$1"
	systemctl daemon-reload
	if start; then
		say "version $version did not start, so $1 runs again, with its data as they were: nothing was lost."
	else
		say "version $version did not start; $1 and its data are back in place, but that does not start either."
	fi
	say "\`journalctl -u $name -n 50\` tells why. When it is mended, try again: dpkg --configure $name,"
	say "or with rpm install $version once more. A version that mends it can be installed over this one."
	exit 1
}

stop_service() {
	[ -d /run/systemd/system ] || return 0
	systemctl stop "$name.service" || true
}

# Processes of the service's user that see the same root directory: in a chroot the numbers may be somebody else's.
end_processes() {
	uid=$(id -u "$user" 2>/dev/null) || return 0
	here=$(stat -Lc %d:%i /)
	for process in /proc/[0-9]*; do
		[ "$(stat -c %u "$process" 2>/dev/null)" = "$uid" ] || continue
		[ "$(stat -Lc %d:%i "$process/root" 2>/dev/null)" = "$here" ] || continue
		kill -KILL "${process#/proc/}" 2>/dev/null || true
	done
}

# A group's number is given to the next package's group. What this one could read beside the configuration, or where the
# configuration says, is root's from now on.
leave_to_root() {
	owner=$(getent passwd "$user" | cut -d: -f3)
	group=$(getent group "$user" | cut -d: -f3)
	if [ -z "$owner" ] || [ -z "$group" ]; then return 0; fi
	{
		find "${config%/*}" -xdev ! -path "$config" \( -user "$owner" -o -group "$group" \) 2>/dev/null || true
		named_files
	} | sort -u | while IFS= read -r file; do
		case $file in *..*) continue ;; esac
		if [ ! -e "$file" ] || [ -L "$file" ]; then continue; fi
		case $(stat -c ' %u %g ' "$file") in *" $owner "* | *" $group "*) ;; *) continue ;; esac
		if [ "$(stat -c %u "$file")" = "$owner" ]; then chown root "$file"; fi
		if [ "$(stat -c %g "$file")" = "$group" ]; then chgrp root "$file"; fi
		[ -f "$file" ] || continue
		case $(stat -c %A "$file") in ???????r*) ;; *) chmod 0600 "$file" ;; esac # everybody may read it: no secret
		say "$file stays, and is root's alone now: delete it when nobody needs it"
	done
}

# Nothing stays: no process, no user, no byte of a person.
purge() {
	dir=$(state_dir)
	backups=$(backup_elsewhere)
	gone=$(find "$dir/backups" "$state/backups" -mindepth 1 -maxdepth 1 -name 'redbench-*' 2>/dev/null | sort -u | wc -l)
	end_processes
	leave_to_root
	if [ "$dir" != "$state" ] && [ "$(stat -c %U "$dir" 2>/dev/null)" = "$user" ]; then rm -rf "$dir"; fi
	rm -rf "$state" 2>/dev/null || [ -z "$(ls -A "$state")" ] # a disk that is mounted there is emptied
	rm -rf "$lib" "$config"
	rmdir "${config%/*}" 2>/dev/null || true
	if [ "$gone" -gt 0 ]; then say "the backups went with the state directory, $gone of them: $dir/backups"; fi
	if [ -d "${config%/*}" ] && [ ! -e "${config%/*}/redbench.toml" ] && [ ! -e "${config%/*}/redbench-hq.toml" ]; then
		say "${config%/*} holds other files than the package's, and stays"
	fi
	if [ -n "$backups" ] && [ -e "$backups" ]; then
		say "the backups in $backups stay. They hold customers: delete them when nobody needs them."
	fi
	if [ -n "${DPKG_MAINTSCRIPT_NAME:-}" ] && command -v deb-systemd-helper >/dev/null 2>&1; then
		deb-systemd-helper purge "$name.service" >/dev/null || true
		deb-systemd-helper unmask "$name.service" >/dev/null || true
	fi
	rm -f "/etc/systemd/system/multi-user.target.wants/$name.service"
	rm -rf "/etc/systemd/system/$name.service.d"
	if getent passwd "$user" >/dev/null && command -v userdel >/dev/null 2>&1; then userdel "$user" >/dev/null 2>&1 || true; fi
	if getent group "$user" >/dev/null && command -v groupdel >/dev/null 2>&1; then groupdel "$user" >/dev/null 2>&1 || true; fi
}

reload() {
	if [ -d /run/systemd/system ]; then systemctl daemon-reload >/dev/null 2>&1 || true; fi
}
