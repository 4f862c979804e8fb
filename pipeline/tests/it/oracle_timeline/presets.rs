//! The settings that stories are told under: few, and each with something in it that is easily got wrong.

use std::fmt::Write as _;

use parlance_schemas::labels::{Author, Intent, Urgency};
use serde_json::{Value, json};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// When a story may begin: before clocks are changed in Berlin (twice a year), New York and on Lord Howe Island, and when none are.
pub(crate) const DAWNS: [i64; 5] = [
    1_711_690_200_000, // 2024-03-29T05:30Z
    1_729_845_000_000, // 2024-10-25T08:30Z
    1_709_974_800_000, // 2024-03-09T09:00Z
    1_712_331_000_000, // 2024-04-05T15:30Z
    1_700_000_000_000, // 2023-11-14T22:13:20Z
];

/// What an integration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Integration {
    pub(crate) zone: &'static str,
    pub(crate) gap: i64,
    pub(crate) reopen: i64,
    pub(crate) reactions: bool,
    pub(crate) unmarked: Author,
}

/// The first is what is so without a setting.
pub(crate) const INTEGRATIONS: [Integration; 6] = [
    Integration {
        zone: "",
        gap: DAY,
        reopen: 0,
        reactions: false,
        unmarked: Author::Unknown,
    },
    Integration {
        zone: "Europe/Berlin",
        gap: DAY,
        reopen: 2 * HOUR,
        reactions: false,
        unmarked: Author::Person,
    },
    Integration {
        zone: "America/New_York",
        gap: 6 * HOUR,
        reopen: 6 * HOUR,
        reactions: true,
        unmarked: Author::Bot,
    },
    Integration {
        zone: "Australia/Lord_Howe",
        gap: HOUR,
        reopen: 0,
        reactions: true,
        unmarked: Author::Unknown,
    },
    Integration {
        zone: "Asia/Kolkata",
        gap: 23 * HOUR,
        reopen: 30 * MINUTE,
        reactions: false,
        unmarked: Author::Person,
    },
    Integration {
        zone: "Europe/Berlin",
        gap: 2 * HOUR,
        reopen: HOUR,
        reactions: false,
        unmarked: Author::Unknown,
    },
];

/// Intervals of a day, in minutes from its midnight; those that end before they begin run into the next.
pub(crate) type Opens = &'static [(u16, u16)];

/// When a business is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hours {
    /// Days (0 is Monday) and their intervals.
    pub(crate) weekly: &'static [(&'static [u8], Opens)],
    /// Year, month, day, and what is open then.
    pub(crate) holidays: &'static [((i16, i8, i8), Opens)],
}

pub(crate) const HOURS: [Hours; 4] = [
    Hours {
        weekly: &[(&[0, 1, 2, 3, 4], &[(9 * 60, 17 * 60)])],
        holidays: &[((2024, 4, 1), &[]), ((2023, 11, 15), &[(600, 720)])],
    },
    Hours {
        weekly: &[
            (&[4, 5, 6], &[(22 * 60, 3 * 60), (60, 150), (120, 165)]),
            (&[0, 2], &[(0, 24 * 60)]),
        ],
        holidays: &[((2024, 10, 26), &[(23 * 60, 150)])],
    },
    Hours {
        weekly: &[],
        holidays: &[
            ((2024, 3, 30), &[]),
            ((2024, 3, 10), &[(90, 200)]),
            ((2023, 11, 16), &[]),
        ],
    },
    Hours {
        weekly: &[(&[0, 1, 2, 3, 4, 5, 6], &[(115, 125), (13 * 60 + 7, 18 * 60 + 1)])],
        holidays: &[],
    },
];

/// A promise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) intents: &'static [Intent],
    pub(crate) urgencies: &'static [Urgency],
    pub(crate) within: i64,
    pub(crate) business: bool,
    pub(crate) human: bool,
}

/// What is promised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sla {
    pub(crate) targets: &'static [Target],
    pub(crate) notice: Option<i64>,
    pub(crate) follow_up: Option<i64>,
}

const ANY: Target = Target {
    intents: &[],
    urgencies: &[],
    within: 15 * MINUTE,
    business: false,
    human: false,
};

pub(crate) const SLAS: [Sla; 4] = [
    Sla {
        targets: &[ANY],
        notice: Some(2 * HOUR),
        follow_up: Some(3 * HOUR),
    },
    Sla {
        targets: &[
            Target {
                urgencies: &[Urgency::Critical, Urgency::Urgent, Urgency::High],
                within: 5_001,
                human: true,
                ..ANY
            },
            Target {
                intents: &[Intent::Complaint, Intent::LeadInquiry],
                within: 3 * HOUR + 1,
                business: true,
                human: true,
                ..ANY
            },
            Target {
                within: 8 * HOUR,
                business: true,
                ..ANY
            },
        ],
        notice: Some(DAY - 1),
        follow_up: None,
    },
    Sla {
        targets: &[Target {
            intents: &[Intent::LeadInquiry, Intent::None, Intent::Other],
            within: 20 * HOUR,
            human: true,
            ..ANY
        }],
        notice: None,
        follow_up: Some(30 * MINUTE),
    },
    Sla {
        targets: &[Target {
            within: 1_000,
            business: true,
            ..ANY
        }],
        notice: Some(1_000),
        follow_up: Some(1_000),
    },
];

impl Integration {
    pub(crate) fn json(&self) -> Value {
        json!({"time_zone": self.zone, "conversation_gap": length(self.gap), "reopen_within": length(self.reopen),
               "reactions_ask": self.reactions, "unmarked": self.unmarked})
    }
}

impl Hours {
    pub(crate) fn json(&self) -> Value {
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let opening = |(from, to): &(u16, u16)| json!({"from": clock(*from), "to": clock(*to)});
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let weekly = self.weekly.iter().flat_map(|(on, opens)| {
            let on: Vec<&str> = on.iter().map(|day| days[usize::from(*day)]).collect();
            opens
                .iter()
                .map(move |(from, to)| json!({"days": on, "from": clock(*from), "to": clock(*to)}))
        });
        let holidays = self.holidays.iter().map(|((year, month, day), opens)| {
            let open: Vec<Value> = opens.iter().map(opening).collect();
            json!({"date": format!("{year:04}-{month:02}-{day:02}"), "open": open})
        });
        json!({"weekly": weekly.collect::<Vec<_>>(), "holidays": holidays.collect::<Vec<_>>()})
    }
}

impl Sla {
    pub(crate) fn json(&self) -> Value {
        let targets = self.targets.iter().map(|target| {
            let mut json = json!({"within": length(target.within),
                "clock": if target.business { "business" } else { "calendar" },
                "by": if target.human { "human" } else { "any" }});
            if !target.intents.is_empty() {
                json["intents"] = json!(target.intents);
            }
            if !target.urgencies.is_empty() {
                json["urgencies"] = json!(target.urgencies);
            }
            json
        });
        let mut json = json!({"targets": targets.collect::<Vec<_>>()});
        for (name, value) in [("closing_notice", self.notice), ("follow_up_after", self.follow_up)] {
            if let Some(ms) = value {
                json[name] = json!(length(ms));
            }
        }
        json
    }
}

/// A length of time as settings write it.
fn length(ms: i64) -> String {
    let mut text = format!("{}s", ms / 1_000);
    if ms % 1_000 > 0 {
        write!(text, " {}ms", ms % 1_000).unwrap();
    }
    text
}
