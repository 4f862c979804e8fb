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
//! * Reactions, system messages, edits (also as `unsupported`), revocations and `request_welcome` **say nothing**: they
//!   neither begin a turn nor end one. (A switch of the integration lets reactions ask.)
//! * A **turn** is a maximal run of messages of the customer with none of the business between; its **response time** is from
//!   its first message to the first message of the business that comes after it, in three series: `any`, `bot` (bots and
//!   rules), `human` (people; what is written on the phone too). Campaigns and rules' acknowledgements are never `human`. An
//!   answer is looked for up to the next silence.
//! * A **silence** is a gap of 24 hours (the integration may say otherwise) between messages of either side. It ends a
//!   conversation; turns without an answer are then **lost**.
//! * A **conversation** is what lies between silences. It also ends when somebody resolves it: what the customer says next
//!   begins another, or opens it again when it comes within the integration's time for that (none by default); what the
//!   business says next still belongs to it. One that has gone on for 48 hours is continued as another with the first message
//!   after four in the morning, business time; so the longest has 72 hours, and what a thread means never depends on more
//!   than that and 48 hours before.
//! * **First response** is the response time of a conversation's first turn, whoever began; one that is continued has none.
//! * The **service window** is open for 24 hours from each message of the customer. It is lost when it closes while a turn
//!   waits.
//! * **Resolution** is from a conversation's begin to its first and to its last resolution; `active` counts of the latter only
//!   the time in which a turn waited.
//! * A **promise** is made for a turn by its intent (the first of its messages' that says something) and urgency (the highest);
//!   it is at risk when 50 and 80 % of its time have passed, on its clock, and broken when all has.
//!
//! # Layout
//!
//! * [`thread`]: what is kept of a thread, [`moment`]: of a message; [`identity`]: who is who
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
pub mod reading;
pub mod sla;
pub mod terms;
pub mod thread;
pub mod timers;
pub mod told;
