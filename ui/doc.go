// SPDX-License-Identifier: Apache-2.0

// Package ui is the screens: the hub that holds what each lane shows, the WebSocket that carries it, pairing, and the
// pages that a cashier and a store's manager open in a browser.
//
// [Server.Show] is the last step from card to screen. It never waits: the message is marshalled once, put into a
// bounded queue of each screen, and a screen that does not keep up is dropped; when it comes back, its hello tells it
// the whole truth. Nothing of a customer is kept here longer than it is shown, and nothing of one is logged.
package ui
