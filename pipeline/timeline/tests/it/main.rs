//! What the functions of this crate promise, against recomputations that know nothing of how they do it.
#![allow(clippy::unwrap_used)]

mod hours;
mod hours_oracle;
mod packed;
mod sla;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parlance_schemas::settings::IntegrationSetting;

/// A zone as an integration has it.
fn zone(name: &str) -> TimeZone {
    let time_zone = name.to_owned();
    let setting = IntegrationSetting {
        time_zone,
        ..IntegrationSetting::default()
    };
    setting.zone().unwrap()
}

/// The Unix milliseconds of a text such as `2026-03-29T01:30+01`.
fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}
