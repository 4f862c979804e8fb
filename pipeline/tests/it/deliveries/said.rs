//! Statuses on their way into the log.

use parlance_pipeline::testing::MemoryLog;
use parlance_schemas::record::{Part, Update, VERSION};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::value::RawValue;

use super::{DAY, HOUR, MINUTE, SECOND};
use crate::world::{DAWN, RECEIVED, WABA};

/// A status on its way into the log.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) partition: u32,
    pub(super) log_time: u64,
    pub(super) number: u8,
    pub(super) id: u32,
    pub(super) word: &'static str,
    /// Meta's time, in milliseconds; it travels in whole seconds.
    pub(super) at: u64,
    pub(super) recipient: String,
    /// The group and not one recipient.
    pub(super) group: Option<&'static str>,
    /// Category and type.
    pub(super) price: Option<(&'static str, &'static str)>,
    pub(super) code: i64,
}

impl Said {
    /// A status that is logged in the second after its time, in the world's first hours.
    pub(super) fn of(id: u32, word: &'static str, after_dawn: u64) -> Self {
        Self {
            partition: 0,
            log_time: DAWN + after_dawn + 500,
            number: 1,
            id,
            word,
            at: DAWN + after_dawn,
            recipient: "4915112345678".to_owned(),
            group: None,
            price: None,
            code: if word == "failed" { 131_026 } else { 0 },
        }
    }

    pub(super) fn logged(self, after_dawn: u64) -> Self {
        let log_time = DAWN + after_dawn;
        Self { log_time, ..self }
    }

    fn json(&self) -> String {
        let (id, word, recipient) = (self.id, self.word, &self.recipient);
        let mut json = format!(
            r#"{{"id":"wamid.{id}","status":"{word}","timestamp":"{}""#,
            self.at / 1_000
        );
        match self.group {
            None => json += &format!(r#","recipient_id":"{recipient}""#),
            Some(group) => {
                json += &format!(r#","recipient_type":"group","recipient_id":"{group}""#);
                if recipient != group {
                    json += &format!(r#","recipient_participant_id":"{recipient}""#);
                }
            }
        }
        if let Some((category, kind)) = self.price {
            json += &format!(
                r#","pricing":{{"billable":true,"pricing_model":"PMP","category":"{category}","type":"{kind}"}}"#
            );
        }
        if self.code != 0 {
            json += &format!(r#","errors":[{{"code":{},"title":"no"}}]"#, self.code);
        }
        json + "}"
    }

    pub(super) fn write(&self, log: &MemoryLog) {
        let raw = RawValue::from_string(self.json()).unwrap();
        let update = Update {
            v: VERSION,
            received_at: RECEIVED,
            post: "post".into(),
            entry: 0,
            change: 0,
            item: 0,
            waba_id: WABA.into(),
            entry_time: None,
            field: "messages".into(),
            part: Part::Status,
            name: None,
            phone_number_id: Some(format!("number-{}", self.number).into()),
            display_phone_number: None,
            contact: None,
            author: None,
            author_name: None,
            update: &raw,
        };
        log.append_update(self.partition, self.log_time, update);
    }
}

/// What messages of a test are priced as.
pub(super) const PRICED: Option<(&str, &str)> = Some(("utility", "regular"));

/// Days on which messages are sent: far enough apart that what is sent on one is forgotten on another.
const DAYS: [u64; 6] = [0, 1, 2, 5, 9, 10];

/// Statuses in any order, some missing, some twice, some contradicting themselves, some hours or days late, some ahead.
pub(super) fn random(seed: u64, messages: u32) -> Vec<Said> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut said = Vec::new();
    for id in 0..messages {
        let day = DAYS[id as usize * DAYS.len() / messages as usize];
        let sent = DAWN + day * DAY + rng.random_range(0..90 * MINUTE) / SECOND * SECOND;
        let group = rng.random_bool(0.1).then_some("Y2FwaV9ncm91cDox");
        let number = rng.random_range(0..3);
        let recipient = ["4915112345678", "US.77", "BR.5"][rng.random_range(0..3)].to_owned();
        let price = [
            None,
            PRICED,
            Some(("marketing", "regular")),
            Some(("service", "free_customer_service")),
        ];
        let price = price[rng.random_range(0..4)];
        let fails = rng.random_bool(0.25);
        let mut at = sent;
        for word in ["sent", "delivered", "read", "played", "failed"] {
            let comes = match word {
                "sent" => rng.random_bool(0.95),
                "failed" => fails,
                "played" => rng.random_bool(0.1),
                _ => rng.random_bool(if fails { 0.2 } else { 0.7 }),
            };
            at += rng.random_range(0..20) * SECOND
                + u64::from(rng.random_bool(0.2)) * rng.random_range(0..HOUR) / SECOND * SECOND;
            if !comes {
                continue;
            }
            // Whoever reads after days; the window of what they read is closed.
            let is_reading = word == "read" || word == "played";
            let days = rng.random_range(0..5) * u64::from(is_reading && rng.random_bool(0.1));
            let at = at + days * DAY;
            let delay = match rng.random_range(0..10) {
                0 => rng.random_range(0..2 * HOUR),
                1..=3 => rng.random_range(0..10 * MINUTE),
                _ => rng.random_range(0..3 * SECOND),
            };
            let ahead = rng.random_range(0..5 * MINUTE) * u64::from(rng.random_bool(0.05));
            let one = Said {
                partition: rng.random_range(0..3),
                log_time: (at + delay).saturating_sub(ahead),
                number,
                id,
                word,
                at,
                recipient: match group {
                    Some(group) if word == "sent" || word == "failed" => group.to_owned(),
                    _ => recipient.clone(),
                },
                group,
                price: price.filter(|_| word == "sent" || word == "delivered"),
                code: if word == "failed" {
                    [131_026, 131_047][rng.random_range(0..2)]
                } else {
                    0
                },
            };
            said.push(one.clone());
            if rng.random_bool(0.3) {
                let mut copy = one;
                copy.log_time += rng.random_range(0..2 * HOUR);
                copy.partition = rng.random_range(0..3);
                // Now and then it says another time: then the first in the log stands.
                copy.at += rng.random_range(0..9) * SECOND * u64::from(rng.random_bool(0.2));
                said.push(copy);
            }
        }
    }
    said
}
