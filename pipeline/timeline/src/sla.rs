//! Promises: which one a customer's turn has, and when a share of its time has passed.

use std::sync::Arc;

use parlance_schemas::labels::{Intent, Urgency};
pub use parlance_schemas::settings::{Clock, Series};
use parlance_schemas::settings::{SlaSetting, Target};

use crate::hours::Hours;

const URGENCIES: usize = Urgency::ALL.len();
const TURNS: usize = Intent::ALL.len() * URGENCIES;

/// What a business promises. Clones are cheap, and the same. That of a business without a setting promises nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sla(Option<Arc<Compiled>>);

#[derive(Debug, PartialEq, Eq)]
struct Compiled {
    /// Of each intent, for each urgency.
    promises: [Option<Promise>; TURNS],
    closing_notice_ms: Option<i64>,
    follow_up_after_ms: Option<i64>,
}

/// That a turn is answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Promise {
    /// The promised time, in milliseconds.
    pub within_ms: i64,
    /// What it is measured by.
    pub clock: Clock,
    /// Whose answers keep it.
    pub by: Series,
}

impl Sla {
    /// What a setting promises. Targets and lengths of time that cannot be meant ([`SlaSetting::problems`] names them) are
    /// left out.
    pub fn compile(setting: &SlaSetting) -> Self {
        let mut promises = [None; TURNS];
        for intent in Intent::ALL {
            for urgency in Urgency::ALL {
                let fitting = setting.targets.iter().filter(|target| target.fits(*intent, *urgency));
                promises[place(*intent, *urgency)] = fitting.filter_map(promise).next();
            }
        }
        Self(Some(Arc::new(Compiled {
            promises,
            closing_notice_ms: setting.closing_notice_ms(),
            follow_up_after_ms: setting.follow_up_after_ms(),
        })))
    }

    /// The promise that turns of an intent and an urgency have: that of the first target that fits them.
    pub fn promise(&self, intent: Intent, urgency: Urgency) -> Option<Promise> {
        self.0.as_ref()?.promises[place(intent, urgency)]
    }

    /// How long before the service window of an unanswered customer closes to tell, in calendar milliseconds: less than 24
    /// hours. Nothing when it is not told.
    pub fn closing_notice_ms(&self) -> Option<i64> {
        self.0.as_ref()?.closing_notice_ms
    }

    /// How long a customer is silent after the business's answer before a follow-up is due, in calendar milliseconds. Nothing
    /// when none is.
    pub fn follow_up_after_ms(&self) -> Option<i64> {
        self.0.as_ref()?.follow_up_after_ms
    }
}

impl Promise {
    /// The earliest instant, in Unix milliseconds, at which so many hundredths of the promised time have passed on its clock
    /// since the turn began: an answer before it came within that share. A fraction of a millisecond counts as one. Nothing
    /// when it does not come within [`LOOK_AHEAD_MS`](crate::hours::LOOK_AHEAD_MS), so seldom is the business open.
    pub fn due(&self, started_at: i64, share_percent: u32, hours: &Hours) -> Option<i64> {
        let share = (i128::from(self.within_ms.max(0)) * i128::from(share_percent) + 99) / 100;
        let share = i64::try_from(share).ok()?;
        match self.clock {
            Clock::Business => hours.after(started_at, share),
            Clock::Calendar => Hours::always().after(started_at, share),
        }
    }
}

fn promise(target: &Target) -> Option<Promise> {
    Some(Promise {
        within_ms: target.within_ms()?,
        clock: target.clock,
        by: target.by,
    })
}

const fn place(intent: Intent, urgency: Urgency) -> usize {
    intent as usize * URGENCIES + urgency as usize
}
