-- SPDX-License-Identifier: Apache-2.0
-- Who was merged into whom by a person at this box, so that it can be told, and taken back (see lineage.go).
CREATE TABLE merges (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  customer INTEGER NOT NULL REFERENCES customers, -- who has everything now
  parent   INTEGER,                   -- number of the later merge by which she came to have it; NULL: this very one
  former   INTEGER NOT NULL,          -- the number of who was merged: a lane or an entry under way may still hold it
  id       BLOB NOT NULL,             -- the id of who was merged; an alias meanwhile
  at       INTEGER NOT NULL,
  sealed   BLOB                       -- the two as they were, under the key of who has everything; NULL: it cannot be taken back
);
CREATE INDEX merges_customer ON merges (customer);
CREATE UNIQUE INDEX merges_former ON merges (former);

-- What came with somebody who was merged, and what was learnt since from an identifier that did.
CREATE TABLE lineage (
  merge INTEGER NOT NULL REFERENCES merges,
  what  TEXT NOT NULL, -- identifier, shared (both had it), visit, twin (both had it: a stranger's meanwhile), fact, prompt
  ref   NOT NULL,      -- the hash, the visit's number, the fact's or the prompt's id
  PRIMARY KEY (merge, what, ref)
) WITHOUT ROWID;

-- By which lane's last card a customer is there who has identifiers of several.
CREATE TABLE carded (
  customer INTEGER NOT NULL REFERENCES customers,
  lane     TEXT NOT NULL,
  merge    INTEGER NOT NULL, -- that the card came with
  PRIMARY KEY (customer, lane, merge)
) WITHOUT ROWID;
