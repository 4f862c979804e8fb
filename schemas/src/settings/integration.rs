//! What an integration is.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::labels::Author;

/// The time zones this program was built with: a name means the same on every machine and in every replay, whatever the
/// system knows.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// What an integration is. Kind `integration`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntegrationSetting {
    /// IANA name of the business's time zone, e.g. `Europe/Berlin`: what "tomorrow at nine" means. Empty: UTC.
    pub time_zone: String,
    /// A silence this long ends a conversation. 1 hour to 24 hours; as long as WhatsApp's service window by default.
    #[serde(with = "humantime_serde")]
    pub conversation_gap: Duration,
    /// A message of the customer within this time after their conversation was resolved opens it again. 0: it begins another.
    #[serde(with = "humantime_serde")]
    pub reopen_within: Duration,
    /// Whether a customer's reaction asks for an answer.
    pub reactions_ask: bool,
    /// Who is taken to have written the messages that the business sends by other ways than Parlance and its phone: `person`,
    /// `bot`, or `unknown`, whose answers count as answers, but neither as people's nor as bots'.
    pub unmarked: Author,
}

impl Default for IntegrationSetting {
    fn default() -> Self {
        Self {
            time_zone: String::new(),
            conversation_gap: Duration::from_secs(24 * HOUR),
            reopen_within: Duration::ZERO,
            reactions_ask: false,
            unmarked: Author::Unknown,
        }
    }
}

const HOUR: u64 = 60 * 60;

impl IntegrationSetting {
    /// The business's time zone; nothing when nobody knows the name, written as it is.
    pub fn zone(&self) -> Option<TimeZone> {
        if self.time_zone.is_empty() {
            return Some(TimeZone::UTC);
        }
        let zone = ZONES.get(&self.time_zone).ok()?;
        // The database takes names in any case; two spellings of one zone would be two settings.
        (zone.iana_name() == Some(&self.time_zone)).then_some(zone)
    }

    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let hours = Duration::from_secs(HOUR)..=Duration::from_secs(24 * HOUR);
        if !hours.contains(&self.conversation_gap) {
            problems.push(Problem::new("conversation_gap", "is 1h to 24h"));
        }
        if self.reopen_within > self.conversation_gap {
            problems.push(Problem::new(
                "reopen_within",
                "is at most conversation_gap: a silence ends a conversation for good",
            ));
        }
        if !matches!(self.unmarked, Author::Person | Author::Bot | Author::Unknown) {
            let what = format!("`{}` is none of person, bot, unknown", self.unmarked);
            problems.push(Problem::new("unmarked", what));
        }
        problems.extend(self.zone_problem());
        problems
    }

    fn zone_problem(&self) -> Option<Problem> {
        if self.zone().is_some() {
            return None;
        }
        let meant = ZONES.get(&self.time_zone).ok();
        let meant = meant.as_ref().and_then(TimeZone::iana_name);
        let what = match meant {
            Some(meant) => format!("`{}` is written `{meant}`", self.time_zone),
            None => format!(
                "`{}` is not the IANA name of a time zone, such as Europe/Berlin",
                self.time_zone
            ),
        };
        Some(Problem::new("time_zone", what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> Vec<String> {
        let time_zone = name.to_owned();
        let setting = IntegrationSetting {
            time_zone,
            ..IntegrationSetting::default()
        };
        let problems = setting.problems();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn time_zones_are_those_of_iana_in_their_own_spelling() {
        for name in [
            "",
            "UTC",
            "Europe/Berlin",
            "Asia/Kolkata",
            "America/Argentina/Buenos_Aires",
            "Etc/GMT+3",
        ] {
            assert_eq!(said(name), [""; 0], "{name}");
        }
        assert_eq!(
            said("europe/berlin"),
            ["time_zone: `europe/berlin` is written `Europe/Berlin`"]
        );
        for name in ["Europe/Atlantis", "+02:00", "CEST-2", "../etc/passwd"] {
            assert!(said(name)[0].contains("is not the IANA name"), "{name}");
        }
    }
}
