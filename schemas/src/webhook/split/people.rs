//! Whom an update is about, and which contact block belongs to it.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::record::Part;
use crate::webhook::json;

/// The keys that hold a BSUID, in the order in which they are believed.
const USER_IDS: [&str; 5] = [
    "from_user_id",
    "to_user_id",
    "recipient_user_id",
    "recipient_participant_user_id",
    "user_id",
];

/// The keys that hold a phone number, in the order in which they are believed.
const PHONES: [&str; 5] = ["from", "to", "recipient_id", "recipient_participant_id", "wa_id"];

/// The identities in one item.
#[derive(Default)]
pub(super) struct Person<'a> {
    group: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    /// Never the business's own number.
    phones: Vec<Cow<'a, str>>,
}

impl<'a> Person<'a> {
    /// Reads the identities of an item. `business` is the business's own number as Meta formats it.
    pub(super) fn of(part: Part, item: &'a RawValue, business: Option<&str>) -> Self {
        let members = json::members(item).unwrap_or_default();
        let get = |name: &str| {
            members
                .iter()
                .find(|(key, _)| key == name)
                .and_then(|(_, raw)| json::id(raw))
        };
        let mut person = Self {
            group: get("group_id"),
            user_id: USER_IDS.iter().find_map(|key| get(key)),
            phones: PHONES.iter().filter_map(|key| get(key)).collect(),
        };
        let from_business = part == Part::Echo || get("direction").is_some_and(|way| way == "BUSINESS_INITIATED");
        if let (true, Some(to)) = (from_business, get("to")) {
            person.phones.insert(0, to);
        }
        if get("recipient_type").is_some_and(|kind| kind == "group") {
            person.group = person.group.or_else(|| get("recipient_id"));
        }
        if let Some(business) = business.map(digits) {
            let is_business = |phone: &Cow<'_, str>| !business.is_empty() && digits(phone) == business;
            person.phones.retain(|phone| !is_business(phone));
        }
        person
    }

    /// Adds a number that is known from outside the item.
    pub(super) fn also(mut self, phone: Option<Cow<'a, str>>) -> Self {
        self.phones.splice(0..0, phone);
        self
    }

    /// The user part of the key in the log.
    pub(super) fn user<'s>(&'s self, contact: Option<&'s Contact<'a>>) -> Option<&'s str> {
        self.group
            .as_deref()
            .or(self.user_id.as_deref())
            .or_else(|| contact.and_then(|contact| contact.user_id.as_deref()))
            .or_else(|| self.phones.first().map(|phone| &**phone))
            .or_else(|| contact.and_then(|contact| contact.wa_id.as_deref()))
    }

    fn is_somebody(&self) -> bool {
        self.user_id.is_some() || !self.phones.is_empty()
    }

    fn is_same_user(&self, other: &Self) -> bool {
        match (&self.user_id, &other.user_id) {
            (Some(this), Some(other)) => this == other,
            _ => self.phones.first() == other.phones.first(),
        }
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// An item of `value.contacts[]`.
pub(super) struct Contact<'a> {
    pub(super) raw: &'a RawValue,
    user_id: Option<Cow<'a, str>>,
    wa_id: Option<Cow<'a, str>>,
}

impl<'a> Contact<'a> {
    pub(super) fn of(raw: &'a RawValue) -> Self {
        let members = json::members(raw).unwrap_or_default();
        let get = |name: &str| {
            members
                .iter()
                .find(|(key, _)| key == name)
                .and_then(|(_, raw)| json::id(raw))
        };
        Self {
            raw,
            user_id: get("user_id"),
            wa_id: get("wa_id"),
        }
    }

    /// The user part of the key in the log.
    pub(super) fn user(&self) -> Option<&str> {
        self.user_id.as_deref().or(self.wa_id.as_deref())
    }

    fn contradicts(&self, person: &Person<'_>) -> bool {
        matches!((&self.user_id, &person.user_id), (Some(this), Some(other)) if this != other)
    }
}

/// For each person the index of their contact: by BSUID, else by number. A single contact also belongs to the single
/// user of a change whose number it spells otherwise (Meta rewrites some Brazilian and Mexican numbers).
pub(super) fn matches(people: &[Person<'_>], contacts: &[Contact<'_>]) -> Vec<Option<usize>> {
    let mut by_user = HashMap::new();
    let mut by_phone = HashMap::new();
    for (index, contact) in contacts.iter().enumerate() {
        contact
            .user_id
            .as_deref()
            .map(|user| by_user.entry(user).or_insert(index));
        contact
            .wa_id
            .as_deref()
            .map(|phone| by_phone.entry(phone).or_insert(index));
    }
    let mut somebodies = people.iter().filter(|person| person.is_somebody());
    let is_single_user = match somebodies.next() {
        Some(first) => somebodies.all(|other| first.is_same_user(other)),
        None => true,
    };
    let is_somebody = |contact: &Contact<'_>| contact.raw.get().starts_with('{');
    let only = (contacts.len() == 1 && is_single_user && is_somebody(&contacts[0])).then_some(0);
    people
        .iter()
        .map(|person| {
            let same_user = person.user_id.as_deref().and_then(|user| by_user.get(user).copied());
            let same_phone = || person.phones.iter().find_map(|phone| by_phone.get(&**phone).copied());
            let fits = |index: &usize| !contacts[*index].contradicts(person);
            same_user
                .or_else(|| same_phone().filter(fits))
                .or_else(|| only.filter(fits))
        })
        .collect()
}
