#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts back the version and the data that an upgrade kept aside, where the new version was never heard by a till.

if [ "$(id -u)" != 0 ]; then
	say "going back needs root: try it with sudo"
	exit 1
fi
went_back=0
resume
if net_stands; then
	go_back "$(cat "$lib/former/version")"
else
	say "no former version is kept aside with data that could be put back; the backups are in $(backup_dir)"
	false
fi
