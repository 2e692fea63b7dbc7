-- SPDX-License-Identifier: Apache-2.0
--
-- Times are whole microseconds of UTC since 1970: eight bytes that sort and subtract, where RFC 3339 text would need
-- twenty-seven and a parser at each tap. 0 or NULL: never. Everything that leaves the box is RFC 3339.
-- Ids made by us (UUIDv7) are 16-byte blobs; keys of tables that grow without end are digests or small integers.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

-- Events of the last 400 days, so that each happens once.
CREATE TABLE events (
  key  BLOB PRIMARY KEY, -- keyed digest of store, source and id
  body BLOB NOT NULL,    -- keyed digest of what it said
  at   INTEGER NOT NULL
) WITHOUT ROWID;

-- How much happened in each quarter of an hour (every time zone begins its days on one), so that counting a day does
-- not need an index on every table.
CREATE TABLE tally (
  quarter INTEGER NOT NULL, -- microseconds of its beginning
  what    TEXT NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (quarter, what)
) WITHOUT ROWID;

-- AUTOINCREMENT: the number of a forgotten customer is never given to another, since a lane may still hold it.
CREATE TABLE customers (
  ref        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         BLOB NOT NULL,    -- UUIDv7
  wrapped    BLOB NOT NULL,    -- her key, wrapped by the box's
  sealed     BLOB NOT NULL,    -- name, how to say it, address, language, the chain's id: one AEAD blob (see record.go)
  consent    TEXT NOT NULL CHECK (consent IN ('none', 'recognise', 'remember')),
  consent_at INTEGER NOT NULL, -- when that was said or assumed
  since      INTEGER NOT NULL, -- when she joined
  tap        BLOB,             -- all that a tap reads of what was learnt, sealed; made anew from the tables below (see tap.go)
  stamps     BLOB              -- when each field was told, by hybrid logical time (see stamps.go); NULL: all when consent_at says
);
-- By their ids other stores and head office name them. They are made in the order of ref, or nearly: it grows at its end.
CREATE UNIQUE INDEX customers_id ON customers (id);

-- One row an identifier and customer: two rows with one hash are a shared card.
CREATE TABLE identifiers (
  hash     BLOB NOT NULL,
  customer INTEGER NOT NULL REFERENCES customers,
  key      INTEGER NOT NULL, -- id of the identifier key that made the hash
  PRIMARY KEY (hash, customer)
) WITHOUT ROWID;
-- The other way round. A table and not an index, so that an import can fill each of the two from left to right: what
-- is sorted by hash is in no order by customer.
CREATE TABLE held (
  customer INTEGER NOT NULL REFERENCES customers,
  hash     BLOB NOT NULL,
  kind     TEXT NOT NULL,
  PRIMARY KEY (customer, hash)
) WITHOUT ROWID;

CREATE TABLE facts (
  customer INTEGER NOT NULL REFERENCES customers,
  id       BLOB NOT NULL,
  kind     TEXT NOT NULL,
  sealed   BLOB NOT NULL,    -- text, date, to whom and where it was told (see record.go)
  private  INTEGER NOT NULL,
  until    INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  shown    INTEGER NOT NULL,
  closed   INTEGER NOT NULL,
  stamps   BLOB,             -- as a customer's; NULL: all when at says
  PRIMARY KEY (customer, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX facts_id ON facts (id);
CREATE INDEX facts_open ON facts (kind) WHERE closed = 0 AND kind IN ('complaint', 'promise');

CREATE TABLE items (
  item INTEGER PRIMARY KEY,
  sku  TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL
);

-- A visit's lines are one blob (see lines.go): as rows they would be nine tenths of the database.
CREATE TABLE visits (
  visit    INTEGER PRIMARY KEY,
  customer INTEGER REFERENCES customers, -- NULL: a stranger
  at       INTEGER NOT NULL,
  checkout TEXT NOT NULL,
  store    TEXT NOT NULL,
  lane     TEXT NOT NULL,
  total    INTEGER NOT NULL, -- minor units
  currency TEXT NOT NULL,
  lines    BLOB NOT NULL,
  id       BLOB              -- by which head office knows it: made of store, lane, checkout and moment
);
CREATE UNIQUE INDEX visits_customer ON visits (customer, at, checkout) WHERE customer IS NOT NULL;
CREATE INDEX visits_stranger ON visits (lane, checkout, at) WHERE customer IS NULL AND lane <> '';

-- What was learnt from her visits. It can be computed anew from them at any time (see learn.go).
CREATE TABLE memory (
  customer INTEGER PRIMARY KEY REFERENCES customers,
  visits   INTEGER NOT NULL,
  first    INTEGER NOT NULL,
  last     INTEGER NOT NULL,
  latest   INTEGER NOT NULL, -- visits.visit of the last one
  usual    BLOB NOT NULL     -- her most usual things (see usual.go): what a tap reads instead of sorting all habits
);
CREATE TABLE habits (
  customer INTEGER NOT NULL REFERENCES customers,
  item     INTEGER NOT NULL REFERENCES items,
  logw     REAL NOT NULL, -- edge/memory's log weight
  times    INTEGER NOT NULL,
  last     INTEGER NOT NULL,
  PRIMARY KEY (customer, item)
) WITHOUT ROWID;

CREATE TABLE prompts (
  id       BLOB PRIMARY KEY,
  customer INTEGER REFERENCES customers, -- NULL: a stranger's
  at       INTEGER NOT NULL,
  sealed   BLOB NOT NULL -- its lines, under her key; a stranger's under the box's
) WITHOUT ROWID;
CREATE INDEX prompts_customer ON prompts (customer) WHERE customer IS NOT NULL;
-- What earlier prompts said to her, rule and fact, so that nothing is repeated visit after visit.
CREATE TABLE said (
  customer INTEGER PRIMARY KEY REFERENCES customers,
  sealed   BLOB NOT NULL
);
CREATE TABLE outcomes (
  prompt BLOB NOT NULL REFERENCES prompts,
  word   TEXT NOT NULL,
  kind   TEXT NOT NULL,
  line   TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (prompt, word)
) WITHOUT ROWID;

-- Cashiers' words, so that each happens once and can be taken back.
CREATE TABLE words (
  id     TEXT PRIMARY KEY,
  at     INTEGER NOT NULL,
  prompt BLOB, -- of its outcome
  fact   BLOB, -- that it told
  closed BLOB  -- fact that it closed
) WITHOUT ROWID;
-- When a customer's facts go, the words that told or closed them lose their tie to them. Few words do either.
CREATE INDEX words_fact ON words (fact) WHERE fact IS NOT NULL;
CREATE INDEX words_closed ON words (closed) WHERE closed IS NOT NULL;

CREATE TABLE lanes (
  lane  TEXT PRIMARY KEY,
  state BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE clocks (
  source TEXT PRIMARY KEY,
  offset INTEGER NOT NULL, -- microseconds
  at     INTEGER NOT NULL  -- when it was last told
) WITHOUT ROWID;

CREATE TABLE quarantine (
  seq    INTEGER PRIMARY KEY,
  id     TEXT NOT NULL,
  topic  TEXT NOT NULL,
  lane   TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  size   INTEGER NOT NULL,
  digest BLOB NOT NULL UNIQUE, -- keyed, of topic, reason and payload: the same message refused again is the same row
  sealed BLOB,                 -- the payload under the box's key; NULL when the guard found a card number
  times  INTEGER NOT NULL,
  at     INTEGER NOT NULL
);
CREATE INDEX quarantine_id ON quarantine (id);

CREATE TABLE screens (
  id      BLOB PRIMARY KEY,
  lane    TEXT NOT NULL,
  manager INTEGER NOT NULL,
  name    TEXT NOT NULL,
  token   BLOB NOT NULL UNIQUE, -- SHA-256
  paired  INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  expires INTEGER NOT NULL
) WITHOUT ROWID;

-- The forgotten, under a key of their own, so that an old file does not bring them back.
CREATE TABLE tombstones (
  hash  BLOB PRIMARY KEY,
  at    INTEGER NOT NULL,
  stamp TEXT NOT NULL DEFAULT '' -- hybrid logical time of the order: consent that was stated later lifts it
) WITHOUT ROWID;
-- Their ids, and those of facts that were deleted, so that nothing that comes late brings them back.
CREATE TABLE gone (
  id BLOB PRIMARY KEY,
  at INTEGER NOT NULL
) WITHOUT ROWID;

-- Other ids of a customer: what other stores and head office call her.
CREATE TABLE aliases (
  id       BLOB PRIMARY KEY,
  customer INTEGER NOT NULL REFERENCES customers
) WITHOUT ROWID;
CREATE INDEX aliases_customer ON aliases (customer);

-- What head office is still to be told, in order (see outbox.go). A row names what it tells of; the words are read when
-- they are sent, so that nothing rests twice, and what was forgotten meanwhile is not sent.
CREATE TABLE outbox (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  id       BLOB NOT NULL,    -- UUIDv7 of the record
  kind     TEXT NOT NULL,    -- customer, fact, visit, outcome, summary, void
  customer INTEGER,          -- whose it is, where it is somebody's
  ref      BLOB,             -- the fact's id, the visit's number, the outcome's prompt and word
  body     BLOB,             -- of what has no row of its own: sealed under the box's key
  at       INTEGER NOT NULL
);
CREATE INDEX outbox_customer ON outbox (customer) WHERE customer IS NOT NULL;

-- Erasures that were ordered here, and receipts of those that were ordered elsewhere: sent before anything else.
CREATE TABLE orders (
  id   TEXT PRIMARY KEY,
  body BLOB NOT NULL,        -- sealed under the box's key
  at   INTEGER NOT NULL
) WITHOUT ROWID;

-- Playbooks from head office, the last few.
CREATE TABLE playbooks (
  version   INTEGER PRIMARY KEY,
  body      BLOB NOT NULL,
  signature BLOB NOT NULL,
  refused   TEXT NOT NULL DEFAULT '', -- why it is not used
  at        INTEGER NOT NULL
);
