//! Rules: when something is the case, what is done about it. Data, typed and checked; nothing in them is run as a program.
//!
//! ```text
//! {"rules": [{"id": "complaint", "mode": "live", "on": "message", "per": "conversation",
//!             "when": {"intent": {"in": ["complaint"], "confidence_at_least": 0.5}},
//!             "then": [{"complaint": {}}, {"escalate": {}}, {"reply": {"text": "apology"}}]}]}
//! ```
//!
//! # Layout
//!
//! * [`RulesSetting`], [`Rule`]: the setting; [`problems`](RulesSetting::problems): what is wrong with it, in `problems`
//! * [`Condition`] and what it is made of: in `condition`; [`Action`]: in `action`
//! * `one_key`, `span`: how choices and lengths of time are written
//! * [`SCHEMA`]: the same for editors; [`TEMPLATE`]: rules to start from

mod action;
mod condition;
mod one_key;
mod problems;
mod span;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fingerprint;
use one_key::given;

pub use action::{Action, Assign, Complaint, Escalate, Lookup, Plain, Priority, Reply, Ticket, To};
pub use condition::{Condition, Count, EntityKind, Graded, Label, OneOf, Range, Share, TimerEvent, percent};
pub use span::{NoSpan, Span};

/// JSON Schema (draft 2020-12) of a [`RulesSetting`]. It accepts what is sound, written with objects as objects; a few things that
/// a schema cannot say (ids that occur twice, how deep conditions may go) only [`RulesSetting::problems`] knows.
pub const SCHEMA: &str = include_str!("../../rules.schema.json");

/// Rules to start from, all of them live: one for each of the six intents that call for an action.
pub const TEMPLATE: &str = include_str!("rules/default.json");

/// The rules of one integration. Kind `rules`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesSetting {
    /// At most 100. Of rules with the same priority the first is asked first.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, stored with all that it does; 1 to 64 of `a-z`, `0-9`, `_`, `-`, unique among the integration's rules.
    pub id: String,
    /// Its name for people, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub name: Option<String>,
    /// Whether it acts. `off` when left out.
    #[serde(default)]
    pub mode: Mode,
    /// Rules with a higher one are asked first.
    #[serde(default)]
    pub priority: i32,
    /// When it matches, and is live, rules after it are not asked about the same subject.
    #[serde(default)]
    pub stop: bool,
    /// What it reacts to.
    pub on: On,
    /// What it reacts to once. A rule on deliveries or windows has nothing to choose; one for each turn is for customers' messages
    /// or for timers.
    #[serde(default)]
    pub per: Per,
    /// What must be the case; left out: it reacts to all. A rule on windows has a `share` or a `count` here.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub when: Option<Condition>,
    /// Whose messages it reacts to; in a rule on windows, whose are counted. In others there is nothing to choose.
    #[serde(default)]
    pub direction: Whose,
    /// The business's hours in which it reacts, by event time; in a rule on windows, those whose messages are counted.
    #[serde(default)]
    pub hours: Hours,
    /// Something older than this sets nothing off, however late it becomes known. 1 s to 72 h; `10m` when left out.
    #[serde(default = "Rule::max_age")]
    pub max_age: Span,
    /// What is done, 1 to 10 actions.
    pub then: Vec<Action>,
}

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It acts.
    Live,
    /// It says what it would have done, of the past too, and does nothing.
    DryRun,
    /// It is kept, but nobody asks it.
    #[default]
    Off,
}

/// What a rule reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A message, as soon as it is analysed.
    Message,
    /// A timer of a conversation, when it is due.
    Timer,
    /// A message of the business that was not delivered.
    Delivery,
    /// What the messages of the last while are in all.
    Window,
}

/// What a rule reacts to once, however often it matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Each message, timer or delivery; each time a window is raised.
    #[default]
    Message,
    /// Each turn: what a customer writes until somebody answers. A message that asks for no answer is by itself.
    Turn,
    /// Each conversation.
    Conversation,
}

/// Whose messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Customers'.
    #[default]
    Inbound,
    /// The business's.
    Outbound,
    /// Both.
    Any,
}

/// The business's hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hours {
    /// At any time.
    #[default]
    Any,
    /// While it is open.
    Open,
    /// While it is closed.
    Closed,
}

impl Rule {
    const fn max_age() -> Span {
        Span::of_seconds(600)
    }

    /// The version of what it does: 16 hex digits that are equal for rules that do the same, whatever their id, their name and
    /// their mode, and for every spelling of a rule in JSON. What is done once is done once for each version.
    pub fn version(&self) -> String {
        // Every field is named, so that nobody adds one without deciding. One that is new and left out must not be written
        // here: all rules would get another version with the next release, and do again what they did a moment ago.
        let Self {
            id: _,
            name: _,
            mode: _,
            priority,
            stop,
            on,
            per,
            when,
            direction,
            hours,
            max_age,
            then,
        } = self;
        let mut json = serde_json::json!({
            "on": on, "when": when, "direction": direction, "hours": hours, "max_age": max_age,
            "then": then, "priority": priority, "stop": stop,
        });
        if *per != Per::Message {
            json["per"] = serde_json::json!(per);
        }
        let print = fingerprint::of_json(&Value::to_string(&json)).expect("serde_json writes JSON");
        print.to_string()[..16].to_owned()
    }
}

#[cfg(test)]
mod tests;
