//! What an integration has of its own in the analysis of its messages.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::adapted::Adaptation;
use crate::patterns::Patterns;

/// An integration's own: its settings, as far as an analysis depends on them.
#[derive(Clone, Debug)]
pub struct Custom {
    /// Where the business is: what time it is there.
    pub zone: TimeZone,
    /// Its words and expressions, if it has any.
    pub patterns: Option<Arc<Patterns>>,
    /// What its corrections taught, if anything. With weights it was not learned on top of it counts for nothing.
    pub adaptation: Option<Arc<Adaptation>>,
}

impl Default for Custom {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            patterns: None,
            adaptation: None,
        }
    }
}
