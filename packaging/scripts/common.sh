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
lib=/usr/lib/$name # root's own: the former program, one that was refused, and where the data are
sample=/usr/share/$name/$name.toml

say() { echo "$name: $*" >&2; }

# An administrator may have another directory in the configuration. The program knows; what it said last is remembered, as it may be
# gone by now.
state_dir() {
	named=
	if [ -s "$lib/state-dir" ]; then
		named=$(cat "$lib/state-dir")
	elif [ -r "$config" ]; then
		named=$(sed -n '/^[[:space:]]*\[state\]/,/^[[:space:]]*\[[^s]/s/^[[:space:]]*dir[[:space:]]*=[[:space:]]*"\(\/[^"]*\)".*/\1/p' "$config" | head -n 1)
	fi
	echo "${named:-$state}"
}

# Empty where none is configured.
backup_elsewhere() {
	if [ -s "$lib/state-dir" ]; then
		cat "$lib/backup-dir" 2>/dev/null || true
	elif [ -r "$config" ]; then
		sed -n '/^[[:space:]]*\[backup\]/,/^[[:space:]]*\[[^b]/s/^[[:space:]]*dir[[:space:]]*=[[:space:]]*"\(\/[^"]*\)".*/\1/p' "$config" | head -n 1
	fi
}

# told SECTION KEY: a text of the configuration as the program has it.
told() {
	printf '%s\n' "$shown" | sed -n "/^  \"$1\": {/,/^  }/s/^    \"$2\": \"\(\/.*\)\",\{0,1\}\$/\1/p" | head -n 1
}

# Asks the program, as the service's user, who may read the configuration.
remember_dirs() {
	shown=$(as_user timeout 20 "$program" config show --json --config "$config" 2>/dev/null) || return 0
	named=$(told state dir)
	case $named in '' | *\\*) return 0 ;; esac # a backslash would be JSON's
	mkdir -p "$lib"
	told backup dir >"$lib/backup-dir"
	echo "$named" >"$lib/state-dir"
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

# What the program makes in its state directory, by name: in a directory that was configured there may be other people's files.
clear_ours() { # clear_ours DIRECTORY
	owner=$(id -u "$user" 2>/dev/null) || owner=0
	find "$1/backups" -xdev -mindepth 1 -maxdepth 1 -uid "$owner" \( -name "$name-[0-9]*" -o -name '.lock' -o -name '.*' \) -exec rm -rf --one-file-system {} + 2>/dev/null || true
	set -- "$1" -false
	for named in "$database" "$database-*" $beside '.*.json.*' ballast lock pid '*.lock' control.sock listening restore.json restore.json.new \
		"$name.log*" '.restoring-*' former former.new 'former-[0-9r]*' '.c[0-9]*' 'etilqs_*' '.hq.mark*' '.reflink*'; do
		set -- "$@" -o -name "$named"
	done
	ours=$1
	shift
	find "$ours" -xdev -mindepth 1 -maxdepth 1 -uid "$owner" \( "$@" \) -exec rm -rf --one-file-system {} + 2>/dev/null || true
	rmdir "$ours/backups" 2>/dev/null || true
	rmdir "$ours" 2>/dev/null || true
	if [ ! -d "$ours" ] || [ -z "$(ls -A "$ours")" ]; then return 0; fi
	say "$ours stays, with what this package did not make: $(find "$ours" -mindepth 1 -maxdepth 1 -printf '%f ')"
	if [ -e "$ours/$database" ]; then stayed=$ours; fi
}

# The package's own directory goes with all that is in it, a configured one (or where a link leads) only if nothing else is there.
clear_state() {
	for each in "$dir" "$state"; do
		real=$(readlink -f "$each" || true)
		if [ -z "$real" ] || [ ! -d "$real" ]; then continue; fi
		if [ "$each" = "$state" ] && [ ! -L "$each" ]; then
			rm -rf --one-file-system "$each" 2>/dev/null || [ -z "$(ls -A "$each")" ] || stayed=$each # a disk that is mounted there is emptied
		else
			clear_ours "$real"
			if [ -L "$each" ]; then rm -f "$each"; fi
		fi
	done
}

# Nothing stays: no process, no user, no byte of a person.
purge() {
	stayed=
	dir=$(state_dir)
	backups=$(backup_elsewhere)
	gone=$(find "$dir/backups" "$state/backups" -mindepth 1 -maxdepth 1 -name 'redbench-*' 2>/dev/null | sort -u | wc -l)
	end_processes
	leave_to_root
	clear_state
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
	if [ -n "$stayed" ]; then
		say "$stayed STILL HOLDS CUSTOMERS: it could not be taken away. Do it by hand."
		exit 1
	fi
}

reload() {
	if [ -d /run/systemd/system ]; then systemctl daemon-reload >/dev/null 2>&1 || true; fi
}
