-- SPDX-License-Identifier: Apache-2.0
-- Ids of customers whom a tombstone stopped: no order names them, so that they may be taken up when she says that she wants
-- to be known.

CREATE TABLE refused (
	id    TEXT PRIMARY KEY,
	stamp TEXT NOT NULL
) WITHOUT ROWID;
