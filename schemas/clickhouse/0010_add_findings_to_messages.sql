-- What the analysis found beside its labels. signals: the words that weighed most for a label, with their share of what
-- spoke for it. entities: what can be looked up or acted on; start and end count characters of text, value is normalised
-- (E.164, ISO 4217, ISO 8601) and empty where nothing sure can be said. replies: suggested answers in the message's
-- language. display_phone_number: the business's number, by which sums and phone numbers were read. All are empty in rows written before the columns were there. Read the first
-- two with ARRAY JOIN.
ALTER TABLE {database}.messages
    ADD COLUMN IF NOT EXISTS display_phone_number LowCardinality(String) AFTER phone_number_id,
    ADD COLUMN IF NOT EXISTS `signals.task`   Array(LowCardinality(String)) AFTER analyser,
    ADD COLUMN IF NOT EXISTS `signals.text`   Array(String) AFTER `signals.task`,
    ADD COLUMN IF NOT EXISTS `signals.weight` Array(Float32) AFTER `signals.text`,
    ADD COLUMN IF NOT EXISTS `entities.kind`  Array(LowCardinality(String)) AFTER `signals.weight`,
    ADD COLUMN IF NOT EXISTS `entities.text`  Array(String) AFTER `entities.kind`,
    ADD COLUMN IF NOT EXISTS `entities.value` Array(String) AFTER `entities.text`,
    ADD COLUMN IF NOT EXISTS `entities.start` Array(UInt32) AFTER `entities.value`,
    ADD COLUMN IF NOT EXISTS `entities.end`   Array(UInt32) AFTER `entities.start`,
    ADD COLUMN IF NOT EXISTS replies          Array(LowCardinality(String)) AFTER `entities.end`
