#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After unpacking.

make_user
make_config
if [ "$1" -gt 1 ] && [ -e "$lib/former/$name" ]; then
	former=$(cat "$lib/former/version")
	upgrade "$former"
else
	first_start
fi
