//! The circuit breaker: when a provider fails, it is left alone, and tried again with one request.
//!
//! ```text
//! closed ──failures in a row, or «wait» by the provider──▶ open ──pause over──▶ half-open: one request
//!    ▲                                                      ▲                        │        │
//!    └───────────────────── it was answered ────────────────┼────────────────────────┘        │
//!                                                           └── it failed: twice the pause ◀──┘
//! ```
//!
//! It reads no clock and throws no dice: both are given, so that tests are exact.

use std::time::{Duration, Instant};

/// The longest pause it makes by itself.
const MAX_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest pause a provider can ask for.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// A breaker for one provider.
#[derive(Debug)]
pub(crate) struct Breaker {
    limit: u32,
    first_pause: Duration,
    /// Failures since the last answer.
    failures: u32,
    /// The pause that follows the next failure when open.
    pause: Duration,
    /// Open until then; `None`: closed.
    open_until: Option<Instant>,
    /// Half-open: one request is under way.
    probing: bool,
}

impl Breaker {
    /// Closed. Opens after `limit` failures in a row, at first for `pause`.
    pub(crate) fn new(limit: u32, pause: Duration) -> Self {
        Self {
            limit,
            first_pause: pause,
            failures: 0,
            pause,
            open_until: None,
            probing: false,
        }
    }

    /// Whether a request may be made now. After the pause one may; should nobody ever say what became of it, another
    /// may after the pause once more.
    pub(crate) fn admits(&mut self, now: Instant) -> bool {
        match self.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                self.probing = true;
                self.open_until = Some(now + self.pause);
                true
            }
        }
    }

    /// True when [`Self::admits`] would say no.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }

    /// The provider answered, whatever it said: it works.
    pub(crate) fn answered(&mut self) {
        *self = Self::new(self.limit, self.first_pause);
    }

    /// The provider failed. `wait`: for how long it asked to be left alone. `jitter`, 0 to 1, spreads the pause over
    /// its second half, so that many processes do not come back in step. True when this opened the breaker.
    pub(crate) fn failed(&mut self, now: Instant, wait: Option<Duration>, jitter: f64) -> bool {
        self.failures = self.failures.saturating_add(1);
        let open = self.open_until.is_some();
        let asked = wait.map(|wait| now + wait.min(MAX_WAIT));
        if open && !self.probing {
            // One that was under way when the breaker opened says nothing new.
            self.open_until = self.open_until.max(asked);
            return false;
        }
        if !open && self.failures < self.limit && asked.is_none() {
            return false;
        }
        let pause = self.pause.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
        self.open_until = Some(now + pause).max(asked);
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        self.probing = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    #[test]
    fn it_opens_after_so_many_in_a_row_and_one_request_tries_whether_it_is_over() {
        let (mut breaker, start) = (Breaker::new(3, PAUSE), Instant::now());
        assert!(!breaker.failed(start, None, 1.0) && !breaker.failed(start, None, 1.0));
        breaker.answered();
        assert!(!breaker.failed(start, None, 1.0) && !breaker.failed(start, None, 1.0));
        assert!(breaker.admits(start));
        assert!(breaker.failed(start, None, 1.0));
        assert!(!breaker.admits(start + PAUSE / 2) && breaker.is_open(start));
        assert!(breaker.admits(start + PAUSE));
        assert!(!breaker.admits(start + PAUSE), "one at a time");
        breaker.answered();
        assert!(breaker.admits(start + PAUSE) && breaker.admits(start + PAUSE));
    }

    #[test]
    fn pauses_double_to_a_limit_and_are_spread() {
        let (mut breaker, mut now) = (Breaker::new(1, PAUSE), Instant::now());
        assert!(breaker.failed(now, None, 0.0));
        assert!(breaker.admits(now + PAUSE / 2), "no jitter is half the pause");
        for _ in 0..10 {
            now += MAX_PAUSE;
            breaker.admits(now);
            assert!(breaker.failed(now, None, 1.0));
        }
        assert!(!breaker.admits(now + MAX_PAUSE - Duration::from_secs(1)));
        assert!(breaker.admits(now + MAX_PAUSE));
    }

    #[test]
    fn a_provider_that_asks_for_a_wait_gets_it_within_reason() {
        let (mut breaker, now) = (Breaker::new(5, PAUSE), Instant::now());
        assert!(breaker.failed(now, Some(Duration::from_secs(60)), 0.0));
        assert!(!breaker.failed(now, None, 0.0), "stragglers change nothing");
        assert!(!breaker.admits(now + Duration::from_secs(59)));
        assert!(breaker.admits(now + Duration::from_secs(60)));
        assert!(breaker.failed(now, Some(Duration::MAX), 0.0));
        assert!(breaker.admits(now + MAX_WAIT));
    }

    #[test]
    fn a_request_that_never_reports_does_not_close_it_for_ever() {
        let (mut breaker, now) = (Breaker::new(1, PAUSE), Instant::now());
        breaker.failed(now, None, 1.0);
        assert!(breaker.admits(now + PAUSE));
        assert!(!breaker.admits(now + PAUSE * 2));
        assert!(breaker.admits(now + PAUSE * 3));
    }
}
