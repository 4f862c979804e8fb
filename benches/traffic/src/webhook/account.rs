//! Events of accounts, numbers, templates and flows: fields without `metadata`, whose value is one event.

use parlance_schemas::record::Part;
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

use super::ids;
use super::update::{Line, Update};
use crate::text::writer::pick;
use crate::world::Business;

/// Something that happened to one of the business's accounts at `at` (Unix seconds).
pub fn event(rng: &mut ChaCha12Rng, business: &Business, waba_id: &str, at: i64) -> Update {
    let (field, value) = if rng.random_bool(0.55) {
        of_template(rng, business)
    } else {
        of_account(rng, business, at)
    };
    let line = Line {
        kind: Part::Change,
        field: field.to_owned(),
        waba_id: waba_id.to_owned(),
        phone_number_id: String::new(),
        id: String::new(),
        status: String::new(),
        recipient: String::new(),
        sent_at: at,
        fingerprint: String::new(),
        copy: false,
    };
    Update {
        waba_id: waba_id.to_owned(),
        entry_time: Some(at),
        field,
        metadata: None,
        part: Part::Change,
        contact: None,
        item: value,
        lines: vec![line],
    }
    .with_fingerprint()
}

fn of_template(rng: &mut ChaCha12Rng, business: &Business) -> (&'static str, Value) {
    let template = pick(rng, &business.templates);
    let mut value = json!({
        "message_template_id": template.id,
        "message_template_name": template.name,
        "message_template_language": template.language,
    });
    let field = match rng.random_range(0..8) {
        0..=3 => {
            let event = *pick(
                rng,
                &[
                    "APPROVED",
                    "APPROVED",
                    "PENDING",
                    "PAUSED",
                    "FLAGGED",
                    "REJECTED",
                    "REINSTATED",
                ],
            );
            value["event"] = json!(event);
            match event {
                "REJECTED" => value["reason"] = json!(pick(rng, &["INVALID_FORMAT", "TAG_CONTENT_MISMATCH", "SCAM"])),
                "PAUSED" => value["other_info"] = json!({ "title": pick(rng, &["FIRST_PAUSE", "SECOND_PAUSE"]) }),
                _ => value["reason"] = json!("NONE"),
            }
            "message_template_status_update"
        }
        4 | 5 => {
            let scores = ["GREEN", "YELLOW", "RED", "UNKNOWN"];
            let before = rng.random_range(0..4);
            value["previous_quality_score"] = json!(scores[before]);
            value["new_quality_score"] = json!(scores[(before + rng.random_range(1..4)) % 4]);
            "message_template_quality_update"
        }
        6 => {
            value["message_template_element"] = json!(format!("{{{{1}}}}, {} %", rng.random_range(5..50)));
            value["message_template_title"] = json!(template.name);
            "message_template_components_update"
        }
        _ => {
            value["previous_category"] = json!("UTILITY");
            value["new_category"] = json!("MARKETING");
            "template_category_update"
        }
    };
    (field, value)
}

fn of_account(rng: &mut ChaCha12Rng, business: &Business, at: i64) -> (&'static str, Value) {
    let number = &pick(rng, &business.numbers).display;
    match rng.random_range(0..9) {
        0 => {
            let up = rng.random_bool(0.6);
            let limit = *pick(rng, &["TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"]);
            let event = if up { "UPGRADE" } else { "FLAGGED" };
            let value = json!({ "display_phone_number": number, "event": event, "current_limit": limit });
            ("phone_number_quality_update", value)
        }
        1 => {
            let value = json!({ "display_phone_number": number, "event": "THROUGHPUT_UPGRADE" });
            ("phone_number_quality_update", value)
        }
        2 => {
            let restriction =
                json!({ "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": at + 86_400 });
            let value = json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [restriction] });
            ("account_update", value)
        }
        3 => {
            let value = json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "SPAM" } });
            ("account_update", value)
        }
        4 => {
            let alert = json!({
                "alert_severity": pick(rng, &["CRITICAL", "WARNING", "INFORMATIONAL"]),
                "alert_status": "ACTIVE",
                "alert_type": pick(rng, &["OBA_APPROVED", "OBA_REJECTED", "PROFILE_PICTURE_LOST"]),
                "alert_description": "See WhatsApp Manager for details.",
            });
            let entity = json!({ "entity_type": "PHONE_NUMBER", "entity_id": number, "alert_info": alert });
            ("account_alerts", entity)
        }
        5 => {
            let limit = *pick(rng, &["TIER_250", "TIER_2K", "TIER_10K", "TIER_100K"]);
            let value = json!({ "max_daily_conversations_per_business": limit, "max_phone_numbers_per_business": 20 });
            ("business_capability_update", value)
        }
        6 => {
            let decision = *pick(rng, &["APPROVED", "REJECTED", "PENDING", "DEFERRED"]);
            ("account_review_update", json!({ "decision": decision }))
        }
        7 => {
            let value = json!({
                "event": "ENDPOINT_ERROR_RATE",
                "message": "The endpoint answers many requests with errors",
                "flow_id": ids::numeric(rng, 15),
                "alert_state": "ACTIVATED",
                "error_rate": rng.random_range(5..60),
                "threshold": 5,
            });
            ("flows", value)
        }
        _ => {
            let event = *pick(rng, &["PIN_CHANGED", "PIN_RESET_REQUEST"]);
            let value = json!({ "display_phone_number": number, "event": event, "requester": ids::numeric(rng, 15) });
            ("security", value)
        }
    }
}
