//! What bounds requests: the day's budget, the pace, and the breaker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parlance_schemas::rows::MessageRow;
use parlance_schemas::settings::OpinionSetting;
use parlance_sinks::opinion::Config;

use super::api::{Api, Reply, good};
use super::world::{Database, Log, Running, a_while, config, now, unsure, until, verdict_row};

fn texts(range: std::ops::Range<u64>) -> Vec<MessageRow> {
    range.map(|number| unsure(number, &format!("text {number}"))).collect()
}

/// Close to midnight UTC a day's budget may begin anew in the middle of a test.
fn wait_past_midnight() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    while now().rem_euclid(DAY) > DAY - 60_000 {
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn the_days_requests_stop_each_integration_and_a_restart_does_not_forget() {
    wait_past_midnight();
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    let other = MessageRow {
        phone_number_id: "200".to_owned(),
        ..unsure(50, "of another integration")
    };
    database.write(&texts(0..6), &[]);
    let config = Config {
        daily_requests: 4,
        ..config(&api)
    };
    let running = Running::start(config.clone(), &database, &log);
    until("four verdicts", || log.verdicts().len() >= 4);
    database.write(&[other], &[]);
    until("the other integration's", || log.verdicts().len() >= 5);
    // What is remembered costs nothing: it gets its verdict even now.
    let known = log.verdicts()[0].message.text.clone();
    database.write(&[unsure(60, &known)], &[]);
    until("the remembered one's", || log.verdicts().len() >= 6);
    a_while();
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 5);

    let rows: Vec<_> = log.verdicts().iter().map(verdict_row).collect();
    database.write(&texts(10..12), &rows);
    let running = Running::start(config, &database, &log);
    a_while();
    running.stop().unwrap();
    assert_eq!(api.asked().len(), 5, "the day is still spent");
}

#[test]
fn the_days_cost_stops_it_too() {
    wait_past_midnight();
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    database.write(&texts(0..20), &[]);
    // 1000 and 100 tokens an answer, so 0.2 dollars; a request is reserved at 0.27.
    let config = Config {
        usd_per_million_input_tokens: 100.0,
        usd_per_million_output_tokens: 1000.0,
        concurrency: 1,
        ..config(&api)
    };
    let setting = |_: &str| OpinionSetting {
        daily_cost_usd: Some(1.2),
        ..OpinionSetting::default()
    };
    let running = Running::with(config, &database, &log, Arc::new(setting));
    until("some verdicts", || log.verdicts().len() >= 3);
    a_while();
    running.stop().unwrap();
    let asked = api.asked().len();
    assert!((3..=6).contains(&asked), "{asked} requests for 1.2 dollars");
}

#[test]
fn requests_keep_their_pace() {
    let (api, log, mut database) = (Api::start(|_, _| good()), Log::default(), Database::new());
    database.write(&texts(0..6), &[]);
    let config = Config {
        requests_per_second: 10.0,
        concurrency: 6,
        ..config(&api)
    };
    let started = Instant::now();
    let running = Running::start(config, &database, &log);
    until("six verdicts", || log.verdicts().len() >= 6);
    running.stop().unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(450),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_provider_that_fails_is_left_alone_and_tried_again() {
    let broken = Arc::new(AtomicBool::new(true));
    let says = broken.clone();
    let api = Api::start(move |_, _| {
        if says.load(Ordering::SeqCst) {
            Reply::error(529, "overloaded_error", "Overloaded")
        } else {
            good()
        }
    });
    let (log, mut database) = (Log::default(), Database::new());
    database.write(&texts(0..10), &[]);
    let config = Config {
        breaker_failures: 3,
        breaker_pause: Duration::from_secs(1),
        concurrency: 1,
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    until("three requests", || api.asked().len() >= 3);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(api.asked().len(), 3, "open: nothing is asked");
    until("one that tries", || api.asked().len() >= 4);
    broken.store(false, Ordering::SeqCst);
    until("all verdicts", || log.verdicts().len() >= 10);
    running.stop().unwrap();
    assert_eq!(log.ids().len(), 10, "none was given up for what the provider did");
}

#[test]
fn a_provider_that_asks_for_a_wait_gets_it() {
    let api = Api::start(|number, _| match number {
        0 => Reply {
            retry_after: Some("1"),
            ..Reply::error(429, "rate_limit_error", "This request would exceed your rate limit")
        },
        _ => good(),
    });
    let (log, mut database) = (Log::default(), Database::new());
    database.write(&texts(0..3), &[]);
    let config = Config {
        concurrency: 1,
        ..config(&api)
    };
    let running = Running::start(config, &database, &log);
    until("the first request", || !api.asked().is_empty());
    let started = Instant::now();
    until("all verdicts", || log.verdicts().len() >= 3);
    running.stop().unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(900),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(api.asked().len(), 4);
}
