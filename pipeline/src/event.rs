//! What travels through the dataflow between the log and the rows.

use parlance_schemas::record::Part;
use parlance_schemas::rows::{
    AccountEventRow, ContactRow, DecisionRow, IdentityRow, LogTime, MessageRow, OutcomeRow, RawUpdateRow, StatusRow,
};
use parlance_schemas::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// Time of the dataflow: log time in Unix milliseconds, rounded up to [`TICK`].
pub(crate) type Time = LogTime;

/// Multiplicities and sums alike: differential multiplies only equal integer types.
pub(crate) type Diff = i64;

/// Length of a tick in milliseconds. One tick is one interval of the sink and so part of its insert tokens:
/// it is a constant, not a setting, because rows written under another tick could not be recognised again.
pub const TICK: Time = 1_000;

/// The tick that a log time belongs to. Rounds up: a record may be shown later than it was logged, never earlier.
pub(crate) fn tick_of(log_time: u64) -> Time {
    log_time.div_ceil(TICK) * TICK
}

/// Where a record stands in the log. The order means "logged before": by log time (made monotone within
/// each partition), then by partition and offset, so that it is total and the same on every run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Log time in Unix milliseconds, monotone within the partition.
    pub(crate) log_time: u64,
    pub(crate) partition: u32,
    pub(crate) offset: i64,
}

/// One update of the log, understood: what makes it the same as another, and the row it will become.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) place: Place,
    /// The settings in force: those before this offset of the settings' topic.
    pub(crate) settings: i64,
    /// Equal for every delivery of the same update, see [`crate::decode`].
    pub(crate) identity: u128,
    /// Equal for equal content, however it was spelt.
    pub(crate) content: u128,
    /// The webhook's field, kept for copies that end in `raw_updates`.
    pub(crate) field: String,
    pub(crate) part: Part,
    pub(crate) name: String,
    pub(crate) draft: Draft,
    /// What the update says of its customer, if anything.
    pub(crate) contact: Option<Box<ContactRow>>,
    /// What it says of who is who, beyond the ids in `contact`; mostly nothing.
    pub(crate) identities: Vec<IdentityRow>,
}

impl Event {
    /// Something that was said, decided or done about what is in the log: the same as another when all it says is. Its place is blank.
    pub(crate) fn of_people(identity: u128, draft: Draft) -> Self {
        Self {
            place: Place::default(),
            settings: 0,
            identity,
            content: identity,
            field: String::new(),
            part: Part::Change,
            name: String::new(),
            draft,
            contact: None,
            identities: Vec::new(),
        }
    }
}

/// What an update becomes: a row, or for a verdict the correction of one. Its `logged_at` and `version`, and a message's labels, are still blank:
/// they are filled in once the update is known to be the first of its kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Draft {
    Message(Box<MessageRow>),
    Status(Box<StatusRow>),
    AccountEvent(Box<AccountEventRow>),
    Raw(Box<RawUpdateRow>),
    Verdict(Box<Verdict>),
    Decision(Box<DecisionRow>),
    Outcome(Box<OutcomeRow>),
    /// Not an update: from here on the settings before this offset are in force.
    InForce(i64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_holds_the_times_up_to_and_including_its_end() {
        assert_eq!([0, 1, 999, 1_000, 1_001].map(tick_of), [0, 1_000, 1_000, 1_000, 2_000]);
    }
}
