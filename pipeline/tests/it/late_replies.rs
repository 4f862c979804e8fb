//! A hundred thousand customers whose answers were given in time and came late: every broken promise that was told is taken back.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use parlance_pipeline::testing::MemoryLog;
use parlance_pipeline::{Config, History, Labels, run_on};
use parlance_schemas::labels::{By, Measure, TimerEvent};
use parlance_schemas::record::{Part, Update, VERSION};
use parlance_schemas::rows::{Interval, LogTime, Progress, RowWriter, WriteError};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::world::{DAWN, RECEIVED, WABA};

const CUSTOMERS: u32 = 100_000;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
/// When they ask, all within five seconds; when they are answered; when an answer is due; when the answers are logged.
const ANSWERED: u64 = 3 * MINUTE;
const DUE: u64 = 5 * MINUTE;
const LOGGED: u64 = 10 * MINUTE;

/// What stands of timers, and what is measured of them and of promises.
#[derive(Clone, Default)]
struct Ledger(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
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
        let behind = |state: &mut State| state.through < time;
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

fn append(log: &MemoryLog, customer: u32, part: Part, (at, logged): (u64, u64)) {
    let (id, who) = match part {
        Part::Message => (customer, format!(r#""from":"4915{customer:07}""#)),
        _ => (
            CUSTOMERS + customer,
            format!(r#""from":"49301","to":"4915{customer:07}""#),
        ),
    };
    let at = (DAWN + at) / SECOND;
    let json = format!(r#"{{"id":"wamid.{id}",{who},"timestamp":"{at}","type":"text","text":{{"body":""}}}}"#);
    let raw = RawValue::from_string(json).unwrap();
    let update = Update {
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
    };
    log.append_update(customer % 2, DAWN + logged, update);
}

#[test]
fn no_false_breach_is_left_after_a_hundred_thousand_late_replies() {
    let (log, history, ledger) = (MemoryLog::new(2), History::default(), Ledger::default());
    let sla = br#"{"targets":[{"within":"5m","clock":"calendar"}]}"#;
    history.take(0, DAWN - MINUTE, "sla/number-1", Some(sla));
    log.append_mark(0, DAWN - MINUTE, 1);
    let asked = |customer: u32| u64::from(customer % 5) * SECOND;
    for customer in 0..CUSTOMERS {
        append(
            &log,
            customer,
            Part::Message,
            (asked(customer), asked(customer) + SECOND / 2),
        );
    }
    log.finish(DAWN + DUE + MINUTE);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (writer, shutdown) = (ledger.clone(), CancellationToken::new());
    let config = Config {
        workers: 1,
        progress_every: Duration::from_secs(1),
        ..Config::default()
    };
    let pipeline = runtime.spawn(run_on(
        config,
        log.clone(),
        Labels::shipped(history),
        move |_worker: usize| Ok::<_, WriteError>(writer.clone()),
        Progress {
            complete_through: vec![0],
        },
        shutdown.clone(),
    ));
    let all = CUSTOMERS as usize;
    let every = u64::from(CUSTOMERS);
    let before = ledger.at(DAWN + DUE + 10 * SECOND);
    let broken = Standing {
        timers: [all; 3],
        measured: [every; 3],
        promises: [0, every],
    };
    assert_eq!(before, broken, "nobody was answered, as far as anybody knows");
    for customer in 0..CUSTOMERS {
        append(
            &log,
            customer,
            Part::Echo,
            (asked(customer) + ANSWERED, LOGGED + asked(customer)),
        );
    }
    let end = DAWN + LOGGED + MINUTE;
    log.finish(end);
    let after = ledger.at(end - SECOND);
    let kept = Standing {
        timers: [all, 0, 0],
        measured: [every, 0, 0],
        promises: [every, 0],
    };
    assert_eq!(after, kept, "half the time had passed, and no more");
    shutdown.cancel();
    runtime.block_on(pipeline).unwrap().unwrap();
}
