-- SPDX-License-Identifier: Apache-2.0
--
-- What became of each rule of the playbook at this store, with all customers. Nobody's: a rule's name and numbers.
CREATE TABLE rules (
  rule    TEXT PRIMARY KEY,
  shown   INTEGER NOT NULL,
  used    INTEGER NOT NULL,
  not_now INTEGER NOT NULL,
  wrong   INTEGER NOT NULL,
  at      INTEGER NOT NULL -- of the latest verdict, else when it was shown first
) WITHOUT ROWID;

-- Her rhythm and the stage that her visits earned (see rhythm.go); NULL: to be computed from her visits at the next one.
ALTER TABLE memory ADD COLUMN rhythm BLOB;
