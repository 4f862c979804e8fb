//! A rule that reacts once for each turn or conversation does so whatever becomes of them: older messages that come late, decisions
//! that part them, customers who turn out to be one or several, verdicts.

use parlance_pipeline::History;
use parlance_pipeline::testing::{MemoryLog, MemorySink, Tables};
use parlance_schemas::action::ActionRecord;
use parlance_schemas::decision::{Decision, What as Decided};
use parlance_schemas::labels::{Intent, Judge};
use parlance_schemas::record::VERSION;
use parlance_schemas::rows::{MessageRow, TriggerRow};
use parlance_schemas::verdict::Verdict;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::world::{DAWN, Logged, RECEIVED, WABA, What, World, config, run_under, write};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const COMPLAINT: &str = "My new lamp arrived broken and nobody answers me, this is unacceptable!";
const GREETING: &str = "Danke, alles super";

/// Something that is logged, in minutes after dawn.
enum Told {
    /// By a customer: when it was logged, when sent, the message.
    Says(u64, u64, u32, u8, &'static str),
    /// The business, to a customer.
    Answers(u64, u64, u32, u8),
    /// Somebody, about a customer: when it was logged, and said to be decided.
    Decides(u64, u64, u8, Decided),
    /// Somebody, about a message.
    Corrects(u64, u32, u8, Intent),
}
use Told::{Answers, Corrects, Decides, Says};

impl Told {
    fn minute(&self) -> u64 {
        match self {
            Says(at, ..) | Answers(at, ..) | Decides(at, ..) | Corrects(at, ..) => *at,
        }
    }

    fn write(&self, log: &MemoryLog) {
        let millis = |minute: u64| i64::try_from(DAWN + minute * MINUTE).unwrap();
        let log_time = DAWN + self.minute() * MINUTE + 10 * SECOND;
        let said = |sent: u64, id: u32, customer: u8, outbound: bool, text: &'static str| Logged {
            partition: u32::from(customer) % 2,
            log_time,
            what: What::Message {
                number: 1,
                id,
                customer,
                outbound,
                sent_at: Some(millis(sent)),
                text,
            },
        };
        match self {
            Says(_, sent, id, customer, text) => write(log, &said(*sent, *id, *customer, false, text)),
            Answers(_, sent, id, customer) => write(log, &said(*sent, *id, *customer, true, "We are looking into it")),
            Decides(_, at, customer, what) => {
                let of_thread = matches!(what, Decided::Resolve | Decided::Assign { .. });
                let decision = Decision {
                    v: VERSION,
                    author: "ana".to_owned(),
                    at: millis(*at),
                    waba_id: WABA.to_owned(),
                    phone_number_id: if of_thread {
                        "number-1".to_owned()
                    } else {
                        String::new()
                    },
                    contact_id: format!("4915{customer}"),
                    group_id: String::new(),
                    what: what.clone(),
                };
                log.append_decision(0, log_time, decision);
            }
            Corrects(_, id, customer, intent) => {
                let verdict = Verdict {
                    v: VERSION,
                    judge: Judge::Person,
                    author: "ana".to_owned(),
                    at: millis(self.minute()),
                    intent: Some(*intent),
                    sentiment: None,
                    urgency: None,
                    language: None,
                    confidence: 1.0,
                    message: Box::new(known(*id, *customer)),
                };
                log.append_verdict(0, log_time, verdict);
            }
        }
    }
}

/// A message's row, as the pipeline says it is.
fn known(id: u32, customer: u8) -> MessageRow {
    let tables = tables(&[Says(0, 0, id, customer, GREETING)], &[], HOUR, 1);
    let row = &tables.messages[&("number-1".to_owned(), format!("wamid.{id}"))];
    assert_eq!(row.received_at, RECEIVED);
    row.clone()
}

fn rule(mode: &str, per: &str) -> Vec<u8> {
    let rule = format!(
        r#"{{"rules":[{{"id":"angry","mode":"{mode}","on":"message","per":"{per}","max_age":"48h",
        "when":{{"intent":{{"in":["complaint"]}}}},"then":[{{"ticket":{{}}}}]}}]}}"#
    );
    rule.into_bytes()
}

/// What a log says under settings that come into force, each with its time after dawn in minutes.
fn tables(told: &[Told], settings: &[(u64, &str, Vec<u8>)], end: u64, workers: usize) -> Tables {
    let (log, history) = (MemoryLog::new(2), History::default());
    let mut told: Vec<&Told> = told.iter().collect();
    told.sort_by_key(|told| told.minute());
    let mut told = told.into_iter().peekable();
    for (offset, (minute, key, value)) in (0..).zip(settings) {
        while told.peek().is_some_and(|told| told.minute() < *minute) {
            told.next().unwrap().write(&log);
        }
        let at = DAWN + minute * MINUTE;
        history.take(offset, at, &format!("{key}/number-1"), Some(value));
        (0..2).for_each(|partition| log.append_mark(partition, at, offset + 1));
    }
    told.for_each(|told| told.write(&log));
    log.finish(DAWN + end);
    let sink = MemorySink::new(3);
    let (writers, progress) = (sink.writers(), sink.progress());
    run_under(
        config(workers),
        (&log, history),
        &sink,
        writers,
        progress,
        DAWN + end - SECOND,
    )
    .unwrap();
    sink.tables()
}

/// The messages that set a live rule off, of logs that say the same to one worker and to two.
fn reacted(told: &[Told], per: &str) -> Vec<String> {
    reacted_under(told, &[(0, "rules", rule("live", per))])
}

fn reacted_under(told: &[Told], settings: &[(u64, &str, Vec<u8>)]) -> Vec<String> {
    let end = told.iter().map(Told::minute).max().unwrap() * MINUTE + HOUR;
    let [one, two] = [1, 2].map(|workers| tables(told, settings, end, workers));
    assert!(one.triggers == two.triggers);
    let mut rows: Vec<&TriggerRow> = one.triggers.values().collect();
    rows.sort_by_key(|row| (row.logged_at, row.at));
    let mut ids: Vec<String> = Vec::new();
    for row in &rows {
        let action: ActionRecord = serde_json::from_str(&row.actions[0]).unwrap();
        assert_eq!(
            (&action.message_id, &action.conversation_id),
            (&row.message_id, &row.conversation_id)
        );
        ids.push(action.action_id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "every reaction has an action of its own");
    let message = |row: &&TriggerRow| row.message_id.strip_prefix("wamid.").unwrap().to_owned();
    rows.iter().map(message).collect()
}

#[test]
fn five_complaints_in_a_conversation_are_one_in_two_turns_two_and_five_messages() {
    let told = [
        Says(0, 0, 1, 7, GREETING),
        Says(1, 1, 2, 7, COMPLAINT),
        Says(2, 2, 3, 7, COMPLAINT),
        Answers(3, 3, 4, 7),
        Says(4, 4, 5, 7, COMPLAINT),
        // The same once more, as Meta does.
        Says(5, 4, 5, 7, COMPLAINT),
        Says(6, 6, 6, 7, COMPLAINT),
        Says(7, 7, 7, 7, COMPLAINT),
        // Somebody else, and two days later the first again.
        Says(8, 8, 8, 6, COMPLAINT),
        Says(48 * 60, 48 * 60, 9, 7, COMPLAINT),
    ];
    assert_eq!(reacted(&told, "conversation"), ["2", "8", "9"]);
    assert_eq!(reacted(&told, "turn"), ["2", "5", "8", "9"]);
    assert_eq!(reacted(&told, "message"), ["2", "3", "5", "6", "7", "8", "9"]);
}

#[test]
fn of_messages_that_are_logged_together_the_earliest_is_reacted_to() {
    let told = [Says(0, 0, 9, 7, COMPLAINT), Says(0, 0, 5, 7, GREETING)];
    assert_eq!(reacted(&told, "conversation"), ["9"]);
    let log = [3, 1, 2].map(|id: u32| Says(5, u64::from(id), id, 7, COMPLAINT));
    assert_eq!(reacted(&log, "turn"), ["1"]);
}

#[test]
fn an_older_message_that_comes_late_makes_no_other_conversation_and_no_other_turn_of_it() {
    for per in ["conversation", "turn"] {
        let told = [
            Says(5, 5, 2, 7, COMPLAINT),
            // It begins with this one now.
            Says(7, 1, 1, 7, GREETING),
            Says(8, 8, 3, 7, COMPLAINT),
            Says(9, 0, 4, 7, COMPLAINT),
        ];
        assert_eq!(reacted(&told, per), ["2"], "{per}");
    }
}

#[test]
fn a_late_answer_parts_a_turn_and_each_part_is_reacted_to_once() {
    let told = [
        Says(1, 1, 1, 7, COMPLAINT),
        Says(5, 5, 2, 7, COMPLAINT),
        Answers(6, 3, 3, 7),
        // Of the turn that began with the second, of which nobody was told.
        Says(7, 7, 4, 7, COMPLAINT),
        Says(8, 8, 5, 7, COMPLAINT),
        Says(9, 2, 6, 7, COMPLAINT),
    ];
    assert_eq!(reacted(&told, "turn"), ["1", "4"]);
    assert_eq!(reacted(&told, "conversation"), ["1"]);
}

#[test]
fn what_was_reacted_to_goes_with_its_message_when_a_conversation_is_parted() {
    let integration = br#"{"reopen_within":"1m"}"#.to_vec();
    let settings = [
        (0, "integration", integration),
        (0, "rules", rule("live", "conversation")),
    ];
    let told = [
        Says(0, 0, 1, 7, GREETING),
        Says(10, 10, 2, 7, COMPLAINT),
        // Late: so what came at 10 was another conversation.
        Decides(12, 5, 7, Decided::Resolve),
        Says(13, 13, 3, 7, COMPLAINT),
        // To the first, of whose messages none was reacted to, but under its name somebody was.
        Says(14, 2, 4, 7, COMPLAINT),
    ];
    assert_eq!(reacted_under(&told, &settings), ["2"]);
    // Had the first been reacted to, the second would be as well.
    let told = [
        Says(0, 0, 1, 7, COMPLAINT),
        Says(10, 10, 2, 7, COMPLAINT),
        Decides(12, 5, 7, Decided::Resolve),
        Says(13, 13, 3, 7, COMPLAINT),
        Says(14, 14, 4, 7, COMPLAINT),
    ];
    assert_eq!(reacted_under(&told, &settings), ["1", "3"]);
}

#[test]
fn conversations_that_turn_out_to_be_one_are_reacted_to_no_more() {
    let integration = br#"{"conversation_gap":"1h"}"#.to_vec();
    let settings = [
        (0, "integration", integration),
        (0, "rules", rule("live", "conversation")),
    ];
    let told = [
        Says(0, 0, 1, 7, COMPLAINT),
        Says(80, 80, 2, 7, COMPLAINT),
        Says(90, 40, 3, 7, COMPLAINT),
        Says(91, 91, 4, 7, COMPLAINT),
    ];
    assert_eq!(reacted_under(&told, &settings), ["1", "2"]);
    let told = [
        Says(0, 0, 1, 7, GREETING),
        Says(80, 80, 2, 7, COMPLAINT),
        // The conversation begins an hour earlier than it seemed to.
        Says(90, 40, 3, 7, GREETING),
        Says(91, 91, 4, 7, COMPLAINT),
    ];
    assert_eq!(reacted_under(&told, &settings), ["2"]);
}

#[test]
fn customers_who_turn_out_to_be_one_or_two_take_with_them_what_was_reacted_to() {
    let other = |customer: u8| format!("4915{customer}");
    let one = [
        Says(0, 0, 1, 7, COMPLAINT),
        Says(1, 1, 2, 6, GREETING),
        Decides(5, 5, 6, Decided::Link(other(7))),
        Says(6, 6, 3, 6, COMPLAINT),
        Says(7, 7, 4, 7, COMPLAINT),
    ];
    assert_eq!(reacted(&one, "conversation"), ["1"]);
    // The one whose name is kept may be either: so the other way round.
    let swapped = [
        Says(0, 0, 1, 6, COMPLAINT),
        Says(1, 1, 2, 7, GREETING),
        Decides(5, 5, 6, Decided::Link(other(7))),
        Says(6, 6, 3, 7, COMPLAINT),
        Says(7, 7, 4, 6, COMPLAINT),
    ];
    assert_eq!(reacted(&swapped, "conversation"), ["1"]);
    let two = [
        Says(0, 0, 1, 7, GREETING),
        Decides(1, 1, 6, Decided::Link(other(7))),
        Says(2, 2, 2, 6, COMPLAINT),
        Says(3, 3, 3, 7, COMPLAINT),
        Decides(5, 5, 6, Decided::Unlink(other(7))),
        Says(6, 6, 4, 6, COMPLAINT),
    ];
    assert_eq!(reacted(&two, "conversation"), ["2"]);
}

#[test]
fn a_verdict_sets_a_rule_off_once_it_matches_and_never_twice() {
    let told = [
        Says(0, 0, 1, 7, GREETING),
        Corrects(3, 1, 7, Intent::Complaint),
        Corrects(4, 1, 7, Intent::Feedback),
        Corrects(5, 1, 7, Intent::Complaint),
        Says(6, 6, 2, 7, COMPLAINT),
    ];
    for per in ["conversation", "turn"] {
        assert_eq!(reacted(&told, per), ["1"], "{per}");
    }
    assert_eq!(reacted(&told, "message"), ["1", "2"]);
}

#[test]
fn a_dry_run_counts_each_conversation_once_in_the_hour_of_its_first() {
    let told = [
        Says(10, 10, 1, 7, COMPLAINT),
        Says(70, 70, 2, 7, COMPLAINT),
        Says(80, 80, 3, 6, COMPLAINT),
        // The earliest of the first customer's is late.
        Says(85, 75, 4, 6, COMPLAINT),
        Says(90, 90, 5, 7, GREETING),
    ];
    let matched = |settings: &[(u64, &str, Vec<u8>)]| -> Vec<(u64, u64)> {
        let [one, two] = [1, 2].map(|workers| tables(&told, settings, 3 * HOUR, workers));
        assert!(one.rule_reports == two.rule_reports);
        let rows = one.rule_reports.values();
        rows.map(|row| (row.matched, row.among)).collect()
    };
    // DAWN is thirteen minutes past an hour: the first message is of that hour, the others of the next.
    let expected = [(1, 1), (1, 4)];
    assert_eq!(matched(&[(0, "rules", rule("dry_run", "conversation"))]), expected);
    assert_eq!(
        matched(&[(100, "rules", rule("dry_run", "conversation"))]),
        expected,
        "of the past alike"
    );
    assert_eq!(matched(&[(0, "rules", rule("dry_run", "message"))]), [(1, 1), (3, 4)]);
}

#[test]
fn random_logs_say_the_same_to_any_number_of_workers_and_no_conversation_is_reacted_to_twice() {
    let mut reactions = 0;
    for seed in 0..5 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut told: Vec<Told> = Vec::new();
        for id in 1..120_u32 {
            let minute = u64::from(id) * 7 + rng.random_range(0..5);
            let customer = rng.random_range(1..4);
            let late = if rng.random_bool(0.3) {
                rng.random_range(0..40)
            } else {
                0
            };
            let sent = minute.saturating_sub(late);
            let text = if rng.random_bool(0.4) { COMPLAINT } else { GREETING };
            told.push(if rng.random_bool(0.2) {
                Answers(minute, sent, id, customer)
            } else {
                Says(minute, sent, id, customer, text)
            });
        }
        for per in ["conversation", "turn"] {
            let ids = reacted(&told, per);
            let mut once = ids.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), ids.len(), "{seed}: {ids:?}");
            reactions += ids.len();
            // Nothing parts these conversations, each customer's goes on all day.
            if per == "conversation" {
                assert!(ids.len() <= 3, "{seed}: {ids:?}");
            }
        }
    }
    assert!(reactions > 40, "{reactions} reactions are too few to say anything");
}

#[test]
fn a_random_world_is_reacted_to_alike_whatever_reads_it() {
    let world = World::random(91, 3, 400);
    let run = |workers: usize| {
        let (log, history) = (world.log(), History::default());
        for number in 0..3 {
            history.take(
                number,
                DAWN,
                &format!("rules/number-{number}"),
                Some(&rule("live", "turn")),
            );
        }
        let sink = MemorySink::new(3);
        let (writers, progress) = (sink.writers(), sink.progress());
        (0..3).for_each(|partition| log.append_mark(partition, DAWN, 3));
        run_under(
            config(workers),
            (&log, history),
            &sink,
            writers,
            progress,
            crate::world::last_tick(&world),
        )
        .unwrap();
        sink.tables()
    };
    let one = run(1);
    assert!(one == run(3));
}
