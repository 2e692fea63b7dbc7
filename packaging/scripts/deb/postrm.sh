#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After removal: configuration and state stay until the package is purged.

case $1 in
remove)
	rm -rf "$lib"
	reload
	;;
purge)
	purge
	reload
	;;
esac
