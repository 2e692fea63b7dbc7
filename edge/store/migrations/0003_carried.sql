-- SPDX-License-Identifier: Apache-2.0
-- What must be told again to a head office that was restored from a backup: orders to forget that it had, or gave, and
-- which facts were deleted.
ALTER TABLE orders ADD COLUMN told INTEGER NOT NULL DEFAULT 0; -- head office has it, or had it once
CREATE INDEX orders_waiting ON orders (at, id) WHERE told = 0;

ALTER TABLE gone ADD COLUMN customer INTEGER; -- of a deleted fact, whose it was, as long as she is known
ALTER TABLE gone ADD COLUMN kind TEXT;        -- of a deleted fact
CREATE INDEX gone_customer ON gone (customer) WHERE customer IS NOT NULL;

-- Identifiers that the forgotten shared with somebody who stays: an order until that moment does not mean whoever has them.
CREATE TABLE spared (
  hash  BLOB PRIMARY KEY, -- as a tombstone's
  stamp TEXT NOT NULL     -- hybrid logical time of the order
) WITHOUT ROWID;
