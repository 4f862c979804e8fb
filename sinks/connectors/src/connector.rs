//! A connector: what its document says, after it was checked.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::Problems;
use crate::template::Template;

/// A connector that was checked: templates parse, names exist, and a dry run of every ability succeeds.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Its name: small letters, digits and `_`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Where the API that it uses is described.
    pub docs: String,
    /// What must be prepared in the other system, or empty.
    pub setup: String,
    /// What an integrator fills in.
    pub fields: Vec<Field>,
    pub(crate) auth: Auth,
    /// Secrets of Standard Webhooks, parted by blanks.
    pub(crate) sign: Option<Template>,
    pub(crate) smtp: Option<Smtp>,
    pub(crate) errors: Vec<ErrorRule>,
    pub(crate) retry_after: Vec<RetryHeader>,
    pub(crate) reason: Vec<JsonPath>,
    pub(crate) abilities: BTreeMap<Ability, Plan>,
}

impl Connector {
    /// Reads a document in TOML.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, Problems> {
        crate::parse::from_toml(text)
    }

    /// Reads a document in JSON: the same keys.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        crate::parse::from_json(text)
    }

    /// What it can do, and what makes doing it twice harmless.
    pub fn abilities(&self) -> impl Iterator<Item = (Ability, Idempotency)> {
        self.abilities
            .iter()
            .map(|(ability, plan)| (*ability, plan.idempotency))
    }

    /// In which case something may happen twice all the same; nothing when in none, or when it cannot do that at all.
    pub fn doubles(&self, ability: Ability) -> Option<&str> {
        self.abilities.get(&ability)?.doubles.as_deref()
    }
}

/// Something that an integrator fills in.
#[derive(Clone, Debug)]
pub struct Field {
    /// What templates call it.
    pub name: String,
    /// What it is, for people.
    pub about: String,
    /// Whether it is kept from logs, dry runs, outcomes and URLs.
    pub secret: bool,
    /// What sort of text it is.
    pub kind: FieldKind,
    /// What it must match, wholly.
    pub pattern: Option<Regex>,
    /// What it is when nothing is filled in; without one, something must be.
    pub default: Option<String>,
    /// What it may look like. Dry runs use it.
    pub example: String,
}

/// What sort of text a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// An `http` or `https` URL, that stands in a URL's template as it is.
    Url,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word in documents.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one of a word.
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What a connector can be asked for.
    Ability {
        /// Make the customer a lead.
        CrmLead = "crm_lead",
        /// Open a ticket.
        Ticket = "ticket",
        /// Open a ticket that is marked as a complaint.
        Complaint = "complaint",
        /// Put an appointment into a calendar.
        AppointmentRequest = "appointment_request",
        /// When somebody is free.
        FreeBusy = "free_busy",
        /// How an order stands.
        OrderLookup = "order_lookup",
        /// How a payment stands.
        PaymentLookup = "payment_lookup",
        /// Tell the business's own people.
        Alert = "alert",
        /// Tell another system.
        Webhook = "webhook",
    }
}

words! {
    /// What makes doing something twice harmless.
    Idempotency {
        /// A header with the action's id, which the API remembers.
        Header = "header",
        /// The action's id names the thing itself.
        ExternalId = "external_id",
        /// What is there already is looked for first.
        Search = "search",
        /// It is made only where nothing is: `If-None-Match: *`.
        IfNoneMatch = "if_none_match",
        /// Nothing is made.
        ReadOnly = "read_only",
        /// The API offers nothing. The document says when a double happens.
        None = "none",
    }
}

/// How requests are allowed.
#[derive(Clone, Debug)]
pub(crate) enum Auth {
    None,
    Bearer(Template),
    Basic { user: Template, password: Template },
    Header { name: String, value: Template },
    OAuth2(OAuth2),
}

#[derive(Clone, Debug)]
pub(crate) struct OAuth2 {
    pub(crate) token_url: Template,
    pub(crate) client_id: Template,
    pub(crate) client_secret: Template,
    /// The refresh token; nothing for the client's own credentials.
    pub(crate) refresh_token: Option<Template>,
    pub(crate) scope: Option<Template>,
    /// Whether the client names itself by Basic rather than in the body.
    pub(crate) client_by_basic: bool,
}

/// Where mail goes through.
#[derive(Clone, Debug)]
pub(crate) struct Smtp {
    pub(crate) server: Template,
    pub(crate) tls: Template,
    pub(crate) user: Template,
    pub(crate) password: Template,
}

/// How one ability is done.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) require: Vec<Require>,
    pub(crate) idempotency: Idempotency,
    pub(crate) doubles: Option<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) outcome: OutcomePlan,
}

/// What must hold before anything is sent.
#[derive(Clone, Debug)]
pub(crate) struct Require {
    pub(crate) that: Template,
    pub(crate) otherwise: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) at: String,
    pub(crate) when: Option<Template>,
    pub(crate) send: SendPlan,
    /// Statuses that are well; empty: every 2xx.
    pub(crate) ok: Vec<u16>,
    pub(crate) read: BTreeMap<String, Read>,
    /// What it means that an answer lacks what must be in it.
    pub(crate) missing: RuleClass,
    pub(crate) errors: Vec<ErrorRule>,
    pub(crate) examples: Vec<Example>,
}

#[derive(Clone, Debug)]
pub(crate) enum SendPlan {
    Http(HttpPlan),
    Mail(MailPlan),
}

#[derive(Clone, Debug)]
pub(crate) struct HttpPlan {
    pub(crate) method: String,
    pub(crate) url: Template,
    /// Name and value. A name that ends in `?` is left out when its value is empty.
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: BodyPlan,
}

#[derive(Clone, Debug)]
pub(crate) enum BodyPlan {
    None,
    Json(Tree),
    Form(Vec<(String, Template)>),
    Icalendar(Template),
    Xml(Template),
    Text(Template),
}

/// A JSON value whose texts are templates.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// A number, a truth value: as it stands.
    Fixed(Value),
    Text(Template),
    /// `{"$value": "expression"}`: what the expression is, with its type.
    Value(Template),
    List(Vec<Tree>),
    /// A key that ends in `?` is left out when its value is empty.
    Object(Vec<(String, Tree)>),
}

#[derive(Clone, Debug)]
pub(crate) struct MailPlan {
    pub(crate) from: Template,
    pub(crate) to: Template,
    pub(crate) subject: Template,
    pub(crate) body: Template,
}

/// How something is found in an answer.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) from: Source,
    pub(crate) optional: bool,
    /// Every find, as a list, rather than the first.
    pub(crate) all: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Json(JsonPath),
    /// A JSONPath that an integrator filled in.
    JsonOf(Template),
    /// The first group of the pattern, or all of it, in the body.
    Body(Regex),
    /// A header, and a pattern within it.
    Header(String, Option<Regex>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleClass {
    Final,
    MayPass,
    Auth,
    AlreadyThere,
}

/// What an answer means that is not simply well. All that is given must fit.
#[derive(Clone, Debug)]
pub(crate) struct ErrorRule {
    pub(crate) status: Vec<u16>,
    pub(crate) body: Option<Regex>,
    pub(crate) json: Option<JsonPath>,
    pub(crate) class: RuleClass,
    /// What is read of an answer that says it is already there.
    pub(crate) read: BTreeMap<String, Read>,
}

/// A header that says how long to wait.
#[derive(Clone, Debug)]
pub(crate) struct RetryHeader {
    pub(crate) header: String,
    pub(crate) unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    /// Seconds since 1970.
    Unix,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct OutcomePlan {
    pub(crate) id: Option<Template>,
    pub(crate) number: Option<Template>,
    pub(crate) url: Option<Template>,
    pub(crate) fields: Vec<(String, Template)>,
}

/// An answer for dry runs.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}
