//! What is wrong with a document is said all at once, each with its place.

use std::collections::BTreeMap;

use parlance_connectors::{Connector, Fields};

const RIGHT: &str = r#"
name = "desk"
title = "Desk"
docs = "https://desk.example/api"

[fields.url]
about = "Where it is"
kind = "url"
example = "https://desk.example"

[fields.token]
about = "The token"
secret = true

[auth]
kind = "bearer"
token = "{{ fields.token }}"

[abilities.ticket]
idempotency = "search"

[[abilities.ticket.steps]]
name = "find"
request = { method = "GET", url = "{{ fields.url }}/tickets?ref={{ action_id }}" }
read = { id = { json = "$.tickets[0].id", optional = true } }
examples = [{ status = 200, json = { tickets = [] } }]

[[abilities.ticket.steps]]
name = "create"
when = "not steps.find.id"
request = { method = "POST", url = "{{ fields.url }}/tickets", body = { ticket = { subject = "{{ contact.name or 'x' }}", ref = "{{ action_id }}" } } }
read = { id = "$.id" }
examples = [{ status = 201, json = { id = 7 } }]

[abilities.ticket.outcome]
id = "{{ steps.find.id or steps.create.id }}"
"#;

fn problems(document: &str) -> Vec<String> {
    match Connector::from_toml(document) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn what_is_right_has_no_problem_in_toml_or_json() {
    assert_eq!(problems(RIGHT), Vec::<String>::new());
    let json = toml::from_str::<serde_json::Value>(RIGHT).unwrap().to_string();
    assert_eq!(Connector::from_json(&json).unwrap().title, "Desk");
}

/// A change to the right document, and all that is then said.
const BROKEN: &[(&str, &str, &[&str])] = &[
    (
        "{{ contact.name or 'x' }}",
        "{{ custmer.name }}",
        &["abilities.ticket.steps[1].request.body.ticket.subject: undefined name `custmer.name`"],
    ),
    (
        "{{ contact.name or 'x' }}",
        "{{ contact.nmae }}",
        &["abilities.ticket.steps[1].request.body.ticket.subject: undefined name `contact.nmae`"],
    ),
    (
        "{{ contact.name or 'x' }}",
        "{{ contact.name",
        &[
            "abilities.ticket.steps[1].request.body.ticket.subject: syntax error: unexpected end of input, expected end of variable block",
        ],
    ),
    (
        "{{ contact.name or 'x' }}",
        "{{ contact.name | shout }}",
        &[
            "abilities.ticket.steps[1].request.body.ticket.subject: unknown filter: filter shout is unknown (where everything is known of the customer)",
            "abilities.ticket.steps[1].request.body.ticket.subject: unknown filter: filter shout is unknown (where nearly nothing is known of the customer)",
        ],
    ),
    (
        "{{ contact.name or 'x' }}",
        "{{ earlier.ticket.number }}",
        &[
            "abilities.ticket.steps[1].request.body.ticket.subject: undefined value: `earlier.ticket` is undefined (where nearly nothing is known of the customer)",
        ],
    ),
    (
        "{{ contact.name or 'x' }}",
        "{{ entities }}",
        &[
            "abilities.ticket.steps[1].request.body.ticket.subject: invalid operation: a list or a table has no text; use `join` or `tojson` (where everything is known of the customer)",
            "abilities.ticket.steps[1].request.body.ticket.subject: invalid operation: a list or a table has no text; use `join` or `tojson` (where nearly nothing is known of the customer)",
        ],
    ),
    (
        "title = \"Desk\"",
        "titel = \"Desk\"",
        &["titel: unknown key", "title: is missing"],
    ),
    (
        "about = \"The token\"",
        "abuot = \"The token\"",
        &["fields.token.abuot: unknown key", "fields.token.about: is missing"],
    ),
    (
        "token = \"{{ fields.token }}\"",
        "token = \"{{ fields.tokne }}\"",
        &[
            "auth.token: undefined name `fields.tokne`: no such field is declared",
            "fields.token: is declared, but nothing uses it",
        ],
    ),
    (
        "/tickets?ref={{ action_id }}",
        "/tickets?key={{ fields.token }}&ref={{ action_id }}",
        &[
            "abilities.ticket.steps[0].request.url: the secret `fields.token` stands in a URL, and URLs are written into logs",
        ],
    ),
    (
        "{{ fields.url }}/tickets?ref={{ action_id }}",
        "{{ fields.url }}/../tickets?ref={{ action_id }}",
        &[
            "abilities.ticket.steps[0].request.url: has a segment `.` or `..` in its path (where everything is known of the customer)",
            "abilities.ticket.steps[0].request.url: has a segment `.` or `..` in its path (where nearly nothing is known of the customer)",
        ],
    ),
    (
        "{{ fields.url }}/tickets?ref",
        "{{ fields.url ~ '/tickets' }}?ref",
        &[
            "abilities.ticket.steps[0].request.url: is no URL of `http` or `https` (where everything is known of the customer)",
            "abilities.ticket.steps[0].request.url: is no URL of `http` or `https` (where nearly nothing is known of the customer)",
        ],
    ),
    (
        "id = \"{{ steps.find.id or",
        "number = \"{{ fields.token }}\"\nid = \"{{ steps.find.id or",
        &["abilities.ticket.outcome.number: the secret `fields.token` stands where people will see it"],
    ),
    (
        "name = \"find\"",
        "name = \"find\"\nwhen = \"not steps.create.id\"",
        &[
            "abilities.ticket.steps[0].when: `steps.create.id`: step `create` comes no earlier than this",
            "abilities.ticket.idempotency: says `search`, but no step looks for `action_id` before one that is taken `when` nothing was found",
        ],
    ),
    (
        "when = \"not steps.find.id\"",
        "when = \"not steps.fnid.id\"",
        &["abilities.ticket.steps[1].when: undefined name `steps.fnid.id`: there is no step `fnid`"],
    ),
    (
        "when = \"not steps.find.id\"",
        "when = \"not steps.find.number\"",
        &["abilities.ticket.steps[1].when: undefined name `steps.find.number`: step `find` reads no `number`"],
    ),
    (
        "when = \"not steps.find.id\"\n",
        "",
        &[
            "abilities.ticket.idempotency: says `search`, but no step looks for `action_id` before one that is taken `when` nothing was found",
        ],
    ),
    (
        "name = \"create\"",
        "name = \"find\"",
        &[
            "abilities.ticket.steps[1]: a second step is named `find`",
            "abilities.ticket.outcome.id: undefined name `steps.create.id`: there is no step `create`",
        ],
    ),
    (
        "\"$.id\"",
        "\"$.id[\"",
        &[
            "abilities.ticket.steps[1].read.id: is no JSONPath: at position 4, parser error",
            "abilities.ticket.outcome.id: undefined name `steps.create.id`: step `create` reads no `id`",
        ],
    ),
    (
        "json = { id = 7 }",
        "json = { nr = 7 }",
        &[
            "abilities.ticket.steps[1].examples: the answer lacks `id` (where everything is known of the customer)",
            "abilities.ticket.steps[1].examples: the answer lacks `id` (where nearly nothing is known of the customer)",
        ],
    ),
    (
        "examples = [{ status = 201, json = { id = 7 } }]",
        "",
        &["abilities.ticket.steps[1].examples: is missing: what a step reads is tried with example answers"],
    ),
    (
        "\"POST\"",
        "\"POTS\"",
        &[
            "abilities.ticket.steps[1].request.method: is none of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `REPORT`, `PROPFIND`",
        ],
    ),
    (
        "[abilities.ticket]",
        "[abilities.tikcet]\n[abilities.ticket]",
        &[
            "abilities.tikcet: is no ability; abilities are `crm_lead`, `ticket`, `complaint`, `appointment_request`, `free_busy`, `order_lookup`, `payment_lookup`, `alert`, `webhook`",
        ],
    ),
    (
        "idempotency = \"search\"",
        "idempotency = \"header\"",
        &["abilities.ticket.idempotency: says `header`, but no step has a header with `action_id`"],
    ),
    (
        "idempotency = \"search\"",
        "idempotency = \"if_none_match\"",
        &["abilities.ticket.idempotency: says `if_none_match`, but no step has the header `If-None-Match: *`"],
    ),
    (
        "idempotency = \"search\"",
        "idempotency = \"read_only\"",
        &["abilities.ticket.idempotency: says `read_only`, but this ability is no look-up"],
    ),
    (
        "idempotency = \"search\"",
        "idempotency = \"none\"",
        &["abilities.ticket.doubles: is missing: without idempotency, people must know when something happens twice"],
    ),
    (
        "idempotency = \"search\"",
        "idempotency = \"luck\"",
        &[
            "abilities.ticket.idempotency: `luck` is no idempotency; there is `header`, `external_id`, `search`, `if_none_match`, `read_only`, `none`",
        ],
    ),
    (
        "kind = \"bearer\"",
        "kind = \"bear\"",
        &[
            "auth: `bear` is no `kind` of auth; kinds are `none`, `bearer`, `basic`, `header`, `oauth2_client_credentials`, `oauth2_refresh`",
            "fields.token: is declared, but nothing uses it",
        ],
    ),
    (
        "example = \"https://desk.example\"",
        "example = \"ftp://desk.example\"",
        &["fields.url.example: is no URL of `http` or `https`"],
    ),
    (
        "example = \"https://desk.example\"",
        "example = \"https://me@desk.example\"",
        &["fields.url.example: has no plain host, such as `api.example.com` or `localhost:8080`"],
    ),
    (
        "secret = true",
        "secret = 1",
        &[
            "fields.token.secret: is neither true nor false",
            "fields.token: needs an `example` or a `default`, to be tried with",
        ],
    ),
    (
        "secret = true",
        "secret = true\npattern = \"(\"",
        &["fields.token.pattern: is no pattern: unclosed group"],
    ),
    (
        "read = { id = \"$.id\" }",
        "read = { id = \"$.id\" }\nerrors = [{ class = \"final\" }, { status = [9], class = \"fatal\" }]",
        &[
            "abilities.ticket.steps[1].errors[0]: fits every answer: it needs a `status`, a `body` or a `json`",
            "abilities.ticket.steps[1].errors[1].status[0]: is no status between 100 and 599",
            "abilities.ticket.steps[1].errors[1].class: is `final`, `may_pass`, `auth` or `already_there`",
        ],
    ),
    (
        "method = \"POST\",",
        "method = \"POST\", headers = { Host = \"other.example\", \"X Y\" = \"z\" },",
        &[
            "abilities.ticket.steps[1].request.headers.Host: is a header that whoever sends the request sets",
            "abilities.ticket.steps[1].request.headers.X Y: is no name of a header",
        ],
    ),
    (
        "docs = \"https://desk.example/api\"",
        "docs = \"see the wiki\"",
        &["docs: is no `https` link"],
    ),
    (
        "{{ contact.name or 'x' }}",
        "{{ fields }}",
        &[
            "abilities.ticket.steps[1].request.body.ticket.subject: `fields` is used as a whole; name what of it, such as `fields.id`",
        ],
    ),
];

#[test]
fn each_thing_that_is_wrong_is_said_with_its_place() {
    let mut wrong = Vec::new();
    for (right, broken, expected) in BROKEN {
        assert!(RIGHT.contains(right), "{right}");
        let mut said = problems(&RIGHT.replacen(right, broken, 1));
        let mut expected: Vec<_> = expected.iter().map(|line| (*line).to_owned()).collect();
        said.sort();
        expected.sort();
        if said != expected {
            wrong.push(format!("{broken}\nsaid:     {said:#?}\nexpected: {expected:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn everything_wrong_is_said_at_once() {
    let broken = RIGHT
        .replace("title = \"Desk\"", "titel = \"Desk\"")
        .replace("{{ contact.name or 'x' }}", "{{ custmer }}")
        .replace("\"POST\"", "\"POTS\"")
        .replace("not steps.find.id", "not steps.find.");
    let said = problems(&broken);
    for start in [
        "titel: unknown key",
        "title: is missing",
        "abilities.ticket.steps[1].request.body.ticket.subject: undefined name `custmer`",
        "abilities.ticket.steps[1].request.method: is none of",
        "abilities.ticket.steps[1].when: syntax error",
    ] {
        assert!(said.iter().any(|line| line.starts_with(start)), "{start}\n{said:#?}");
    }
}

#[test]
fn what_is_no_document_at_all_is_refused() {
    for (text, start) in [
        ("name = ", "is not TOML"),
        ("", "name: is missing"),
        ("name = 3", "name: is no text"),
    ] {
        let said = problems(text);
        assert!(said.iter().any(|line| line.starts_with(start)), "{said:?}");
    }
    let large = format!("name = \"{}\"", "x".repeat(300_000));
    assert_eq!(problems(&large), ["is larger than 262144 bytes"]);
    assert!(Connector::from_json("[]").is_err());
}

#[test]
fn a_template_cannot_take_the_machine_with_it() {
    // Work and memory end with the fuel.
    for template in [
        "{{ 'x' * 90000000 }}",
        "{% for a in message.text * 40 %}{% for b in message.text * 40 %}{% for c in message.text * 40 %}{{ c }}{% endfor %}{% endfor %}{% endfor %}",
        "{% set ns = 'aaaaaaaaaaaaaaaa' * 100000 %}{{ ns ~ ns ~ ns ~ ns ~ ns ~ ns }}",
    ] {
        let said = problems(&RIGHT.replace("{{ contact.name or 'x' }}", template));
        assert!(said[0].contains("fuel"), "{said:?}");
    }
}

#[test]
fn what_is_filled_in_is_checked_and_never_quoted() {
    let connector = super::shipped("hubspot");
    let given = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let said = Fields::new(
        &connector,
        given(&[("lead_object", "contacts"), ("tokne", "hush"), ("url", "gopher://x")]),
    );
    let said: Vec<_> = said.unwrap_err().0.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "lead_object: does not match `^(?:leads|deals)$`",
            "token: is not filled in",
            "url: is no URL of `http` or `https`",
            "tokne: connector `hubspot` has no such field",
        ]
    );
    let said = Fields::new(&connector, given(&[("token", "hush\r\nX-Other: 1")]))
        .unwrap_err()
        .to_string();
    assert_eq!(said, "token: is not one line of text");
    assert!(Fields::new(&connector, given(&[("token", "hush")])).is_ok());
}
