//! Windows: what they show at a time, when they are raised and when they are cleared.

use parlance_rules::{Change, Event, Flags, Rules, Subject, Window};
use parlance_schemas::labels::{Direction, Sentiment};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

fn rules(when: &Value) -> Rules {
    let rule = json!({"id": "a", "mode": "live", "on": "window", "hours": "open", "when": when,
        "then": [{"alert": {"destination": "ops"}}]});
    Rules::compile(&serde_json::from_value(json!({ "rules": [rule] })).unwrap()).unwrap()
}

fn angry_share() -> Value {
    json!({"share": {"of": {"sentiment": {"in": ["angry"]}},
        "at_least": 0.2, "among_at_least": 20, "within": "5m", "until_below": 0.15}})
}

fn window(when: &Value) -> Window {
    Window::new(&rules(when).all()[0]).unwrap()
}

/// What changed, as (raised, matching, among).
fn told(change: Option<Change>) -> Option<(bool, u64, u64)> {
    change.map(|change| match change {
        Change::Raised(seen) => (true, seen.matching, seen.among),
        Change::Cleared(seen) => (false, seen.matching, seen.among),
    })
}

#[test]
fn a_share_is_raised_among_enough_messages_and_cleared_well_below() {
    let mut window = window(&angry_share());
    (0..15).for_each(|_| window.take(1_000, false, 1));
    (0..4).for_each(|_| window.take(2_000, true, 1));
    assert_eq!(told(window.move_to(10_000)), None, "4 of 19 are enough, 19 are not");
    window.take(3_000, false, 1);
    assert_eq!(told(window.move_to(11_000)), Some((true, 4, 20)));
    window.take(12_000, false, 5);
    assert_eq!(
        told(window.move_to(12_000)),
        None,
        "4 of 25 is less than 0.2 but not than 0.15"
    );
    assert!(window.raised());
    window.take(13_000, false, 2);
    assert_eq!(told(window.move_to(13_000)), Some((false, 4, 27)));
    window.take(14_000, false, -6);
    assert_eq!(told(window.move_to(14_000)), None, "4 of 21 is above 0.15, but not 0.2");
    window.take(14_000, true, 1);
    assert_eq!(told(window.move_to(14_000)), Some((true, 5, 22)));
}

#[test]
fn a_window_that_runs_empty_is_cleared_when_it_does() {
    let mut window = window(&angry_share());
    window.take(10_000, true, 20);
    assert_eq!(told(window.move_to(10_000)), Some((true, 20, 20)));
    let due = window.due().unwrap();
    assert_eq!(
        due, 300_001,
        "(1 ms, 300,001 ms] begins within the pane of the messages, (0 s, 10 s]"
    );
    assert_eq!(told(window.move_to(due - 1)), None);
    assert_eq!(told(window.move_to(due)), Some((false, 0, 0)));
    assert_eq!(window.due(), None);
}

#[test]
fn a_count_has_two_limits() {
    let mut window = window(&json!({"count": {"of": {"sentiment": {"in": ["angry"]}},
        "at_least": 3, "within": "30s", "until_below": 2}}));
    window.take(1_000, true, 1);
    window.take(2_000, true, 1);
    window.take(3_000, false, 9);
    assert_eq!(told(window.move_to(3_000)), None);
    window.take(3_000, true, 1);
    assert_eq!(told(window.move_to(3_000)), Some((true, 3, 12)));
    assert_eq!(told(window.move_to(31_000)), None, "two are left");
    assert_eq!(told(window.move_to(32_000)), Some((false, 1, 10)));
}

#[test]
fn a_message_that_is_judged_anew_is_counted_anew() {
    let mut window = window(&angry_share());
    window.take(1_000, false, 20);
    assert_eq!(told(window.move_to(1_000)), None);
    window.take(1_000, false, -10);
    window.take(1_000, true, 10);
    assert_eq!(told(window.move_to(2_000)), Some((true, 10, 20)));
    window.take(1_000, true, -10);
    window.take(1_000, false, 10);
    assert_eq!(told(window.move_to(3_000)), Some((false, 0, 20)));
}

#[test]
fn a_rule_looks_only_at_messages_of_its_direction_and_hours() {
    let rules = rules(&angry_share());
    let rule = &rules.all()[0];
    let mut message = Subject::new(Event::Message, 0, 1, 1);
    message.flags = Flags::new(Direction::Inbound).open(true);
    assert_eq!(rule.counts(&message), Some(false));
    message.labels.sentiment = (Sentiment::Angry, 10);
    assert_eq!(rule.counts(&message), Some(true));
    assert!(!rule.matches(&message) && rules.matching(&message).next().is_none());
    assert_eq!(rule.why(&message), ["when.share.of.sentiment"]);
    message.flags = Flags::new(Direction::Inbound);
    assert_eq!(rule.counts(&message), None);
    message.flags = Flags::new(Direction::Outbound).open(true);
    assert_eq!(rule.counts(&message), None);
    assert_eq!(rules.on_windows().count(), 1);
}

/// A world of messages with times, some late, some ahead, some taken back later; and the window asked at random times.
#[test]
fn a_window_shows_what_a_recount_shows_however_messages_came() {
    for (seed, within_s) in [(1_u64, 30_i64), (2, 31), (3, 300), (4, 301), (5, 86_400)] {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let within = within_s * 1_000;
        let pane = (within_s as u64).div_ceil(30) as i64 * 1_000;
        let of_pane = |at: i64| (at - 1).div_euclid(pane);
        let mut window = window(&json!({"count": {"of": {"assigned": true}, "at_least": 10,
            "within": format!("{within_s}s"), "until_below": 6}}));
        // Every message that was not already gone when it came.
        let mut taken: Vec<(i64, bool)> = Vec::new();
        let (mut now, mut raised, mut changes) = (1_700_000_000_000_i64, false, 0);
        for _ in 0..4_000 {
            for _ in 0..chance.random_range(0..6) {
                let at = now + chance.random_range(-within * 5 / 4..within / 10);
                let matching = chance.random_bool(0.5);
                window.take(at, matching, 1);
                if of_pane(at) > of_pane(now - within) {
                    taken.push((at, matching));
                }
                if chance.random_bool(0.2) && !taken.is_empty() {
                    let (at, matching) = taken.swap_remove(chance.random_range(0..taken.len()));
                    window.take(at, matching, -1);
                }
            }
            now += chance.random_range(0..within / 8);
            // Taking up what was kept goes on as if nothing had been.
            if chance.random_bool(0.1) {
                window = bincode::deserialize(&bincode::serialize(&window).unwrap()).unwrap();
            }
            let change = window.move_to(now);
            taken.retain(|(at, _)| of_pane(*at) > of_pane(now - within));
            let shown: Vec<_> = taken.iter().filter(|(at, _)| of_pane(*at) <= of_pane(now)).collect();
            let matching = shown.iter().filter(|(_, matching)| *matching).count();
            let should = if raised { matching >= 6 } else { matching >= 10 };
            let expected = (should != raised).then_some((should, matching as u64, shown.len() as u64));
            assert_eq!(told(change), expected, "at {now}");
            changes += u32::from(should != raised);
            raised = should;
        }
        assert!(changes > 20, "{changes} within {within_s} s");
    }
}

#[test]
fn at_multiples_of_a_pane_a_window_is_exact() {
    // 5 minutes have panes of 10 s.
    let mut chance = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..300 {
        let mut window =
            window(&json!({"count": {"of": {"assigned": true}, "at_least": 2, "within": "5m", "until_below": 1}}));
        let now = 1_700_000_000_000 + chance.random_range(0..100) * 10_000;
        let times: Vec<i64> = (0..6)
            .map(|_| now - chance.random_range(-3..=330) * 1_000)
            .chain([now, now - 300_000])
            .collect();
        times.iter().for_each(|at| window.take(*at, true, 1));
        let expected = times.iter().filter(|at| **at > now - 300_000 && **at <= now).count() as u64;
        let change = told(window.move_to(now));
        assert_eq!(change, (expected >= 2).then_some((true, expected, expected)));
    }
}

#[test]
fn whoever_moves_a_window_when_it_is_due_misses_nothing() {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..100 {
        let when = json!({"count": {"of": {"assigned": true}, "at_least": 3, "within": "31s", "until_below": 2}});
        let (mut lazy, mut eager) = (window(&when), window(&when));
        let start = 1_700_000_000_000;
        for _ in 0..6 {
            let at = start + chance.random_range(-40_000..40_000);
            lazy.take(at, true, 1);
            eager.take(at, true, 1);
        }
        let mut by_lazy = vec![lazy.move_to(start)];
        while let Some(due) = lazy.due() {
            by_lazy.push(lazy.move_to(due));
        }
        let by_eager: Vec<_> = (start..start + 80_000).filter_map(|now| eager.move_to(now)).collect();
        assert_eq!(by_lazy.into_iter().flatten().collect::<Vec<_>>(), by_eager);
    }
}
