//! What an update says of who is who, beyond the ids of its customer: that a number or BSUID changed, that a number is the
//! customer's own.

use parlance_schemas::labels::{IdentityKind, LinkSource, MessageType};
use parlance_schemas::record::Update;
use parlance_schemas::rows::IdentityRow;
use parlance_schemas::webhook::{Content, Message, UserIdUpdate};

/// Of a message: news about its sender, a number given on request, the ids of its sender in both portfolios.
pub(super) fn of_message(update: &Update<'_>, message: &Message, at: i64) -> Vec<IdentityRow> {
    let mut links = Links {
        update,
        at,
        rows: Vec::new(),
    };
    if let (Some(id), Some(parent)) = (&message.from_user_id, &message.from_parent_user_id) {
        links.add(
            (IdentityKind::Bsuid, id),
            (IdentityKind::ParentBsuid, parent),
            LinkSource::Together,
        );
    }
    match &message.content {
        Content::System(system) if message.r#type == MessageType::System => {
            let kind = system.r#type.as_deref().unwrap_or_default();
            let source = match kind {
                "user_changed_number" => LinkSource::NumberChanged,
                "user_changed_user_id" => LinkSource::IdChanged,
                _ => return links.rows,
            };
            let number = message.from.as_ref().or(system.customer.as_ref());
            let new_number = system.wa_id.as_ref().or(system.new_wa_id.as_ref());
            let before = [
                (IdentityKind::Bsuid, message.from_user_id.as_ref()),
                (IdentityKind::WaId, number),
            ];
            let after = [
                (IdentityKind::Bsuid, system.user_id.as_ref()),
                (IdentityKind::WaId, new_number),
                (IdentityKind::ParentBsuid, system.parent_user_id.as_ref()),
            ];
            links.every(&before, &after, source);
        }
        Content::Contacts(cards) => {
            let sender = [
                (IdentityKind::Bsuid, message.from_user_id.as_ref()),
                (IdentityKind::WaId, message.from.as_ref()),
            ];
            let own = cards
                .iter()
                .filter(|card| card.origin.as_deref() == Some("contact_request"));
            for phone in own.flat_map(|card| &card.phones) {
                let digits: Option<String> = phone
                    .phone
                    .as_ref()
                    .map(|phone| phone.chars().filter(char::is_ascii_digit).collect());
                let given = match &phone.wa_id {
                    Some(wa_id) => (IdentityKind::WaId, Some(wa_id)),
                    None => (IdentityKind::Phone, digits.as_ref().filter(|digits| !digits.is_empty())),
                };
                links.every(&sender, &[given], LinkSource::ContactRequest);
            }
        }
        _ => {}
    }
    links.rows
}

/// Of a `user_id_update`.
pub(super) fn of_user_id_update(update: &Update<'_>) -> Vec<IdentityRow> {
    let mut links = Links {
        update,
        at: update.entry_time.unwrap_or(update.received_at),
        rows: Vec::new(),
    };
    let Ok(news) = UserIdUpdate::parse(update.update.get()) else {
        return links.rows;
    };
    for change in &news.changes {
        links.at = change.timestamp.or(update.entry_time).unwrap_or(update.received_at);
        let number = (IdentityKind::WaId, change.wa_id.as_ref());
        for (kind, replaced) in [
            (IdentityKind::Bsuid, &change.user_id),
            (IdentityKind::ParentBsuid, &change.parent_user_id),
        ] {
            let Some(replaced) = replaced else { continue };
            let (before, after) = ((kind, replaced.previous.as_ref()), (kind, replaced.current.as_ref()));
            links.every(&[before], &[after], LinkSource::IdChanged);
            links.every(&[after], &[number], LinkSource::Together);
        }
    }
    links.rows
}

struct Links<'a, 'u> {
    update: &'a Update<'u>,
    at: i64,
    rows: Vec<IdentityRow>,
}

type Named<'n> = (IdentityKind, Option<&'n String>);

impl Links<'_, '_> {
    fn every(&mut self, these: &[Named<'_>], those: &[Named<'_>], source: LinkSource) {
        for (kind, this) in these {
            for (other_kind, that) in those {
                if let (Some(this), Some(that)) = (this, that) {
                    self.add((*kind, this), (*other_kind, that), source);
                }
            }
        }
    }

    fn add(&mut self, a: (IdentityKind, &str), b: (IdentityKind, &str), source: LinkSource) {
        if a == b || a.1.is_empty() || b.1.is_empty() {
            return;
        }
        self.rows.push(link(&self.update.waba_id, (a, b), source, self.at));
    }
}

/// The row of a link.
pub(crate) fn link(
    waba_id: &str,
    (a, b): ((IdentityKind, &str), (IdentityKind, &str)),
    source: LinkSource,
    at: i64,
) -> IdentityRow {
    let (first, second) = (a.min(b), a.max(b));
    IdentityRow {
        waba_id: waba_id.to_owned(),
        kind: first.0,
        value: first.1.to_owned(),
        other_kind: second.0,
        other_value: second.1.to_owned(),
        source,
        linked: 1,
        author: String::new(),
        at,
        version: 0,
    }
}
