-- SPDX-License-Identifier: Apache-2.0
--
-- Boxes that took another id: whoever speaks as one of them was put back to a copy of before, and does not know what the
-- store has told since.
CREATE TABLE given_up (
	store TEXT NOT NULL,
	box   TEXT NOT NULL,
	PRIMARY KEY (store, box)
) WITHOUT ROWID;
