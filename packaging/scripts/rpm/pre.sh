#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpacking; $1 is how many versions there will be. rpm does not tell which one is there, and should not be asked
# in the middle of its own work: the package lays its version down.

present=
if [ -r "/usr/share/$name/version" ]; then present=$(cat "/usr/share/$name/version"); fi
if [ "$1" -gt 1 ] && [ -n "$present" ]; then
	refuse_downgrade "$present"
	if [ -x "$program" ]; then
		refuse_without_room
		keep_program
		running=$present # but after an upgrade that went back, the one before it
		if [ -r "$lib/refused/back-to" ]; then running=$(cat "$lib/refused/back-to"); fi
		if [ -d "$lib/former" ]; then echo "$running" >"$lib/former/version"; fi
		rm -rf "$lib/refused"
	fi
fi
