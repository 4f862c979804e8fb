//! The command line of `parlance demo`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::Error;
use crate::stream::Settings;
use crate::target::Target;

/// Options of `parlance demo`; the command line mounts them.
#[derive(Clone, Debug, clap::Args)]
pub struct Demo {
    /// Updates per second, duplicates counted
    #[arg(long, default_value_t = 20.0, value_name = "R")]
    pub rate: f64,
    /// How long to send; without it until interrupted
    #[arg(long = "for", value_parser = humantime::parse_duration, value_name = "SPAN")]
    pub span: Option<Duration>,
    /// Share of updates that come again, some at once, some later, some in other POSTs (`2%` or `0.02`)
    #[arg(long, default_value = "2%", value_name = "SHARE")]
    pub duplicates: Share,
    /// Share of updates that come minutes to hours after they happened
    #[arg(long, default_value = "5%", value_name = "SHARE")]
    pub late: Share,
    /// Same seed, options and start: same bytes
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// The instant at which the story begins; now by default (`2026-07-01T09:00:00Z`)
    #[arg(long, value_name = "INSTANT")]
    pub start: Option<Timestamp>,
    /// Businesses in the world
    #[arg(long, default_value_t = 24, value_name = "N")]
    pub businesses: usize,
    /// Customers of each business
    #[arg(long, default_value_t = 300, value_name = "N")]
    pub customers: usize,
    /// Write a JSON line per acknowledged update here, and per update given up to FILE.rejected
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Most requests on the way at once
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub concurrency: usize,
    /// Most POSTs without an answer, those waiting to be tried again included; beyond it the schedule waits
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub max_waiting: usize,
    /// How long a POST is tried again when the answer is not 200
    #[arg(long, default_value = "60s", value_parser = humantime::parse_duration, value_name = "SPAN")]
    pub retry_for: Duration,
    /// Where to, and how signed
    #[command(flatten)]
    pub target: Target,
}

/// Most updates per second that can be asked for.
const MOST_RATE: f64 = 1_000_000.0;

impl Demo {
    /// Modest traffic to a target: 20 updates a second of the world with seed 1, no duplicates, nothing late.
    pub fn new(target: Target) -> Self {
        Self {
            rate: 20.0,
            span: None,
            duplicates: Share::default(),
            late: Share::default(),
            seed: 1,
            start: None,
            businesses: 24,
            customers: 300,
            ledger: None,
            concurrency: 64,
            max_waiting: 10_000,
            retry_for: Duration::from_secs(60),
            target,
        }
    }

    /// What the stream depends on; an error names the option that cannot be meant.
    pub fn settings(&self) -> Result<Settings, Error> {
        let refuse = |what: &str| Err(Error::Option(what.to_owned()));
        if !(self.rate > 0.0 && self.rate <= MOST_RATE) {
            return refuse("--rate: more than 0 and at most 1000000 updates per second");
        }
        if !(1..=10_000).contains(&self.businesses) || !(10..=100_000).contains(&self.customers) {
            return refuse("--businesses: 1 to 10000; --customers: 10 to 100000");
        }
        if !(1..=4_096).contains(&self.concurrency) || !(1..=1_000_000).contains(&self.max_waiting) {
            return refuse("--concurrency: 1 to 4096; --max-waiting: 1 to 1000000");
        }
        Ok(Settings {
            seed: self.seed,
            start_ms: self.start.unwrap_or_else(Timestamp::now).as_millisecond(),
            rate: self.rate,
            duplicates: self.duplicates.0,
            late: self.late.0,
            businesses: self.businesses,
            customers: self.customers,
        })
    }
}

/// A share, written `2%` or `0.02`; from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(pub f64);

/// A text that is no share.
#[derive(Debug, thiserror::Error)]
#[error("expected a share like `2%` or `0.02`, from 0 to 100%")]
pub struct NotAShare;

impl FromStr for Share {
    type Err = NotAShare;
    fn from_str(text: &str) -> Result<Self, NotAShare> {
        let (number, unit) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent, 100.0),
            None => (text, 1.0),
        };
        let share = number.trim().parse::<f64>().map_err(|_| NotAShare)? / unit;
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(NotAShare)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percent_or_fractions_within_bounds() {
        assert_eq!("2%".parse::<Share>().unwrap(), Share(0.02));
        assert_eq!("0.5".parse::<Share>().unwrap(), Share(0.5));
        assert_eq!(" 100 %".parse::<Share>().unwrap(), Share(1.0));
        for bad in ["2", "101%", "-1%", "", "%", "NaN", "many"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }
}
