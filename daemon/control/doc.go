// SPDX-License-Identifier: Apache-2.0

// Package control is how the verbs of the command line speak to the running daemon: HTTP and JSON over a socket in the
// state directory (a named pipe on Windows). The file's permissions are the authority: whoever may open it may ask
// anything, and nobody else can.
//
// [Box] is what can be asked. The daemon implements it live and hands it to [Serve]; [Dial] gives the same interface on
// the other end; and a stopped daemon's store implements it too, so that a verb need not know which of the three it has.
package control
