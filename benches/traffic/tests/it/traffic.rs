//! What is generated, without sending it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use parlance_schemas::record::Part;
use parlance_schemas::webhook::split;
use parlance_traffic::stream::{MOST_UPDATES, Post, Settings, Traffic};
use parlance_traffic::webhook::Line;
use serde_json::Value;

const START_MS: i64 = 1_782_900_000_500;

fn settings() -> Settings {
    Settings {
        seed: 7,
        start_ms: START_MS,
        rate: 100.0,
        duplicates: 0.02,
        late: 0.05,
        businesses: 24,
        customers: 60,
    }
}

fn posts(settings: Settings, updates: usize) -> Vec<Post> {
    let mut traffic = Traffic::new(settings);
    let mut count = 0;
    std::iter::from_fn(|| {
        (count < updates).then(|| {
            let post = traffic.next_post();
            count += post.lines.len();
            post
        })
    })
    .collect()
}

/// One story that most tests read.
static STORY: LazyLock<Vec<Post>> = LazyLock::new(|| posts(settings(), 25_000));

/// The identity of a line: all but whether it is a copy.
fn identity(line: &Line) -> Line {
    Line {
        copy: false,
        ..line.clone()
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_seed_others() {
    let bodies = |settings| -> Vec<_> {
        posts(settings, 3_000)
            .into_iter()
            .map(|post| (post.due, post.body))
            .collect()
    };
    let first = bodies(settings());
    assert!(first == bodies(settings()));
    assert!(first != bodies(Settings { seed: 8, ..settings() }));
}

#[test]
fn every_body_splits_into_exactly_the_updates_of_the_ledger() {
    for post in STORY.iter() {
        let updates = split(&post.body, "post", 0).expect("bodies are JSON");
        let mut seen: Vec<Line> = updates.iter().map(|keyed| line_of(&keyed.update)).collect();
        let mut promised: Vec<Line> = post.lines.iter().map(identity).collect();
        seen.sort();
        promised.sort();
        let differ = seen.iter().zip(&promised).find(|(seen, promised)| seen != promised);
        assert!(
            differ.is_none() && seen.len() == promised.len(),
            "{differ:?} in {}",
            post.number
        );
    }
}

/// The ledger's line as it can be read back from a split update.
fn line_of(update: &parlance_schemas::record::Update<'_>) -> Line {
    let value: Value = serde_json::from_str(update.update.get()).unwrap();
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let sent_at = value["timestamp"].as_str().and_then(|text| text.parse().ok());
    let sent_at = sent_at.or_else(|| value["timestamp"].as_i64());
    let sent_at = sent_at.or_else(|| {
        value["metadata"]["timestamp"]
            .as_str()
            .and_then(|text| text.parse().ok())
    });
    let entry_time = update.entry_time.map(|ms| ms / 1_000);
    let has_id = matches!(
        update.part,
        Part::Message | Part::Echo | Part::HistoryMessage | Part::Status
    );
    let fingerprint = parlance_schemas::fingerprint::of_raw(update.update).to_string();
    let recipient = [
        "recipient_participant_user_id",
        "recipient_participant_id",
        "recipient_user_id",
        "recipient_id",
    ];
    let recipient = recipient
        .into_iter()
        .map(text)
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    Line {
        kind: update.part,
        field: update.field.to_string(),
        waba_id: update.waba_id.to_string(),
        phone_number_id: update.phone_number_id.as_deref().unwrap_or_default().to_owned(),
        id: text("id"),
        status: if update.part == Part::Call {
            text("event")
        } else {
            text("status")
        },
        recipient: if update.part == Part::Status {
            recipient
        } else {
            String::new()
        },
        sent_at: sent_at.or(entry_time).unwrap_or_default(),
        fingerprint: if has_id { String::new() } else { fingerprint },
        copy: false,
    }
}

#[test]
fn identities_are_unique_but_for_intended_copies_and_copies_are_of_something() {
    let mut originals = HashSet::new();
    let mut copies = 0_usize;
    let mut total = 0_usize;
    for line in STORY.iter().flat_map(|post| &post.lines) {
        total += 1;
        if line.copy {
            copies += 1;
            assert!(originals.contains(&identity(line)), "a copy of nothing: {line:?}");
        } else {
            assert!(originals.insert(line.clone()), "twice: {line:?}");
        }
    }
    let share = copies as f64 / total as f64;
    assert!((0.01..0.03).contains(&share), "{share}");
    let none = posts(
        Settings {
            duplicates: 0.0,
            ..settings()
        },
        6_000,
    );
    assert!(none.iter().all(|post| post.lines.iter().all(|line| !line.copy)));
}

#[test]
fn duplicates_come_as_whole_bodies_and_in_other_bodies() {
    let posts = posts(
        Settings {
            duplicates: 0.1,
            ..settings()
        },
        6_000,
    );
    let bodies: HashSet<_> = posts.iter().map(|post| post.body.clone()).collect();
    assert!(bodies.len() < posts.len(), "no body came twice");
    let mixed = posts.iter().filter(|post| {
        let copies = post.lines.iter().filter(|line| line.copy).count();
        copies > 0 && copies < post.lines.len()
    });
    assert!(mixed.count() > 10, "no copy stands among new updates");
}

#[test]
fn the_schedule_holds_the_rate_and_nothing_is_ahead_of_its_time() {
    let mut count = 0_u64;
    for post in STORY.iter() {
        assert!((1..=MOST_UPDATES).contains(&post.lines.len()));
        count += post.lines.len() as u64;
        let expected = count as f64 / settings().rate;
        assert!((post.due.as_secs_f64() - expected).abs() < 0.002);
        let due = (START_MS + i64::try_from(post.due.as_millis()).unwrap()) / 1_000;
        for line in &post.lines {
            assert!(line.sent_at <= due, "sent before it happened: {line:?}");
        }
    }
}

#[test]
fn the_late_share_is_late_and_the_rest_is_fresh() {
    let share = |late| {
        let (mut late_ones, mut total) = (0_u32, 0_u32);
        for post in posts(
            Settings {
                late,
                duplicates: 0.0,
                ..settings()
            },
            8_000,
        ) {
            let due = (START_MS + i64::try_from(post.due.as_millis()).unwrap()) / 1_000;
            for line in post
                .lines
                .iter()
                .filter(|line| !matches!(line.kind, Part::HistoryMessage | Part::HistoryChunk))
            {
                total += 1;
                late_ones += u32::from(due - line.sent_at >= 115);
                assert!(due - line.sent_at < 14_500, "later than a few hours: {line:?}");
            }
        }
        f64::from(late_ones) / f64::from(total)
    };
    assert!(share(0.0) < 1e-9);
    assert!((0.15..0.25).contains(&share(0.2)));
}

#[test]
fn every_kind_of_update_occurs() {
    let mut parts = HashMap::new();
    let mut fields = HashSet::new();
    let mut types: BTreeMap<String, u32> = BTreeMap::new();
    let mut statuses = HashSet::new();
    let (mut adopters, mut groups, mut referrals, mut removed, mut escaped) = (0, 0, 0, 0, 0);
    for post in STORY.iter() {
        escaped += u32::from(post.body.windows(2).any(|pair| pair == b"\\/"));
        for keyed in split(&post.body, "post", 0).unwrap() {
            let update = keyed.update;
            *parts.entry(update.part).or_insert(0_u32) += 1;
            fields.insert(update.field.to_string());
            let value: Value = serde_json::from_str(update.update.get()).unwrap();
            if let Some(kind) = value["type"].as_str()
                && matches!(update.part, Part::Message | Part::Echo)
            {
                *types.entry(kind.to_owned()).or_default() += 1;
                adopters += u32::from(value["from"].is_null());
                groups += u32::from(value["group_id"].is_string());
                referrals += u32::from(value["referral"].is_object());
                let emoji = &value["reaction"]["emoji"];
                removed += u32::from(kind == "reaction" && (emoji.is_null() || emoji == ""));
            }
            if let Some(status) = value["status"].as_str().filter(|_| update.part == Part::Status) {
                statuses.insert(status.to_owned());
                assert_eq!(status == "failed", value["errors"].is_array());
            }
        }
    }
    for part in [
        Part::Message,
        Part::Echo,
        Part::Status,
        Part::Call,
        Part::HistoryMessage,
        Part::HistoryChunk,
        Part::UserPreference,
        Part::Group,
        Part::StateSync,
        Part::Change,
    ] {
        assert!(parts.contains_key(&part), "no {part:?} in {parts:?}");
    }
    assert!(
        !parts.contains_key(&Part::UnknownKey) && !parts.contains_key(&Part::Contact),
        "{parts:?}"
    );
    for kind in [
        "text",
        "image",
        "video",
        "document",
        "audio",
        "sticker",
        "location",
        "contacts",
        "interactive",
        "button",
        "order",
        "reaction",
        "system",
        "unsupported",
        "edit",
        "revoke",
        "request_welcome",
    ] {
        assert!(types.contains_key(kind), "no {kind} in {types:?}");
    }
    for status in ["sent", "delivered", "read", "played", "failed"] {
        assert!(statuses.contains(status), "no {status}");
    }
    for field in [
        "message_template_status_update",
        "account_update",
        "phone_number_quality_update",
    ] {
        assert!(fields.contains(field), "no {field}");
    }
    assert!(adopters > 0 && groups > 0 && referrals > 0 && removed > 0 && escaped > 0);
}

#[test]
fn statuses_come_out_of_order_now_and_then() {
    let mut read = HashSet::new();
    let mut reordered = 0;
    for line in posts(
        Settings {
            late: 0.0,
            duplicates: 0.0,
            ..settings()
        },
        10_000,
    )
    .iter()
    .flat_map(|post| &post.lines)
    {
        let message = (line.id.clone(), line.recipient.clone());
        match line.status.as_str() {
            "read" => drop(read.insert(message)),
            "sent" | "delivered" => reordered += u32::from(read.contains(&message)),
            _ => {}
        }
    }
    assert!(reordered > 0);
}

#[test]
fn hours_decide_who_speaks_and_never_how_much() {
    // 03:00 UTC: night in Europe, noon in Japan and Korea.
    let night = 1_782_874_800_000;
    let share_of_east_asia = |start_ms| {
        let texts = posts(Settings { start_ms, ..settings() }, 6_000);
        let traffic = Traffic::new(Settings { start_ms, ..settings() });
        let east: HashSet<&str> = traffic
            .world()
            .businesses
            .iter()
            .filter(|business| business.utc_offset == 540)
            .flat_map(|business| business.wabas.iter().map(String::as_str))
            .collect();
        let lines: Vec<&Line> = texts.iter().flat_map(|post| &post.lines).collect();
        let there = lines.iter().filter(|line| east.contains(line.waba_id.as_str())).count();
        there as f64 / lines.len() as f64
    };
    assert!(share_of_east_asia(night) > 3.0 * share_of_east_asia(night + 15 * 3_600_000));
}
