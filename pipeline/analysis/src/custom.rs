//! What an integration has of its own in the analysis of its messages.

use jiff::tz::TimeZone;

/// An integration's own: its settings, as far as an analysis depends on them.
#[derive(Clone, Debug)]
pub struct Custom {
    /// Where the business is: what time it is there.
    pub zone: TimeZone,
}

impl Default for Custom {
    fn default() -> Self {
        Self { zone: TimeZone::UTC }
    }
}
