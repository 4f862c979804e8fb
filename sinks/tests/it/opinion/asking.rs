//! Which messages are asked about, what leaves, and what comes of the answer.

use std::sync::Arc;

use parlance_schemas::labels::{Direction, Intent, Judge, Language, Sentiment, Urgency};
use parlance_schemas::rows::MessageRow;
use parlance_schemas::settings::OpinionSetting;
use parlance_service::config::Secret;
use parlance_sinks::opinion::{Config, Provider};

use super::api::{Api, LABELS, Reply, good};
use super::world::{Database, Log, Running, a_while, config, now, unsure, until, verdict_row};

#[test]
fn without_a_key_nothing_is_asked() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    database.write(&[unsure(1, "hm")], &[]);
    let config = Config {
        anthropic_api_key: Secret::default(),
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    a_while();
    assert!(running.is_running());
    running.stop().unwrap();
    assert!(api.asked().is_empty() && log.verdicts().is_empty());
}

#[test]
fn unsure_messages_are_asked_about_and_no_others() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let wanted = |row: MessageRow, id: &str| MessageRow {
        message_id: format!("wanted {id}"),
        ..row
    };
    let plain = |number: u64| unsure(number, &format!("text {number}"));
    let messages = [
        wanted(plain(1), "model"),
        wanted(
            MessageRow {
                intent_by: Judge::Context,
                ..plain(2)
            },
            "context",
        ),
        wanted(
            MessageRow {
                intent: Intent::Spam,
                intent_confidence: 0.99,
                ..plain(3)
            },
            "chosen intent",
        ),
        MessageRow {
            intent_confidence: 0.5,
            ..plain(4)
        },
        MessageRow {
            direction: Direction::Outbound,
            ..plain(5)
        },
        unsure(6, ""),
        MessageRow {
            intent_by: Judge::Pattern,
            ..plain(7)
        },
        MessageRow {
            intent_by: Judge::Person,
            ..plain(8)
        },
        MessageRow {
            sent_at: now() - 16 * 60 * 1000,
            ..plain(9)
        },
    ];
    database.write(&messages, &[]);
    let config = Config {
        intents: vec![Intent::Spam],
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    until("three verdicts", || log.verdicts().len() >= 3);
    // What comes later is found too.
    database.write(&[wanted(plain(10), "later")], &[]);
    until("the fourth", || log.verdicts().len() >= 4);
    a_while();
    running.stop().unwrap();
    assert_eq!(
        log.ids(),
        ["wanted chosen intent", "wanted context", "wanted later", "wanted model"]
    );
    assert_eq!(api.asked().len(), 4);
}

#[test]
fn a_verdict_says_who_and_what_and_carries_the_row() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let message = unsure(1, "wo bleibt es?");
    database.write(std::slice::from_ref(&message), &[]);
    let running = Running::start(config(&api), &database, &log);
    until("a verdict", || !log.verdicts().is_empty());
    running.stop().unwrap();
    let verdict = log.verdicts().remove(0);
    assert_eq!(verdict.judge, Judge::Llm);
    assert_eq!(verdict.author, "claude-haiku-5-5 prompt 1");
    assert_eq!(
        (verdict.intent, verdict.sentiment, verdict.urgency, verdict.language),
        (
            Some(Intent::Complaint),
            Some(Sentiment::Frustrated),
            Some(Urgency::High),
            Some(Language::De)
        )
    );
    assert!((verdict.confidence - 0.75).abs() < 1e-6);
    assert!((now() - verdict.at).abs() < 60_000);
    let version = verdict.message.version;
    assert_eq!(*verdict.message, MessageRow { version, ..message });
}

#[test]
fn anthropic_is_asked_as_documented_and_gets_masked_text_only() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let message = MessageRow {
        contact_name: "Anna Müller".to_owned(),
        entities_kind: vec!["order".to_owned()],
        entities_text: vec!["#48213".to_owned()],
        entities_value: vec!["48213".to_owned()],
        entities_start: vec![17],
        entities_end: vec![23],
        ..unsure(
            1,
            "Anna here, order #48213: write to anna.m@example.com or +49 151 2345678",
        )
    };
    database.write(&[message], &[]);
    let running = Running::start(config(&api), &database, &log);
    until("a verdict", || !log.verdicts().is_empty());
    running.stop().unwrap();
    let asked = api.asked().remove(0);
    assert_eq!(asked.path, "/v1/messages");
    assert_eq!(asked.header("x-api-key"), Some("test-key-0123456789"));
    assert_eq!(asked.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.text(), "[name] here, order [order]: write to [email] or [number]");
    assert_eq!(asked.body["model"], "claude-haiku-5-5");
    assert_eq!(asked.body["output_config"]["effort"], "low");
    assert_eq!(asked.body["output_config"]["format"]["type"], "json_schema");
    assert!(asked.body["max_tokens"].as_u64().unwrap() > 0);
    let sent = asked.body.to_string();
    for hidden in [
        "Anna",
        "48213",
        "anna.m",
        "2345678",
        "wamid",
        "contact 1",
        "15550100000",
    ] {
        assert!(!sent.contains(hidden), "{hidden} left");
    }
    // The log has the text as it stands.
    assert!(log.verdicts()[0].message.text.contains("+49 151 2345678"));
}

#[test]
fn openai_is_asked_as_documented() {
    let api = Api::start(|_, _| Reply::completion("stop", Some(LABELS), None));
    let (log, mut database) = (Log::default(), Database::new());
    database.write(&[unsure(1, "hello? \"anyone\"")], &[]);
    let config = Config {
        anthropic_api_key: Secret::default(),
        openai_api_key: Secret::new("sk-test"),
        provider: Provider::OpenAi,
        base_url: format!("{}/v1/", api.url),
        model: "my-model".to_owned(),
        effort: String::new(),
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    until("a verdict", || !log.verdicts().is_empty());
    running.stop().unwrap();
    let asked = api.asked().remove(0);
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(asked.text(), "hello? \"anyone\"");
    assert_eq!(asked.body["model"], "my-model");
    assert!(asked.body.get("reasoning_effort").is_none());
    let format = &asked.body["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["json_schema"]["strict"], true);
    let schema = &format["json_schema"]["schema"];
    // Strict: every property is required and no other allowed.
    let properties: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(schema["required"].as_array().unwrap().len(), properties.len());
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(log.verdicts()[0].author, "my-model prompt 1");
}

#[test]
fn equal_texts_are_asked_about_once() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let messages = [
        unsure(1, "where is 481234?"),
        unsure(2, "where is 99887766?"),
        unsure(3, "something else"),
    ];
    database.write(&messages, &[]);
    let running = Running::start(config(&api), &database, &log);
    until("three verdicts", || log.verdicts().len() >= 3);
    database.write(&[unsure(4, "where is 1234567?")], &[]);
    until("the fourth", || log.verdicts().len() >= 4);
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 2, "masked, three of four are equal");
}

#[test]
fn nothing_is_asked_twice_not_even_after_a_restart() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let messages: Vec<MessageRow> = (0..5).map(|number| unsure(number, &format!("text {number}"))).collect();
    database.write(&messages, &[]);
    let running = Running::start(config(&api), &database, &log);
    until("five verdicts", || log.verdicts().len() >= 5);
    // Written anew by the pipeline, e.g. for its context, before the verdict came through.
    database.write(&messages[..1], &[]);
    a_while();
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 5);
    // The pipeline takes the verdicts in; one of them changes nothing but who says so.
    let rows: Vec<_> = log.verdicts().iter().map(verdict_row).collect();
    let corrected = MessageRow {
        intent_by: Judge::Llm,
        ..messages[4].clone()
    };
    database.write(&[corrected], &rows[..]);
    let running = Running::start(config(&api), &database, &log);
    a_while();
    database.write(&[unsure(9, "new")], &[]);
    until("the new one", || log.verdicts().len() >= 6);
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 6);
}

#[test]
fn an_integrations_setting_turns_it_off_or_asks_for_more() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let of = |integration: &str, number: u64, confidence: f32| MessageRow {
        phone_number_id: integration.to_owned(),
        intent_confidence: confidence,
        ..unsure(number, &format!("text {number}"))
    };
    database.write(
        &[of("off", 1, 0.1), of("more", 2, 0.8), of("as configured", 3, 0.8)],
        &[],
    );
    let settings = |integration: &str| match integration {
        "off" => OpinionSetting {
            enabled: Some(false),
            ..OpinionSetting::default()
        },
        "more" => OpinionSetting {
            below: Some(0.9),
            ..OpinionSetting::default()
        },
        _ => OpinionSetting::default(),
    };
    let running = Running::with(config(&api), &database, &log, Arc::new(settings));
    until("a verdict", || !log.verdicts().is_empty());
    a_while();
    running.stop().unwrap();
    let verdicts = log.verdicts();
    assert_eq!(verdicts.len(), 1);
    assert_eq!(verdicts[0].message.phone_number_id, "more");
}
