-- SPDX-License-Identifier: Apache-2.0
-- Events that vendors told head office of, between the page that brought them and the lane that they are for.
CREATE TABLE relayed (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id     TEXT NOT NULL UNIQUE,
  body   BLOB NOT NULL,    -- sealed under the box's key
  at     INTEGER NOT NULL  -- from when on it has been waiting, by this box's clock
);
