//! The row that each part of a webhook becomes, as far as the update itself says it.

use parlance_schemas::fingerprint::{self, Fingerprint};
use parlance_schemas::labels::{Author, Direction, Intent, Judge, Language, MessageType, Origin, Sentiment, Urgency};
use parlance_schemas::record::{Part, Update};
use parlance_schemas::rows::{AccountEventRow, ContactRow, IdentityRow, MessageRow, StatusRow};
use parlance_schemas::webhook::{AccountEvent, Contact, ErrorObject, Message, Status};

use super::{identities, identity_of_content, note, raw_row};
use crate::event::Draft;

/// A row and what it is the row of.
pub(super) struct Made {
    pub(super) draft: Draft,
    pub(super) identity: Fingerprint,
    pub(super) contact: Option<ContactRow>,
    pub(super) identities: Vec<IdentityRow>,
}

/// An update without a table of its own, or one that could not be understood.
pub(super) fn raw(update: &Update<'_>, value: Fingerprint, reason: &str, detail: String) -> Made {
    let identity = identity_of_content(update, value);
    Made {
        draft: raw_row(update, identity, reason, detail),
        identity,
        contact: None,
        identities: Vec::new(),
    }
}

/// A message: received, written on the phone, or of the past.
pub(super) fn message(update: &Update<'_>, value: Fingerprint) -> Made {
    let message = match Message::parse(update.update.get()) {
        Ok(message) => message,
        Err(error) => return raw(update, value, "unreadable", error.to_string()),
    };
    note(&message.remarks);
    if message.r#type == MessageType::Unknown {
        metrics::counter!("pipeline_unknown_types_total").increment(1);
    }
    let Some(id) = &message.id else {
        return raw(update, value, "no_id", String::new());
    };
    let contact = contact_of(update);
    let direction = direction(update, &message, contact.as_ref());
    let customer = match direction {
        Direction::Inbound => Customer::of(contact.as_ref(), &message.from_user_id, &message.from),
        Direction::Outbound => Customer::of(contact.as_ref(), &message.to_user_id, &receiver(update, &message)),
    };
    let (sent_at, time_source) = match message.timestamp_ms {
        Some(at) => (at, "meta"),
        None => (update.received_at, "received"),
    };
    let phone_number_id = update.phone_number_id.as_deref().unwrap_or_default();
    let row = MessageRow {
        phone_number_id: phone_number_id.to_owned(),
        display_phone_number: update.display_phone_number.as_deref().unwrap_or_default().to_owned(),
        message_id: id.clone(),
        waba_id: update.waba_id.clone().into_owned(),
        direction,
        origin: match update.part {
            Part::Echo => Origin::PhoneApp,
            Part::HistoryMessage => Origin::History,
            Part::Sent => Origin::Api,
            _ => Origin::Live,
        },
        author: match direction {
            Direction::Inbound => Author::Customer,
            Direction::Outbound if update.part == Part::Sent => update.author.unwrap_or(Author::Unknown),
            // What a phone sent, now or in the past, somebody held in their hand.
            Direction::Outbound => Author::Person,
        },
        author_name: update.author_name.as_deref().unwrap_or_default().to_owned(),
        contact_id: customer.id().to_owned(),
        contact_name: customer.name.clone(),
        sent_at,
        time_source: time_source.to_owned(),
        r#type: message.r#type,
        type_name: message.type_name.clone(),
        text: message.text().into_owned(),
        context_id: message.context_id().unwrap_or_default().to_owned(),
        group_id: message.group_id.clone().unwrap_or_default(),
        error_code: message.first_error().and_then(|error| error.code).unwrap_or(0),
        language: Language::None,
        language_confidence: 0.0,
        intent: Intent::None,
        intent_confidence: 0.0,
        sentiment: Sentiment::None,
        sentiment_confidence: 0.0,
        urgency: Urgency::None,
        urgency_confidence: 0.0,
        language_by: Judge::Model,
        intent_by: Judge::Model,
        sentiment_by: Judge::Model,
        urgency_by: Judge::Model,
        base_language: Language::None,
        base_intent: Intent::None,
        base_intent_confidence: 0.0,
        base_sentiment: Sentiment::None,
        base_sentiment_confidence: 0.0,
        base_urgency: Urgency::None,
        base_urgency_confidence: 0.0,
        patterns: Vec::new(),
        custom_intents: Vec::new(),
        analyser: String::new(),
        signals_task: Vec::new(),
        signals_text: Vec::new(),
        signals_weight: Vec::new(),
        entities_kind: Vec::new(),
        entities_text: Vec::new(),
        entities_value: Vec::new(),
        entities_start: Vec::new(),
        entities_end: Vec::new(),
        replies: Vec::new(),
        received_at: update.received_at,
        logged_at: 0,
        raw: update.update.get().to_owned(),
        version: 0,
    };
    Made {
        identity: fingerprint::identity("message", &[phone_number_id, id]),
        draft: Draft::Message(Box::new(row)),
        contact: customer.row(update, sent_at),
        identities: identities::of_message(update, &message, sent_at),
    }
}

/// Who wrote to whom: by the kind of webhook; in the history by whether the thread's customer wrote it.
fn direction(update: &Update<'_>, message: &Message, contact: Option<&Contact>) -> Direction {
    let outbound = match update.part {
        Part::Echo | Part::Sent => true,
        Part::HistoryMessage => {
            let sender = [&message.from_user_id, &message.from].into_iter().flatten();
            let customer = contact.map(|contact| [&contact.user_id, &contact.wa_id]);
            let customer: Vec<&str> = update
                .name
                .as_deref()
                .into_iter()
                .chain(customer.into_iter().flatten().filter_map(|id| id.as_deref()))
                .collect();
            let mut known = sender.peekable();
            known.peek().is_some() && !known.any(|id| customer.contains(&id.as_str()))
        }
        _ => update.field.ends_with("message_echoes"),
    };
    if outbound {
        Direction::Outbound
    } else {
        Direction::Inbound
    }
}

/// The number a message of the business went to; in the history that is the thread's.
fn receiver(update: &Update<'_>, message: &Message) -> Option<String> {
    let thread = update.name.as_deref().filter(|_| update.part == Part::HistoryMessage);
    message.to.clone().or_else(|| thread.map(str::to_owned))
}

/// What became of a message or call.
pub(super) fn status(update: &Update<'_>, value: Fingerprint) -> Made {
    let status = match Status::parse(update.update.get()) {
        Ok(status) => status,
        Err(error) => return raw(update, value, "unreadable", error.to_string()),
    };
    note(&status.remarks);
    let (Some(id), Some(state)) = (&status.id, &status.status) else {
        return raw(update, value, "no_id", String::new());
    };
    let phone_number_id = update.phone_number_id.as_deref().unwrap_or_default();
    let recipient = status.recipient().unwrap_or_default();
    let occurred_at = status.timestamp_ms.unwrap_or(update.received_at);
    let pricing = status.pricing.clone().unwrap_or_default();
    let error = status.first_error();
    let row = StatusRow {
        phone_number_id: phone_number_id.to_owned(),
        message_id: id.clone(),
        status: state.clone(),
        recipient_id: recipient.to_owned(),
        waba_id: update.waba_id.clone().into_owned(),
        kind: status.r#type.clone().unwrap_or_else(|| "message".to_owned()),
        occurred_at,
        group_id: status.group().unwrap_or_default().to_owned(),
        callback_data: status.biz_opaque_callback_data.clone().unwrap_or_default(),
        conversation_id: status
            .conversation
            .as_ref()
            .and_then(|conversation| conversation.id.clone())
            .unwrap_or_default(),
        conversation_origin: status.conversation_origin().unwrap_or_default().to_owned(),
        pricing_category: pricing.category.unwrap_or_default(),
        pricing_type: pricing.r#type.unwrap_or_default(),
        pricing_model: pricing.pricing_model.unwrap_or_default(),
        billable: pricing.billable.map_or(-1, i8::from),
        error_code: error.and_then(|error| error.code).unwrap_or(0),
        error_title: error.map(ErrorObject::title_or_message).unwrap_or_default().to_owned(),
        received_at: update.received_at,
        logged_at: 0,
        raw: update.update.get().to_owned(),
        version: 0,
    };
    let contact = contact_of(update);
    let (user_id, phone) = if status.group().is_some() {
        (&status.recipient_participant_user_id, &status.recipient_participant_id)
    } else {
        (&status.recipient_user_id, &status.recipient_id)
    };
    let customer = Customer::of(contact.as_ref(), user_id, phone);
    Made {
        identity: fingerprint::identity("status", &[phone_number_id, id, state, recipient]),
        draft: Draft::Status(Box::new(row)),
        contact: customer.row(update, occurred_at),
        identities: Vec::new(),
    }
}

/// Something that happened to an account, number, template or flow.
pub(super) fn account_event(update: &Update<'_>, value: Fingerprint) -> Made {
    match AccountEvent::parse(&update.field, update.update.get()) {
        Ok(event) => account_row(update, value, event),
        Err(error) => raw(update, value, "unreadable", error.to_string()),
    }
}

/// An error of the account or number as a whole.
pub(super) fn error(update: &Update<'_>, value: Fingerprint) -> Made {
    match ErrorObject::parse_with_remarks(update.update.get()) {
        Ok((error, remarks)) => {
            note(&remarks);
            account_row(update, value, AccountEvent::of_error(&error))
        }
        Err(error) => raw(update, value, "unreadable", error.to_string()),
    }
}

fn account_row(update: &Update<'_>, value: Fingerprint, event: AccountEvent) -> Made {
    let identity = identity_of_content(update, value);
    let row = AccountEventRow {
        event_id: identity.to_string(),
        waba_id: update.waba_id.clone().into_owned(),
        phone_number_id: update.phone_number_id.as_deref().unwrap_or_default().to_owned(),
        field: update.field.clone().into_owned(),
        event: event.event,
        subject: event.subject,
        error_code: event.error_code.unwrap_or(0),
        occurred_at: event.occurred_at_ms.or(update.entry_time).unwrap_or(update.received_at),
        received_at: update.received_at,
        logged_at: 0,
        raw: update.update.get().to_owned(),
        version: 0,
    };
    Made {
        identity,
        draft: Draft::AccountEvent(Box::new(row)),
        contact: None,
        identities: Vec::new(),
    }
}

/// A contact that came with nothing else.
pub(super) fn lone_contact(update: &Update<'_>, value: Fingerprint) -> Made {
    let contact = match Contact::parse(update.update.get()) {
        Ok(contact) => contact,
        Err(error) => return raw(update, value, "unreadable", error.to_string()),
    };
    note(&contact.remarks);
    let at = update.entry_time.unwrap_or(update.received_at);
    Made {
        contact: Customer::of(Some(&contact), &None, &None).row(update, at),
        ..raw(update, value, "no_table", String::new())
    }
}

/// The contact that came with an update. One that is no object is as good as none: the update does not suffer.
fn contact_of(update: &Update<'_>) -> Option<Contact> {
    let contact = Contact::parse(update.contact?.get()).ok()?;
    note(&contact.remarks);
    Some(contact)
}

/// What an update tells of its customer.
#[derive(Default)]
struct Customer {
    user_id: String,
    wa_id: String,
    name: String,
    username: String,
}

impl Customer {
    /// The update's own word comes before that of the contact beside it.
    fn of(contact: Option<&Contact>, user_id: &Option<String>, phone: &Option<String>) -> Self {
        let beside = |pick: fn(&Contact) -> Option<&str>| contact.and_then(pick);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            user_id: text(
                user_id
                    .as_deref()
                    .or_else(|| beside(|contact| contact.user_id.as_deref())),
            ),
            // Meta rewrites some numbers; `wa_id` is the one it will answer to.
            wa_id: text(beside(|contact| contact.wa_id.as_deref()).or(phone.as_deref())),
            name: text(beside(Contact::name)),
            username: text(beside(|contact| contact.profile.username.as_deref())),
        }
    }

    fn id(&self) -> &str {
        if self.user_id.is_empty() {
            &self.wa_id
        } else {
            &self.user_id
        }
    }

    fn row(&self, update: &Update<'_>, at: i64) -> Option<ContactRow> {
        let dated = |text: &str| match text {
            "" => (0, String::new()),
            text => (at, text.to_owned()),
        };
        (!self.id().is_empty()).then(|| ContactRow {
            waba_id: update.waba_id.clone().into_owned(),
            contact_id: self.id().to_owned(),
            name: dated(&self.name),
            username: dated(&self.username),
            wa_id: dated(&self.wa_id),
            user_id: dated(&self.user_id),
            first_seen_at: at,
            last_seen_at: at,
        })
    }
}
