-- SPDX-License-Identifier: Apache-2.0
-- Orders to forget that were taken, and wait for the search for whom they mean.

CREATE TABLE waiting (
	number INTEGER PRIMARY KEY,
	id     TEXT NOT NULL UNIQUE,
	store  TEXT NOT NULL,
	taken  INTEGER NOT NULL,
	body   BLOB NOT NULL
);
