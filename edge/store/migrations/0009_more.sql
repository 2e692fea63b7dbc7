-- SPDX-License-Identifier: Apache-2.0
--
-- What a purchase changes of a habit beside its weight (edge/memory's More); and in memory.usual a customer's baskets and
-- shortlist (edge/memory's Person). Both are computed anew from her visits at the next one, as all is where rhythm is NULL.
ALTER TABLE habits ADD COLUMN more BLOB;
UPDATE memory SET rhythm = NULL, usual = x'';
