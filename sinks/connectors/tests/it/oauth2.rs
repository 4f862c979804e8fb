//! OAuth2: a token before the first request, kept by the caller, asked for anew when it ends.

use parlance_connectors::{Ability, Class, Connector, Context, Fields, Next, Purpose, Response, Run, Token};

use super::{answer, filled, header, http, shipped};

fn salesforce() -> (Connector, Fields) {
    let connector = shipped("salesforce");
    let values = [
        ("url", "https://acme.my.salesforce.com"),
        ("client_id", "key"),
        ("client_secret", "hush&hush"),
    ];
    let fields = filled(&connector, &values);
    (connector, fields)
}

#[test]
fn a_token_is_asked_for_first_and_then_kept() {
    let (connector, fields) = salesforce();
    let context = Context::sample();
    let mut run = Run::start(&connector, Ability::CrmLead, &fields, &context);
    let Next::Send(first) = run.next() else {
        panic!("nothing to send")
    };
    assert_eq!(first.purpose, Purpose::Token);
    let asked = http(&mut run);
    assert_eq!(asked.url, "https://acme.my.salesforce.com/services/oauth2/token");
    let body = "grant_type=client_credentials&client_id=key&client_secret=hush%26hush";
    assert_eq!(asked.body.as_deref(), Some(body));
    run.answer(&answer(
        200,
        r#"{"access_token":"tok","token_type":"Bearer","expires_in":"7200"}"#,
    ));
    let token = run.token().unwrap().clone();
    assert_eq!(token.expires_at, Some(context.now + 7_200_000));
    assert_eq!(header(&http(&mut run), "Authorization"), Some("Bearer tok"));

    let mut later = Run::start(&connector, Ability::CrmLead, &fields, &context).with_token(Some(token.clone()));
    assert_eq!(header(&http(&mut later), "Authorization"), Some("Bearer tok"));
    let mut after = context.clone();
    after.now = token.expires_at.unwrap() - 10_000;
    let mut late = Run::start(&connector, Ability::CrmLead, &fields, &after).with_token(Some(token));
    assert!(http(&mut late).url.ends_with("/token"));
}

#[test]
fn a_kept_token_that_is_refused_is_a_matter_of_credentials() {
    let (connector, fields) = salesforce();
    let token = Token {
        access: "old-token".to_owned(),
        refresh: None,
        expires_at: None,
    };
    let mut run = Run::start(&connector, Ability::CrmLead, &fields, &Context::sample()).with_token(Some(token.clone()));
    let _ = http(&mut run);
    run.answer(&answer(
        401,
        r#"[{"message":"Session old-token expired","errorCode":"INVALID_SESSION_ID"}]"#,
    ));
    let Next::Failed(failure) = run.next() else {
        panic!("it went on")
    };
    assert_eq!((failure.class, failure.status), (Class::Auth, Some(401)));
    assert_eq!(failure.reason, "Session *** expired");
    assert!(!format!("{token:?} {run:?}").contains("old-token"), "{run:?}");
}

#[test]
fn a_server_that_gives_no_token_is_told_apart_from_one_that_cannot_now() {
    let (connector, fields) = salesforce();
    let context = Context::sample();
    let cases: [(Response, Class, &str); 4] = [
        (
            answer(400, r#"{"error":"invalid_client","error_description":"bad hush&hush"}"#),
            Class::Auth,
            "invalid_client bad ***",
        ),
        (answer(401, "<html>hush</html>"), Class::Auth, "no token was given"),
        (
            answer(503, ""),
            Class::MayPass { retry_after_ms: None },
            "no token was given",
        ),
        (
            answer(200, "{}"),
            Class::Final,
            "the answer is not that of an authorization server",
        ),
    ];
    for (response, class, reason) in cases {
        let mut run = Run::start(&connector, Ability::CrmLead, &fields, &context);
        let _ = http(&mut run);
        run.answer(&response);
        let Next::Failed(failure) = run.next() else {
            panic!("it went on")
        };
        assert_eq!(
            (failure.class, failure.reason.as_str(), failure.at.as_str()),
            (class, reason, "token")
        );
    }
}

#[test]
fn a_refresh_token_is_replaced_by_the_newer_one() {
    let document = r#"
name = "hook"
title = "Hook"
docs = "https://hook.example"
fields.refresh = { about = "The refresh token", secret = true }
fields.id = { about = "The client's id", default = "me" }
fields.secret = { about = "The client's secret", secret = true }
auth = { kind = "oauth2_refresh", token_url = "https://id.example/token", client_id = "{{ fields.id }}", client_secret = "{{ fields.secret }}", refresh_token = "{{ fields.refresh }}", scope = "write", client = "basic" }

[abilities.webhook]
idempotency = "header"
[[abilities.webhook.steps]]
name = "post"
request = { method = "POST", url = "https://hook.example/in", headers = { "Idempotency-Key" = "{{ action_id }}" } }
"#;
    let connector = Connector::from_toml(document).unwrap();
    let fields = filled(&connector, &[("refresh", "first"), ("secret", "hush")]);
    let context = Context::sample();
    let mut run = Run::start(&connector, Ability::Webhook, &fields, &context);
    let asked = http(&mut run);
    assert_eq!(header(&asked, "Authorization"), Some("Basic bWU6aHVzaA=="));
    assert_eq!(
        asked.body.as_deref(),
        Some("grant_type=refresh_token&refresh_token=first&scope=write")
    );
    run.answer(&answer(
        200,
        r#"{"access_token":"a","refresh_token":"second","expires_in":60}"#,
    ));
    let token = run.token().cloned();

    let mut later = context.clone();
    later.now += 60_000;
    let mut run = Run::start(&connector, Ability::Webhook, &fields, &later).with_token(token);
    let asked = http(&mut run);
    assert_eq!(
        asked.body.as_deref(),
        Some("grant_type=refresh_token&refresh_token=second&scope=write")
    );
    // A server that gives no newer one means the same to be used on.
    run.answer(&answer(200, r#"{"access_token":"b"}"#));
    assert_eq!(run.token().unwrap().refresh.as_deref(), Some("second"));
    assert_eq!(header(&http(&mut run), "Authorization"), Some("Bearer b"));
}
