-- SPDX-License-Identifier: Apache-2.0
-- Whether the orders that have a tombstone name the chain's own id of whom they mean: then who has another one is not meant.
ALTER TABLE tombstones ADD COLUMN chained INTEGER NOT NULL DEFAULT 0;
-- How far an order is: see orders.go.
UPDATE orders SET told = 2 WHERE told = 1;
