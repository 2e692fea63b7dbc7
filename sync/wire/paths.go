// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"net/url"
	"strconv"
	"time"
)

// The calls, as patterns of http.ServeMux.
const (
	CallEnrol   = "POST /v1/enroll"
	CallRecords = "POST /v1/stores/{store}/records"
	CallOrders  = "POST /v1/stores/{store}/orders"
	CallChanges = "GET /v1/stores/{store}/changes"
	CallLookup  = "POST /v1/stores/{store}/lookup"
	CallStatus  = "POST /v1/stores/{store}/status"
	CallToken   = "POST /v1/stores/{store}/token"
	CallFeed    = "GET /v1/feed"
	CallWebhook = "POST /v1/webhooks/{vendor}"
)

// PathEnrol is where a box gives its code for credentials.
const PathEnrol = "/v1/enroll"

// PathRecords is where a store's records go.
func PathRecords(store string) string { return storePath(store, "records") }

// PathOrders is where erasures and receipts go.
func PathOrders(store string) string { return storePath(store, "orders") }

// PathLookup is where a store asks for somebody whom it never met.
func PathLookup(store string) string { return storePath(store, "lookup") }

// PathStatus is where a box tells how it is.
func PathStatus(store string) string { return storePath(store, "status") }

// PathToken is where a store changes its token for a new one.
func PathToken(store string) string { return storePath(store, "token") }

// PathChanges is where a store asks for what comes after the cursor, and how long head office may wait for something to
// tell.
func PathChanges(store, cursor string, wait time.Duration) string {
	query := url.Values{"after": {cursor}, "wait": {strconv.Itoa(int(wait.Seconds()))}}
	return storePath(store, "changes") + "?" + query.Encode()
}

func storePath(store, call string) string {
	return "/v1/stores/" + url.PathEscape(store) + "/" + call
}
