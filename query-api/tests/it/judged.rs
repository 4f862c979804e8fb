//! `/v1/messages/{number}/{id}`: who decided the labels, what the text alone says, and the verdicts.

use parlance_schemas::labels::{Intent, Judge, Language, Sentiment, Urgency};
use parlance_schemas::rows::{MessageRow, VerdictRow};
use serde_json::json;

use crate::fixture::House;
use crate::rows::{MINUTE, SECOND, START, iso, message, verdict};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_judged_by_its_conversation_says_so_and_what_its_text_alone_says() {
    let house = House::start().await;
    let row = MessageRow {
        intent: Intent::Complaint,
        intent_confidence: 0.75,
        intent_by: Judge::Context,
        base_intent: Intent::Other,
        base_intent_confidence: 0.625,
        urgency: Urgency::High,
        urgency_by: Judge::Pattern,
        patterns: vec!["vip".to_owned(), "seal".to_owned()],
        custom_intents: vec!["warranty".to_owned()],
        ..message("m", START)
    };
    house.insert("messages", &[row]).await;
    let detail = house.get("/v1/messages/1065/m").await;
    assert_eq!(detail["message"]["intent"], "complaint");
    assert_eq!(
        detail["judged"],
        json!({
            "language": {"by": "model", "base": "en"},
            "intent": {"by": "context", "base": "other", "base_confidence": 0.625},
            "sentiment": {"by": "model", "base": "neutral", "base_confidence": 0.5},
            "urgency": {"by": "pattern", "base": "medium", "base_confidence": 0.5},
        })
    );
    assert_eq!(detail["patterns"], json!(["vip", "seal"]));
    assert_eq!(detail["custom_intents"], json!(["warranty"]));
    assert_eq!(detail["verdicts"], json!([]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_message_comes_with_its_verdicts_oldest_first_each_once() {
    let house = House::start().await;
    let row = MessageRow {
        intent: Intent::Feedback,
        intent_confidence: 1.0,
        intent_by: Judge::Person,
        sentiment: Sentiment::Angry,
        sentiment_by: Judge::Llm,
        ..message("m", START)
    };
    let asked = VerdictRow {
        intent: Intent::Complaint.to_string(),
        sentiment: Sentiment::Angry.to_string(),
        confidence: 0.875,
        ..verdict("m", Judge::Llm, "some-model 1", START + SECOND)
    };
    let corrected = VerdictRow {
        intent: Intent::Feedback.to_string(),
        language: Language::En.to_string(),
        intent_before: Intent::Complaint,
        sentiment_before: Sentiment::Angry,
        ..verdict("m", Judge::Person, "ana@example.com", START + MINUTE)
    };
    let elsewhere = [
        verdict("other", Judge::Person, "ana@example.com", START),
        VerdictRow {
            phone_number_id: "2065".to_owned(),
            ..verdict("m", Judge::Person, "ana@example.com", START)
        },
    ];
    house.execute("SYSTEM STOP MERGES verdicts").await;
    house.insert("messages", &[row]).await;
    house.insert("verdicts", std::slice::from_ref(&corrected)).await;
    house.insert("verdicts", &elsewhere).await;
    // Written again later, as after a replay: it is the same verdict.
    let again = VerdictRow {
        version: corrected.version + 1000,
        ..corrected
    };
    house.insert("verdicts", &[asked, again]).await;

    let detail = house.get("/v1/messages/1065/m").await;
    assert_eq!(
        detail["verdicts"],
        json!([
            {
                "judge": "llm", "author": "some-model 1", "given_at": iso(START + SECOND),
                "language": null, "intent": "complaint", "sentiment": "angry", "urgency": null, "confidence": 0.875,
                "before": {"language": "en", "intent": "order_inquiry", "sentiment": "neutral", "urgency": "medium"},
            },
            {
                "judge": "person", "author": "ana@example.com", "given_at": iso(START + MINUTE),
                "language": "en", "intent": "feedback", "sentiment": null, "urgency": null, "confidence": 1.0,
                "before": {"language": "en", "intent": "complaint", "sentiment": "angry", "urgency": "medium"},
            },
        ])
    );
    assert_eq!(detail["judged"]["intent"]["by"], "person");
    assert_eq!(detail["judged"]["sentiment"]["by"], "llm");
    assert_eq!(detail["message"]["intent_confidence"], 1.0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_stored_before_it_was_kept_who_decided_is_the_classifiers_own() {
    let house = House::start().await;
    house.insert("messages", &[message("new", START)]).await;
    let columns = "EXCEPT (language_by, intent_by, sentiment_by, urgency_by, base_language, base_intent, \
                   base_intent_confidence, base_sentiment, base_sentiment_confidence, base_urgency, \
                   base_urgency_confidence, patterns, custom_intents)";
    house
        .execute(&format!(
            "INSERT INTO messages (* {columns}) SELECT * {columns} REPLACE ('old' AS message_id) FROM messages"
        ))
        .await;
    let detail = house.get("/v1/messages/1065/old").await;
    assert_eq!(detail["message"]["intent"], "order_inquiry");
    let own = |base: &str| json!({"by": "model", "base": base, "base_confidence": 0.5});
    assert_eq!(
        detail["judged"],
        json!({
            "language": {"by": "model", "base": "en"},
            "intent": own("order_inquiry"),
            "sentiment": own("neutral"),
            "urgency": own("medium"),
        })
    );
    for list in ["patterns", "custom_intents", "verdicts"] {
        assert_eq!(detail[list], json!([]), "{list}");
    }
    house.stop().await;
}
