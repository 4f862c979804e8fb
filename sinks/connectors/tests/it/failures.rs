//! What an answer means that is not well, and what of it people read.

use parlance_connectors::{Ability, Class, Context, Next, Run, Sending};

use super::runs::{done, failed, zendesk};
use super::{answer, filled, header, http, shipped, with_header};

#[test]
fn statuses_mean_what_http_says_unless_the_document_says_otherwise() {
    let (connector, fields) = zendesk();
    let passes = |retry_after_ms| Class::MayPass { retry_after_ms };
    let now = Context::sample().now;
    let date = |at: i64| {
        let at = jiff::Timestamp::from_millisecond(at).unwrap();
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&at)
            .unwrap()
    };
    let cases = [
        (
            answer(
                400,
                r#"{"error":"RecordInvalid","description":"Record validation errors"}"#,
            ),
            Class::Final,
        ),
        (answer(401, ""), Class::Auth),
        (answer(403, ""), Class::Auth),
        (answer(404, ""), Class::Final),
        (answer(302, ""), Class::Final),
        (answer(408, ""), passes(None)),
        (answer(409, ""), passes(None)),
        (answer(425, ""), passes(None)),
        (answer(500, ""), passes(None)),
        (answer(599, ""), passes(None)),
        (answer(429, ""), passes(None)),
        (with_header(answer(429, ""), "retry-after", "17"), passes(Some(17_000))),
        (
            with_header(answer(503, ""), "Retry-After", &date(now + 90_000)),
            passes(Some(90_000)),
        ),
        (
            with_header(answer(429, ""), "Retry-After", &date(now - 90_000)),
            passes(Some(0)),
        ),
        (
            with_header(answer(429, ""), "Retry-After", "99999999999"),
            passes(Some(86_400_000)),
        ),
        (with_header(answer(429, ""), "Retry-After", "soon"), passes(None)),
    ];
    for (response, class) in cases {
        let mut run = Run::start(&connector, Ability::Ticket, &fields, &Context::sample());
        let _ = http(&mut run);
        run.answer(&response);
        let said = failed(&mut run);
        assert_eq!((said.0, said.1), (class, Some(response.status)), "{response:?}");
    }
}

#[test]
fn a_reason_is_short_one_line_and_without_secrets() {
    let (connector, fields) = zendesk();
    let mut run = Run::start(&connector, Ability::Ticket, &fields, &Context::sample());
    let _ = http(&mut run);
    run.answer(&answer(400, &format!("bad token hush-hush\r\n{}", "x ".repeat(4_000))));
    let (_, _, reason) = failed(&mut run);
    assert!(reason.starts_with("bad token *** x x"), "{reason}");
    assert!(
        reason.chars().count() <= 300 && !reason.contains(char::is_control),
        "{reason}"
    );
    assert!(!format!("{run:?}").contains("hush-hush"));
}

#[test]
fn no_form_of_a_secret_stays_in_a_reason_nor_half_of_one() {
    let (connector, _) = zendesk();
    let secret = "p\"w/ 7+é";
    let values = [
        ("url", "https://acme.zendesk.com"),
        ("email", "bot@acme.example"),
        ("token", secret),
    ];
    let fields = filled(&connector, &values);
    let start = || Run::start(&connector, Ability::Ticket, &fields, &Context::sample());
    let sent = header(&http(&mut start()), "Authorization").unwrap().to_owned();
    let basic = (sent.as_str(), "Basic ***");
    for (said, shown) in [
        (secret, "***"),
        (r#"p\"w/ 7+é"#, "***"),
        ("p%22w%2F%207%2B%C3%A9", "***"),
        basic,
    ] {
        for before in [0, 290, 295, 298, 1_195] {
            let mut run = start();
            let _ = http(&mut run);
            let dashes = "-".repeat(before);
            run.answer(&answer(400, &format!("{dashes}{said} is wrong")));
            let mut expected = format!("{dashes}{shown} is wrong");
            if expected.len() > 300 {
                expected = format!("{}…", &expected[..299]);
            }
            assert_eq!(failed(&mut run).2, expected);
        }
    }
}

#[test]
fn an_answer_that_lacks_what_must_be_in_it_or_is_too_large_is_final() {
    let (connector, fields) = zendesk();
    for (body, reason) in [
        ("{}".to_owned(), "the answer lacks `id`"),
        ("<html>".to_owned(), "the answer lacks `id`"),
        ("x".repeat(1024 * 1024 + 1), "the answer is larger than 1048576 bytes"),
    ] {
        let mut run = Run::start(&connector, Ability::Ticket, &fields, &Context::sample());
        let _ = http(&mut run);
        run.answer(&answer(200, r#"{"tickets":[]}"#));
        let _ = http(&mut run);
        run.answer(&answer(200, &body));
        assert_eq!(failed(&mut run), (Class::Final, Some(200), reason.to_owned()));
    }
}

#[test]
fn refusals_with_status_200_are_refusals() {
    let connector = shipped("tryton");
    let values = [
        ("endpoint", "https://tryton.example/acme"),
        ("user", "me"),
        ("password", "hush"),
    ];
    let fields = filled(&connector, &values);
    let cases = [
        (r#"{"id":1,"result":null}"#, Class::Auth),
        (r#"{"id":1,"error":["LoginException","password"]}"#, Class::Auth),
        (
            r#"{"id":1,"error":["RateLimitException",[]]}"#,
            Class::MayPass { retry_after_ms: None },
        ),
        (
            r#"{"id":1,"error":["UserError",["Company is required",""]]}"#,
            Class::Final,
        ),
    ];
    for (body, class) in cases {
        let mut run = Run::start(&connector, Ability::CrmLead, &fields, &Context::sample());
        let login = http(&mut run);
        assert_eq!(login.url, "https://tryton.example/acme/");
        run.answer(&answer(200, body));
        assert_eq!(failed(&mut run).0, class, "{body}");
    }
}

#[test]
fn mail_fails_as_smtp_says() {
    let connector = shipped("smtp");
    let values = [
        ("server", "mail.example:587"),
        ("from", "p@acme.example"),
        ("to", "a@acme.example, b@acme.example"),
    ];
    let fields = filled(&connector, &values);
    let context = Context::sample();
    let start = || Run::start(&connector, Ability::Alert, &fields, &context);
    let mut run = start();
    let Next::Send(request) = run.next() else {
        panic!("nothing to send")
    };
    let Sending::Mail(mail) = &request.sending else {
        panic!("no mail")
    };
    assert_eq!(mail.to, ["a@acme.example", "b@acme.example"]);
    assert_eq!(mail.message_id, format!("<{}.send@acme.example>", context.action_id));
    assert_eq!((mail.tls.as_str(), mail.user.as_str()), ("starttls", ""));
    run.answer(&answer(250, "2.0.0 Ok: queued"));
    done(&mut run);
    for (status, class) in [
        (451, Class::MayPass { retry_after_ms: None }),
        (421, Class::MayPass { retry_after_ms: None }),
        (535, Class::Auth),
        (550, Class::Final),
    ] {
        let mut run = start();
        let _ = run.next();
        run.answer(&answer(status, "said so"));
        assert_eq!(failed(&mut run), (class, Some(status), "said so".to_owned()));
    }
}
