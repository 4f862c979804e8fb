//! What a thread of messages means: pure functions of the log, no clock, no I/O.
//!
//! ```text
//! thread    ──●──●───○──────●──────────○──○────────────────────────────●─────▶  ● the customer's, ○ the business's
//! turns       └turn1┘answer └──turn 2──┘answer      a silence of 24 h   └turn 3, waits
//! conversations └──────────── one ────────┘                             └ another
//! ```
//!
//! # Definitions
//!
//! * A **thread** is what one customer and one integration write to each other; or one group and an integration. A customer
//!   is all identifiers of one person ([`identity`]).
//! * Messages of a thread are ordered by (time, message id): Meta's `timestamp` for what the customer wrote and what was
//!   written on the business's phone; for what was sent otherwise when it was accepted, or, where only its statuses are known,
//!   the earliest of `sent`, `delivered`, `read` and `played`; but for a `sent` among them nothing is known of it (a `read` may
//!   come a month later, when all else is forgotten). What failed and never arrived was never said.
//! * Reactions, edits (also as `unsupported`), revocations and `request_welcome` **say nothing**: they neither begin a turn nor
//!   end one. (A switch of the integration lets customers' reactions ask.) System messages are news about a customer, and in no
//!   thread.
//! * A **silence** is a gap of 24 hours (the integration may say otherwise) or more between messages of either side, of those
//!   that say nothing too.
//! * A **conversation** is what lies between silences. It also ends when somebody resolves it: what the customer says next
//!   begins another, or opens it again when it comes within the integration's time for that (none by default); what the
//!   business says next still belongs to it. Where messages go back 48 hours without a silence, the first after four in the
//!   morning, business time, is of another conversation that is **continued**; so the longest has less than 72 hours, and where
//!   one begins never depends on more than the five days before.
//! * What is **decided** at a time is about the conversation of the last message up to then; after a silence it is about none.
//! * A **turn** is a maximal run of messages of the customer in a conversation, with none of the business and no resolution
//!   between; its **response time** is from its first message to the first message of the business that comes after it, in three
//!   series: `any`, `bot` (bots and rules), `human` (people; what is written on the phone too). Campaigns and rules'
//!   acknowledgements are never `human`. An answer is looked for up to the next silence, in whatever conversation, and after a
//!   resolution too. A turn is over with its first answer or resolution, or **lost** with the silence.
//! * Its **intent** is the first of its messages' that says something, where `other` says less than any other; its **urgency** the
//!   highest; its **sentiment** the last. It is given to whom its conversation was given to before it was over or answered.
//! * **First response** is the response time of a conversation's first turn, whoever began; one that is continued has none. That of
//!   an agent is from when a conversation was first given to anybody to the first message of a person after that.
//! * The **service window** is open for 24 hours from each message of the customer, of whatever kind. It is lost when it closes
//!   and the last turn that began in it is neither answered nor resolved. It is of the conversation of its last message.
//! * **Resolution** is from a conversation's begin to its first and to its last resolution; `active` counts of the latter only
//!   the time in which a turn waited.
//! * A **promise** is made for a turn by its intent and urgency; it is at risk when 50 and 80 % of its time have passed, on its
//!   clock, and broken when all has and neither an answer that counts nor a resolution came by then.
//! * A **follow-up** is due for a message of the business that answers a conversation in which the customer has asked, when neither
//!   side has said anything since and nobody resolved it.
//! * A timer says what it is about as that stood when it was due, by the times of what was said and decided.
//!
//! # What is final
//!
//! What was said or decided more than 24 hours and the lateness before it was logged comes too late. A conversation is told
//! until 24 hours after that has passed since its last message: until then corrections of its messages, and other settings,
//! change it; after that nothing does, and nothing in it comes due any more. Threads and persons of whom nothing was said for as
//! long are forgotten, at every tenth minute.
//!
//! # Layout
//!
//! * [`thread`]: what is kept of a thread, [`moment`]: of a message; [`packed`]: the same in little room; [`identity`]: who is who;
//!   [`slots`]: where very many small things are kept
//! * [`reading`]: from a thread's moments to conversations, turns and service windows; [`mood`]: how a customer's mood moves
//! * [`timers`]: what comes due in a thread
//! * [`told`]: rows and measures of a thread, and what has changed between two readings
//! * [`delivery`]: what became of a message of the business, from its statuses in any order
//! * [`terms`]: the settings of an integration, ready for use
//! * [`hours`]: how much of a span of time a business is open, and when so much has passed
//! * [`sla`]: which promise a customer's turn has, and when it falls due
#![forbid(unsafe_code)]

pub mod delivery;
pub mod hours;
pub mod identity;
pub mod moment;
pub mod mood;
pub mod packed;
pub mod reading;
pub mod sla;
pub mod slots;
pub mod terms;
pub mod thread;
pub mod timers;
pub mod told;
