-- Who decided each label, and what the classifiers said of the text alone. A label is the word of the strongest judge: person,
-- pattern, llm, context, model. patterns and custom_intents: the business's own patterns that match, and the intents they
-- give. Rows written before the columns were there were the classifiers' alone, and read so.
ALTER TABLE {database}.messages
    ADD COLUMN IF NOT EXISTS language_by  LowCardinality(String) DEFAULT 'model' AFTER urgency_confidence,
    ADD COLUMN IF NOT EXISTS intent_by    LowCardinality(String) DEFAULT 'model' AFTER language_by,
    ADD COLUMN IF NOT EXISTS sentiment_by LowCardinality(String) DEFAULT 'model' AFTER intent_by,
    ADD COLUMN IF NOT EXISTS urgency_by   LowCardinality(String) DEFAULT 'model' AFTER sentiment_by,
    ADD COLUMN IF NOT EXISTS base_language             LowCardinality(String) DEFAULT language             AFTER urgency_by,
    ADD COLUMN IF NOT EXISTS base_intent               LowCardinality(String) DEFAULT intent               AFTER base_language,
    ADD COLUMN IF NOT EXISTS base_intent_confidence    Float32                DEFAULT intent_confidence    AFTER base_intent,
    ADD COLUMN IF NOT EXISTS base_sentiment            LowCardinality(String) DEFAULT sentiment            AFTER base_intent_confidence,
    ADD COLUMN IF NOT EXISTS base_sentiment_confidence Float32                DEFAULT sentiment_confidence AFTER base_sentiment,
    ADD COLUMN IF NOT EXISTS base_urgency              LowCardinality(String) DEFAULT urgency              AFTER base_sentiment_confidence,
    ADD COLUMN IF NOT EXISTS base_urgency_confidence   Float32                DEFAULT urgency_confidence   AFTER base_urgency,
    ADD COLUMN IF NOT EXISTS patterns       Array(LowCardinality(String)) AFTER base_urgency_confidence,
    ADD COLUMN IF NOT EXISTS custom_intents Array(LowCardinality(String)) AFTER patterns
