#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before removal. An upgrade leaves the service running: the new package stops it when all is ready.

case $1 in
remove | deconfigure)
	remember_dirs
	stop_service
	;;
esac
