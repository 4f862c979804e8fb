//! What an integration is.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::Problem;

/// The time zones this program was built with: a name means the same on every machine and in every replay, whatever the
/// system knows.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// What an integration is. Kind `integration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegrationSetting {
    /// IANA name of the business's time zone, e.g. `Europe/Berlin`: what "tomorrow at nine" means. Empty: UTC.
    #[serde(default)]
    pub time_zone: String,
}

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
        if self.zone().is_some() {
            return Vec::new();
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
        vec![Problem::new("time_zone", what)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> Vec<String> {
        let time_zone = name.to_owned();
        let problems = IntegrationSetting { time_zone }.problems();
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
