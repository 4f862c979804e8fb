//! Sending, reading receipts, and what the client does when Meta does not do it.

use std::time::{Duration, Instant};

use parlance_service::config::Secret;
use parlance_whatsapp::message::{Message, Recipient, Template, Text};
use parlance_whatsapp::{Acceptance, Class, Client, Config, Error, appsecret_proof};
use serde_json::json;

use crate::document::NUMBER;
use crate::kinds::{all, to};
use crate::server::{Answer, Meta, TOKEN, graph_error};

fn accepted() -> Answer {
    Answer::Json(
        200,
        json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": "+250788123200", "wa_id": "250788123200" }],
            "messages": [{ "id": "wamid.HBgLMTY1", "message_status": "held_for_quality_assessment" }],
        }),
    )
}

fn hello() -> Message {
    Message::new(to(), Text::new("Muraho"), "action-7")
}

async fn refused(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Error {
    let meta = Meta::start(move |_| answer()).await;
    meta.client().send(NUMBER, &hello()).await.unwrap_err()
}

#[tokio::test]
async fn every_type_of_message_is_what_metas_document_takes() {
    let meta = Meta::start(|_| accepted()).await;
    let client = meta.client();
    let kinds = all();
    for (content, _) in &kinds {
        let message = Message::new(to(), content.clone(), "action-7").in_reply_to("wamid.A");
        let sent = client.send(NUMBER, &message).await.unwrap();
        assert_eq!(
            (sent.id.as_str(), sent.wa_id.as_deref()),
            ("wamid.HBgLMTY1", Some("250788123200"))
        );
        assert_eq!(sent.status, Acceptance::HeldForQualityAssessment);
    }
    for to in [
        Recipient::User("US.134".to_owned()),
        Recipient::Group("Y2FwaQ".to_owned()),
    ] {
        client
            .send(NUMBER, &Message::new(to, Text::new("hi"), "c"))
            .await
            .unwrap();
    }
    let seen = meta.seen();
    assert_eq!(seen.len(), kinds.len() + 2);
    for (request, (content, own)) in seen.iter().zip(&kinds) {
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/v23.0/106540352242922/messages")
        );
        assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
        assert_eq!(&request.json()[content.kind()], own);
        assert_eq!(request.json()["biz_opaque_callback_data"], "action-7");
        assert!(request.query.is_empty());
    }
}

#[tokio::test]
async fn reading_is_reported_with_and_without_typing() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "success": true }))).await;
    let client = meta.client();
    // The document has only one answer for this path, which this one passes as well.
    client.mark_read(NUMBER, "wamid.A", false).await.unwrap();
    client.mark_read(NUMBER, "wamid.A", true).await.unwrap();
    let seen = meta.seen();
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A" });
    assert_eq!(seen[0].json(), read);
    let mut typing = read;
    typing["typing_indicator"] = json!({ "type": "text" });
    assert_eq!(seen[1].json(), typing);
}

#[tokio::test]
async fn with_an_app_secret_every_ask_proves_itself() {
    let meta = Meta::start(|_| accepted()).await;
    let mut config = meta.config();
    config.app_secret = Secret::new("app-secret");
    Client::new(config).unwrap().send(NUMBER, &hello()).await.unwrap();
    let proof = appsecret_proof(&Secret::new(TOKEN), &Secret::new("app-secret"));
    assert_eq!(meta.seen()[0].query["appsecret_proof"], proof.expose());
}

#[tokio::test]
async fn an_unfit_message_never_leaves() {
    let meta = Meta::start(|_| accepted()).await;
    let error = meta
        .client()
        .send(NUMBER, &Message::new(to(), Text::new(""), "c"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unfit(unfit) if unfit.field == "text.body"));
    let error = meta.client().send("../me", &hello()).await.unwrap_err();
    assert!(matches!(error, Error::Settings(_)), "{error}");
    assert!(meta.seen().is_empty());
}

#[tokio::test]
async fn metas_refusals_say_what_to_do() {
    for (code, class) in [
        (131_047, Class::Window),
        (131_050, Class::OptOut),
        (131_026, Class::ReRoute),
        (132_000, Class::Stop),
        (
            131_056,
            Class::RetryLater {
                after: Duration::from_secs(6),
            },
        ),
    ] {
        let Error::Refused(error) = refused(move || graph_error(400, code)).await else {
            panic!("{code}")
        };
        assert_eq!(
            (error.code, error.class, error.details.as_str()),
            (Some(code), class, "the details")
        );
        assert_eq!(error.trace.as_deref(), Some("Az8or2yhqkZfEZ"));
        assert!(!error.uncertain);
    }
}

#[tokio::test]
async fn meta_is_given_the_time_it_asks_for() {
    let later = || Answer::Raw(429, vec![("retry-after", "90".to_owned())], b"slow down".to_vec());
    let Error::Refused(error) = refused(later).await else {
        panic!()
    };
    assert_eq!(error.wait(0), Some(Duration::from_secs(90)));
    let usage = || {
        let usage = json!({ "102290129340398": [{ "type": "whatsapp", "call_count": 100, "estimated_time_to_regain_access": 19 }] });
        let body = br#"{"error":{"code":80007,"message":"m"}}"#.to_vec();
        Answer::Raw(400, vec![("x-business-use-case-usage", usage.to_string())], body)
    };
    let Error::Refused(error) = refused(usage).await else {
        panic!()
    };
    assert_eq!(error.wait(0), Some(Duration::from_secs(19 * 60)));
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let elsewhere = Meta::start(|_| accepted()).await;
    let url = elsewhere.url();
    let error = refused(move || {
        Answer::Raw(
            307,
            vec![("location", format!("{url}/v23.0/{NUMBER}/messages"))],
            Vec::new(),
        )
    })
    .await;
    assert!(
        matches!(&error, Error::Refused(error) if matches!(error.class, Class::Unhealthy(_))),
        "{error}"
    );
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn an_answer_is_bounded_in_time_and_length() {
    let meta = Meta::start(|seen| match seen.json()["biz_opaque_callback_data"].as_str() {
        Some("endless") => Answer::Endless(1 << 30),
        _ => Answer::Stalled(b"{\"messages\":".to_vec()),
    })
    .await;
    let mut config = meta.config();
    config.timeout = Duration::from_millis(400);
    let error = Client::new(config).unwrap().send(NUMBER, &hello()).await.unwrap_err();
    assert!(matches!(error, Error::Unanswered { uncertain: true, .. }), "{error}");
    let mut config = meta.config();
    config.max_answer_bytes = 100_000;
    let endless = Message::new(to(), Text::new("hi"), "endless");
    let error = Client::new(config).unwrap().send(NUMBER, &endless).await.unwrap_err();
    assert!(matches!(error, Error::NotUnderstood(_)), "{error}");
}

#[tokio::test]
async fn who_was_never_reached_has_heard_nothing() {
    let meta = Meta::start(|_| accepted()).await;
    let config = meta.config();
    drop(meta);
    let client = Client::new(config).unwrap();
    // The listener goes when its task has ended.
    let started = Instant::now();
    let error = loop {
        match client.send(NUMBER, &hello()).await {
            Err(error @ Error::Unanswered { uncertain: false, .. }) => break error,
            other => assert!(started.elapsed() < Duration::from_secs(10), "{other:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert!(!error.to_string().contains(TOKEN));
}

#[tokio::test]
async fn neither_token_nor_proof_is_in_any_word_of_the_client() {
    let meta = Meta::start(|_| Answer::Stalled(Vec::new())).await;
    let mut config = meta.config();
    config.app_secret = Secret::new("app-secret");
    config.timeout = Duration::from_millis(200);
    let client = Client::new(config).unwrap();
    let error = client.send(NUMBER, &hello()).await.unwrap_err();
    let words = format!("{error} {error:?} {client:?}");
    let proof = appsecret_proof(&Secret::new(TOKEN), &Secret::new("app-secret"));
    for secret in [TOKEN, "app-secret", proof.expose(), "appsecret_proof"] {
        assert!(!words.contains(secret), "{words}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_followed() {
    let meta = Meta::start(|_| accepted()).await;
    let mut config = meta.config();
    config.base_url = format!("https://localhost:{}", meta.address.port());
    config.allow_loopback = false;
    let error = Client::new(config).unwrap().send(NUMBER, &hello()).await.unwrap_err();
    let Error::Unanswered { reason, uncertain } = &error else {
        panic!("{error}")
    };
    assert!(!uncertain && reason.contains("no public address"), "{reason}");
    assert!(meta.seen().is_empty());
}

#[test]
fn settings_that_would_leak_the_token_are_refused() {
    let with = |change: fn(&mut Config)| {
        let mut config = Config::new(Secret::new(TOKEN));
        change(&mut config);
        Client::new(config).map(|_| ()).map_err(|error| error.to_string())
    };
    for (change, word) in [
        (
            (|config| config.base_url = "http://graph.facebook.com".to_owned()) as fn(&mut Config),
            "https",
        ),
        (|config| config.base_url = "http://127.0.0.1:1".to_owned(), "https"),
        (|config| config.base_url = "https://10.0.0.1".to_owned(), "public"),
        (|config| config.base_url = "https://[::1]".to_owned(), "public"),
        (
            |config| config.base_url = "https://me:secret@graph.facebook.com".to_owned(),
            "password",
        ),
        (|config| config.version = "v25".to_owned(), "version"),
        (|config| config.version = "v25.0/../x".to_owned(), "version"),
        (|config| config.token = Secret::default(), "token"),
        (|config| config.token = Secret::new("a\nb"), "token"),
    ] {
        let error = with(change).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_template_that_was_accepted_without_a_status_goes_out() {
    let meta = Meta::start(|_| Answer::Json(200, json!({ "messages": [{ "id": "wamid.B" }] }))).await;
    let message = Message::new(to(), Template::new("hello_world", "en_US"), "c");
    assert_eq!(
        meta.client().send(NUMBER, &message).await.unwrap().status,
        Acceptance::Accepted
    );
    meta.seen();
}
