//! Who speaks with whom over which number: the frame around each content.

use parlance_schemas::record::Part;
use serde_json::{Map, Value, json};

use super::update::{Line, Update};
use crate::world::{Business, Customer, Group, Number};

/// A customer, a business's number, perhaps a group.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The business.
    pub business: &'a Business,
    /// Its number.
    pub number: &'a Number,
    /// The customer.
    pub customer: &'a Customer,
    /// The group they are in, if it is a group chat.
    pub group: Option<&'a Group>,
}

impl Scene<'_> {
    /// The item of `contacts[]` for the customer.
    pub fn contact(&self) -> Value {
        let customer = self.customer;
        let mut profile = json!({ "name": customer.author.name });
        put(&mut profile, "username", customer.username.as_ref());
        let mut contact = json!({ "profile": profile });
        put(&mut contact, "wa_id", customer.wa_id.as_ref());
        put(&mut contact, "user_id", customer.user_id.as_ref());
        put(&mut contact, "parent_user_id", customer.parent_user_id.as_ref());
        contact
    }

    /// The digits a message id is made of: the customer's, or the business's when theirs are hidden.
    pub fn digits(&self) -> &str {
        self.customer.wa_id.as_deref().unwrap_or(&self.number.digits)
    }

    /// A message from the customer. `content` holds `type`, the body under its name, and context or referral.
    pub fn inbound(&self, id: &str, sent_at: i64, content: Map<String, Value>) -> Update {
        let system = content.get("type").is_some_and(|kind| kind == "system");
        let mut item = Value::Object(content);
        put(&mut item, "from", self.customer.wa_id.as_ref());
        if !system {
            put(&mut item, "from_user_id", self.customer.user_id.as_ref());
            put(&mut item, "from_parent_user_id", self.customer.parent_user_id.as_ref());
            put(&mut item, "group_id", self.group.map(|group| &group.id));
        }
        item["id"] = json!(id);
        item["timestamp"] = json!(sent_at.to_string());
        let contact = (!system).then(|| self.contact());
        self.update("messages", Part::Message, item, contact, |line| {
            line.id = id.to_owned();
            line.sent_at = sent_at;
        })
    }

    /// A message an agent wrote on the business's phone.
    pub fn echo(&self, id: &str, sent_at: i64, content: Map<String, Value>) -> Update {
        let mut item = Value::Object(content);
        item["from"] = json!(self.number.digits);
        put(&mut item, "to", self.customer.wa_id.as_ref());
        put(&mut item, "to_user_id", self.customer.user_id.as_ref());
        put(&mut item, "to_parent_user_id", self.customer.parent_user_id.as_ref());
        item["id"] = json!(id);
        item["timestamp"] = json!(sent_at.to_string());
        self.update("smb_message_echoes", Part::Echo, item, Some(self.contact()), |line| {
            line.id = id.to_owned();
            line.sent_at = sent_at;
        })
    }

    /// An update of a messaging field; `fill` completes the ledger's line.
    pub fn update(
        &self,
        field: &'static str,
        part: Part,
        item: Value,
        contact: Option<Value>,
        fill: impl FnOnce(&mut Line),
    ) -> Update {
        let mut line = self.line(field, part);
        fill(&mut line);
        Update {
            waba_id: line.waba_id.clone(),
            entry_time: None,
            field,
            metadata: Some(self.metadata()),
            part,
            contact,
            item,
            lines: vec![line],
        }
    }

    /// `metadata` of the number.
    pub fn metadata(&self) -> Value {
        json!({ "display_phone_number": self.number.display, "phone_number_id": self.number.phone_number_id })
    }

    /// A line with the places filled in and the rest empty.
    pub fn line(&self, field: &str, part: Part) -> Line {
        Line {
            kind: part,
            field: field.to_owned(),
            waba_id: self.business.waba_of(self.number).to_owned(),
            phone_number_id: self.number.phone_number_id.clone(),
            id: String::new(),
            status: String::new(),
            recipient: String::new(),
            sent_at: 0,
            fingerprint: String::new(),
            copy: false,
        }
    }
}

/// Sets a key when there is a value: what Meta does not know it omits.
pub(crate) fn put(object: &mut Value, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        object[key] = json!(value);
    }
}

/// The object of a `json!({…})`.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => unreachable!("contents are written as objects, not {other}"),
    }
}
