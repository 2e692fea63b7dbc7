// SPDX-License-Identifier: Apache-2.0

// Package chaos runs real boxes and a real head office, with real databases on a real disk, real TLS between them and real
// tills before them, and kills them at random while the line between them delays, breaks, swallows, spoils, loses and
// holds back what goes over it. When all that has stopped it looks whether every checkout that a till was told is stored is
// at head office once and in order, whether every order to forget is confirmed, and whether the databases are sound.
//
// A seed decides the schedule. Real processes do not run to the microsecond, so the same seed gives the same blows, not the
// same run: what this finds, package torture reduces.
package chaos
