//! What is set in a chronicle, and when it becomes something else.

use serde_json::{Value, json};

/// What is set where each episode begins.
pub(super) fn episodes() -> [Vec<(String, Value)>; 2] {
    let first = vec![
        (
            "integration/number-0".to_owned(),
            json!({"time_zone": "Europe/Berlin", "reopen_within": "2h", "unmarked": "person"}),
        ),
        ("hours/number-0".to_owned(), hours("09:00", "17:00")),
        ("sla/number-0".to_owned(), sla("2m", "calendar")),
        ("rules/number-0".to_owned(), rules("live", "dry_run", "desk")),
        (
            "integration/number-2".to_owned(),
            json!({"time_zone": "America/New_York", "conversation_gap": "1h", "reactions_ask": true, "unmarked": "bot"}),
        ),
        ("sla/number-2".to_owned(), sla("3m", "business")),
        ("rules/number-2".to_owned(), rules("dry_run", "dry_run", "desk")),
    ];
    // One rule does something else, one that was tried acts, and one is taken back.
    let second = vec![
        ("rules/number-0".to_owned(), rules("live", "live", "manager")),
        ("hours/number-0".to_owned(), hours("12:00", "14:30")),
        ("rules/number-2".to_owned(), json!({"rules": []})),
    ];
    [first, second]
}

/// What is set after a scene of an episode.
pub(super) fn in_the_midst(episode: usize, scene: usize) -> Option<(String, Value)> {
    let set = match (episode, scene) {
        (0, 4) => ("sla/number-0", sla("4m", "business")),
        (0, 8) => (
            "integration/number-1",
            json!({"time_zone": "Asia/Kolkata", "reactions_ask": true}),
        ),
        (1, 3) => ("rules/number-1", rules("dry_run", "live", "desk")),
        (1, 6) => ("sla/number-1", sla("90s", "calendar")),
        _ => return None,
    };
    Some((set.0.to_owned(), set.1))
}

fn hours(from: &str, to: &str) -> Value {
    json!({"weekly": [{"days": ["mon", "tue", "wed", "thu"], "from": from, "to": to}],
           "holidays": [{"date": "2023-11-23", "open": []}]})
}

fn sla(within: &str, clock: &str) -> Value {
    json!({"targets": [{"intents": ["complaint"], "within": "45s", "clock": "calendar", "by": "human"},
                       {"within": within, "clock": clock}],
           "closing_notice": "2h", "follow_up_after": "3h"})
}

/// Rules on all that there is to react to: most in one mode, one that reacts to every message in another.
fn rules(mode: &str, every: &str, desk: &str) -> Value {
    let complaint = json!({"intent": {"in": ["complaint"]}});
    json!({"rules": [
        {"id": "angry", "mode": mode, "on": "message", "when": complaint,
         "then": [{"complaint": {}}, {"alert": {"destination": desk}}]},
        {"id": "broken", "mode": mode, "on": "timer", "when": {"timer": {"in": ["breached", "follow_up_due"]}},
         "then": [{"escalate": {}}]},
        {"id": "undelivered", "mode": mode, "on": "delivery", "then": [{"alert": {"destination": desk}}]},
        {"id": "storm", "mode": mode, "on": "window",
         "when": {"count": {"of": complaint, "at_least": 3, "within": "5m", "until_below": 2}},
         "then": [{"alert": {"destination": "manager"}}]},
        {"id": "hello", "mode": every, "on": "message", "max_age": "30m", "then": [{"crm_lead": {}}]}]})
}
