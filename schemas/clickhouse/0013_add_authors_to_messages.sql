-- Who wrote each message, and their name where it is known. Rows written before the columns were there read as what their
-- direction and origin say.
ALTER TABLE {database}.messages
    ADD COLUMN IF NOT EXISTS author LowCardinality(String)
        DEFAULT multiIf(direction = 'inbound', 'customer', origin IN ('phone_app', 'history'), 'person', 'unknown') AFTER origin,
    ADD COLUMN IF NOT EXISTS author_name LowCardinality(String) AFTER author
