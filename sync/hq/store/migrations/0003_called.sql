-- SPDX-License-Identifier: Apache-2.0
-- What each store calls a customer, separated by spaces: it is told of her by these ids alone. Empty: not known, it came
-- from before.
ALTER TABLE interest ADD COLUMN ids TEXT NOT NULL DEFAULT '';

-- Two stores that worked alone may have made the same id for different visits: the store is part of it.
UPDATE entities SET id = store || '/' || id WHERE kind = 3;
