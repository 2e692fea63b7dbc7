// SPDX-License-Identifier: Apache-2.0

// Package authority gives head office its TLS: by a certificate authority of its own for a first try and for chains that
// have none, or by files that somebody else keeps fresh.
//
// The built-in authority is trusted by the boxes that were enrolled under it and by nobody else. Its certificate travels
// with the enrolment, and its pin with the one-time code, so that not even the first call believes a stranger.
package authority
