//! `parlance demo`: the world's traffic as signed webhooks, open loop, with a ledger of what was acknowledged.
//!
//! ```text
//! Traffic (own thread) ─ channel ─▶ dispatcher: each POST at its due time ─▶ delivery: send, retry ─▶ books: ledger, report
//! ```
//!
//! The schedule does not wait for answers: a slow server gets the next POST all the same, and the wait shows in the
//! latencies, which count from the due time. Only two bounds hold the schedule back, and the report says when.
//!
//! # Layout
//!
//! * [`options`]: the command line
//! * `delivery`: one POST until it is acknowledged or given up
//! * `books`: the ledger and the tallies, on a thread of their own
//! * [`report`]: what is said at the end
//! * `progress`: what is said meanwhile

mod books;
mod delivery;
pub mod options;
mod progress;
pub mod report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

pub use options::{Demo, Share};
pub use report::{Latency, Report};

use crate::Error;
use crate::sign::AppSecret;
use crate::stream::{Post, Settings, Traffic};
use books::Books;
use delivery::Courier;
use progress::Progress;

/// POSTs that are made ahead of their time.
const AHEAD: usize = 256;

/// Outcomes on their way to the books.
const OUTCOMES: usize = 4_096;

/// A POST with its signature.
struct Signed {
    post: Post,
    signature: String,
}

/// Sends the traffic until `--for` is over or `shutdown` says so; returns when every POST is acknowledged or given
/// up. That some were given up is no error: the report tells.
pub async fn run(options: Demo, shutdown: CancellationToken) -> Result<Report, Error> {
    let secret = options.target.check()?.clone();
    let settings = options.settings()?;
    let client = options.target.client(options.concurrency)?;
    let (outcomes, received) = mpsc::channel(OUTCOMES);
    // A ledger that cannot be written ends the run: what is sent after it could not be checked.
    let shutdown = shutdown.child_token();
    let books = Books::open(options.ledger.as_deref(), shutdown.clone())?;
    let progress = Arc::new(Progress::default());
    let begin = Instant::now();
    let books = {
        let progress = Arc::clone(&progress);
        tokio::task::spawn_blocking(move || books.keep(received, &progress))
    };
    let display = tokio::spawn(progress::show(Arc::clone(&progress), begin, options.span));
    let courier = Arc::new(Courier {
        client,
        url: options.target.url.clone(),
        in_flight: Semaphore::new(options.concurrency),
        retry_for: options.retry_for,
        begin,
        outcomes,
        progress,
        shutdown,
    });
    let mut posts = produce(settings, secret, options.span);
    let waiting = Arc::new(Semaphore::new(options.max_waiting));
    let held_back = dispatch(&mut posts, &courier, &waiting, begin).await;
    // Every delivery holds a permit until its outcome is in the books' hands.
    let most = u32::try_from(options.max_waiting).expect("checked with the options");
    let _all = waiting.acquire_many(most).await.expect("the semaphore is never closed");
    let elapsed = begin.elapsed();
    drop(courier);
    let kept = books.await.expect("the books do not panic");
    display.abort();
    Ok(kept?.report(elapsed, held_back))
}

/// Starts the thread that makes POSTs ahead of their time. It ends with the span, or when nobody listens.
fn produce(settings: Settings, secret: AppSecret, span: Option<Duration>) -> mpsc::Receiver<Signed> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut traffic = Traffic::new(settings);
        loop {
            let post = traffic.next_post();
            if span.is_some_and(|span| post.due > span) {
                return;
            }
            let signature = secret.sign(&post.body);
            if sender.blocking_send(Signed { post, signature }).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Hands every POST over at its time. Returns how long the bounds held the schedule back at most.
async fn dispatch(
    posts: &mut mpsc::Receiver<Signed>,
    courier: &Arc<Courier>,
    waiting: &Arc<Semaphore>,
    begin: Instant,
) -> Duration {
    let mut held_back = Duration::ZERO;
    loop {
        let next = async {
            let signed = posts.recv().await?;
            let due = begin + signed.post.due;
            tokio::time::sleep_until(due.into()).await;
            let permit = Arc::clone(waiting)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            Some((signed, permit, due.elapsed()))
        };
        let (signed, permit, behind) = tokio::select! {
            () = courier.shutdown.cancelled() => return held_back,
            next = next => match next {
                Some(next) => next,
                None => return held_back,
            },
        };
        held_back = held_back.max(behind);
        let courier = Arc::clone(courier);
        tokio::spawn(async move {
            courier.deliver(signed).await;
            drop(permit);
        });
    }
}
