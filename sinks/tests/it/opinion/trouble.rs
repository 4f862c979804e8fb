//! Everything a provider, the log or ClickHouse may do instead of what was asked for.

use std::time::Duration;

use parlance_service::config::Secret;
use parlance_sinks::opinion::{Config, Error, Provider};

use super::api::{Api, LABELS, Reply, good};
use super::world::{Database, Log, Running, a_while, config, unsure, until};

/// A database with five messages to ask about.
fn five() -> Database {
    let mut database = Database::new();
    let messages: Vec<_> = (0..5).map(|number| unsure(number, &format!("text {number}"))).collect();
    database.write(&messages, &[]);
    database
}

/// Runs until the service ends by itself. Says why it did, and how many requests it made.
fn ends_with(database: &Database, config: impl FnOnce(&Api) -> Config, reply: Reply) -> (String, usize) {
    let (api, log) = (Api::start(move |_, _| reply.clone()), Log::default());
    let config = Config {
        concurrency: 1,
        ..config(&api)
    };
    let error = Running::start(config, database, &log).ended().unwrap_err();
    assert!(matches!(error, Error::Setting { .. }), "{error:?}");
    assert!(log.verdicts().is_empty());
    (error.to_string(), api.asked().len())
}

fn openai(api: &Api) -> Config {
    Config {
        provider: Provider::OpenAi,
        openai_api_key: Secret::new("sk-secret-key"),
        ..config(api)
    }
}

#[test]
fn what_a_setting_is_to_blame_for_ends_the_service_and_names_it() {
    let database = five();
    let key = "test-key-0123456789";
    let reply = Reply::error(401, "authentication_error", &format!("invalid x-api-key {key}"));
    let (said, requests) = ends_with(&database, config, reply);
    assert!(said.contains("ANTHROPIC_API_KEY") && said.contains("401"), "{said}");
    assert!(!said.contains(key), "the key is repeated: {said}");
    assert_eq!(requests, 1);

    let (said, _) = ends_with(
        &database,
        config,
        Reply::error(403, "permission_error", "Your API key may not"),
    );
    assert!(
        said.contains("ANTHROPIC_API_KEY") && said.contains("claude-haiku-5-5"),
        "{said}"
    );

    let (said, _) = ends_with(
        &database,
        config,
        Reply::error(404, "not_found_error", "model: claude-haiku-5-5"),
    );
    assert!(
        said.contains("model `claude-haiku-5-5`") && said.contains("base_url"),
        "{said}"
    );

    let (said, _) = ends_with(&database, config, Reply::error(402, "billing_error", "no credit"));
    assert!(said.contains("credit"), "{said}");

    let reply = Reply::openai_error(
        401,
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided",
    );
    let (said, _) = ends_with(&database, openai, reply);
    assert!(said.contains("OPENAI_API_KEY"), "{said}");

    let reply = Reply::openai_error(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your quota",
    );
    let (said, requests) = ends_with(&database, openai, reply);
    assert!(said.contains("credit") && said.contains("OPENAI_API_KEY"), "{said}");
    assert_eq!(requests, 1);

    let reply = Reply::openai_error(
        404,
        "invalid_request_error",
        "model_not_found",
        "The model does not exist",
    );
    let (said, _) = ends_with(&database, openai, reply);
    assert!(said.contains("model `gpt-6-luna`"), "{said}");

    let (said, _) = ends_with(&database, config, Reply::new(301, ""));
    assert!(said.contains("base_url"), "{said}");
}

#[test]
fn a_request_that_is_not_taken_is_passed_over_and_several_in_a_row_are_a_settings_fault() {
    let database = five();
    let reply = Reply::error(400, "invalid_request_error", "output_config.effort: not supported");
    let (said, requests) = ends_with(&database, config, reply);
    assert!(
        said.contains("effort `low`") && said.contains("not supported"),
        "{said}"
    );
    assert_eq!(requests, 3);

    let api = Api::start(|number, _| match number {
        0 => Reply::error(413, "request_too_large", "Request exceeds the maximum size"),
        1 => Reply::error(400, "invalid_request_error", "messages: something"),
        _ => good(),
    });
    let log = Log::default();
    let config = Config {
        concurrency: 1,
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    until("the other three", || log.verdicts().len() >= 3);
    a_while();
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 5);
}

#[test]
fn answers_that_say_nothing_are_counted_and_not_asked_for_again() {
    let labels = |from: &str, to: &str| Reply::message("end_turn", &LABELS.replace(from, to));
    let replies = vec![
        Reply::message("refusal", ""),
        Reply::message("max_tokens", &LABELS[..20]),
        Reply::message("end_turn", "I think it is a complaint."),
        labels("complaint", "greeting"),
        labels("0.75", "7.5"),
        labels("\"urgency\":\"high\",", ""),
        Reply::new(200, "{not json"),
        Reply::new(200, "{}"),
        Reply::new(200, "x".repeat(3_000_000)),
        Reply::new(200, ""),
    ];
    silent(replies, config);
    let replies = vec![
        Reply::completion("stop", None, Some("I'm sorry, I cannot assist with that request.")),
        Reply::completion("length", Some(&LABELS[..20]), None),
        Reply::completion("content_filter", None, None),
        Reply::completion("stop", None, None),
        Reply::new(200, r#"{"choices":[]}"#),
        Reply::new(200, "<html>"),
    ];
    silent(replies, openai);
}

/// Each message gets one of the replies, once; then the service still works.
fn silent(replies: Vec<Reply>, config: impl FnOnce(&Api) -> Config) {
    let count = replies.len();
    let api = Api::start(move |number, asked| match replies.get(number) {
        Some(reply) => reply.clone(),
        None if asked.path == "/v1/messages" => good(),
        None => Reply::completion("stop", Some(LABELS), None),
    });
    let (log, mut database) = (Log::default(), Database::new());
    let messages: Vec<_> = (0..count as u64)
        .map(|number| unsure(number, &format!("text {number}")))
        .collect();
    database.write(&messages, &[]);
    let running = Running::start(config(&api), &database, &log);
    until("all were asked about", || api.asked().len() >= count);
    a_while();
    assert_eq!(api.asked().len(), count);
    assert!(log.verdicts().is_empty());
    database.write(&[unsure(1000, "one more")], &[]);
    until("one more", || !log.verdicts().is_empty());
    running.stop().unwrap();
    assert_eq!(api.asked().len(), count + 1);
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_given_up() {
    let api = Api::start(|number, asked| match (asked.text().as_str(), number) {
        ("poison", _) => Reply::error(500, "api_error", "Internal server error"),
        ("slow", _) => Reply {
            after: Duration::from_secs(60),
            ..good()
        },
        (_, 0) => Reply::error(500, "api_error", "Internal server error"),
        _ => good(),
    });
    let (log, mut database) = (Log::default(), Database::new());
    database.write(&[unsure(1, "first")], &[]);
    let config = Config {
        timeout: Duration::from_secs(2),
        breaker_failures: 100,
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    until("the first", || log.verdicts().len() == 1);
    database.write(&[unsure(2, "poison"), unsure(3, "slow")], &[]);
    database.write(&[unsure(4, "last")], &[]);
    let times = |text: &str| api.asked().iter().filter(|asked| asked.text() == text).count();
    until("the last tries", || times("poison") >= 3 && times("slow") >= 3);
    until("the last", || log.verdicts().len() == 2);
    a_while();
    running.stop().unwrap();
    assert_eq!(
        (times("first"), times("poison"), times("slow"), times("last")),
        (2, 3, 3, 1)
    );
}

#[test]
fn a_provider_that_is_not_there_is_waited_for() {
    let (api, log, database) = (Api::start(|_, _| good()), Log::default(), five());
    // The second speaks no TLS: a text must not leave over a connection that is not what was asked for.
    for base_url in ["http://127.0.0.1:1", &api.url.replace("http", "https")] {
        let mut config = config(&api);
        config.base_url = base_url.to_owned();
        let running = Running::start(config, &database, &log);
        a_while();
        assert!(running.is_running());
        running.stop().unwrap();
    }
    assert!(log.verdicts().is_empty() && api.asked().is_empty());
}

#[test]
fn a_verdict_that_cannot_be_written_is_written_later_without_asking_again() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    *log.failures.lock().unwrap() = 2;
    database.write(&[unsure(1, "hm")], &[]);
    let running = Running::start(config(&api), &database, &log);
    until("a verdict", || !log.verdicts().is_empty());
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 1);
}

#[test]
fn at_shutdown_what_is_under_way_ends_within_the_deadline() {
    let api = Api::start(|_, asked| Reply {
        after: Duration::from_millis(if asked.text() == "endless" { 30_000 } else { 700 }),
        ..good()
    });
    let (log, mut database) = (Log::default(), Database::new());
    database.write(&[unsure(1, "long")], &[]);
    let running = Running::start(config(&api), &database, &log);
    until("the question", || !api.asked().is_empty());
    running.stop().unwrap();
    assert_eq!(log.verdicts().len(), 1, "its answer came in time");

    database.write(&[unsure(2, "endless")], &[]);
    let config = Config {
        drain_timeout: Duration::from_millis(200),
        ..config(&api)
    };
    let asked = api.asked().len();
    let running = Running::start(config, &database, &log);
    until("the question", || api.asked().len() > asked);
    let started = std::time::Instant::now();
    running.stop().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn clickhouse_may_come_and_go() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let good = database.config.clone();
    database.config.url = "http://127.0.0.1:1".to_owned();
    let running = Running::start(config(&api), &database, &log);
    a_while();
    assert!(running.is_running());
    running.stop().unwrap();
    database.config = good;
    database.config.url = String::new();
    let error = Running::start(config(&api), &database, &log).ended().unwrap_err();
    assert!(error.to_string().contains("CLICKHOUSE_URL"), "{error}");
}
