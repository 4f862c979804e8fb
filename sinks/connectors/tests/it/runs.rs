//! Runs without I/O: what is asked after which answer.

use parlance_connectors::{Ability, Class, Connector, Context, Fields, Next, Outcome, Run};
use parlance_schemas::action::ActionRecord;

use super::{answer, filled, header, http, json, shipped};

pub(super) fn done(run: &mut Run<'_>) -> Outcome {
    match run.next() {
        Next::Done(outcome) => outcome,
        other => panic!("not done: {other:?}"),
    }
}

pub(super) fn failed(run: &mut Run<'_>) -> (Class, Option<u16>, String) {
    match run.next() {
        Next::Failed(failure) => (failure.class, failure.status, failure.reason),
        other => panic!("not failed: {other:?}"),
    }
}

pub(super) fn zendesk() -> (Connector, Fields) {
    let connector = shipped("zendesk");
    let values = [
        ("url", "https://acme.zendesk.com/"),
        ("email", "bot@acme.example"),
        ("token", "hush-hush"),
    ];
    let fields = filled(&connector, &values);
    (connector, fields)
}

#[test]
fn what_is_not_found_is_made() {
    let (connector, fields) = zendesk();
    let context = Context::sample();
    let mut run = Run::start(&connector, Ability::Complaint, &fields, &context);
    let find = http(&mut run);
    // The field's own slash is not doubled.
    assert_eq!(
        find.url,
        format!(
            "https://acme.zendesk.com/api/v2/tickets?external_id={}",
            context.action_id
        )
    );
    assert_eq!(
        header(&find, "Authorization"),
        Some("Basic Ym90QGFjbWUuZXhhbXBsZS90b2tlbjpodXNoLWh1c2g=")
    );
    assert!(find == http(&mut run), "the same until it is answered");
    run.answer(&answer(200, r#"{"tickets":[]}"#));
    assert_eq!(json(&http(&mut run))["user"]["external_id"], context.contact.id);
    run.answer(&answer(200, r#"{"user":{"id":77}}"#));
    let create = http(&mut run);
    assert_eq!(header(&create, "Idempotency-Key"), Some(context.action_id.as_str()));
    assert_eq!(json(&create)["ticket"]["requester_id"], 77);
    run.answer(&answer(201, r#"{"ticket":{"id":12345678901}}"#));
    let outcome = done(&mut run);
    assert_eq!(outcome.number, "12345678901");
    assert_eq!(outcome.url, "https://acme.zendesk.com/agent/tickets/12345678901");
    // What comes after the end changes nothing.
    run.answer(&answer(500, ""));
    assert_eq!(done(&mut run), outcome);
}

#[test]
fn what_is_found_is_not_made_again() {
    let (connector, fields) = zendesk();
    let mut run = Run::start(&connector, Ability::Ticket, &fields, &Context::sample());
    let _ = http(&mut run);
    run.answer(&answer(200, r#"{"tickets":[{"id":9}]}"#));
    assert_eq!(done(&mut run).id, "9");
}

#[test]
fn what_is_there_already_is_taken_for_done() {
    let connector = shipped("caldav");
    let values = [
        ("calendar", "https://cal.example/a/"),
        ("user", "me"),
        ("password", "hush"),
    ];
    let fields = filled(&connector, &values);
    let context = Context::sample();
    let mut run = Run::start(&connector, Ability::AppointmentRequest, &fields, &context);
    let put = http(&mut run);
    assert_eq!(header(&put, "If-None-Match"), Some("*"));
    assert_eq!(header(&put, "Content-Type"), Some("text/calendar; charset=utf-8"));
    run.answer(&answer(412, "Precondition Failed"));
    assert_eq!(
        done(&mut run).url,
        format!("https://cal.example/a/parlance-{}.ics", context.action_id)
    );
}

#[test]
fn what_is_there_already_is_read_where_the_answer_says_it() {
    let connector = shipped("hubspot");
    let fields = filled(&connector, &[("token", "hush")]);
    let mut run = Run::start(&connector, Ability::CrmLead, &fields, &Context::sample());
    for _ in 0..2 {
        let _ = http(&mut run);
        run.answer(&answer(200, r#"{"total":0,"results":[]}"#));
    }
    assert!(http(&mut run).url.ends_with("/contacts"));
    run.answer(&answer(
        409,
        r#"{"message":"Contact already exists. Existing ID: 4711","category":"CONFLICT"}"#,
    ));
    let lead = http(&mut run);
    assert!(lead.url.ends_with("/leads"), "{}", lead.url);
    assert_eq!(json(&lead)["associations"][0]["to"]["id"], "4711");
    run.answer(&answer(201, r#"{"id":"31"}"#));
    assert_eq!(done(&mut run).id, "31");

    // A conflict that names nobody may be another one, and passes.
    let mut run = Run::start(&connector, Ability::CrmLead, &fields, &Context::sample());
    for _ in 0..2 {
        let _ = http(&mut run);
        run.answer(&answer(200, r#"{"results":[]}"#));
    }
    let _ = http(&mut run);
    run.answer(&answer(409, r#"{"message":"try again"}"#));
    let may_pass = Class::MayPass { retry_after_ms: None };
    assert_eq!(failed(&mut run), (may_pass, Some(409), "try again".to_owned()));
}

#[test]
fn a_session_is_used_by_the_steps_after_it() {
    let connector = shipped("tryton");
    let values = [
        ("endpoint", "https://tryton.example/acme"),
        ("user", "me"),
        ("password", "hush"),
    ];
    let fields = filled(&connector, &values);
    let mut run = Run::start(&connector, Ability::CrmLead, &fields, &Context::sample());
    let _ = http(&mut run);
    run.answer(&answer(200, r#"{"id":1,"result":[5,"c0ffee"]}"#));
    let find = http(&mut run);
    // base64 of `me:5:c0ffee`
    assert_eq!(header(&find, "Authorization"), Some("Session bWU6NTpjMGZmZWU="));
    assert_eq!(json(&find)["params"][3], serde_json::Value::Null);
    run.answer(&answer(200, r#"{"id":2,"result":[31]}"#));
    assert_eq!(json(&http(&mut run))["params"][0][0], 31);
    run.answer(&answer(200, r#"{"id":6,"result":[{"id":31,"number":"L-31"}]}"#));
    assert_eq!(done(&mut run).number, "L-31");
}

#[test]
fn what_is_required_is_asked_before_anything_is_sent() {
    let connector = shipped("http_lookup");
    let fields = filled(&connector, &[("order_url", "https://shop.example/o/{order}")]);
    let mut run = Run::start(&connector, Ability::OrderLookup, &fields, &Context::bare_sample());
    assert_eq!(
        failed(&mut run),
        (Class::Final, None, "the message names no order".to_owned())
    );
    let mut run = Run::start(&connector, Ability::PaymentLookup, &fields, &Context::sample());
    assert_eq!(failed(&mut run).2, "no URL is filled in for payments");
    let mut run = Run::start(&connector, Ability::Ticket, &fields, &Context::sample());
    assert_eq!(failed(&mut run).2, "connector `http_lookup` cannot do `ticket`");
}

#[test]
fn a_look_up_reads_where_the_integrator_says() {
    let connector = shipped("http_lookup");
    let values = [
        ("order_url", "https://shop.example/o/{order}.json?full=1"),
        ("authorization", "Bearer hush"),
        ("status_path", "$.order.state"),
    ];
    let fields = filled(&connector, &values);
    let mut run = Run::start(&connector, Ability::OrderLookup, &fields, &Context::sample());
    let ask = http(&mut run);
    assert_eq!(ask.url, "https://shop.example/o/A-10277.json?full=1");
    assert_eq!(header(&ask, "Authorization"), Some("Bearer hush"));
    run.answer(&answer(200, r#"{"order":{"state":"shipped"},"date":"2025-11-27"}"#));
    let outcome = done(&mut run);
    assert_eq!(
        (outcome.fields["status"].as_str(), outcome.fields["date"].as_str()),
        ("shipped", "2025-11-27")
    );
    assert_eq!(outcome.fields["link"], "");

    let fields = filled(
        &connector,
        &[("order_url", "https://shop.example/o/{order}"), ("status_path", "$.[")],
    );
    let mut run = Run::start(&connector, Ability::OrderLookup, &fields, &Context::sample());
    let unasked = http(&mut run);
    assert_eq!(header(&unasked, "Authorization"), None);
    run.answer(&answer(200, "{}"));
    assert_eq!(failed(&mut run).0, Class::Final);
}

#[test]
fn busy_times_are_read_through_folded_lines() {
    let connector = shipped("caldav");
    let values = [
        ("calendar", "https://cal.example/a"),
        ("user", "me"),
        ("password", "hush"),
    ];
    let fields = filled(&connector, &values);
    let mut run = Run::start(&connector, Ability::FreeBusy, &fields, &Context::sample());
    let report = http(&mut run);
    assert_eq!(report.method, "REPORT");
    assert!(
        report
            .body
            .unwrap()
            .contains(r#"start="20251127T100000Z" end="20251127T110000Z""#)
    );
    let body = "BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nFREEBUSY:20251127T100000Z/PT1H\r\nFREEBUSY;FBTYPE=FREE:20251127T120000Z/PT1H\r\nFREEBUSY;FBTYPE=BUSY:20251128T1000\r\n 00Z/PT30M\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    run.answer(&answer(200, body));
    assert_eq!(
        done(&mut run).fields["busy"],
        "20251127T100000Z/PT1H,20251128T100000Z/PT30M"
    );
}

#[test]
fn a_context_is_made_of_an_action() {
    let record = r#"{"v":1,"action_id":"5c0a","rule_id":"angry","rule_version":"9f3c","step":1,
        "action":{"complaint":{"priority":"from_urgency"}},"reacts_to":"message","phone_number_id":"1065","waba_id":"7",
        "contact_id":"4915112345678","contact_name":"Ana","group_id":"","conversation_id":"c","message_id":"wamid.1",
        "intent":"complaint","sentiment":"angry","urgency":"critical","language":"de",
        "entities":[["order","A-1"],["order","A-2"]],"at":5,"created_at":6,"expires_at":7}"#;
    let record: ActionRecord = serde_json::from_str(record).unwrap();
    let context = Context::of(&record, 9);
    assert_eq!(
        (context.action.as_str(), context.contact.phone.as_str()),
        ("complaint", "+4915112345678")
    );
    assert_eq!(serde_json::to_value(context.priority).unwrap(), "urgent");
    assert_eq!(context.entities["order"], ["A-1", "A-2"]);
    assert!(context.entities["email"].is_empty());
    let mut other = record;
    other.contact_id = "US.13491208655302741918".to_owned();
    assert_eq!(Context::of(&other, 9).contact.phone, "");
}
