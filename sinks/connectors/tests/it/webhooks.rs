//! Standard Webhooks' signatures.

use parlance_connectors::{Ability, Context, NotASecret, Run, standard_webhook};

use super::{answer, filled, header, http, shipped};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The vector in the libraries of the specification's authors.
const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

#[test]
fn the_published_vector_is_signed_as_published() {
    let sign = |secret: &str| {
        standard_webhook(
            secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        )
    };
    assert_eq!(sign(SECRET).unwrap(), SIGNED);
    assert_eq!(sign(SECRET.trim_start_matches("whsec_")).unwrap(), SIGNED);
    let both = sign(&format!("{SECRET} whsec_c2Vjb25k")).unwrap();
    assert!(both.starts_with(&format!("{SIGNED} v1,")), "{both}");
    for wrong in ["", "whsec_", "whsec_not base64!"] {
        assert_eq!(sign(wrong), Err(NotASecret), "{wrong}");
    }
}

#[test]
fn a_webhook_carries_the_actions_id_its_time_and_a_signature_of_its_very_body() {
    let connector = shipped("webhook");
    let fields = filled(&connector, &[("url", "https://erp.example/in/"), ("secret", SECRET)]);
    let context = Context::sample();
    let mut run = Run::start(&connector, Ability::Webhook, &fields, &context);
    let request = http(&mut run);
    assert_eq!(request.url, "https://erp.example/in/");
    assert_eq!(header(&request, "webhook-id"), Some(context.action_id.as_str()));
    assert_eq!(header(&request, "webhook-timestamp"), Some("1764000002"));
    let body = request.body.clone().unwrap();
    let expected = standard_webhook(SECRET, &context.action_id, 1_764_000_002, body.as_bytes()).unwrap();
    assert_eq!(header(&request, "webhook-signature"), Some(expected.as_str()));
    // Another attempt: the same id and body, another time and signature.
    let mut later = context.clone();
    later.now += 60_000;
    let again = http(&mut Run::start(&connector, Ability::Webhook, &fields, &later));
    assert_eq!(
        (&again.body, header(&again, "webhook-id")),
        (&request.body, header(&request, "webhook-id"))
    );
    assert_ne!(
        header(&again, "webhook-signature"),
        header(&request, "webhook-signature")
    );
    run.answer(&answer(202, ""));
    assert!(matches!(run.next(), parlance_connectors::Next::Done(_)));
}
