-- SPDX-License-Identifier: Apache-2.0
-- By which order somebody is gone: what she says after it may bring her back.
ALTER TABLE gone ADD COLUMN stamp TEXT; -- hybrid logical time of the order
