//! Very many live conversations, said in the order of time: each six to eight messages within a day, of a customer with a BSUID
//! and a number; half of them the business's, each sent, delivered and read; one conversation in two with an agent's name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlance_pipeline::testing::{Line, lines};
use parlance_schemas::labels::{Author, Intent, Sentiment, Urgency};
use parlance_schemas::record::{Part, Update, VERSION};
use parlance_schemas::rows::{ContactRow, LogTime, MessageRow, StatusRow};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::value::RawValue;

/// When it begins, Unix milliseconds.
const BEGIN: LogTime = 1_782_900_000_000;
/// The beginnings of the conversations lie within so many milliseconds: less than they are kept for, so all of them live.
const SPAN: LogTime = 96 * 60 * 60 * 1_000;
/// The last conversations' messages are over by then.
pub(crate) const END: LogTime = BEGIN + SPAN + 18 * 60 * 60 * 1_000;
/// What is said within so many seconds is logged together: so many ticks are enough to measure by.
const EVERY: u64 = 10;
/// Numbers of the business, in three accounts.
const NUMBERS: usize = 12;

/// When a conversation's messages are said, in seconds from its beginning, and whether by the business.
const MESSAGES: [(u64, bool); 8] = [
    (0, false),
    (75, true),
    (190, false),
    (402, true),
    (7_260, false),
    (7_415, true),
    (61_200, false),
    (61_512, true),
];
/// What becomes of the business's messages, in seconds from when they are said.
const STATUSES: [(u64, &str); 3] = [(1, "sent"), (2, "delivered"), (40, "read")];

const AGENTS: [&str; 6] = ["Lena Hoffmann", "Omar", "Giulia Conti", "Ana P.", "Tom Becker", "Yuki"];

/// Seconds from a conversation's beginning, which of its messages, and of a status when after that and what.
type Step = (u64, usize, Option<(u64, &'static str)>);

/// All of them.
pub(crate) struct Live {
    conversations: usize,
    contact: ContactRow,
    message: MessageRow,
    status: StatusRow,
}

impl Live {
    pub(crate) fn new(conversations: usize) -> Self {
        let said = of(
            Part::Message,
            r#"{"id":"wamid.x","from":"4917","type":"text","text":{"body":"How much?"}}"#,
        );
        let told = of(
            Part::Status,
            r#"{"id":"wamid.x","status":"sent","recipient_id":"4917"}"#,
        );
        let message = said.iter().find_map(|line| match line {
            Line::Message(row) => Some(MessageRow::clone(row)),
            Line::Status(_) | Line::Contact(_) => None,
        });
        let status = told.into_iter().find_map(|line| match line {
            Line::Status(row) => Some(*row),
            Line::Message(_) | Line::Contact(_) => None,
        });
        let contact = ContactRow {
            waba_id: String::new(),
            contact_id: String::new(),
            name: (0, String::new()),
            username: (0, String::new()),
            wa_id: (0, String::new()),
            user_id: (0, String::new()),
            first_seen_at: 0,
            last_seen_at: 0,
        };
        Self {
            conversations,
            contact,
            message: message.expect("a message becomes one"),
            status: status.expect("a status becomes one"),
        }
    }

    /// Gives what is logged in each tick in which something is, in order; a message's first statuses mostly come with it, its last in
    /// a tick of its own.
    pub(crate) fn tell(&self, mut give: impl FnMut(&[Line], LogTime)) {
        // Conversations begin one after the other, so each of their steps is a row of its own, in order; the rows are merged.
        let mut steps: Vec<Step> = Vec::new();
        for (index, (after, is_ours)) in MESSAGES.into_iter().enumerate() {
            steps.push((after, index, None));
            if is_ours {
                steps.extend(STATUSES.map(|status| (after + status.0, index, Some(status))));
            }
        }
        let mut next = vec![0; steps.len()];
        let mut lines = Vec::new();
        let mut now = 0;
        loop {
            let due = |step: usize| self.begins(next[step]) + steps[step].0;
            let waiting = (0..steps.len()).filter(|step| next[*step] < self.conversations);
            let Some(step) = waiting.min_by_key(|step| due(*step)) else {
                break;
            };
            if due(step) > now && !lines.is_empty() {
                give(&lines, BEGIN + now * 1_000);
                lines.clear();
            }
            now = due(step).next_multiple_of(EVERY);
            let (_, message, status) = steps[step];
            self.say(next[step], message, status, &mut lines);
            next[step] += 1;
        }
        give(&lines, BEGIN + now * 1_000);
    }

    /// Seconds from the beginning of all.
    fn begins(&self, conversation: usize) -> u64 {
        conversation as u64 * (SPAN / 1_000) / self.conversations as u64
    }

    fn say(&self, conversation: usize, index: usize, status: Option<(u64, &str)>, lines: &mut Vec<Line>) {
        if index >= 6 + conversation % 3 {
            return;
        }
        let (after, is_ours) = MESSAGES[index];
        let at = BEGIN as i64 + (self.begins(conversation) + after) as i64 * 1_000;
        let mut rng = ChaCha8Rng::seed_from_u64(conversation as u64);
        let number = rng.random_range(0..NUMBERS);
        let wa_id = format!("49155{:08}", rng.random_range(0..100_000_000));
        let user_id = format!(
            "DE.{}",
            rng.random_range(10_000_000_000_000_000_u64..99_999_999_999_999_999)
        );
        let labels = (
            Intent::ALL[rng.random_range(0..4)],
            Sentiment::ALL[rng.random_range(0..4)],
            Urgency::ALL[rng.random_range(0..4)],
        );
        rng.set_stream(index as u64 + 1);
        let message_id = wamid(&mut rng, &wa_id, is_ours);
        let (waba_id, phone_number_id) = (format!("10{:013}", number / 4), format!("10{:013}", 77 + number));
        if let Some((later, word)) = status {
            lines.push(Line::Status(Box::new(StatusRow {
                message_id,
                phone_number_id,
                waba_id,
                recipient_id: user_id,
                status: word.to_owned(),
                occurred_at: at + later as i64 * 1_000,
                pricing_category: "service".to_owned(),
                pricing_type: "free_customer_service".to_owned(),
                ..self.status.clone()
            })));
            return;
        }
        lines.push(Line::Contact(Box::new(ContactRow {
            waba_id: waba_id.clone(),
            contact_id: user_id.clone(),
            wa_id: (at, wa_id),
            user_id: (at, user_id.clone()),
            first_seen_at: at,
            last_seen_at: at,
            ..self.contact.clone()
        })));
        let mut row = MessageRow {
            message_id,
            phone_number_id,
            waba_id,
            contact_id: user_id,
            sent_at: at,
            ..self.message.clone()
        };
        if is_ours {
            row.direction = parlance_schemas::labels::Direction::Outbound;
            row.author = Author::Person;
            if conversation.is_multiple_of(2) {
                AGENTS[conversation / 2 % AGENTS.len()].clone_into(&mut row.author_name);
            }
        } else {
            (row.intent, row.sentiment, row.urgency) = labels;
        }
        lines.push(Line::Message(Box::new(row)));
    }
}

/// An id as Meta makes them: base64 of the customer's number and random hex digits.
fn wamid(rng: &mut ChaCha8Rng, digits: &str, is_ours: bool) -> String {
    let mut bytes = vec![0x1c, 0x18, u8::try_from(digits.len()).expect("a number is short")];
    bytes.extend_from_slice(digits.as_bytes());
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, if is_ours { 0x11 } else { 0x12 }, 0x18, 0x14]);
    let random: u128 = rng.random();
    bytes.extend_from_slice(&format!("{random:032X}").as_bytes()[..20]);
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

fn of(part: Part, json: &str) -> Vec<Line> {
    let raw = RawValue::from_string(json.to_owned()).expect("it is JSON");
    lines(Update {
        v: VERSION,
        received_at: BEGIN as i64,
        post: "post".into(),
        entry: 0,
        change: 0,
        item: 0,
        waba_id: "waba".into(),
        entry_time: None,
        field: "messages".into(),
        part,
        name: None,
        phone_number_id: Some("number".into()),
        display_phone_number: None,
        author: None,
        author_name: None,
        contact: None,
        update: &raw,
    })
}
