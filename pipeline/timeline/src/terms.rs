//! The terms under which an integration's threads are read: what people decided, made ready for use.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use parlance_schemas::labels::Author;
use parlance_schemas::settings::{HoursSetting, IntegrationSetting, SlaSetting};

use crate::hours::Hours;
use crate::moment::{Moment, Says};
use crate::sla::Sla;

/// At this hour of the business's day conversations that go on and on are continued as others.
const MORNING: SignedDuration = SignedDuration::from_hours(4);

/// The terms of one integration.
#[derive(Clone, Debug)]
pub struct Terms {
    /// A silence of this many milliseconds ends a conversation.
    pub gap_ms: i64,
    /// A message within this many milliseconds after a conversation was resolved opens it again.
    pub reopen_ms: i64,
    /// Whether a customer's reaction asks for an answer.
    pub reactions: bool,
    unmarked: Author,
    zone: TimeZone,
    /// When the business is open.
    pub hours: Hours,
    /// What it promises.
    pub sla: Sla,
}

impl Default for Terms {
    fn default() -> Self {
        Self::of(&IntegrationSetting::default(), None, None)
    }
}

impl Terms {
    /// The terms that follow from settings; what is not set is as its default says, what cannot be read as if it were not set.
    pub fn of(integration: &IntegrationSetting, hours: Option<&HoursSetting>, sla: Option<&SlaSetting>) -> Self {
        let zone = integration.zone().unwrap_or(TimeZone::UTC);
        Self {
            gap_ms: millis(integration.conversation_gap),
            reopen_ms: millis(integration.reopen_within),
            reactions: integration.reactions_ask,
            unmarked: integration.unmarked,
            hours: hours.map_or_else(Hours::always, |hours| Hours::compile(hours, &zone)),
            sla: sla.map_or_else(Sla::default, Sla::compile),
            zone,
        }
    }

    /// Who is taken to have written a message of the business of which nothing says who did.
    pub fn author(&self, author: Author) -> Author {
        if author == Author::Unknown {
            self.unmarked
        } else {
            author
        }
    }

    /// Whether a message asks for an answer, or is one.
    pub fn speaks(&self, moment: &Moment) -> bool {
        match moment.says {
            Says::Something => true,
            Says::Reaction => self.reactions && moment.is_inbound(),
            Says::Nothing => false,
        }
    }

    /// The business's day of an instant, as a number; days begin at four in the morning.
    pub fn day_of(&self, at: i64) -> i64 {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
        let offset = self.zone.to_offset(at).seconds();
        (at.as_second() + i64::from(offset) - MORNING.as_secs()).div_euclid(86_400)
    }
}

fn millis(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
