-- SPDX-License-Identifier: Apache-2.0
--
-- When a customer's facts go, the words that told or closed them lose their tie to them. Few words do either.
CREATE INDEX words_fact ON words (fact) WHERE fact IS NOT NULL;
CREATE INDEX words_closed ON words (closed) WHERE closed IS NOT NULL;
