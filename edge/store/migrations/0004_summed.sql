-- SPDX-License-Identifier: Apache-2.0
-- Sums of what a full outbox could not hold are kept for good: head office may lose one with a backup and be told of it
-- again, and what is in one must never be told by itself beside it.
CREATE TABLE sums (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id     BLOB NOT NULL,              -- UUIDv7, by which head office knows it
  seq    INTEGER NOT NULL,           -- of its row in the outbox
  n      INTEGER NOT NULL,           -- how many records are in it
  body   BLOB NOT NULL,              -- sealed under the box's key
  void   INTEGER NOT NULL DEFAULT 0  -- it was taken back: what was in it is told by itself
);
ALTER TABLE visits ADD COLUMN summed INTEGER;   -- number of the sum that it is told in
ALTER TABLE outcomes ADD COLUMN summed INTEGER;
-- 0: tells it for the first time; 1: an earlier row tells or told the same; 2: offered, so that head office may have it.
ALTER TABLE outbox ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
INSERT INTO sums (id, seq, n, body) SELECT id, seq, 0, body FROM outbox WHERE kind = 'summary';
UPDATE outbox SET ref = id, body = NULL WHERE kind = 'summary';
