//! A story as records of a log: what each says, and the bytes that say it.

use parlance_pipeline::History;
use parlance_pipeline::testing::MemoryLog;
use parlance_schemas::decision::Decision;
use parlance_schemas::labels::{Author, Intent, Judge, Sentiment, Urgency};
use parlance_schemas::record::{Part, Update, VERSION};
use parlance_schemas::rows::MessageRow;
use parlance_schemas::verdict::Verdict;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// By what a record names a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whom {
    pub(crate) bsuid: Option<String>,
    pub(crate) number: Option<String>,
}

impl Whom {
    /// What rows call them.
    pub(crate) fn contact(&self) -> &str {
        let known = self.bsuid.as_deref().or(self.number.as_deref());
        known.unwrap_or_default()
    }
}

/// Who wrote a message, and by which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Customer,
    Phone,
    Parlance(Author, &'static str),
}

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text(&'static str),
    Sticker,
    Reaction,
    Edit,
    UnsupportedEdit,
    Unsupported,
    Revoke,
    Welcome,
    /// The customer's own number, given when asked.
    Card(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) number: u8,
    pub(crate) id: String,
    pub(crate) whom: Whom,
    /// Whether the two identifiers stand in a contact block beside the message.
    pub(crate) beside: bool,
    pub(crate) group: Option<String>,
    /// Whole seconds, in milliseconds.
    pub(crate) at: i64,
    pub(crate) by: By,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) number: u8,
    pub(crate) id: String,
    pub(crate) whom: Whom,
    pub(crate) group: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) category: &'static str,
    pub(crate) at: i64,
}

/// What one record says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Message(Message),
    Status(Status),
    /// A `system` message: the customer has another number or BSUID.
    Changed {
        number: u8,
        id: String,
        before: Whom,
        after: Whom,
        at: i64,
    },
    /// A `user_id_update`.
    Replaced {
        number: u8,
        previous: String,
        current: String,
        wa_id: Option<String>,
        at: i64,
    },
    Decision(Decision),
    Verdict {
        about: Message,
        judge: Judge,
        at: i64,
        labels: (Option<Intent>, Option<Sentiment>, Option<Urgency>),
    },
    /// The settings before this offset are in force.
    Mark(i64),
}

/// One record of the log.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) partition: u32,
    pub(crate) log_time: u64,
    pub(crate) what: What,
}

/// A setting, as it stands in its topic.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) key: String,
    /// Which preset of its kind it is.
    pub(crate) preset: usize,
    pub(crate) log_time: u64,
    pub(crate) value: Value,
}

/// A whole log.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) partitions: u32,
    /// As they stand in the log, partition by partition.
    pub(crate) records: Vec<Record>,
    pub(crate) settings: Vec<Setting>,
    pub(crate) end: u64,
    pub(crate) lateness: i64,
}

/// The business's numbers: two of one account, one of another.
pub(crate) fn phone(number: u8) -> String {
    format!("number-{number}")
}

pub(crate) fn account(number: u8) -> &'static str {
    ["waba-a", "waba-a", "waba-b"][usize::from(number)]
}

impl Script {
    /// The log, to be read.
    pub(crate) fn log(&self) -> MemoryLog {
        let log = MemoryLog::new(self.partitions).with_hiccups();
        self.write(&log, Some(super::run::template()));
        log
    }

    /// Writes the log. `template`: the row of any message, which verdicts carry.
    pub(crate) fn write(&self, log: &MemoryLog, template: Option<&MessageRow>) {
        self.records.iter().for_each(|record| write(log, record, template));
        log.finish(self.end);
    }

    pub(crate) fn history(&self) -> History {
        let history = History::default();
        for (offset, setting) in (0..).zip(&self.settings) {
            let value = setting.value.to_string();
            history.take(offset, setting.log_time, &setting.key, Some(value.as_bytes()));
        }
        history
    }

    /// What the sink has to be complete through once the log is read to its end.
    pub(crate) fn last_tick(&self) -> u64 {
        self.end.div_ceil(1_000) * 1_000 - 1_000
    }
}

pub(crate) fn write(log: &MemoryLog, record: &Record, template: Option<&MessageRow>) {
    let (partition, log_time) = (record.partition, record.log_time);
    match &record.what {
        What::Message(message) => {
            let (field, part) = match message.by {
                By::Customer => ("messages", Part::Message),
                By::Phone => ("smb_message_echoes", Part::Echo),
                By::Parlance(..) => ("messages", Part::Sent),
            };
            let contact = message.beside.then(|| contact(&message.whom));
            update(
                log,
                record,
                (field, part),
                message.number,
                &body(message),
                contact.as_ref(),
            );
        }
        What::Status(status) => {
            update(
                log,
                record,
                ("messages", Part::Status),
                status.number,
                &body_of_status(status),
                None,
            );
        }
        What::Changed {
            number,
            id,
            before,
            after,
            at,
        } => {
            let mut json = json!({"id": id, "timestamp": seconds(*at), "type": "system",
                "system": {"type": "user_changed_number", "body": "They changed their number"}});
            name(&mut json, before, ["from_user_id", "from"]);
            name(&mut json["system"], after, ["user_id", "wa_id"]);
            update(log, record, ("messages", Part::Message), *number, &json, None);
        }
        What::Replaced {
            number,
            previous,
            current,
            wa_id,
            at,
        } => {
            let mut change = json!({"user_id": {"previous": previous, "current": current}, "timestamp": seconds(*at)});
            if let Some(wa_id) = wa_id {
                change["wa_id"] = json!(wa_id);
            }
            let json = json!({"user_id_update": [change]});
            update(log, record, ("user_id_update", Part::Change), *number, &json, None);
        }
        What::Decision(decision) => log.append_decision(partition, log_time, decision.clone()),
        What::Verdict {
            about,
            judge,
            at,
            labels,
        } => {
            let template = template.expect("the template's own log has no verdicts");
            log.append_verdict(partition, log_time, verdict(about, *judge, *at, *labels, template));
        }
        What::Mark(settings) => log.append_mark(partition, log_time, *settings),
    }
}

fn seconds(at: i64) -> String {
    (at / 1_000).to_string()
}

fn contact(whom: &Whom) -> Value {
    let mut json = json!({"profile": {"name": "Ada"}});
    name(&mut json, whom, ["user_id", "wa_id"]);
    json
}

fn name(json: &mut Value, whom: &Whom, [bsuid, number]: [&str; 2]) {
    for (key, value) in [(bsuid, &whom.bsuid), (number, &whom.number)] {
        if let Some(value) = value {
            json[key] = json!(value);
        }
    }
}

fn body(message: &Message) -> Value {
    let mut json = json!({"id": message.id, "timestamp": seconds(message.at)});
    let (kind, body) = match &message.kind {
        Kind::Text(text) => ("text", json!({"body": text})),
        Kind::Sticker => ("sticker", json!({"id": "1", "mime_type": "image/webp"})),
        Kind::Reaction => ("reaction", json!({"message_id": "wamid.0", "emoji": "👍"})),
        Kind::Edit => {
            let words = json!({"type": "text", "text": {"body": "I meant this"}});
            ("edit", json!({"original_message_id": "wamid.0", "message": words}))
        }
        Kind::UnsupportedEdit => ("unsupported", json!({"type": "edit"})),
        Kind::Unsupported => ("unsupported", json!({"type": "poll_creation"})),
        Kind::Revoke => ("revoke", json!({"original_message_id": "wamid.0"})),
        Kind::Welcome => ("request_welcome", Value::Null),
        Kind::Card(number) => {
            let phones = json!([{"phone": format!("+{number}"), "wa_id": number}]);
            ("contacts", json!([{"origin": "contact_request", "phones": phones}]))
        }
    };
    json["type"] = json!(kind);
    if !body.is_null() {
        json[kind] = body;
    }
    if let Some(group) = &message.group {
        json["group_id"] = json!(group);
    }
    if message.by == By::Customer {
        name(&mut json, &message.whom, ["from_user_id", "from"]);
    } else {
        json["from"] = json!("15550001");
        name(&mut json, &message.whom, ["to_user_id", "to"]);
    }
    json
}

fn body_of_status(status: &Status) -> Value {
    let mut json = json!({"id": status.id, "status": status.status, "timestamp": seconds(status.at)});
    match &status.group {
        Some(group) => {
            (json["recipient_type"], json["recipient_id"]) = (json!("group"), json!(group));
            name(
                &mut json,
                &status.whom,
                ["recipient_participant_user_id", "recipient_participant_id"],
            );
        }
        None => name(&mut json, &status.whom, ["recipient_user_id", "recipient_id"]),
    }
    if !status.category.is_empty() {
        json["pricing"] = json!({"category": status.category, "pricing_model": "PMP", "billable": true});
    }
    if status.status == "failed" {
        json["errors"] = json!([{"code": 131_026, "title": "Undeliverable"}]);
    }
    json
}

fn update(
    log: &MemoryLog,
    record: &Record,
    (field, part): (&str, Part),
    number: u8,
    json: &Value,
    contact: Option<&Value>,
) {
    let raw = |json: &Value| RawValue::from_string(json.to_string()).unwrap();
    let (body, contact) = (raw(json), contact.map(raw));
    let (author, author_name) = match &record.what {
        What::Message(Message {
            by: By::Parlance(author, name),
            ..
        }) => (Some(*author), Some(*name)),
        _ => (None, None),
    };
    log.append_update(
        record.partition,
        record.log_time,
        Update {
            v: VERSION,
            received_at: 1_600_000_000_000,
            post: "post".into(),
            entry: 0,
            change: 0,
            item: 0,
            waba_id: account(number).into(),
            entry_time: None,
            field: field.into(),
            part,
            name: None,
            phone_number_id: Some(phone(number).into()),
            display_phone_number: None,
            author,
            author_name: author_name.filter(|name| !name.is_empty()).map(Into::into),
            contact: contact.as_deref(),
            update: &body,
        },
    );
}

/// A verdict carries the row it is about; `template` is the row of any message.
fn verdict(
    about: &Message,
    judge: Judge,
    at: i64,
    (intent, sentiment, urgency): (Option<Intent>, Option<Sentiment>, Option<Urgency>),
    template: &MessageRow,
) -> Verdict {
    let message = MessageRow {
        phone_number_id: phone(about.number),
        message_id: about.id.clone(),
        waba_id: account(about.number).to_owned(),
        contact_id: about.whom.contact().to_owned(),
        group_id: about.group.clone().unwrap_or_default(),
        sent_at: about.at,
        raw: body(about).to_string(),
        ..template.clone()
    };
    Verdict {
        v: VERSION,
        judge,
        author: "ana@example.com".to_owned(),
        at,
        intent,
        sentiment,
        urgency,
        language: None,
        confidence: 0.9,
        message: Box::new(message),
    }
}
