//! One POST until it is acknowledged or given up, the way Meta does it: again at once, then ever less often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode, Url};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::Signed;
use super::progress::Progress;
use crate::sign::HEADER;
use crate::webhook::Line;

/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long a request that is on its way may still take once the run was asked to stop.
const GRACE: Duration = Duration::from_secs(3);

/// What one try came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// A status.
    Status(u16),
    /// No status: what was in the way.
    Nothing(&'static str),
}

impl Answer {
    pub(super) fn is_ok(&self) -> bool {
        *self == Self::Status(StatusCode::OK.as_u16())
    }
}

/// What became of a POST.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) lines: Vec<Line>,
    /// Every try's answer; the last one decides.
    pub(super) answers: Vec<Answer>,
    /// From the due time to the end of the last try.
    pub(super) since_due: Duration,
    /// Of the last try alone.
    pub(super) last_try: Duration,
}

impl Outcome {
    pub(super) fn acknowledged(&self) -> bool {
        self.answers.last().is_some_and(Answer::is_ok)
    }
}

/// Carries POSTs to the target.
pub(super) struct Courier {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) in_flight: Semaphore,
    pub(super) retry_for: Duration,
    pub(super) begin: Instant,
    pub(super) outcomes: mpsc::Sender<Outcome>,
    pub(super) progress: Arc<Progress>,
    pub(super) shutdown: CancellationToken,
}

impl Courier {
    pub(super) async fn deliver(&self, signed: Signed) {
        let due = self.begin + signed.post.due;
        let first = Instant::now();
        let mut answers = Vec::new();
        let mut last_try;
        self.progress.count_sent(signed.post.lines.len());
        loop {
            let (answer, took) = self.attempt(&signed).await;
            last_try = took;
            let done = answer.is_ok();
            answers.push(answer);
            let wait = wait_after(answers.len(), signed.post.number);
            if done || self.shutdown.is_cancelled() || first.elapsed() + wait > self.retry_for {
                break;
            }
            self.progress.count_retry();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.shutdown.cancelled() => break,
            }
        }
        let outcome = Outcome {
            lines: signed.post.lines,
            answers,
            since_due: due.elapsed(),
            last_try,
        };
        self.outcomes
            .send(outcome)
            .await
            .expect("the books are open as long as there are deliveries");
    }

    async fn attempt(&self, signed: &Signed) -> (Answer, Duration) {
        let _permit = self.in_flight.acquire().await.expect("the semaphore is never closed");
        let began = Instant::now();
        let request = async {
            let response = self
                .client
                .post(self.url.clone())
                .header("content-type", "application/json")
                .header(HEADER, &signed.signature)
                .body(signed.post.body.clone())
                .send()
                .await?;
            let status = response.status().as_u16();
            // Read to the end, so that the connection can be used again.
            response.bytes().await?;
            Ok::<u16, reqwest::Error>(status)
        };
        let stopped = async {
            self.shutdown.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let answer = tokio::select! {
            biased;
            answer = request => answer.map_or_else(|error| Answer::Nothing(reason(&error)), Answer::Status),
            () = stopped => Answer::Nothing("stopped"),
        };
        (answer, began.elapsed())
    }
}

fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "connection broken"
    }
}

/// After the first failure none; then 0.1 s doubling up to the longest, spread by a quarter so that POSTs which failed
/// together do not come back together.
fn wait_after(tries: usize, post: u64) -> Duration {
    if tries < 2 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(tries - 2).unwrap_or(u32::MAX).min(6);
    let wait = (Duration::from_millis(100) * 2_u32.pow(doublings)).min(LONGEST_WAIT);
    let spread = u32::try_from((post.wrapping_mul(31) + tries as u64) % 64).expect("below 64");
    wait + wait * spread / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_at_once_and_then_ever_less_often() {
        assert_eq!(wait_after(1, 7), Duration::ZERO);
        let waits: Vec<Duration> = (2..30).map(|tries| wait_after(tries, 0)).collect();
        assert!(waits[0] >= Duration::from_millis(100) && waits[0] < Duration::from_millis(130));
        assert!(waits.windows(2).take(5).all(|pair| pair[1] > pair[0]));
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT * 5 / 4));
    }
}
