#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpacking. dpkg tells the version that is there (or whose configuration and data still are).

case $1 in
install | upgrade)
	refuse_downgrade "${2:-}"
	if [ "$1" = upgrade ] && [ -x "$program" ]; then
		remember_dirs
		refuse_unless_ready
		keep_program "${2:-}"
		drop_refused_program
	fi
	;;
esac
