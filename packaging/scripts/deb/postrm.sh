#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After removal: configuration and state stay until the package is purged.

case $1 in
remove)
	# Which version the data are of is remembered where dpkg only knows of a later one, which did not start.
	drop_refused_program
	forget_program
	reload
	;;
purge)
	purge
	reload
	;;
esac
