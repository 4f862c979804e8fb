//! Time as it goes in and out: ISO 8601, UTC, milliseconds; half-open ranges; buckets of a minute, an hour, a day.

use serde::{Serialize, Serializer};

/// An instant in Unix milliseconds, as the tables hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    pub(crate) const MINUTE_MS: i64 = 60_000;
    pub(crate) const DAY_MS: i64 = 24 * 60 * Self::MINUTE_MS;

    pub(crate) fn now() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// Reads ISO 8601 with an offset, within what the tables can hold.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected ISO 8601 with an offset, e.g. 2026-01-31T12:00:00Z (in a URL, write + as %2B)";
        let moment: jiff::Timestamp = text.parse().map_err(|_| expected.to_owned())?;
        // Window starts are unsigned 32-bit seconds.
        let milliseconds = moment.as_millisecond();
        if !(0..=i64::from(u32::MAX) * 1000).contains(&milliseconds) {
            return Err("expected a time between 1970 and 2106".to_owned());
        }
        Ok(Self(milliseconds))
    }

    pub(crate) fn seconds(self) -> u32 {
        u32::try_from(self.0.div_euclid(1000)).unwrap_or(if self.0 < 0 { 0 } else { u32::MAX })
    }

    pub(crate) fn from_seconds(seconds: u32) -> Self {
        Self(i64::from(seconds) * 1000)
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // ClickHouse holds 1900 to 2299, jiff ten thousand years, so this never saturates.
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{moment:.3}")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `[from, to)` of event time, on whole minutes: the finest that the tallies know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Range {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
}

impl Range {
    /// The range that holds `[from, to)`: down and up to whole minutes.
    pub(crate) fn covering(from: Moment, to: Moment) -> Self {
        let minute = Moment::MINUTE_MS;
        Self {
            from: Moment(from.0.div_euclid(minute) * minute),
            to: Moment(to.0.div_euclid(minute) * minute + if to.0.rem_euclid(minute) > 0 { minute } else { 0 }),
        }
    }

    pub(crate) fn length_ms(self) -> i64 {
        self.to.0 - self.from.0
    }

    /// The equally long range that ends where this one begins.
    pub(crate) fn previous(self) -> Self {
        Self {
            from: Moment((self.from.0 - self.length_ms()).max(0)),
            to: self.from,
        }
    }
}

/// The width of a bucket, and of the windows of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Minute,
    Hour,
    Day,
}

impl Step {
    pub(crate) const ALL: &'static [Self] = &[Self::Minute, Self::Hour, Self::Day];
    /// Buckets up to which a finer step is picked when the client names none: about a pixel or three each.
    const PICKED_MAX: usize = 400;

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    pub(crate) const fn seconds(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 24 * 3600,
        }
    }

    pub(crate) fn floor(self, seconds: u32) -> u32 {
        seconds - seconds % self.seconds()
    }

    /// The starts of the buckets that meet the range, as Unix seconds.
    pub(crate) fn buckets(self, range: Range) -> impl Iterator<Item = u32> {
        (self.floor(range.from.seconds())..range.to.seconds()).step_by(self.seconds() as usize)
    }

    pub(crate) fn bucket_count(self, range: Range) -> usize {
        self.buckets(range).count()
    }

    /// The finest step that gives a readable number of buckets.
    pub(crate) fn picked_for(range: Range) -> Self {
        let fits = |step: &&Self| step.bucket_count(range) <= Self::PICKED_MAX;
        Self::ALL.iter().find(fits).copied().unwrap_or(Self::Day)
    }
}

impl std::str::FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let step = Self::ALL.iter().find(|step| step.as_str() == text).copied();
        step.ok_or_else(|| "expected one of 1m, 1h, 1d".to_owned())
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn times_go_out_as_utc_with_milliseconds() {
        assert_eq!(
            moment("2026-01-31T13:00:00.5+01:00").to_string(),
            "2026-01-31T12:00:00.500Z"
        );
        assert_eq!(Moment(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_time_without_offset_or_out_of_reach_is_refused() {
        for bad in [
            "2026-01-31T12:00:00",
            "2026-01-31",
            "1769860800",
            "",
            "1960-01-01T00:00:00Z",
            "2300-01-01T00:00:00Z",
        ] {
            assert!(Moment::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_grow_to_whole_minutes_and_stay_when_they_are() {
        let range = Range::covering(moment("2026-01-31T12:00:30Z"), moment("2026-01-31T13:00:00.001Z"));
        assert_eq!(range.from, moment("2026-01-31T12:00:00Z"));
        assert_eq!(range.to, moment("2026-01-31T13:01:00Z"));
        assert_eq!(Range::covering(range.from, range.to), range);
        assert_eq!(range.previous().to, range.from);
        assert_eq!(range.previous().length_ms(), range.length_ms());
    }

    #[test]
    fn buckets_cover_the_range_and_start_on_whole_steps() {
        let range = Range::covering(moment("2026-01-31T12:30:00Z"), moment("2026-01-31T14:01:00Z"));
        let starts: Vec<String> = Step::Hour
            .buckets(range)
            .map(|s| Moment::from_seconds(s).to_string())
            .collect();
        assert_eq!(
            starts,
            [
                "2026-01-31T12:00:00.000Z",
                "2026-01-31T13:00:00.000Z",
                "2026-01-31T14:00:00.000Z"
            ]
        );
        assert_eq!(Step::picked_for(range), Step::Minute);
    }
}
