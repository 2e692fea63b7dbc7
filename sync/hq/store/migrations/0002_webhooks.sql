-- SPDX-License-Identifier: Apache-2.0
-- What vendors told head office: by digests, so that it happens once; and the events themselves, sealed, until the store
-- that they concern has them.

CREATE TABLE hooked (
	event BLOB PRIMARY KEY, -- keyed digest of vendor, source and id
	body  BLOB NOT NULL,    -- keyed digest of what it said
	at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX hooked_at ON hooked (at);

CREATE TABLE relays (
	store TEXT NOT NULL,
	pos   INTEGER NOT NULL,
	id    TEXT NOT NULL,
	lane  TEXT NOT NULL,
	body  BLOB NOT NULL,
	at    INTEGER NOT NULL,
	PRIMARY KEY (store, pos)
) WITHOUT ROWID;
CREATE INDEX relays_at ON relays (at);
