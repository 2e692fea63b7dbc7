#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpacking. dpkg tells the version that is there (or whose configuration and data still are).

case $1 in
install | upgrade)
	refuse_downgrade "${2:-}"
	if [ "$1" = upgrade ] && [ -x "$program" ]; then
		refuse_without_room
		keep_program
		rm -rf "$lib/refused"
	fi
	;;
esac
