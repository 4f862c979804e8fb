//! From the steps of a story to the records of a log.

use parlance_schemas::decision::{Decision, What as Decided};
use parlance_schemas::labels::{Author, Intent, Judge, Sentiment, Urgency};
use parlance_schemas::record::VERSION;

use super::presets::{DAWNS, HOUR, HOURS, INTEGRATIONS, MINUTE, SLAS};
use super::script::{By, Kind, Message, Record, Script, Setting, Status, What, Whom, account, phone};
use super::steps::{Act, Genre, Side, Step, Story};

const TEXTS: [&str; 8] = [
    "Hello, how much is the blue one?",
    "This is unacceptable, I want a refund!!",
    "¿Dónde está mi pedido?",
    "Danke, alles super",
    "hi",
    "👍",
    "my card was stolen, please block it right now",
    "still waiting!!!",
];
const STATUSES: [&str; 5] = ["sent", "delivered", "read", "failed", "played"];
const CATEGORIES: [&str; 4] = ["", "marketing", "service", "authentication_international"];

/// How long stories of changing customers are, so that nobody in them is forgotten.
const TANGLED: i64 = 12 * HOUR;

/// What a customer of an account is called now.
#[derive(Clone)]
pub(super) struct Customer {
    pub(super) number: String,
    pub(super) bsuid: String,
}

pub(super) struct Teller {
    genre: Genre,
    focus: bool,
    pub(super) now: i64,
    /// By account and customer.
    pub(super) customers: [Vec<Customer>; 2],
    records: Vec<(u64, u32, u16, What)>,
    settings: Vec<Setting>,
    /// Messages of the customers that verdicts may be about, and of the business.
    heard: Vec<(Message, u64)>,
    said: Vec<(Message, u64)>,
    pub(super) ids: u32,
}

/// Tells a story as a log.
pub(crate) fn tell(story: &Story) -> Script {
    let dawn = DAWNS[usize::from(story.dawn)];
    let customer = |account: usize, place: usize| Customer {
        number: format!("49{account}15{place}"),
        bsuid: format!("DE.a{account}c{place}"),
    };
    let mut teller = Teller {
        genre: story.genre,
        focus: story.focus,
        now: dawn,
        customers: [0, 1].map(|account| (0..3).map(|place| customer(account, place)).collect()),
        records: Vec::new(),
        settings: Vec::new(),
        heard: Vec::new(),
        said: Vec::new(),
        ids: 0,
    };
    for (number, (integration, hours, sla)) in (0..3).zip(&story.set) {
        let presets = [Some(*integration), *hours, *sla];
        for (kind, preset) in (0..).zip(presets) {
            if let Some(preset) = preset {
                teller.set(number, kind, preset);
            }
        }
    }
    let mark = What::Mark(i64::try_from(teller.settings.len()).unwrap());
    teller.records.push((unsigned(dawn), 0, 0, mark));
    for step in &story.steps {
        teller.step(step, u32::from(story.partitions), dawn);
    }
    let last = teller.records.iter().map(|(log_time, ..)| *log_time).max().unwrap();
    let end = last.max(unsigned(teller.now)) + unsigned(story.tail) + 5_000;
    teller.records.sort_by_key(|(log_time, ..)| *log_time);
    let records = teller
        .records
        .into_iter()
        .map(|(log_time, partition, back, what)| Record {
            partition,
            log_time: log_time - u64::from(back),
            what,
        });
    Script {
        partitions: u32::from(story.partitions),
        records: records.collect(),
        settings: teller.settings,
        end: end.div_ceil(1_000) * 1_000,
        lateness: [20 * MINUTE, 3 * HOUR, 72 * HOUR][usize::from(story.lateness)],
    }
}

fn unsigned(at: i64) -> u64 {
    u64::try_from(at).unwrap()
}

fn whole(at: i64) -> i64 {
    at.div_euclid(1_000) * 1_000
}

impl Teller {
    fn step(&mut self, step: &Step, partitions: u32, dawn: i64) {
        self.now += if self.focus {
            step.pause % (20 * HOUR)
        } else {
            step.pause
        };
        if self.genre == Genre::Tangled {
            self.now = self.now.min(dawn + TANGLED);
        }
        let partition = u32::from(step.partition) % partitions;
        let mut logged = Vec::new();
        self.act(&step.act, step.delay, &mut logged);
        for (delay, what) in logged {
            let log_time = unsigned(self.now + delay.max(0));
            if let Some((later, partition)) = step.copy.filter(|_| !matches!(what, What::Mark(_))) {
                let partition = u32::from(partition) % partitions;
                self.records
                    .push((log_time + unsigned(later), partition, 0, what.clone()));
            }
            self.records.push((log_time, partition, step.back, what));
        }
    }

    /// Who is meant: in a story of few, mostly one.
    pub(super) fn meant(&self, side: &Side) -> Side {
        if !self.focus {
            return *side;
        }
        Side {
            number: 0,
            customer: side.customer / 2,
            group: None,
            ..*side
        }
    }

    /// What is logged of a step, and how long after it.
    fn act(&mut self, act: &Act, delay: i64, logged: &mut Vec<(i64, What)>) {
        // A clock that runs ahead dates into the future what is logged now.
        let at = whole(self.now - delay.min(0));
        // Decisions are ordered by the millisecond.
        let unique = i64::from(self.ids) % 1_000;
        match act {
            Act::Say { side, kind, beside } => {
                let side = &self.meant(side);
                let kind = match kind {
                    0..8 => Kind::Text(TEXTS[usize::from(*kind)]),
                    8 => Kind::Sticker,
                    9 | 10 => Kind::Reaction,
                    11 => Kind::Unsupported,
                    12 => Kind::UnsupportedEdit,
                    13 => Kind::Revoke,
                    _ => Kind::Welcome,
                };
                let whom = self.whom(side);
                let beside = *beside && whom.bsuid.is_some() && whom.number.is_some();
                let message = self.message((side, whom), beside, at, By::Customer, kind);
                if matches!(message.kind, Kind::Text(_)) && delay >= 0 {
                    self.heard.push((message.clone(), unsigned(self.now + delay)));
                }
                logged.push((delay, What::Message(message)));
            }
            Act::Answer { side, kind, by } => {
                let side = &self.meant(side);
                let kind = match kind {
                    0..10 => Kind::Text("We are looking into it"),
                    10 => Kind::Sticker,
                    11 | 12 => Kind::Reaction,
                    13 => Kind::Revoke,
                    _ => Kind::Edit,
                };
                let by = match by {
                    0..3 => By::Phone,
                    3 => By::Parlance(Author::Person, "ana"),
                    4 => By::Parlance(Author::Person, ""),
                    5 => By::Parlance(Author::Bot, "botty"),
                    6 => By::Parlance(Author::Rule, "welcome"),
                    _ => By::Parlance([Author::Campaign, Author::Unknown][usize::from(side.customer) % 2], ""),
                };
                let whom = self.whom(side);
                let message = self.message((side, whom), false, at, by, kind);
                self.said.push((message.clone(), unsigned(self.now + delay.max(0))));
                logged.push((delay, What::Message(message)));
            }
            Act::Reported {
                side,
                statuses,
                category,
            } => {
                let side = &self.meant(side);
                let whom = self.whom(side);
                let message = self.message((side, whom), false, at, By::Phone, Kind::Sticker);
                for (status, after, delay) in statuses {
                    let status = status_of(&message, *status, *category, at + whole(*after));
                    logged.push((*after + *delay, What::Status(status)));
                }
                self.said.push((message, unsigned(self.now)));
            }
            Act::Status { of, status, category } => {
                if !self.said.is_empty() {
                    let (message, _) = of.get(&self.said);
                    logged.push((delay, What::Status(status_of(message, *status, *category, at))));
                }
            }
            Act::Resolve { side, ago } => {
                let side = &self.meant(side);
                let at = self.now - ago / 1_000 * 1_000 + unique;
                logged.push((delay, self.decision(side, at, Decided::Resolve)));
            }
            Act::Assign { side, to, ago } => {
                let side = &self.meant(side);
                let (team, agent) = [
                    ("sales", ""),
                    ("", "bob"),
                    ("sales", "carla"),
                    ("", ""),
                    ("help", "bob"),
                ][usize::from(*to)];
                let (team, agent) = (team.to_owned(), agent.to_owned());
                let at = self.now - ago / 1_000 * 1_000 + unique;
                logged.push((delay, self.decision(side, at, Decided::Assign { team, agent })));
            }
            Act::Verdict {
                of,
                person,
                intent,
                sentiment,
                urgency,
            } => {
                let labels = (
                    intent.map(|label| Intent::ALL[usize::from(label) % Intent::ALL.len()]),
                    sentiment.map(|label| Sentiment::ALL[usize::from(label) % Sentiment::ALL.len()]),
                    urgency.map(|label| Urgency::ALL[usize::from(label) % Urgency::ALL.len()]),
                );
                if self.heard.is_empty() || labels == (None, None, None) {
                    return;
                }
                let (about, known) = of.get(&self.heard).clone();
                let judge = if *person { Judge::Person } else { Judge::Llm };
                // Nobody judges what they have not seen.
                let delay = delay.max(0).max(i64::try_from(known).unwrap() + 1_500 - self.now);
                let at = self.now + unique;
                logged.push((
                    delay,
                    What::Verdict {
                        about,
                        judge,
                        at,
                        labels,
                    },
                ));
            }
            Act::Set { number, kind, preset } => {
                self.set(*number, *kind, *preset);
                logged.push((0, What::Mark(i64::try_from(self.settings.len()).unwrap())));
            }
            Act::Change { .. } | Act::Replace { .. } | Act::Pass { .. } | Act::Card { .. } | Act::Link { .. } => {
                self.tangle(act, delay, at, logged);
            }
        }
    }

    fn set(&mut self, number: u8, kind: u8, preset: u8) {
        // Those under which silences are long.
        let preset = if self.focus && kind == 0 {
            [0, 1, 4][usize::from(preset) % 3]
        } else {
            preset
        };
        let of = |all: usize| usize::from(preset) % all;
        let (kind, preset, value) = match kind {
            0 => (
                "integration",
                of(INTEGRATIONS.len()),
                INTEGRATIONS[of(INTEGRATIONS.len())].json(),
            ),
            1 => ("hours", of(HOURS.len()), HOURS[of(HOURS.len())].json()),
            _ => ("sla", of(SLAS.len()), SLAS[of(SLAS.len())].json()),
        };
        self.settings.push(Setting {
            key: format!("{kind}/{}", phone(number)),
            preset,
            log_time: unsigned(self.now),
            value,
        });
    }

    pub(super) fn customer(&mut self, side: &Side) -> &mut Customer {
        let account = usize::from(account(side.number) != "waba-a");
        &mut self.customers[account][usize::from(side.customer)]
    }

    pub(super) fn whom(&mut self, side: &Side) -> Whom {
        // In a long story each customer is always called the same.
        let by = if self.genre == Genre::Long {
            side.customer
        } else {
            side.by
        };
        let customer = self.customer(side).clone();
        Whom {
            bsuid: (by != 2).then_some(customer.bsuid),
            number: (by != 1).then_some(customer.number),
        }
    }

    /// Ids are not in order of time.
    pub(super) fn id(&self) -> String {
        format!("wamid.{:05}", self.ids * 7_919 % 10_007)
    }

    pub(super) fn message(
        &mut self,
        (side, whom): (&Side, Whom),
        beside: bool,
        at: i64,
        by: By,
        kind: Kind,
    ) -> Message {
        self.ids += 1;
        Message {
            number: side.number,
            id: self.id(),
            whom,
            beside,
            group: side.group.map(|group| format!("group-{group}")),
            at,
            by,
            kind,
        }
    }

    pub(super) fn decision(&mut self, side: &Side, at: i64, what: Decided) -> What {
        self.ids += 1;
        What::Decision(Decision {
            v: VERSION,
            author: "ana@example.com".to_owned(),
            at,
            waba_id: account(side.number).to_owned(),
            phone_number_id: phone(side.number),
            contact_id: self.whom(side).contact().to_owned(),
            group_id: side.group.map(|group| format!("group-{group}")).unwrap_or_default(),
            what,
        })
    }
}

fn status_of(message: &Message, status: u8, category: u8, at: i64) -> Status {
    Status {
        number: message.number,
        id: message.id.clone(),
        whom: message.whom.clone(),
        group: message.group.clone(),
        status: STATUSES[usize::from(status)],
        category: CATEGORIES[usize::from(category)],
        // What is sent is sent at once, whenever that is told.
        at: if STATUSES[usize::from(status)] == "sent" {
            message.at + at % 4_000
        } else {
            at
        },
    }
}
