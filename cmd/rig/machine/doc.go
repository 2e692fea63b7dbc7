// SPDX-License-Identifier: Apache-2.0

// Package machine proves the package on a real Debian booted with systemd: installed with dpkg beside a real Mosquitto,
// killed, rebooted, upgraded under load, upgraded to what does not start, and purged, while tills sell and screens watch in there.
package machine
