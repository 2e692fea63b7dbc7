// SPDX-License-Identifier: Apache-2.0

// Package edge is the domain of Redbench: what a till tells, who a customer is, what a visit was, and what a cashier's
// screen shows. It imports the standard library only and touches neither disk nor network; every other room is built on
// its words.
//
// An event takes one way through the house: a till's [Message] is decoded (edge/adapt) to an [Event], the lane decides
// what it means (edge/lane), the store finds the customer's [Profile] (edge/store), the playbook chooses a [Prompt]
// (edge/playbook), and the screen shows it (ui). Beside that way a writer makes each step durable as an [Entry].
package edge
