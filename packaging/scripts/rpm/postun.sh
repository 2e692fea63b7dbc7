#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After removal. rpm knows no purge: /usr/share/redbench/purge, run before, takes configuration, state and user too.

if [ "$1" = 0 ]; then
	drop_refused_program
	forget_program # where the data are is remembered for who purges later
	reload
fi
