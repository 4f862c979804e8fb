//! The demo against a receiver that does not always say 200.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use parlance_schemas::webhook::split;
use parlance_traffic::demo::{self, Demo, Share};
use parlance_traffic::sign::AppSecret;
use parlance_traffic::stream::Traffic;
use parlance_traffic::webhook::Line;
use parlance_traffic::{Error, target::Target};
use tokio_util::sync::CancellationToken;

use crate::receiver::Receiver;

fn options(target: Target, ledger: &Path) -> Demo {
    Demo {
        rate: 300.0,
        span: Some(Duration::from_secs(2)),
        duplicates: Share(0.05),
        late: Share(0.05),
        start: Some("2026-07-01T09:00:00Z".parse().unwrap()),
        customers: 20,
        ledger: Some(ledger.to_owned()),
        retry_for: Duration::from_secs(20),
        ..Demo::new(target)
    }
}

fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rejected(ledger: &Path) -> std::path::PathBuf {
    let mut path = ledger.as_os_str().to_owned();
    path.push(".rejected");
    path.into()
}

/// The lines of every POST of a run, by body. Bodies that come twice say the same but for `copy`.
fn promised(options: &Demo) -> HashMap<Vec<u8>, Vec<Vec<Line>>> {
    let mut traffic = Traffic::new(options.settings().unwrap());
    let mut promised: HashMap<Vec<u8>, Vec<Vec<Line>>> = HashMap::new();
    loop {
        let post = traffic.next_post();
        if post.due > options.span.unwrap() {
            return promised;
        }
        promised.entry(post.body.to_vec()).or_default().push(post.lines);
    }
}

fn sorted(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn every_update_answered_200_is_in_the_ledger_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let receiver = Receiver::start(|_, _| 200).await;
    let options = options(receiver.target(), &ledger);
    let promised = promised(&options);
    let began = Instant::now();
    let report = demo::run(options, CancellationToken::new()).await.unwrap();
    assert!(
        began.elapsed() >= Duration::from_millis(1_800),
        "the schedule was not kept: {:?}",
        began.elapsed()
    );
    assert!(report.is_ok(), "{report}");
    assert!((590..=600).contains(&report.sent), "{report}");
    assert_eq!(report.acknowledged, report.sent);
    assert!(report.latency.max_ms >= report.latency.p50_ms && report.latency.p50_ms > 0.0);

    let expected = promised.into_values().flatten().flatten().collect();
    let written = sorted(lines(&ledger));
    assert_eq!(written, sorted(expected));
    assert_eq!(written.iter().filter(|line| line.copy).count() as u64, report.copies);
    assert!(lines(&rejected(&ledger)).is_empty());
    let received = receiver.seen.lock().unwrap().answered_ok();
    let updates: usize = received.iter().map(|body| split(body, "", 0).unwrap().len()).sum();
    assert_eq!(updates, written.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_answered_200_is_sent_again_until_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    // The first two tries of every body fail, in two ways: Meta tries again after any answer but 200.
    let tries = Mutex::new(HashMap::<Vec<u8>, usize>::new());
    let receiver = Receiver::start(move |_, body| {
        let mut tries = tries.lock().unwrap();
        let tries = tries.entry(body.to_vec()).or_default();
        *tries += 1;
        [503, 429, 200][(*tries - 1).min(2)]
    })
    .await;
    let report = demo::run(options(receiver.target(), &ledger), CancellationToken::new())
        .await
        .unwrap();
    assert!(report.is_ok() && report.retries > 0, "{report}");
    assert!(report.answers["503"] > 0 && report.answers["429"] > 0, "{report}");
    assert_eq!(report.answers["200"], report.posts);
    assert_eq!(lines(&ledger).len() as u64, report.acknowledged);
    let acknowledged = receiver.seen.lock().unwrap().answered_ok().len() as u64;
    assert_eq!(acknowledged, report.posts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_answered_200_is_given_up_and_written_apart() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let refused = |body: &[u8]| body.len().is_multiple_of(2);
    let receiver = Receiver::start(move |_, body| if refused(body) { 500 } else { 200 }).await;
    let options = Demo {
        retry_for: Duration::from_millis(400),
        ..options(receiver.target(), &ledger)
    };
    let promised = promised(&options);
    let report = demo::run(options, CancellationToken::new()).await.unwrap();
    assert!(
        !report.is_ok() && report.rejected > 0 && report.acknowledged > 0,
        "{report}"
    );
    let of = |wanted: bool| {
        let bodies = promised.iter().filter(|(body, _)| refused(body) == wanted);
        sorted(bodies.flat_map(|(_, lines)| lines.clone()).flatten().collect())
    };
    assert_eq!(sorted(lines(&ledger)), of(false));
    assert_eq!(sorted(lines(&rejected(&ledger))), of(true));
    let first = std::fs::read_to_string(rejected(&ledger)).unwrap();
    assert!(first.lines().all(|line| line.contains(r#""reason":"500""#)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_for_a_while_gets_everything_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let receiver = Receiver::start(|_, _| 200).await;
    let target = receiver.target();
    let address = receiver.address;
    drop(receiver);
    let run = tokio::spawn(demo::run(options(target, &ledger), CancellationToken::new()));
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let receiver = Receiver::start_at(address, |_, _| 200).await;
    let report = run.await.unwrap().unwrap();
    assert!(report.is_ok(), "{report}");
    assert!(report.answers["cannot connect"] > 0, "{report}");
    // The wait counts: latencies are taken from the due time.
    assert!(report.latency.max_ms >= 500.0, "{report}");
    assert_eq!(lines(&ledger).len() as u64, report.acknowledged);
    drop(receiver);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_does_not_slow_the_schedule() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    // Requests are handled one at a time, 20 ms each: about 50 a second, fewer than are due.
    let receiver = Receiver::start(|_, _| {
        #[allow(clippy::disallowed_methods, reason = "the receiver is meant to block")]
        std::thread::sleep(Duration::from_millis(20));
        200
    })
    .await;
    let options = Demo {
        rate: 600.0,
        ..options(receiver.target(), &ledger)
    };
    let report = demo::run(options, CancellationToken::new()).await.unwrap();
    assert!(report.is_ok(), "{report}");
    assert!(
        report.latency.p99_ms > report.latency.p50_ms && report.latency.max_ms > 100.0,
        "{report}"
    );
    assert!(report.held_back < Duration::from_secs(1), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_stops_soon_and_accounts_for_what_it_sent() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let receiver = Receiver::start(|n, _| if n < 5 { 200 } else { 503 }).await;
    let shutdown = CancellationToken::new();
    let options = Demo {
        span: None,
        ..options(receiver.target(), &ledger)
    };
    let run = tokio::spawn(demo::run(options, shutdown.clone()));
    tokio::time::sleep(Duration::from_millis(800)).await;
    shutdown.cancel();
    let report = tokio::time::timeout(Duration::from_secs(5), run)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(report.acknowledged > 0 && report.rejected > 0, "{report}");
    assert_eq!(lines(&ledger).len() as u64, report.acknowledged);
    assert_eq!(lines(&rejected(&ledger)).len() as u64, report.rejected);
}

#[tokio::test]
async fn another_machine_is_no_target_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let target = Target::new(
        "http://192.0.2.1/webhooks/whatsapp".parse().unwrap(),
        AppSecret::new("s"),
    );
    let error = demo::run(options(target, &ledger), CancellationToken::new())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Remote { host } if host == "192.0.2.1"),
        "{error}"
    );
    assert!(!ledger.exists());
}

#[tokio::test]
async fn options_that_cannot_be_meant_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let target = || Target::new("http://127.0.0.1:9/".parse().unwrap(), AppSecret::new("s"));
    for (bad, option) in [
        (
            Demo {
                rate: 0.0,
                ..Demo::new(target())
            },
            "--rate",
        ),
        (
            Demo {
                rate: f64::NAN,
                ..Demo::new(target())
            },
            "--rate",
        ),
        (
            Demo {
                businesses: 0,
                ..Demo::new(target())
            },
            "--businesses",
        ),
        (
            Demo {
                concurrency: 0,
                ..Demo::new(target())
            },
            "--concurrency",
        ),
    ] {
        let error = demo::run(bad, CancellationToken::new()).await.unwrap_err().to_string();
        assert!(error.contains(option), "{error}");
    }
    let nowhere = options(target(), &dir.path().join("no/such/folder/ledger"));
    let error = demo::run(nowhere, CancellationToken::new())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("no/such/folder"), "{error}");
}
