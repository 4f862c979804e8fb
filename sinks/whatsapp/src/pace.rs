//! Not faster than Meta allows: when the next message may go, per number and per customer, before Meta has to complain.
//!
//! No clock is read here. Times are [`Duration`]s since any moment that the caller chooses and keeps to, and never go back.
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput> and `#pair-rate-limits` there.
//!
//! * **Number**: so many messages a second, 80 or 1,000, of which 5 % are kept back for catching up after a late wake-up:
//!   no second, wherever it begins, has more than the limit. What comes in counts too. After 130429 half as fast, then
//!   faster again by 1 % of the limit each second.
//! * **Pair**: one message in 6 seconds to one customer. Up to 45 may go within 6 seconds, but they are borrowed from the
//!   future: after a burst of 20 nothing goes for two minutes from its beginning.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;

/// Messages a second of throughput level `STANDARD`.
pub const STANDARD: u32 = 80;

/// Messages a second of throughput level `HIGH`.
pub const HIGH: u32 = 1_000;

/// Messages a second of a number that is also used on a phone (coexistence).
pub const COEXISTENCE: u32 = 20;

/// One message to one customer in this time.
pub const PAIR_INTERVAL: Duration = Duration::from_secs(6);

/// So many to one customer at once, within [`PAIR_INTERVAL`].
pub const PAIR_BURST: u32 = 45;

/// The longest that one customer is left alone after 131056.
const MAX_PAIR_HOLD: Duration = Duration::from_secs(60 * 60);

const WHOLE: u64 = 1_000;

/// How much of each there is at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Numbers that are remembered; the one not used for longest is forgotten first, and begins anew at [`STANDARD`].
    pub numbers: NonZeroUsize,
    /// Customers that are remembered, of all numbers. When all are busy, no further one is written to until one is not.
    pub pairs: NonZeroUsize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            numbers: NonZeroUsize::new(1_024).expect("not 0"),
            pairs: NonZeroUsize::new(100_000).expect("not 0"),
        }
    }
}

/// When the next message may go.
#[derive(Debug)]
pub struct Pacer {
    numbers: LruCache<String, Line>,
    pairs: LruCache<(String, String), Pair>,
}

/// A number: a queue that empties at an even rate (GCRA).
#[derive(Clone, Copy, Debug)]
struct Line {
    limit: u32,
    /// When the queue would be empty.
    due: Duration,
    /// Nothing goes before.
    held: Duration,
    /// Thousandths of the rate, as of `slowed`.
    share: u64,
    slowed: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    /// When the burst began.
    began: Duration,
    /// When all that was sent is paid for.
    paid: Duration,
    /// Nothing goes before.
    held: Duration,
    /// Refusals in a row.
    refusals: u32,
}

impl Line {
    fn new(limit: u32) -> Self {
        Self {
            limit: limit.max(1),
            due: Duration::ZERO,
            held: Duration::ZERO,
            share: WHOLE,
            slowed: Duration::ZERO,
        }
    }

    /// Messages that may go at once.
    fn burst(&self) -> u32 {
        (self.limit / 20).max(1)
    }

    /// Thousandths of the rate at `now`: 1 % comes back each second.
    fn share(&self, now: Duration) -> u64 {
        (self.share + now.saturating_sub(self.slowed).as_millis() as u64 / 100).min(WHOLE)
    }

    /// The time of one message at this share of the rate.
    fn interval(&self, share: u64) -> Duration {
        // What goes at once and what goes evenly are together the limit.
        let rate = u64::from((self.limit - self.burst()).max(1)) * share.max(1);
        Duration::from_nanos((1_000_000_000 * WHOLE).div_ceil(rate))
    }

    fn ready_at(&self) -> Duration {
        let ahead = self.interval(WHOLE) * (self.burst() - 1);
        self.due.saturating_sub(ahead).max(self.held)
    }

    fn take(&mut self, now: Duration) {
        self.due = self.due.max(now) + self.interval(self.share(now));
    }
}

impl Pair {
    fn ready_at(&self, now: Duration) -> Duration {
        let inside = now < self.began + PAIR_INTERVAL;
        let borrowed = self.paid.saturating_sub(self.began);
        let free = now >= self.paid || (inside && borrowed + PAIR_INTERVAL <= PAIR_INTERVAL * PAIR_BURST);
        if free { self.held } else { self.paid.max(self.held) }
    }

    fn take(&mut self, now: Duration) {
        if now >= self.paid {
            self.began = now;
            self.paid = now;
        }
        self.paid += PAIR_INTERVAL;
    }

    fn settles_at(&self) -> Duration {
        self.paid.max(self.held)
    }
}

impl Default for Pacer {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

impl Pacer {
    /// A pacer that has seen nothing yet.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            numbers: LruCache::new(bounds.numbers),
            pairs: LruCache::new(bounds.pairs),
        }
    }

    /// The earliest moment, not before `now`, at which a message from this number to this customer may go, as far as is
    /// known now. Takes nothing.
    pub fn ready_at(&self, number: &str, customer: &str, now: Duration) -> Duration {
        let line = self.numbers.peek(number).map_or(Duration::ZERO, |line| line.ready_at());
        let pair = match self.pairs.peek(&(number.to_owned(), customer.to_owned())) {
            Some(pair) => pair.ready_at(now),
            None => self.room_at(now),
        };
        now.max(line).max(pair)
    }

    /// When there is room to remember one more customer: at once, unless the one not written to for longest still owes.
    fn room_at(&self, now: Duration) -> Duration {
        if self.pairs.len() < self.pairs.cap().get() {
            return now;
        }
        self.pairs.peek_lru().map_or(now, |(_, pair)| pair.settles_at())
    }

    /// Takes leave for one message at `now`.
    ///
    /// # Errors
    /// The moment from which on it may be tried again. Nothing is taken then.
    pub fn take(&mut self, number: &str, customer: &str, now: Duration) -> Result<(), Duration> {
        let ready = self.ready_at(number, customer, now);
        if ready > now {
            metrics::counter!("parlance_whatsapp_paced_total").increment(1);
            return Err(ready);
        }
        self.line(number).take(now);
        self.pair(number, customer).take(now);
        Ok(())
    }

    /// A message came in: it counts against the number's rate. Never more than one second is owed for what came in.
    pub fn inbound(&mut self, number: &str, now: Duration) {
        let line = self.line(number);
        if line.due < now + Duration::from_secs(1) {
            line.take(now);
        }
    }

    /// Learns the number's limit, from its throughput level: [`STANDARD`], [`HIGH`], [`COEXISTENCE`].
    pub fn limit(&mut self, number: &str, messages_per_second: u32) {
        self.line(number).limit = messages_per_second.max(1);
    }

    /// Meta answered 130429: half as fast from now on, but not below a twentieth of the limit; and a second of rest.
    pub fn number_refused(&mut self, number: &str, now: Duration) {
        let line = self.line(number);
        // Answers to what was on its way already are about the same excess.
        if line.slowed + Duration::from_secs(1) > now && line.share < WHOLE {
            return;
        }
        line.share = (line.share(now) / 2).max(WHOLE / 20);
        line.slowed = now;
        line.held = line.held.max(now + Duration::from_secs(1));
        metrics::counter!("parlance_whatsapp_slowed_total").increment(1);
    }

    /// Meta answered 131057, or asked to wait: nothing goes from this number until then.
    pub fn hold(&mut self, number: &str, until: Duration) {
        let line = self.line(number);
        line.held = line.held.max(until);
    }

    /// Meta answered 131056: the customer is left alone for 4, 16, 64, … seconds, as Meta advises.
    pub fn pair_refused(&mut self, number: &str, customer: &str, now: Duration) {
        let known = self.pairs.contains(&(number.to_owned(), customer.to_owned()));
        if !known && self.room_at(now) > now {
            // Somebody who owes would be forgotten for it; the caller has the wait from the error all the same.
            return;
        }
        let pair = self.pair(number, customer);
        pair.refusals = pair.refusals.saturating_add(1);
        let hold = Duration::from_secs(4_u64.saturating_pow(pair.refusals)).min(MAX_PAIR_HOLD);
        pair.held = pair.held.max(now + hold);
    }

    /// Meta took a message to the customer: refusals in a row begin anew.
    pub fn pair_accepted(&mut self, number: &str, customer: &str) {
        if let Some(pair) = self.pairs.get_mut(&(number.to_owned(), customer.to_owned())) {
            pair.refusals = 0;
        }
    }

    /// Customers that are remembered.
    pub fn remembered(&self) -> usize {
        self.pairs.len()
    }

    fn line(&mut self, number: &str) -> &mut Line {
        self.numbers.get_or_insert_mut_ref(number, || Line::new(STANDARD))
    }

    fn pair(&mut self, number: &str, customer: &str) -> &mut Pair {
        self.pairs
            .get_or_insert_mut((number.to_owned(), customer.to_owned()), Pair::default)
    }
}
