use parlance_schemas::labels::{By, Measure};

use super::*;
use crate::event::{TICK, tick_of};
use crate::windows::{Width, Windowing};

const DAY: Time = 24 * 60 * 60 * 1_000;
/// Of windows that are open for a day after their end, and updates a minute ahead.
const OPEN: Time = 2 * DAY + 60_000;
const DAWN: Time = 1_700_000_000_000;

fn status(word: &str, recipient: &str, at: Time) -> StatusRow {
    StatusRow {
        phone_number_id: "number".into(),
        message_id: "wamid.1".into(),
        status: word.into(),
        recipient_id: recipient.into(),
        waba_id: "waba".into(),
        kind: "message".into(),
        occurred_at: i64::try_from(at).unwrap(),
        group_id: String::new(),
        callback_data: String::new(),
        conversation_id: String::new(),
        conversation_origin: String::new(),
        pricing_category: "utility".into(),
        pricing_type: "regular".into(),
        pricing_model: "PMP".into(),
        billable: 1,
        error_code: 131_026,
        error_title: String::new(),
        received_at: 0,
        logged_at: 0,
        raw: String::new(),
        version: 0,
    }
}

fn read_now(status: &StatusRow) -> Option<(DeliveryRow, Heard)> {
    read(status, i64::MAX, &mut Countries::default())
}

#[test]
fn a_status_of_a_message_becomes_a_row_with_its_one_time() {
    let (row, heard) = read_now(&status("read", "4915112345678", DAWN)).unwrap();
    let at = i64::try_from(DAWN).unwrap();
    let times = [row.sent_at, row.delivered_at, row.read_at, row.played_at, row.failed_at];
    assert_eq!(times, [None, None, Some(at), None, None]);
    assert_eq!((row.error_code, row.country.as_str(), row.billable), (0, "DE", 1));
    assert_eq!(row.pricing_model, "PMP");
    assert_eq!(
        (heard.word, heard.at, heard.price.label()),
        (Word::Read, at, "utility/regular/DE".into())
    );
    let (row, _) = read_now(&status("failed", "US.1", DAWN)).unwrap();
    assert_eq!(
        (row.failed_at, row.error_code, row.country.as_str()),
        (Some(at), 131_026, "US")
    );
    let (row, heard) = read(&status("sent", "US.1", DAWN), at - 7, &mut Countries::default()).unwrap();
    assert_eq!((row.sent_at, heard.at), (Some(at - 7), at - 7), "not later than may be");
}

#[test]
fn statuses_of_calls_and_words_that_say_nothing_of_delivery_become_none() {
    let call = StatusRow {
        kind: "call".into(),
        ..status("sent", "1", DAWN)
    };
    assert!(read_now(&call).is_none());
    for word in ["deleted", "warning", "RINGING", "accepted", ""] {
        assert!(read_now(&status(word, "1", DAWN)).is_none(), "{word}");
    }
}

#[test]
fn what_went_to_a_group_has_the_countries_of_its_members_in_rows_and_none_in_windows() {
    let of_group = |recipient: &str| {
        let status = StatusRow {
            group_id: "4915112345678".into(),
            ..status("delivered", recipient, DAWN)
        };
        let (row, heard) = read_now(&status).unwrap();
        (row.country, heard.price.label())
    };
    // Whatever a group's id looks like, it is no number.
    assert_eq!(of_group("4915112345678"), (String::new(), "utility/regular/".into()));
    assert_eq!(of_group("US.1"), ("US".into(), "utility/regular/".into()));
}

/// Hears statuses and says what windows then measure otherwise: (time, dimension and label, measures, multiplicity).
fn told(held: &mut Held, statuses: &[StatusRow], now: Time) -> Vec<(i64, String, Vec<Measure>, Diff)> {
    let heard: Vec<Heard> = statuses.iter().map(|status| read_now(status).unwrap().1).collect();
    let mut told = Vec::new();
    hear(held, &heard, now, |Measured { at, key, sum }, diff| {
        assert_eq!((key.phone_number_id.as_str(), key.start), ("number", 0));
        let dimension = if key.by == By::All {
            String::new()
        } else {
            format!("{}={}", key.by, key.label)
        };
        told.push((
            at,
            dimension,
            sum.into_vec().into_iter().map(|(measure, _)| measure).collect(),
            diff,
        ));
    });
    held.sweep(now);
    told
}

#[test]
fn only_what_changes_is_told() {
    let mut held = Held::new(OPEN);
    let at = i64::try_from(DAWN).unwrap();
    let bare = |word: &str, at: Time| StatusRow {
        pricing_category: String::new(),
        pricing_type: String::new(),
        ..status(word, "1", at)
    };
    let (all, code) = (String::new(), "code=131026".to_owned());
    let failed = [bare("failed", DAWN + 5_000)];
    let as_failed = |at: i64, diff: Diff| {
        [
            (at, all.clone(), vec![Measure::Failed], diff),
            (at, code.clone(), vec![Measure::Failed], diff),
        ]
    };
    assert_eq!(told(&mut held, &failed, DAWN), as_failed(at + 5_000, 1));
    assert_eq!(told(&mut held, &failed, DAWN + TICK), [], "nothing new");
    // It was sent before that: what was counted is taken back and counted anew.
    let moved = told(&mut held, &[bare("sent", DAWN)], DAWN + TICK);
    assert_eq!(moved[..2], as_failed(at + 5_000, -1));
    assert_eq!(moved[2], (at, all.clone(), vec![Measure::Sent, Measure::Failed], 1));
    assert_eq!(moved[3..], as_failed(at, 1)[1..]);
    // It came through after all.
    let came = told(&mut held, &[bare("read", DAWN + 9_000)], DAWN + 2 * TICK);
    let gained = vec![
        Measure::Delivered,
        Measure::Read,
        Measure::TimeToDeliver,
        Measure::TimeToRead,
    ];
    assert_eq!(came[..2], as_failed(at, -1));
    assert_eq!(came[2..], [(at, all.clone(), gained, 1)]);
    // `delivered` comes last: the time to deliver is another, the rest is known.
    let times = |diff| (at, all.clone(), vec![Measure::TimeToDeliver], diff);
    assert_eq!(
        told(&mut held, &[bare("delivered", DAWN + 3_000)], DAWN + 3 * TICK),
        [times(-1), times(1)]
    );
    assert_eq!(
        told(&mut held, &[bare("played", DAWN + 9_500)], DAWN + 4 * TICK),
        [],
        "it was read before"
    );
}

#[test]
fn a_status_so_late_that_its_message_is_forgotten_counts_it_no_second_time() {
    // Whatever is said of the message so late: nothing in a window that is open.
    let late = DAWN + OPEN + 2 * GENERATION;
    let (now, at) = (tick_of(late), i64::try_from(DAWN).unwrap());
    let windows = Width::ALL.map(|width| Windowing { width, lateness: DAY });
    for word in ["sent", "delivered", "read", "played", "failed"] {
        let mut held = Held::new(OPEN);
        let first = told(&mut held, &[status("sent", "1", DAWN)], tick_of(DAWN));
        assert_eq!(first[0], (at, String::new(), vec![Measure::Sent, Measure::Priced], 1));
        (0..100).for_each(|_| held.sweep(now));
        assert_eq!(held.len(), 0);
        // `sent` says the same time as ever; the rest is news of today.
        let said = if word == "sent" { DAWN } else { late };
        for (at, _, measures, diff) in told(&mut held, &[status(word, "1", said)], now) {
            assert_eq!(diff, 1);
            let is_open = windows.iter().any(|windowing| windowing.open(at, now).is_some());
            // That it failed was never counted.
            assert_eq!(is_open, measures == [Measure::Failed], "{word}");
            assert!(word != "failed" || is_open);
        }
    }
}

#[test]
fn as_long_as_a_window_is_open_its_messages_are_known() {
    // The latest time a message can claim, at the worst place in its day.
    let logged = tick_of(DAWN / DAY * DAY + 12_345_678);
    let sent = logged + 60_000;
    let windowing = Windowing {
        width: Width::Day,
        lateness: DAY,
    };
    for (day_begins, wait) in [(sent, 0), (sent / DAY * DAY, 3_600_000)] {
        let mut held = Held::new(OPEN);
        told(&mut held, &[status("sent", "1", day_begins)], logged);
        let mut now = logged;
        while windowing.open(i64::try_from(day_begins).unwrap(), now).is_some() {
            assert_eq!(
                held.get(fingerprint::identity("message", &["number", "wamid.1"]).0, now)
                    .state(),
                Some(Word::Sent)
            );
            (0..100).for_each(|_| held.sweep(now));
            assert_eq!(held.len(), 1);
            now += 600_000 + wait;
        }
    }
}
