-- SPDX-License-Identifier: Apache-2.0
-- Head office. Times are microseconds of UTC since 1970, 0 where there is none. One counter (the value "pos") gives out
-- every position, under the lock of the transaction that writes: nobody who read up to one position can miss another.

CREATE TABLE named_values (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;

-- How far each box's outbox was taken, and the ids of the last records, which tell a second sending from a clone's.
CREATE TABLE outboxes (
	number INTEGER PRIMARY KEY,
	store  TEXT NOT NULL,
	box    TEXT NOT NULL,
	upto   INTEGER NOT NULL,
	UNIQUE (store, box)
);
CREATE TABLE received (
	outbox INTEGER NOT NULL REFERENCES outboxes (number),
	seq    INTEGER NOT NULL,
	id     TEXT NOT NULL,
	PRIMARY KEY (outbox, seq)
) WITHOUT ROWID;

-- A customer: her key, wrapped by head office's, and her state, sealed under it. Visits later than after are kept as hers.
CREATE TABLE people (
	number  INTEGER PRIMARY KEY,
	after   INTEGER NOT NULL,
	wrapped BLOB NOT NULL,
	sealed  BLOB NOT NULL
);
CREATE TABLE ids (
	id       TEXT PRIMARY KEY,
	customer INTEGER NOT NULL REFERENCES people (number)
) WITHOUT ROWID;
CREATE INDEX ids_customer ON ids (customer);
CREATE TABLE identifiers (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	hash     BLOB NOT NULL,
	key      INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	customer INTEGER NOT NULL REFERENCES people (number)
);
CREATE UNIQUE INDEX identifiers_hash ON identifiers (hash, customer);
CREATE INDEX identifiers_customer ON identifiers (customer);
CREATE TABLE interest (
	customer INTEGER NOT NULL REFERENCES people (number),
	store    TEXT NOT NULL,
	PRIMARY KEY (customer, store)
) WITHOUT ROWID;

-- Everything that is known, once, at the place of its last change.
CREATE TABLE entities (
	pos      INTEGER PRIMARY KEY,
	kind     INTEGER NOT NULL,
	id       TEXT NOT NULL,
	store    TEXT NOT NULL,
	customer INTEGER NOT NULL, -- 0: nobody
	at       INTEGER NOT NULL,
	body     BLOB
);
CREATE UNIQUE INDEX entities_id ON entities (id, kind);
CREATE INDEX entities_customer ON entities (customer, kind, at) WHERE customer > 0;

-- What each store is to be told: one row for each thing, so that only its newest state is sent.
CREATE TABLE changes (
	store    TEXT NOT NULL,
	pos      INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	id       TEXT NOT NULL,
	customer INTEGER NOT NULL,
	own      INTEGER NOT NULL, -- the store told exactly this
	PRIMARY KEY (store, pos)
) WITHOUT ROWID;
CREATE UNIQUE INDEX changes_new ON changes (store, pos) WHERE own = 0;
CREATE UNIQUE INDEX changes_thing ON changes (kind, id, store);

-- Orders to forget, for ever: who owes a receipt, who gave one, and what keeps anybody from coming back.
CREATE TABLE erasures (
	pos   INTEGER PRIMARY KEY,
	id    TEXT NOT NULL UNIQUE,
	store TEXT NOT NULL,
	taken INTEGER NOT NULL,
	body  BLOB NOT NULL
);
CREATE TABLE owed (
	store   TEXT NOT NULL,
	erasure TEXT NOT NULL,
	since   INTEGER NOT NULL,
	PRIMARY KEY (store, erasure)
) WITHOUT ROWID;
CREATE TABLE receipts (
	erasure TEXT NOT NULL,
	store   TEXT NOT NULL,
	at      INTEGER NOT NULL,
	found   INTEGER NOT NULL,
	PRIMARY KEY (erasure, store)
) WITHOUT ROWID;
CREATE TABLE gone (
	id    TEXT PRIMARY KEY,
	stamp TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE buried (
	tombstone BLOB PRIMARY KEY,
	stamp     TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE stores (
	id  TEXT PRIMARY KEY,
	row BLOB NOT NULL -- JSON
) WITHOUT ROWID;
CREATE TABLE codes (
	hash    BLOB PRIMARY KEY,
	store   TEXT NOT NULL,
	expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE playbooks (
	version INTEGER PRIMARY KEY,
	row     BLOB NOT NULL, -- JSON, without the body
	body    BLOB NOT NULL
);
CREATE TABLE users (
	name  TEXT PRIMARY KEY,
	role  TEXT NOT NULL,
	hash  BLOB NOT NULL,
	added INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
	hash    BLOB PRIMARY KEY,
	user    TEXT NOT NULL,
	expires INTEGER NOT NULL
) WITHOUT ROWID;
