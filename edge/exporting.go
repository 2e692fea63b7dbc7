// SPDX-License-Identifier: Apache-2.0

package edge

// ExportReport counts what an export wrote, and what it could not write.
type ExportReport struct {
	Rows      int `json:"rows"`
	Customers int `json:"customers"`
	Visits    int `json:"visits,omitempty"` // of an export of visits
	// Nameless counts customers without an id of the chain's own: her identifiers rest as keyed hashes, so that nothing in her
	// rows names her, and no import takes them.
	Nameless int `json:"without_customer_id"`
	// LeftOut counts facts that a file's columns cannot say: private ones, closed ones, and those that hold for a time only.
	LeftOut int `json:"facts_left_out,omitempty"`
	// Empty counts visits without a single article, which have no row.
	Empty int `json:"visits_without_articles,omitempty"`
}

// ExportProgress is how far an export has come.
type ExportProgress struct {
	Done int `json:"done"` // customers, as far as they are numbered
	Of   int `json:"of"`
}
