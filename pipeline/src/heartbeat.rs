//! When a partition needs a heartbeat.
//!
//! Time only moves when every partition has something newer to say. A quiet one is given a record that says
//! "it is now": at once when data waits for it, else rarely. Heartbeats are not data, so they never make other
//! partitions write heartbeats. They also say which settings are in force from there on, so one is written when that
//! changes, and now and then, that a replay which begins in the middle soon knows. And when something comes due, time must come
//! to it, though nobody writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A heartbeat that has not come back after this long is taken for lost, in milliseconds.
const LOST_AFTER: u64 = 5_000;

/// Brokers' clocks are not ours: this long after a tick's end by our clock, in milliseconds, it is over by
/// most brokers' clocks too. A broker that is further behind costs one more heartbeat.
const MARGIN: u64 = 20;

/// How often (in log time, milliseconds) a partition says which settings are in force, once there are any.
pub(crate) const MARK_EVERY: u64 = 10 * 60 * 1_000;

/// The tick of the newest data record that any thread of this process has read.
#[derive(Debug, Default)]
pub(crate) struct NewestData(AtomicU64);

impl NewestData {
    /// Notes a data record of this tick.
    pub(crate) fn note(&self, tick: u64) {
        self.0.fetch_max(tick, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Operators of a worker in which something comes due.
const OPERATORS: usize = 2;

/// Where an operator says when something comes due.
#[derive(Clone, Debug)]
pub(crate) struct AlarmClock(Arc<NextDue>, usize);

impl AlarmClock {
    /// Notes when something comes due next, if anything does.
    pub(crate) fn set(&self, due: Option<u64>) {
        self.0.0[self.1].store(due.unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// When something comes due next though nothing is logged, as the workers of this process know it.
#[derive(Debug, Default)]
pub(crate) struct NextDue(Vec<AtomicU64>);

impl NextDue {
    /// For the operators of so many workers; nothing is due.
    pub(crate) fn new(workers: usize) -> Self {
        let operators = workers * OPERATORS;
        Self((0..operators).map(|_| AtomicU64::new(u64::MAX)).collect())
    }

    /// Where one operator of a worker says when something comes due.
    pub(crate) fn clock(self: &Arc<Self>, worker: usize, operator: usize) -> AlarmClock {
        assert!(operator < OPERATORS, "there are so many");
        AlarmClock(self.clone(), worker * OPERATORS + operator)
    }

    /// The earliest tick.
    fn get(&self) -> u64 {
        let due = self.0.iter().map(|due| due.load(Ordering::Relaxed));
        due.min().unwrap_or(u64::MAX)
    }
}

/// The heartbeats of one partition.
#[derive(Debug)]
pub(crate) struct Heartbeats {
    /// Silence, in milliseconds, after which one is written though nothing waits.
    idle: u64,
    written_at: Option<u64>,
    /// The last one has not been read back yet.
    under_way: bool,
    /// The settings that the last one read said to be in force, and its log time.
    mark: (i64, u64),
}

impl Heartbeats {
    pub(crate) fn new(idle: u64, settings: i64) -> Self {
        Self {
            idle,
            written_at: None,
            under_way: false,
            mark: (settings, 0),
        }
    }

    /// A heartbeat was read: if it is the one that was under way, another may be written.
    pub(crate) fn read_back(&mut self, settings: i64, log_time: u64) {
        self.under_way = false;
        self.mark = (self.mark.0.max(settings), log_time);
    }

    /// The settings in force at this place of the partition.
    pub(crate) fn settings(&self) -> i64 {
        self.mark.0
    }

    /// Whether to write one now. `low` is the partition's bound: the log time of its last record; `known` the settings
    /// that could be in force. To be asked only while the partition is read to its end.
    pub(crate) fn due(&mut self, low: u64, waiting: (&NewestData, &NextDue), known: i64, now: u64) -> bool {
        let since_last = self.written_at.map(|at| now.saturating_sub(at));
        if self.under_way && since_last.is_some_and(|span| span < LOST_AFTER) {
            return false;
        }
        // A record at exactly a tick's end still belongs to the tick: only a later one passes it.
        let needs = |tick: u64| low <= tick && now > tick.saturating_add(MARGIN);
        let needed = needs(waiting.0.get()) || needs(waiting.1.get());
        let silent = now.saturating_sub(low) >= self.idle && since_last.is_none_or(|span| span >= self.idle);
        let (settings, marked_at) = self.mark;
        let changed = known > settings;
        let unmarked = known > 0 && low.saturating_sub(marked_at) >= MARK_EVERY;
        let due = needed || silent || changed || unmarked;
        if due {
            self.under_way = true;
            self.written_at = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(tick: u64) -> NewestData {
        let newest = NewestData::default();
        newest.note(tick);
        newest
    }

    #[test]
    fn one_is_written_once_the_tick_that_waits_is_over() {
        let mut beats = Heartbeats::new(10_000, 0);
        let data = newest(5_000);
        assert!(
            !beats.due(4_200, (&data, &NextDue::default()), 0, 4_900),
            "the tick is not over"
        );
        assert!(
            !beats.due(4_200, (&data, &NextDue::default()), 0, 5_000 + MARGIN),
            "not by other clocks"
        );
        assert!(beats.due(4_200, (&data, &NextDue::default()), 0, 5_021));
        assert!(
            !beats.due(4_200, (&data, &NextDue::default()), 0, 5_100),
            "one is under way"
        );
        beats.read_back(0, 0);
        assert!(
            !beats.due(5_022, (&data, &NextDue::default()), 0, 5_200),
            "the partition has passed the tick"
        );
    }

    #[test]
    fn a_heartbeat_stamped_too_early_is_followed_by_another() {
        let mut beats = Heartbeats::new(10_000, 0);
        let data = newest(5_000);
        assert!(beats.due(4_200, (&data, &NextDue::default()), 0, 5_021));
        beats.read_back(0, 0);
        assert!(
            beats.due(4_999, (&data, &NextDue::default()), 0, 5_050),
            "the broker's clock is behind"
        );
    }

    #[test]
    fn without_data_only_long_silence_counts() {
        let mut beats = Heartbeats::new(10_000, 0);
        let data = NewestData::default();
        assert!(!beats.due(1_000, (&data, &NextDue::default()), 0, 10_999));
        assert!(beats.due(1_000, (&data, &NextDue::default()), 0, 11_000));
        beats.read_back(0, 0);
        assert!(!beats.due(11_001, (&data, &NextDue::default()), 0, 12_000));
        assert!(beats.due(11_001, (&data, &NextDue::default()), 0, 21_001));
    }

    #[test]
    fn heartbeats_of_two_partitions_do_not_answer_each_other() {
        let data = newest(1_000);
        let (mut a, mut b) = (Heartbeats::new(10_000, 0), Heartbeats::new(10_000, 0));
        let (mut low_a, mut low_b, mut written) = (900, 0, 0);
        for now in (1_000..9_000).step_by(10) {
            if a.due(low_a, (&data, &NextDue::default()), 0, now) {
                (low_a, written) = (now, written + 1);
                a.read_back(0, 0);
            }
            if b.due(low_b, (&data, &NextDue::default()), 0, now) {
                (low_b, written) = (now, written + 1);
                b.read_back(0, 0);
            }
        }
        assert_eq!(written, 2);
    }

    /// Something comes due in one process of a cluster; a quiet partition of another, which knows nothing of it, must pass
    /// the tick in time: half a second is left for the way from there to the sink.
    #[test]
    fn a_tick_is_passed_within_half_a_second_or_so_in_partitions_of_others_too() {
        let config = crate::config::Config {
            processes: 2,
            ..crate::config::Config::default()
        };
        // How often the poll thread asks, and how long a broker takes.
        let (asked, way) = (20, 10);
        for begun in (0..1_000).step_by(7) {
            let (data, due) = (NewestData::default(), NextDue::default());
            let mut beats = Heartbeats::new(config.heartbeat_idle_ms(), 0);
            let (mut low, mut on_its_way) = (begun, None);
            for now in (begun..begun + 20_000).step_by(asked) {
                if let Some(at) = on_its_way.filter(|at| at + way <= now) {
                    (low, on_its_way) = (at, None);
                    beats.read_back(0, at);
                }
                if beats.due(low, (&data, &due), 0, now) {
                    on_its_way = Some(now);
                }
                let tick = now / 1_000 * 1_000;
                assert!(
                    low > tick || tick < begun || now - tick <= 560,
                    "{low} at {now}, begun at {begun}"
                );
            }
        }
    }

    #[test]
    fn a_lost_heartbeat_is_written_again() {
        let mut beats = Heartbeats::new(1_000, 0);
        let data = NewestData::default();
        assert!(beats.due(0, (&data, &NextDue::default()), 0, 1_000));
        assert!(!beats.due(0, (&data, &NextDue::default()), 0, 5_999));
        assert!(beats.due(0, (&data, &NextDue::default()), 0, 6_000));
    }

    #[test]
    fn a_setting_comes_into_force_at_once_and_is_repeated_now_and_then() {
        let mut beats = Heartbeats::new(u64::MAX, 0);
        let data = NewestData::default();
        assert!(
            !beats.due(1_000, (&data, &NextDue::default()), 0, 1_000),
            "there are none"
        );
        assert!(beats.due(1_000, (&data, &NextDue::default()), 3, 1_000));
        assert!(
            !beats.due(1_000, (&data, &NextDue::default()), 3, 1_001),
            "one is under way"
        );
        beats.read_back(3, 1_010);
        assert_eq!(beats.settings(), 3);
        assert!(
            !beats.due(2_000, (&data, &NextDue::default()), 3, 2_000),
            "it is in force"
        );
        assert!(beats.due(1_010 + MARK_EVERY, (&data, &NextDue::default()), 3, 1_010 + MARK_EVERY));
    }
}
