//! What happens in a chronicle: scenes, each about something else, in an order and at a pace that follow from a seed.

use parlance_schemas::decision::{Decision, What as Decided};
use parlance_schemas::labels::{Author, Intent, Judge, Sentiment, Urgency};
use parlance_schemas::outcome::{Made, Outcome, OutcomeState};
use parlance_schemas::record::VERSION;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::chronicle::{Chronicle, Entry, PAUSE};
use super::settings;
use crate::oracle_timeline::script::{By, Kind, Message, Record, Status, What, Whom, account, phone};
use crate::world::{self, Logged};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// A Tuesday, ten in the morning in Berlin.
const DAWN: i64 = 1_700_557_200_000;

const COMPLAINT: &str = "This is unacceptable, I want a refund!!";
const TEXTS: [&str; 4] = [
    "Hello, how much is the blue one?",
    "¿Dónde está mi pedido 4711?",
    "still waiting!!!",
    "Danke, alles super",
];

/// A scene, told to somebody who writes it down.
type Scene = fn(&mut Scribe);

const SCENES: [Scene; 13] = [
    complaints,
    order,
    undelivered,
    reported,
    other_number,
    other_id,
    linked,
    decided,
    survey,
    actions_done,
    group,
    small_talk,
    oddities,
];

pub(super) fn chronicle(seed: u64) -> Chronicle {
    let mut scribe = Scribe {
        rng: ChaCha8Rng::seed_from_u64(seed),
        now: DAWN,
        ids: 0,
        entries: Vec::new(),
    };
    let mut episodes = Vec::new();
    for (episode, set) in settings::episodes().into_iter().enumerate() {
        for (key, value) in set {
            scribe.set(key, value);
        }
        let mut scenes = SCENES;
        scenes.shuffle(&mut scribe.rng);
        for (place, scene) in scenes.into_iter().enumerate() {
            scribe.now += scribe.rng.random_range(2 * SECOND..4 * MINUTE);
            scene(&mut scribe);
            if let Some((key, value)) = settings::in_the_midst(episode, place) {
                scribe.now += MINUTE;
                scribe.set(key, value);
            }
        }
        // The last word of an episode is a day old, and one promise is still open.
        let (number, whom) = scribe.somebody();
        let at = scribe.now;
        scribe.said_at((number, &whom), at - 30 * HOUR, By::Customer, text(TEXTS[0]));
        scribe.said((0, &customer(0, 0)), By::Customer, text(TEXTS[2]));
        let mut entries = std::mem::take(&mut scribe.entries);
        entries.sort_by_key(|(logged, _)| *logged);
        scribe.now = scribe.now.max(entries.last().unwrap().0) + i64::try_from(PAUSE).unwrap();
        episodes.push(entries.into_iter().map(|(_, entry)| entry).collect());
    }
    // Long enough that conversations end and Meta's 24 hours are over.
    let end = u64::try_from(scribe.now + 27 * HOUR).unwrap();
    Chronicle {
        partitions: 3,
        episodes,
        end: end.div_ceil(1_000) * 1_000,
    }
}

/// A customer of an account; the same whichever of its numbers they write to.
fn customer(number: u8, place: u8) -> Whom {
    let account = usize::from(account(number) != "waba-a");
    Whom {
        bsuid: Some(format!("DE.{account}c{place}")),
        number: Some(format!("49{account}15{place}")),
    }
}

fn text(text: &'static str) -> Kind {
    Kind::Text(text)
}

/// Writes a chronicle down.
struct Scribe {
    rng: ChaCha8Rng,
    now: i64,
    ids: u32,
    /// With the time each is logged at, but for clocks that step back.
    entries: Vec<(i64, Entry)>,
}

impl Scribe {
    fn set(&mut self, key: String, value: Value) {
        let log_time = u64::try_from(self.now).unwrap();
        self.entries.push((self.now, Entry::Set { log_time, key, value }));
        // What follows is surely logged after it.
        self.now += 1;
    }

    fn wait(&mut self, at_least: i64, at_most: i64) {
        self.now += self.rng.random_range(at_least..at_most);
    }

    /// What people decide and judge is in a partition of its own.
    fn log(&mut self, partition: u32, delay: i64, what: What) {
        let logged = self.now + delay;
        // Brokers' clocks step back a little now and then.
        let back = self.rng.random_range(0..700) * i64::from(self.rng.random_bool(0.15));
        let log_time = u64::try_from(logged - back).unwrap();
        if self.rng.random_bool(0.2) && !matches!(what, What::Decision(_)) {
            let (again, what) = (logged + self.rng.random_range(0..3 * MINUTE), what.clone());
            let log_time = u64::try_from(again).unwrap();
            let partition = self.rng.random_range(0..2);
            self.entries.push((
                again,
                Entry::Told(Record {
                    partition,
                    log_time,
                    what,
                }),
            ));
        }
        self.entries.push((
            logged,
            Entry::Told(Record {
                partition,
                log_time,
                what,
            }),
        ));
    }

    fn plain(&mut self, what: world::What) {
        let partition = self.rng.random_range(0..2);
        let log_time = u64::try_from(self.now).unwrap();
        let logged = Logged {
            partition,
            log_time,
            what,
        };
        self.entries.push((self.now, Entry::Plain(logged)));
    }

    fn somebody(&mut self) -> (u8, Whom) {
        let number = self.rng.random_range(0..3);
        let mut whom = customer(number, self.rng.random_range(0..4));
        match self.rng.random_range(0..4) {
            0 => whom.bsuid = None,
            1 => whom.number = None,
            _ => {}
        }
        (number, whom)
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        // Not in order of time.
        format!("wamid.{:05}", self.ids * 7_919 % 10_007)
    }

    fn said(&mut self, with: (u8, &Whom), by: By, kind: Kind) -> Message {
        let delay = self.rng.random_range(0..3 * SECOND);
        self.said_at(with, self.now - delay, by, kind)
    }

    fn said_at(&mut self, (number, whom): (u8, &Whom), at: i64, by: By, kind: Kind) -> Message {
        let beside = by == By::Customer && whom.bsuid.is_some() && whom.number.is_some();
        let message = Message {
            number,
            id: self.id(),
            whom: whom.clone(),
            beside,
            group: None,
            at: at / SECOND * SECOND,
            by,
            kind,
        };
        let partition = u32::from(number) % 2;
        self.log(partition, 0, What::Message(message.clone()));
        message
    }

    fn status(&mut self, message: &Message, status: &'static str, category: &'static str, delay: i64) {
        let what = What::Status(Status {
            number: message.number,
            id: message.id.clone(),
            whom: message.whom.clone(),
            group: message.group.clone(),
            status,
            category,
            at: self.now / SECOND * SECOND,
        });
        self.log(u32::from(message.number) % 2, delay, what);
    }

    fn verdict(&mut self, about: &Message, judge: Judge, intent: Intent) {
        let what = What::Verdict {
            about: about.clone(),
            judge,
            at: self.now,
            labels: (Some(intent), Some(Sentiment::Neutral), Some(Urgency::High)),
        };
        self.log(2, 0, what);
    }

    fn decide(&mut self, number: Option<u8>, waba_of: u8, contact: &str, what: Decided) {
        let decision = Decision {
            v: VERSION,
            author: "ana@example.com".to_owned(),
            at: self.now,
            waba_id: account(waba_of).to_owned(),
            phone_number_id: number.map(phone).unwrap_or_default(),
            contact_id: contact.to_owned(),
            group_id: String::new(),
            what,
        };
        self.log(2, 0, What::Decision(decision));
    }
}

/// Customers are angry, more and more of them, until somebody answers; people and models judge what the analyser found.
fn complaints(scribe: &mut Scribe) {
    let mut heard = Vec::new();
    for place in 0..3 {
        let whom = customer(0, place);
        heard.push(scribe.said((0, &whom), By::Customer, text(COMPLAINT)));
        scribe.wait(5 * SECOND, 40 * SECOND);
    }
    scribe.verdict(&heard[0], Judge::Llm, Intent::OrderInquiry);
    scribe.wait(5 * SECOND, MINUTE);
    scribe.verdict(&heard[0], Judge::Person, Intent::LeadInquiry);
    scribe.verdict(&heard[1], Judge::Llm, Intent::Complaint);
    scribe.wait(MINUTE, 12 * MINUTE);
    scribe.said((0, &customer(0, 0)), By::Phone, text("We are looking into it"));
    // One answer is told only now.
    let at = scribe.now - 6 * MINUTE;
    let person = By::Parlance(Author::Person, "ana");
    scribe.said_at((0, &customer(0, 1)), at, person, text("Please send us a picture"));
}

/// A machine answers, and what becomes of the answer is told in no order.
fn order(scribe: &mut Scribe) {
    let (number, whom) = scribe.somebody();
    scribe.said((number, &whom), By::Customer, text(TEXTS[1]));
    scribe.wait(SECOND, 5 * SECOND);
    let answer = scribe.said(
        (number, &whom),
        By::Parlance(Author::Bot, "botty"),
        text("It is on its way"),
    );
    scribe.wait(SECOND, 9 * SECOND);
    scribe.status(&answer, "read", "service", 0);
    scribe.status(&answer, "sent", "service", 2 * SECOND);
    scribe.status(&answer, "delivered", "service", 30 * SECOND);
    scribe.status(&answer, "played", "", 40 * SECOND);
    scribe.said((number, &whom), By::Customer, text(TEXTS[3]));
}

fn undelivered(scribe: &mut Scribe) {
    let whom = customer(0, 3);
    let message = scribe.said((0, &whom), By::Parlance(Author::Campaign, "spring"), text("20 % off"));
    scribe.wait(SECOND, 20 * SECOND);
    scribe.status(&message, "sent", "marketing", 0);
    scribe.status(&message, "failed", "marketing", SECOND);
}

/// A message of which only statuses tell.
fn reported(scribe: &mut Scribe) {
    let (number, whom) = scribe.somebody();
    let unseen = Message {
        number,
        id: scribe.id(),
        whom,
        beside: false,
        group: None,
        at: scribe.now,
        by: By::Phone,
        kind: Kind::Sticker,
    };
    scribe.status(&unseen, "delivered", "authentication_international", 0);
    scribe.wait(SECOND, MINUTE);
    scribe.status(&unseen, "sent", "authentication_international", 0);
}

/// A customer writes, changes their number, and writes again.
fn other_number(scribe: &mut Scribe) {
    let before = customer(1, 1);
    scribe.said((1, &before), By::Customer, text(TEXTS[0]));
    scribe.wait(SECOND, 3 * MINUTE);
    let after = Whom {
        bsuid: None,
        number: Some(format!("49016{}", scribe.ids)),
    };
    let (id, at) = (scribe.id(), scribe.now / SECOND * SECOND);
    let changed = What::Changed {
        number: 1,
        id,
        before,
        after: after.clone(),
        at,
    };
    scribe.log(1, 0, changed);
    scribe.wait(SECOND, MINUTE);
    scribe.said((1, &after), By::Customer, text(TEXTS[2]));
}

/// A customer's BSUID is replaced; another gives their number when asked.
fn other_id(scribe: &mut Scribe) {
    let at = scribe.now / SECOND * SECOND;
    let current = format!("DE.1c2r{}", scribe.ids);
    scribe.log(
        0,
        0,
        What::Replaced {
            number: 2,
            previous: customer(2, 2).bsuid.unwrap(),
            current: current.clone(),
            wa_id: customer(2, 2).number,
            at,
        },
    );
    let whom = Whom {
        bsuid: Some(current),
        number: None,
    };
    scribe.wait(SECOND, MINUTE);
    scribe.said((2, &whom), By::Customer, text(TEXTS[0]));
    let whom = Whom {
        number: None,
        ..customer(2, 3)
    };
    let number = customer(2, 3).number.unwrap();
    scribe.said((2, &whom), By::Customer, Kind::Card(number));
}

/// People say who is who, and that they were wrong.
fn linked(scribe: &mut Scribe) {
    let [one, other] = [0, 1].map(|place| customer(2, place).number.unwrap());
    scribe.said((2, &customer(2, 0)), By::Customer, text(TEXTS[0]));
    scribe.said((2, &customer(2, 1)), By::Customer, text(TEXTS[2]));
    scribe.wait(SECOND, MINUTE);
    scribe.decide(None, 2, &one, Decided::Link(other.clone()));
    scribe.wait(SECOND, MINUTE);
    scribe.decide(None, 2, &one, Decided::Unlink(other));
}

/// A conversation is given to somebody, resolved, and opened again.
fn decided(scribe: &mut Scribe) {
    let whom = customer(0, 2);
    scribe.said((0, &whom), By::Customer, text(TEXTS[1]));
    scribe.wait(SECOND, MINUTE);
    let (team, agent) = ("sales".to_owned(), "bob".to_owned());
    scribe.decide(Some(0), 0, whom.contact(), Decided::Assign { team, agent });
    scribe.wait(SECOND, MINUTE);
    scribe.said((0, &whom), By::Parlance(Author::Person, "bob"), text("Tomorrow"));
    scribe.wait(SECOND, MINUTE);
    scribe.decide(Some(0), 0, whom.contact(), Decided::Resolve);
    scribe.wait(SECOND, 5 * MINUTE);
    scribe.said((0, &whom), By::Customer, text(TEXTS[2]));
}

fn survey(scribe: &mut Scribe) {
    let score = scribe.rng.random_range(1..6);
    let (partition, log_time) = (0, u64::try_from(scribe.now).unwrap());
    let who = customer(0, 1).number;
    let timestamp = (scribe.now / SECOND).to_string();
    for (answer, reply) in [
        (
            "button_reply",
            json!({"id": format!("csat:{score}"), "title": "Thanks"}),
        ),
        (
            "nfm_reply",
            json!({"name": "flow", "body": "Sent", "response_json": format!(r#"{{"csat":"{score}"}}"#)}),
        ),
    ] {
        let body = json!({"id": scribe.id(), "from": who, "timestamp": timestamp, "type": "interactive",
                          "interactive": {"type": answer, answer: reply}});
        scribe.entries.push((
            scribe.now,
            Entry::Raw {
                partition,
                log_time,
                number: 0,
                body,
            },
        ));
    }
}

/// A ticket is made at the second attempt, which is told twice; a lead at the first; an appointment never.
fn actions_done(scribe: &mut Scribe) {
    for (made, states) in [
        (Made::Ticket, &[OutcomeState::Retrying, OutcomeState::Succeeded][..]),
        (Made::Lead, &[OutcomeState::Succeeded]),
        (Made::Appointment, &[OutcomeState::Retrying, OutcomeState::Failed]),
    ] {
        let action_id = scribe.id();
        for (attempt, state) in (1..).zip(states) {
            let outcome = Outcome {
                v: VERSION,
                action_id: action_id.clone(),
                rule_id: "complaint".to_owned(),
                rule_version: "3538c4bcfeae3475".to_owned(),
                action: "ticket".to_owned(),
                made,
                state: *state,
                attempt,
                at: scribe.now,
                phone_number_id: phone(0).to_owned(),
                waba_id: account(0).to_owned(),
                contact_id: "DE.0c1".to_owned(),
                group_id: String::new(),
                conversation_id: String::new(),
                message_id: String::new(),
                external_id: "4711".to_owned(),
                url: String::new(),
                error: String::new(),
            };
            for _ in 0..1 + usize::from(*state == OutcomeState::Succeeded) {
                scribe.wait(SECOND, MINUTE);
                let entry = Entry::Became {
                    partition: scribe.rng.random_range(0..3),
                    log_time: u64::try_from(scribe.now).unwrap(),
                    outcome: Box::new(outcome.clone()),
                };
                scribe.entries.push((scribe.now, entry));
            }
        }
    }
}

/// In a group two customers write, and both get what the business writes.
fn group(scribe: &mut Scribe) {
    let group = Some("group-1".to_owned());
    let mut last = None;
    for (place, by) in [(0, By::Customer), (1, By::Customer), (0, By::Phone)] {
        let message = Message {
            number: 1,
            id: scribe.id(),
            whom: customer(1, place),
            beside: false,
            group: group.clone(),
            at: scribe.now / SECOND * SECOND,
            by,
            kind: text(TEXTS[usize::from(place)]),
        };
        scribe.log(1, 0, What::Message(message.clone()));
        scribe.wait(SECOND, MINUTE);
        last = Some(message);
    }
    for place in 0..2 {
        let message = Message {
            whom: customer(1, place),
            ..last.clone().unwrap()
        };
        scribe.status(&message, "delivered", "", 0);
    }
}

/// All that is said without words.
fn small_talk(scribe: &mut Scribe) {
    let (number, whom) = scribe.somebody();
    for kind in [
        Kind::Welcome,
        Kind::Reaction,
        Kind::Sticker,
        Kind::Edit,
        Kind::UnsupportedEdit,
        Kind::Unsupported,
        Kind::Revoke,
    ] {
        scribe.said((number, &whom), By::Customer, kind);
        scribe.wait(0, 10 * SECOND);
    }
}

/// What concerns nobody, is new, cannot be read, comes too late, is ahead of its time, or contradicts itself.
fn oddities(scribe: &mut Scribe) {
    let id = scribe.ids;
    scribe.plain(world::What::Account { id });
    scribe.plain(world::What::Unknown { id });
    scribe.plain(world::What::Unreadable);
    let (number, whom) = scribe.somebody();
    let at = scribe.now;
    scribe.said_at((number, &whom), at - 3 * HOUR, By::Customer, text(TEXTS[0]));
    scribe.said_at((number, &whom), at + 10 * MINUTE, By::Customer, text(TEXTS[1]));
    let message = scribe.said((number, &whom), By::Customer, text(TEXTS[2]));
    scribe.wait(5 * MINUTE, 6 * MINUTE);
    let other = Message {
        kind: text("no, that"),
        ..message
    };
    scribe.log(u32::from(number) % 2, 0, What::Message(other));
}
