#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpacking; $1 is how many versions there will be. rpm does not tell which one is there, and should not be asked
# in the middle of its own work: the package lays its version down.

present=
if [ -r "/usr/share/$name/version" ]; then present=$(cat "/usr/share/$name/version"); fi
if [ "$1" -gt 1 ] && [ -n "$present" ]; then
	refuse_downgrade "$present"
	if [ -x "$program" ]; then
		remember_dirs
		refuse_unless_ready
		keep_program "$present"
		drop_refused_program
	fi
fi
