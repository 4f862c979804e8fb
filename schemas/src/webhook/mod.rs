//! Meta's webhook payloads, typed; tolerant of what is unknown.
//!
//! ```text
//! body ──split──▶ one record::Update each ──by its part──▶ Message::parse, Status::parse, AccountEvent::parse, …
//! ```
//!
//! Every parser takes one update's own JSON. It refuses only what is not an object: a member that is missing, of the
//! wrong shape, a string where a number is documented or the other way round, costs that member alone. What was not
//! understood is in [`Remarks`]. Instants are Unix milliseconds.
//!
//! # Layout
//!
//! * `split`: from a body to its updates and their keys in the log
//! * `field`: the fields that Meta documents
//! * `message`, `content`, and by subject `media`, `place`, `interactive`, `commerce`, `notice`, `context`: messages
//! * `status`, `call`, `error`, `contact`, `preference`, `group`, `phone_app`, `identity`: the other items
//! * `account`, `template`, `phone`, `flow`: the values of account fields
//! * `object`, `lenient`, `json`, `time`: how all of them read

mod account;
mod call;
mod commerce;
mod contact;
mod content;
mod context;
mod error;
mod field;
mod flow;
mod group;
mod identity;
mod interactive;
pub(crate) mod json;
mod lenient;
mod media;
mod message;
mod notice;
mod object;
mod phone;
mod phone_app;
mod place;
mod preference;
mod split;
mod status;
mod template;
mod time;

pub use account::{AccountEvent, AccountUpdate, Restriction};
pub use call::{Call, Session};
pub use commerce::{Button, Order, ProductItem, Template, TemplateComponent, TemplateLanguage};
pub use contact::{Contact, Profile};
pub use content::{Content, Text};
pub use context::{Context, Identity, Referral, ReferredProduct, WelcomeMessage};
pub use error::{ErrorData, ErrorObject};
pub use field::{FieldKind, known_field};
pub use flow::FlowChange;
pub use group::{Group, Participant, ProfilePicture};
pub use identity::{Replaced, UserIdChange, UserIdUpdate};
pub use interactive::{CallPermissionReply, Choice, FlowReply, Interactive, Words};
pub use media::Media;
pub use message::Message;
pub use notice::{Edit, Reaction, Revoke, System, Unsupported};
pub use object::Remarks;
pub use phone::PhoneChange;
pub use phone_app::{HistoryChunk, StateSync};
pub use place::{Card, CardAddress, CardEmail, CardName, CardOrg, CardPhone, CardUrl, Location};
pub use preference::UserPreference;
pub use split::{Keyed, split};
pub use status::{Conversation, Origin, Payment, Pricing, Status};
pub use template::TemplateChange;
