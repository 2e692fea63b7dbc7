-- SPDX-License-Identifier: Apache-2.0
--
-- Tombstones that were taken out of an order, since others had the identifier too when it was carried out: the order given again
-- does not bring them back.
CREATE TABLE spared (
	erasure   TEXT NOT NULL,
	tombstone BLOB NOT NULL,
	PRIMARY KEY (erasure, tombstone)
) WITHOUT ROWID;
