#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After unpacking.

make_user
make_config
if [ "$1" -gt 1 ] && { [ -e "$lib/former/$name" ] || [ -e "$lib/going-back" ]; }; then
	upgrade "the former version" # which it is stands beside it
else
	first_start
fi
