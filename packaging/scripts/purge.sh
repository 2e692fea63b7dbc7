#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where packages know no purge: takes the package, its configuration, its state and its user away.

if [ "$(id -u)" != 0 ]; then
	say "purging needs root: try it with sudo"
	exit 1
fi
stop_service
if [ -x "$program" ]; then remember_dirs; fi
if command -v rpm >/dev/null 2>&1 && rpm -q "$name" >/dev/null 2>&1; then rpm -e "$name"; fi
if command -v dpkg >/dev/null 2>&1 && dpkg -s "$name" >/dev/null 2>&1; then dpkg --purge "$name"; fi
purge
reload
say "configuration, state and user are gone"
