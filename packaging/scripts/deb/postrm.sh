#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After removal: configuration and state stay until the package is purged.

case $1 in
remove)
	# Which version the data are of is remembered where dpkg only knows of a later one, which did not start.
	rm -rf "$lib/former"
	rm -f "$lib/refused/$name" "$lib/refused/$name.service"
	rmdir "$lib/refused" "$lib" 2>/dev/null || true
	reload
	;;
purge)
	purge
	reload
	;;
esac
