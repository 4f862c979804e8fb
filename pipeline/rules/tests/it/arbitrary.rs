//! Rules and subjects by chance, from vocabularies so small that they often meet.

use parlance_rules::{Entities, Event, Flags, Labels, Name, Subject};
use parlance_schemas::labels::{Direction, Intent, Language, MessageType, Sentiment, Urgency};
use parlance_schemas::settings::rules::{EntityKind, TimerEvent};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

pub(crate) const ONS: [&str; 3] = ["message", "timer", "delivery"];
const CODES: [i64; 4] = [131_047, 131_049, 130_472, 0];
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A subject, and what of it is kept only as hashes.
pub(crate) struct Known {
    pub(crate) subject: Subject,
    pub(crate) patterns: Vec<&'static str>,
    pub(crate) custom_intents: Vec<&'static str>,
    pub(crate) team: Option<&'static str>,
    pub(crate) agent: Option<&'static str>,
    pub(crate) code: Option<i64>,
    pub(crate) entities: Vec<EntityKind>,
    pub(crate) direction: Direction,
    pub(crate) open: bool,
    pub(crate) first_contact: bool,
}

fn pick<T: Copy>(chance: &mut ChaCha8Rng, all: &[T]) -> T {
    all[chance.random_range(0..all.len())]
}

/// Some of them, at least one, each once.
fn some<T: Clone>(chance: &mut ChaCha8Rng, all: &[T]) -> Vec<T> {
    let mut chosen: Vec<T> = all.iter().filter(|_| chance.random_bool(0.4)).cloned().collect();
    if chosen.is_empty() {
        chosen.push(all[chance.random_range(0..all.len())].clone());
    }
    chosen
}

pub(crate) fn subject(chance: &mut ChaCha8Rng, on: &str) -> Known {
    let event = match on {
        "timer" => Event::Timer(pick(chance, TimerEvent::ALL)),
        "delivery" => Event::Delivery,
        _ => Event::Message,
    };
    let mut subject = Subject::new(
        event,
        chance.random_range(0..1_000_000),
        chance.random(),
        chance.random(),
    );
    subject.labels = Labels {
        intent: (pick(chance, Intent::ALL), chance.random_range(0..=100)),
        sentiment: (pick(chance, Sentiment::ALL), chance.random_range(0..=100)),
        urgency: (pick(chance, Urgency::ALL), chance.random_range(0..=100)),
        language: (pick(chance, Language::ALL), chance.random_range(0..=100)),
    };
    subject.message_type = pick(chance, MessageType::ALL);
    subject.consecutive_negative = chance.random_range(0..5);
    subject.waiting_messages = chance.random_range(0..5);
    subject.sentiment_trend_milli = chance.random_range(-1_000..1_000);
    let mut known = Known {
        subject,
        patterns: NAMES.into_iter().filter(|_| chance.random_bool(0.3)).collect(),
        custom_intents: NAMES.into_iter().filter(|_| chance.random_bool(0.2)).collect(),
        team: chance.random_bool(0.5).then(|| pick(chance, &NAMES)),
        agent: chance.random_bool(0.3).then(|| pick(chance, &NAMES)),
        code: (on == "delivery").then(|| pick(chance, &CODES)),
        entities: EntityKind::ALL
            .iter()
            .copied()
            .filter(|_| chance.random_bool(0.3))
            .collect(),
        direction: pick(chance, Direction::ALL),
        open: chance.random(),
        first_contact: chance.random(),
    };
    known.subject.entities = known.entities.iter().copied().collect::<Entities>();
    known.subject.flags = Flags::new(known.direction)
        .open(known.open)
        .first_contact(known.first_contact)
        .assigned(known.team.is_some() || known.agent.is_some());
    let patterns = known.patterns.iter().map(|id| Name::pattern(id));
    let intents = known.custom_intents.iter().map(|intent| Name::custom_intent(intent));
    let owners = known
        .team
        .map(Name::team)
        .into_iter()
        .chain(known.agent.map(Name::agent));
    let failures = known.code.map(Name::failure).into_iter().flatten();
    known.subject.names = patterns.chain(intents).chain(owners).chain(failures).collect();
    known
}

fn with_confidence(chance: &mut ChaCha8Rng, mut condition: Value) -> Value {
    // As people write them, and as they do not.
    if chance.random_bool(0.4) {
        condition["confidence_at_least"] = json!(f64::from(chance.random_range(0..=60_u8)) / 100.0);
    }
    if chance.random_bool(0.2) {
        condition["confidence_below"] = json!(chance.random_range(0.62..=1.0_f64));
    }
    condition
}

fn range(chance: &mut ChaCha8Rng, all: std::ops::Range<i64>) -> Value {
    let (one, other) = (chance.random_range(all.clone()), chance.random_range(all));
    match chance.random_range(0..3) {
        0 => json!({ "at_least": one }),
        1 => json!({ "at_most": one }),
        _ => json!({ "at_least": one.min(other), "at_most": one.max(other) }),
    }
}

fn leaf(chance: &mut ChaCha8Rng, on: &str) -> Value {
    let of_all = ["assigned", "team", "agent"].as_slice();
    let of_labels = [
        "intent",
        "sentiment",
        "urgency",
        "language",
        "first_contact",
        "consecutive_negative",
        "sentiment_trend_milli",
        "waiting_messages",
    ];
    let own = match on {
        "timer" => ["timer"].as_slice(),
        "delivery" => &["failure", "failure_code", "message_type"],
        _ => &["pattern", "custom_intent", "entity", "message_type"],
    };
    let labels = if on == "delivery" { [].as_slice() } else { &of_labels };
    let names = [of_all, labels, own].concat();
    let name = pick(chance, &names);
    let condition = match name {
        "intent" => json!({"in": some(chance, Intent::ALL)}),
        "sentiment" => json!({"in": some(chance, Sentiment::ALL)}),
        "language" => json!({"in": some(chance, Language::ALL)}),
        "urgency" if chance.random() => json!({"at_least": pick(chance, &Urgency::ALL[..5])}),
        "urgency" => json!({"in": some(chance, Urgency::ALL)}),
        "message_type" => json!({"in": some(chance, MessageType::ALL)}),
        "entity" => json!({"in": some(chance, EntityKind::ALL)}),
        "timer" => json!({"in": some(chance, TimerEvent::ALL)}),
        "failure" => json!({"in": some(chance, &["window_closed", "policy", "token", "unknown"])}),
        "failure_code" => json!({"in": some(chance, &CODES)}),
        "first_contact" | "assigned" => json!(chance.random::<bool>()),
        "consecutive_negative" | "waiting_messages" => range(chance, 0..6),
        "sentiment_trend_milli" => range(chance, -1_000..1_000),
        _ => json!({"in": some(chance, &NAMES)}),
    };
    let condition = match name {
        "intent" | "sentiment" | "language" | "urgency" => with_confidence(chance, condition),
        _ => condition,
    };
    json!({ name: condition })
}

/// A condition, at most so many deep.
pub(crate) fn condition(chance: &mut ChaCha8Rng, on: &str, depth: usize) -> Value {
    match chance.random_range(0..6) {
        kind @ (0 | 1) if depth > 1 => {
            let inner: Vec<Value> = (0..chance.random_range(1..4))
                .map(|_| condition(chance, on, depth - 1))
                .collect();
            json!({ if kind == 0 { "all" } else { "any" }: inner })
        }
        2 if depth > 1 => json!({ "not": condition(chance, on, depth - 1) }),
        _ => leaf(chance, on),
    }
}

/// A rule with an id.
pub(crate) fn rule(chance: &mut ChaCha8Rng, id: &str, on: &str) -> Value {
    let mut rule = json!({
        "id": id,
        "mode": pick(chance, &["live", "live", "dry_run", "off"]),
        "priority": chance.random_range(-2..3),
        "stop": chance.random_bool(0.2),
        "on": on,
        "hours": pick(chance, &["any", "any", "open", "closed"]),
        "then": [{"crm_lead": {}}],
    });
    if chance.random_bool(0.95) {
        // Bounded so that a rule never has more than 50.
        rule["when"] = condition(chance, on, 4);
    }
    if on == "message" {
        rule["direction"] = json!(pick(chance, &["inbound", "outbound", "any"]));
    }
    rule
}
