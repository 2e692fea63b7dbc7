// SPDX-License-Identifier: Apache-2.0

// Package hq is head office: it keeps what stores tell, once each, joins the customers whom several stores know, tells
// each store what it needs of the others, and sees to it that whoever asked to be forgotten is forgotten everywhere.
//
// The rules are here and hold nothing in memory that another process could not have changed: each exported method is one
// transaction of a [Store], or a few that each leave everything sound. Several processes (receivers beside each other, a
// verb on the command line) may work on one database.
package hq
