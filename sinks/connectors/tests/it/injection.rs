//! Whatever a customer writes stays where it was put.

use parlance_connectors::{Ability, Connector, Context, Fields, HttpRequest, Next, Run, Sending, requests_of};
use proptest::prelude::*;

use super::{header, json, shipped};

/// Texts that end something somewhere.
const HOSTILE: &[&str] = &[
    "\"}, \"priority\": \"urgent\", {\"x\": \"",
    "line\r\nX-Injected: yes\r\n\r\nbody",
    "a\nb\rc\u{2028}d\u{0}e\u{85}f",
    "../../admin?x=1#y",
    "..",
    "%2e%2e/%2F",
    "{{ fields.token }}{% for x in y %}",
    "END:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:other",
    "a;b,c\\d:e\"f",
    "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;]]>",
    "<!channel> <https://evil.example|here> & co",
    "' OR Subject LIKE '%",
    "&grant_type=password&x=",
    "日本語 🎉 \u{202e}cba",
];

fn hostile(text: &str) -> Context {
    let mut context = Context::sample();
    context.contact.name = text.to_owned();
    context.contact.id = text.to_owned();
    context.contact.phone = text.to_owned();
    context.message.text = text.to_owned();
    context.conversation_id = text.to_owned();
    context.rule_id = text.to_owned();
    for values in context.entities.values_mut() {
        *values = vec![text.to_owned()];
    }
    context
}

/// The shape of a JSON value: everything but its texts.
fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(_) => Value::from("text"),
        Value::Array(list) => list.iter().map(shape).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        other => other.clone(),
    }
}

fn sent(connector: &Connector, ability: Ability, context: &Context) -> Option<Vec<Sending>> {
    let fields = Fields::examples(connector);
    let requests = requests_of(connector, ability, &fields, context).ok()?.0;
    Some(requests.into_iter().map(|request| request.sending).collect())
}

fn check_http(usual: &HttpRequest, now: &HttpRequest, what: &str) {
    assert_eq!(usual.method, now.method, "{what}");
    let names = |request: &HttpRequest| request.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(usual), names(now), "{what}");
    for (name, value) in &now.headers {
        assert!(
            value.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{what}: {name}: {value:?}"
        );
    }
    // As many segments and parameters as ever, and the same host.
    let parts = |url: &str| {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let host = url.split('/').nth(2).unwrap().to_owned();
        (
            host,
            path.matches('/').count(),
            query.matches('&').count(),
            query.matches('=').count(),
            url.matches('#').count(),
        )
    };
    assert_eq!(parts(&usual.url), parts(&now.url), "{what}: {}", now.url);
    assert!(
        now.url.bytes().all(|byte| byte.is_ascii_graphic()),
        "{what}: {}",
        now.url
    );
    let (Some(before), Some(after)) = (&usual.body, &now.body) else {
        assert_eq!(usual.body.is_some(), now.body.is_some(), "{what}");
        return;
    };
    if header(now, "Content-Type") == Some("application/json") {
        assert_eq!(shape(&json(usual)), shape(&json(now)), "{what}");
    } else if header(now, "Content-Type").unwrap().starts_with("text/calendar") {
        assert_eq!(properties(before), properties(after), "{what}: {after}");
    } else {
        // Forms and XML hold nothing of a customer in these documents.
        assert_eq!(before, after, "{what}");
    }
}

/// The names of an iCalendar body's lines, after unfolding.
fn properties(body: &str) -> Vec<String> {
    assert!(body.ends_with("\r\n"));
    assert!(!body.replace("\r\n", "").contains(['\r', '\n']), "{body:?}");
    assert!(body.split("\r\n").all(|line| line.len() <= 75), "{body}");
    let unfolded = body.replace("\r\n ", "");
    unfolded
        .lines()
        .map(|line| line.split([':', ';']).next().unwrap().to_owned())
        .collect()
}

fn unharmed(text: &str) {
    for (name, document) in parlance_connectors::shipped::DOCUMENTS {
        let connector = Connector::from_toml(document).unwrap();
        for (ability, _) in connector.abilities() {
            let what = format!("{name} {} {text:?}", ability.as_str());
            let usual = sent(&connector, ability, &Context::sample()).unwrap();
            // A run may be refused (a path of `..`), but never be another one.
            let Some(now) = sent(&connector, ability, &hostile(text)) else {
                continue;
            };
            assert_eq!(usual.len(), now.len(), "{what}");
            for (usual, now) in usual.iter().zip(&now) {
                match (usual, now) {
                    (Sending::Http(usual), Sending::Http(now)) => check_http(usual, now, &what),
                    (Sending::Mail(usual), Sending::Mail(now)) => {
                        assert_eq!((&usual.from, &usual.to), (&now.from, &now.to), "{what}");
                        assert!(!now.subject.contains(char::is_control), "{what}: {:?}", now.subject);
                    }
                    _ => panic!("{what}"),
                }
            }
        }
    }
}

#[test]
fn no_text_ends_its_place_in_any_shipped_document() {
    HOSTILE.iter().for_each(|text| unharmed(text));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nor_does_any_other_text(text in r#"[\PC\r\n\t"'\\<>&;:,{}%./?#=\x00-\x1f]{1,40}"#) {
        prop_assume!(!text.trim().is_empty());
        unharmed(&text);
    }
}

#[test]
fn a_text_with_templates_in_it_is_a_text() {
    let connector = shipped("zendesk");
    let fields = Fields::examples(&connector);
    let context = hostile("{{ fields.token }}");
    let (requests, _) = requests_of(&connector, Ability::Ticket, &fields, &context).unwrap();
    let Sending::Http(create) = &requests[2].sending else {
        panic!("a mail")
    };
    let body = json(create)["ticket"]["comment"]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("{{ fields.token }}"), "{body}");
}

#[test]
fn an_action_with_an_id_that_is_none_is_not_taken() {
    let connector = shipped("webhook");
    let fields = Fields::examples(&connector);
    for id in ["", "a b", "x\r\ny: z", "' OR 1=1", &"a".repeat(129)] {
        let mut context = Context::sample();
        context.action_id = id.to_owned();
        let mut run = Run::start(&connector, Ability::Webhook, &fields, &context);
        assert!(matches!(run.next(), Next::Failed(_)), "{id:?}");
    }
}

#[test]
fn a_path_that_would_climb_is_refused() {
    let connector = shipped("http_lookup");
    let fields = Fields::examples(&connector);
    let mut context = Context::sample();
    for (order, ends) in [
        ("A/../7", Some("orders/A%2F..%2F7")),
        ("..", None),
        (".", None),
        ("%2e%2E", Some("orders/%252e%252E")),
    ] {
        context.entities.insert("order".to_owned(), vec![order.to_owned()]);
        let mut run = Run::start(&connector, Ability::OrderLookup, &fields, &context);
        match (run.next(), ends) {
            (Next::Send(request), Some(ends)) => {
                let Sending::Http(http) = request.sending else {
                    panic!("a mail")
                };
                assert!(http.url.ends_with(ends), "{}", http.url);
            }
            (Next::Failed(failure), None) => assert!(failure.reason.contains("segment"), "{failure}"),
            (other, _) => panic!("{order}: {other:?}"),
        }
    }
}

#[test]
fn what_was_written_arrives_whole_in_a_calendar() {
    let connector = shipped("caldav");
    let mut context = Context::sample();
    let text = "Tuesday; or Wednesday, C:\\temp\nüber 日本語 ".repeat(12);
    context.message.text.clone_from(&text);
    let Sending::Http(put) = &sent(&connector, Ability::AppointmentRequest, &context).unwrap()[0] else {
        panic!("a mail")
    };
    let unfolded = put.body.as_ref().unwrap().replace("\r\n ", "");
    let line = unfolded
        .lines()
        .find_map(|line| line.strip_prefix("DESCRIPTION:"))
        .unwrap();
    let mut plain = String::new();
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match (char, char == '\\') {
            (_, true) => match chars.next().unwrap() {
                'n' => plain.push('\n'),
                other => plain.push(other),
            },
            _ => plain.push(char),
        }
    }
    assert_eq!(plain, text.trim_end());
}

#[test]
fn slack_is_told_no_commands() {
    let connector = shipped("slack");
    let Sending::Http(post) = &sent(&connector, Ability::Alert, &hostile("<!channel> & <@U1>")).unwrap()[0] else {
        panic!("a mail")
    };
    let text = json(post)["text"].as_str().unwrap().to_owned();
    assert!(
        text.contains("&lt;!channel&gt; &amp; &lt;@U1&gt;") && !text.contains('<'),
        "{text}"
    );
}
