//! Very many customers whose answers were given in time and came late: every broken promise that was told is taken back. A hundred
//! thousand by the operator that tells of promises; through the whole pipeline fewer, or as many as `PARLANCE_CUSTOMERS` says.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use parlance_pipeline::testing::{MemoryLog, State, Told, lines};
use parlance_pipeline::{Config, History, Labels, run_on};
use parlance_schemas::labels::{By, Measure, TimerEvent};
use parlance_schemas::record::{Part, Update, VERSION};
use parlance_schemas::rows::{Interval, LogTime, Progress, RowWriter, WriteError};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::world::{DAWN, RECEIVED, WABA};

const CUSTOMERS: u32 = 100_000;
const CUSTOMERS_OF_THE_WHOLE: u32 = 5_000;
const SLA: &[u8] = br#"{"targets":[{"within":"5m","clock":"calendar"}]}"#;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
/// When they ask, all within five seconds; when they are answered; when an answer is due; when the answers are logged.
const ANSWERED: u64 = 3 * MINUTE;
const DUE: u64 = 5 * MINUTE;
const LOGGED: u64 = 10 * MINUTE;

/// What stands of timers, and what is measured of them and of promises.
#[derive(Clone, Default)]
struct Ledger(Arc<(Mutex<Stood>, Condvar)>);

#[derive(Default)]
struct Stood {
    timers: HashMap<(String, TimerEvent), (LogTime, bool)>,
    measured: HashMap<(String, Measure, By, String), (LogTime, u64)>,
    through: LogTime,
}

/// What stands: timers by what came due; timers as measured, alike; promises kept and broken.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    timers: [usize; 3],
    measured: [u64; 3],
    promises: [u64; 2],
}

const EVENTS: [TimerEvent; 3] = [TimerEvent::AtRisk50, TimerEvent::AtRisk80, TimerEvent::Breached];

impl Ledger {
    /// What stands once everything through a time is there.
    fn at(&self, time: LogTime) -> Standing {
        let (state, moved) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = |state: &mut Stood| state.through < time;
        let (state, timeout) = moved
            .wait_timeout_while(state, Duration::from_secs(240), behind)
            .unwrap();
        assert!(!timeout.timed_out(), "the pipeline did not get through");
        let timers = EVENTS.map(|event| {
            let stands = state
                .timers
                .iter()
                .filter(|((_, of), (_, deleted))| *of == event && !deleted);
            stands.count()
        });
        let measured = |measure: Measure, by: By, label: &str| {
            let rows = state
                .measured
                .iter()
                .filter(|((_, of, whose, what), _)| (*of, *whose, what.as_str()) == (measure, by, label));
            rows.map(|(_, (_, count))| count).sum()
        };
        Standing {
            timers,
            measured: EVENTS.map(|event| measured(Measure::Timers, By::Event, event.as_str())),
            promises: [Measure::PromisesKept, Measure::PromisesBroken].map(|of| measured(of, By::All, "")),
        }
    }
}

impl RowWriter for Ledger {
    fn write(&mut self, interval: &Interval) -> Result<(), WriteError> {
        let (state, moved) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        for row in &interval.timers {
            let slot = state.timers.entry((row.message_id.clone(), row.event)).or_default();
            assert!(slot.0 <= row.version);
            *slot = (row.version, row.is_deleted == 1);
        }
        for row in &interval.measures_1d {
            let key = (row.window_start.to_string(), row.measure, row.by, row.label.clone());
            let count = if row.is_deleted == 1 { 0 } else { row.count };
            state.measured.insert(key, (row.version, count));
        }
        state.through = interval.through;
        moved.notify_all();
        Ok(())
    }
}

const COUNTED: [Measure; 3] = [Measure::Timers, Measure::PromisesKept, Measure::PromisesBroken];

/// When a customer asks, after the dawn.
fn asked(customer: u32) -> u64 {
    u64::from(customer % 5) * SECOND
}

/// Makes a message of a customer, or the answer to it, and hands it on.
fn with_update(customer: u32, part: Part, take: impl FnOnce(Update<'_>)) {
    let (id, who, at) = match part {
        Part::Message => (format!("asked{customer}"), format!(r#""from":"4915{customer:07}""#), 0),
        _ => (
            format!("answered{customer}"),
            format!(r#""from":"49301","to":"4915{customer:07}""#),
            ANSWERED,
        ),
    };
    let at = (DAWN + asked(customer) + at) / SECOND;
    let json = format!(r#"{{"id":"wamid.{id}",{who},"timestamp":"{at}","type":"text","text":{{"body":""}}}}"#);
    let raw = RawValue::from_string(json).unwrap();
    take(Update {
        v: VERSION,
        received_at: RECEIVED,
        post: "post".into(),
        entry: 0,
        change: 0,
        item: 0,
        waba_id: WABA.into(),
        entry_time: None,
        field: "messages".into(),
        part,
        name: None,
        phone_number_id: Some("number-1".into()),
        display_phone_number: None,
        author: None,
        author_name: None,
        contact: None,
        update: &raw,
    });
}

/// What is known before the answers come, and after.
fn expected(customers: u32) -> [Standing; 2] {
    let (all, every) = (customers as usize, u64::from(customers));
    let nobody_was_answered = Standing {
        timers: [all; 3],
        measured: [every; 3],
        promises: [0, every],
    };
    let half_the_time_had_passed_and_no_more = Standing {
        timers: [all, 0, 0],
        measured: [every, 0, 0],
        promises: [every, 0],
    };
    [nobody_was_answered, half_the_time_had_passed_and_no_more]
}

fn settings() -> History {
    let history = History::default();
    history.take(0, DAWN - MINUTE, "sla/number-1", Some(SLA));
    history
}

#[test]
fn no_false_breach_is_left_after_a_hundred_thousand_late_replies() {
    let mut threads = State::timelines(&Config::default(), settings(), 1);
    let mut timers: HashMap<(String, TimerEvent), i64> = HashMap::new();
    let mut measured: HashMap<(Measure, By, String), i64> = HashMap::new();
    let mut work = |part: Part, tick: u64, customers: &mut dyn Iterator<Item = u32>| {
        let mut said = Vec::new();
        for customer in customers {
            with_update(customer, part, |update| said.extend(lines(update)));
        }
        threads.take_and_tell(&said, tick, |told, diff| match told {
            Told::Timer(row) => *timers.entry((row.message_id.clone(), row.event)).or_default() += diff,
            Told::Measured(measure, by, label) if COUNTED.contains(&measure) => {
                *measured.entry((measure, by, label.to_owned())).or_default() += diff;
            }
            Told::Measured(..) => {}
        });
        let stands = |event: TimerEvent| {
            assert!(
                timers.values().all(|stands| (0..=1).contains(stands)),
                "one each at the most"
            );
            timers
                .iter()
                .filter(|((_, of), stands)| *of == event && **stands == 1)
                .count()
        };
        let count = |measure, by, label: &str| {
            let count = measured.get(&(measure, by, label.to_owned())).copied();
            u64::try_from(count.unwrap_or(0)).unwrap()
        };
        Standing {
            timers: EVENTS.map(stands),
            measured: EVENTS.map(|event| count(Measure::Timers, By::Event, event.as_str())),
            promises: [Measure::PromisesKept, Measure::PromisesBroken].map(|of| count(of, By::All, "")),
        }
    };
    let each = |second: u64| (0..CUSTOMERS).filter(move |customer| asked(*customer) == second * SECOND);
    for second in 0..5 {
        work(Part::Message, DAWN + (second + 1) * SECOND, &mut each(second));
    }
    let [before, after] = expected(CUSTOMERS);
    assert_eq!(
        work(Part::Message, DAWN + DUE + MINUTE, &mut std::iter::empty()),
        before
    );
    for second in 0..5 {
        work(Part::Echo, DAWN + LOGGED + second * SECOND, &mut each(second));
    }
    assert_eq!(work(Part::Echo, DAWN + LOGGED + MINUTE, &mut std::iter::empty()), after);
}

#[test]
fn nor_in_the_tables() {
    let asked_for = std::env::var("PARLANCE_CUSTOMERS")
        .ok()
        .and_then(|text| text.parse().ok());
    let customers = asked_for.unwrap_or(CUSTOMERS_OF_THE_WHOLE);
    let (log, ledger) = (MemoryLog::new(2), Ledger::default());
    log.append_mark(0, DAWN - MINUTE, 1);
    for customer in 0..customers {
        let logged = DAWN + asked(customer) + SECOND / 2;
        with_update(customer, Part::Message, |update| {
            log.append_update(customer % 2, logged, update)
        });
    }
    log.finish(DAWN + DUE + MINUTE);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (writer, shutdown) = (ledger.clone(), CancellationToken::new());
    let config = Config {
        progress_every: Duration::from_secs(1),
        ..Config::default()
    };
    let pipeline = runtime.spawn(run_on(
        config,
        log.clone(),
        Labels::shipped(settings()),
        move |_worker: usize| Ok::<_, WriteError>(writer.clone()),
        Progress {
            complete_through: vec![0],
        },
        shutdown.clone(),
    ));
    let [before, after] = expected(customers);
    assert_eq!(ledger.at(DAWN + DUE + 10 * SECOND), before);
    for customer in 0..customers {
        let logged = DAWN + LOGGED + asked(customer);
        with_update(customer, Part::Echo, |update| {
            log.append_update(customer % 2, logged, update)
        });
    }
    let end = DAWN + LOGGED + MINUTE;
    log.finish(end);
    assert_eq!(ledger.at(end - SECOND), after);
    shutdown.cancel();
    runtime.block_on(pipeline).unwrap().unwrap();
}
