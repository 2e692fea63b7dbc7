#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After unpacking.

case $1 in
configure)
	make_user
	make_config
	if [ -n "${2:-}" ] && { [ -e "$lib/former/$name" ] || [ -e "$lib/refused/$name" ] || [ -e "$lib/going-back" ]; }; then
		upgrade "$2"
	else
		rm -rf "$lib/refused"
		rmdir "$lib" 2>/dev/null || true
		first_start
	fi
	;;
abort-upgrade | abort-remove | abort-deconfigure)
	# Nothing was stopped or changed before this; only what was being kept aside goes, unless data are aside that belong to it.
	if [ ! -e "$lib/going-back" ] && ! net_stands; then forget_program; fi
	if [ "$1" = abort-remove ] && steered; then systemctl start "$name.service" || true; fi
	;;
esac
