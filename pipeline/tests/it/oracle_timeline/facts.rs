//! What each tick of a log says: of copies only the first, each at its time in the log.

use std::collections::{BTreeMap, BTreeSet};

use parlance_schemas::decision::What as Decided;
use parlance_schemas::labels::{Author, IdentityKind, LinkSource};

use super::meaning::{Says, Terms};
use super::script::{By, Kind, Message, Script, What, Whom, account, phone};
use super::who::{Id, id_of};

/// How far ahead of the log's time something may claim to have been said.
pub(crate) const MAX_FUTURE: i64 = 60_000;

/// Two identifiers of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) waba_id: &'static str,
    pub(crate) at: i64,
    pub(crate) a: Id,
    pub(crate) b: Id,
    pub(crate) source: LinkSource,
    pub(crate) linked: bool,
    pub(crate) author: String,
    /// Whether it stands in the table even when it is no news.
    pub(crate) always: bool,
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) number: u8,
    pub(crate) group: Option<String>,
    pub(crate) contact: String,
}

/// A message by its own update.
#[derive(Clone, Debug)]
pub(crate) struct Spoken {
    pub(crate) place: Place,
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) author: Author,
    pub(crate) name: String,
    pub(crate) says: Says,
}

/// A message by one of its statuses.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    pub(crate) place: Place,
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) status: &'static str,
    pub(crate) campaign: bool,
}

/// A decision about a thread: to resolve, or to give to a team and a person.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) place: Place,
    pub(crate) at: i64,
    pub(crate) given: Option<(String, String)>,
}

/// Everything new that was logged in a tick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tick {
    pub(crate) in_force: i64,
    pub(crate) links: Vec<Link>,
    pub(crate) spoken: Vec<Spoken>,
    pub(crate) reported: Vec<Reported>,
    pub(crate) marked: Vec<Marked>,
    /// Numbers and times of all messages, those too that are in no thread.
    pub(crate) messages: Vec<(u8, i64)>,
}

/// Reads a log whole.
pub(crate) fn ticks(script: &Script) -> BTreeMap<u64, Tick> {
    let mut placed = Vec::new();
    for partition in 0..script.partitions {
        let mut bound = 0;
        let records = script.records.iter().filter(|record| record.partition == partition);
        for (offset, record) in records.enumerate() {
            bound = record.log_time.max(bound);
            placed.push(((bound, partition, offset), &record.what));
        }
    }
    placed.sort_by_key(|(place, _)| *place);
    let mut ticks: BTreeMap<u64, Tick> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for ((log_time, ..), what) in placed {
        let time = log_time.div_ceil(1_000) * 1_000;
        let tick = ticks.entry(time).or_default();
        if let What::Mark(settings) = what {
            tick.in_force = tick.in_force.max(*settings);
        } else if seen.insert(identity(what)) {
            tick.take(what, i64::try_from(time).unwrap() + MAX_FUTURE);
        }
    }
    ticks
}

/// What copies have in common; of those that say something else the first is believed.
pub(crate) fn identity(what: &What) -> String {
    match what {
        What::Message(Message { number, id, .. }) | What::Changed { number, id, .. } => {
            format!("message {number} {id}")
        }
        What::Status(status) => {
            format!(
                "status {} {} {} {}",
                status.number,
                status.id,
                status.status,
                status.whom.contact()
            )
        }
        What::Replaced { .. } | What::Decision(_) | What::Verdict { .. } | What::Mark(_) => format!("{what:?}"),
    }
}

impl Tick {
    /// Takes in what a record says; nothing was said after `latest`.
    fn take(&mut self, what: &What, latest: i64) {
        match what {
            What::Message(message) => self.message(message, message.at.min(latest)),
            What::Status(status) => {
                let at = status.at.min(latest);
                self.together(account(status.number), &status.whom, at);
                self.reported.push(Reported {
                    place: Place {
                        number: status.number,
                        group: status.group.clone(),
                        contact: status.whom.contact().to_owned(),
                    },
                    id: status.id.clone(),
                    at,
                    status: status.status,
                    campaign: ["marketing", "authentication"]
                        .iter()
                        .any(|many| status.category.starts_with(many)),
                });
            }
            What::Changed {
                number,
                before,
                after,
                at,
                ..
            } => {
                let (waba_id, at) = (account(*number), (*at).min(latest));
                self.messages.push((*number, at));
                self.together(waba_id, before, at);
                for one in ids(before) {
                    for other in ids(after) {
                        self.told(waba_id, (&one, &other), LinkSource::NumberChanged, at);
                    }
                }
            }
            What::Replaced {
                number,
                previous,
                current,
                wa_id,
                at,
            } => {
                let (waba_id, at) = (account(*number), (*at).min(latest));
                let [previous, current] = [previous, current].map(|id| (IdentityKind::Bsuid, id.clone()));
                self.told(waba_id, (&previous, &current), LinkSource::IdChanged, at);
                if let Some(wa_id) = wa_id {
                    let number = (IdentityKind::WaId, wa_id.clone());
                    self.told(waba_id, (&current, &number), LinkSource::Together, at);
                }
            }
            What::Decision(decision) => {
                let at = decision.at.min(latest);
                let given = match &decision.what {
                    Decided::Resolve => None,
                    Decided::Assign { team, agent } => Some((team.clone(), agent.clone())),
                    Decided::Link(other) | Decided::Unlink(other) => {
                        self.links.push(Link {
                            waba_id: if decision.waba_id == "waba-a" {
                                "waba-a"
                            } else {
                                "waba-b"
                            },
                            at,
                            a: id_of(&decision.contact_id),
                            b: id_of(other),
                            source: LinkSource::Person,
                            linked: matches!(decision.what, Decided::Link(_)),
                            author: decision.author.clone(),
                            always: true,
                        });
                        return;
                    }
                };
                let number = decision.phone_number_id.trim_start_matches("number-").parse().unwrap();
                let place = Place {
                    number,
                    group: Some(decision.group_id.clone()).filter(|group| !group.is_empty()),
                    contact: decision.contact_id.clone(),
                };
                self.marked.push(Marked { place, at, given });
            }
            // What it makes of the message's labels is read off the message's rows.
            What::Verdict { .. } | What::Mark(_) => {}
        }
    }

    fn message(&mut self, message: &Message, at: i64) {
        let waba_id = account(message.number);
        self.messages.push((message.number, at));
        self.together(waba_id, &message.whom, at);
        let (author, name) = match message.by {
            By::Customer => (Author::Customer, ""),
            By::Phone => (Author::Person, ""),
            By::Parlance(author, name) => (author, name),
        };
        if let Kind::Card(number) = &message.kind {
            let given = (IdentityKind::WaId, number.clone());
            for one in ids(&message.whom) {
                self.told(waba_id, (&one, &given), LinkSource::ContactRequest, at);
            }
        }
        self.spoken.push(Spoken {
            place: Place {
                number: message.number,
                group: message.group.clone(),
                contact: message.whom.contact().to_owned(),
            },
            id: message.id.clone(),
            at,
            author,
            name: name.to_owned(),
            says: match message.kind {
                Kind::Text(_) | Kind::Sticker | Kind::Unsupported | Kind::Card(_) => Says::Something,
                Kind::Reaction => Says::Reaction,
                Kind::Edit | Kind::UnsupportedEdit | Kind::Revoke | Kind::Welcome => Says::Nothing,
            },
        });
    }

    /// Both of a customer's identifiers came together, if both came.
    fn together(&mut self, waba_id: &'static str, whom: &Whom, at: i64) {
        if let [a, b] = &ids(whom)[..] {
            self.links.push(Link {
                waba_id,
                at,
                a: a.clone(),
                b: b.clone(),
                source: LinkSource::Together,
                linked: true,
                author: String::new(),
                always: false,
            });
        }
    }

    /// Meta told that two identifiers are of one customer.
    fn told(&mut self, waba_id: &'static str, (a, b): (&Id, &Id), source: LinkSource, at: i64) {
        if a == b {
            return;
        }
        let (a, b) = (a.min(b).clone(), a.max(b).clone());
        self.links.push(Link {
            waba_id,
            at,
            a,
            b,
            source,
            linked: true,
            author: String::new(),
            always: source != LinkSource::Together,
        });
    }
}

fn ids(whom: &Whom) -> Vec<Id> {
    let of = |kind: IdentityKind, id: &Option<String>| id.clone().map(|id| (kind, id));
    let ids = [
        of(IdentityKind::Bsuid, &whom.bsuid),
        of(IdentityKind::WaId, &whom.number),
    ];
    ids.into_iter().flatten().collect()
}

impl Place {
    pub(crate) fn phone(&self) -> String {
        phone(self.number)
    }

    pub(crate) fn waba_id(&self) -> &'static str {
        account(self.number)
    }
}

impl Script {
    /// The presets in force for a number, under the settings before an offset.
    pub(crate) fn terms(&self, number: u8, in_force: i64, dawn: i64) -> Terms {
        let mut terms = Terms {
            dawn,
            ..Terms::default()
        };
        let settings = self.settings.iter().take(usize::try_from(in_force).unwrap());
        for setting in settings {
            let Some((kind, of)) = setting.key.split_once('/') else {
                continue;
            };
            if of != phone(number) {
                continue;
            }
            match kind {
                "integration" => terms.integration = setting.preset,
                "hours" => terms.hours = Some(setting.preset),
                _ => terms.sla = Some(setting.preset),
            }
        }
        terms
    }
}
