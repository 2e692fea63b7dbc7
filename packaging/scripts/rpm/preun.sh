#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Before removal; $1 is how many versions will be left.

if [ "$1" = 0 ]; then
	remember_dirs
	stop_service
	if command -v systemctl >/dev/null 2>&1; then systemctl disable "$name.service" >/dev/null 2>&1 || true; fi
fi
