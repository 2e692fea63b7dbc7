#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before unpacking; $1 is how many versions there will be. rpm does not tell which one is there.

present=$(rpm -q --qf '%{VERSION}\n' "$name" 2>/dev/null | head -n 1) || present=
if [ "$1" -gt 1 ] && [ -n "$present" ]; then
	refuse_downgrade "$present"
	if [ -x "$program" ]; then
		refuse_without_room
		keep_program
		if [ -d "$lib/former" ]; then echo "$present" >"$lib/former/version"; fi
		rm -rf "$lib/refused"
	fi
fi
