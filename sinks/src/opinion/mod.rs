//! Second opinions: messages that the analyser is unsure about are put to a language model, off the hot path.
//!
//! ```text
//! ClickHouse ──unsure, new──▶ mask ──▶ cache ──▶ budget · pace · breaker ──▶ provider
//!     ▲                                  │                                       │
//!     └── pipeline ◀── parlance.verdicts ◀┴──────────────── verdict ◀────────────┘
//! ```
//!
//! Optional: without a key nothing is read and nothing leaves. What leaves is the masked text of one message, and
//! nothing else of it. The pipeline corrects the past by the verdicts; a message waits for none of this.
//!
//! # Layout
//!
//! * [`mod@config`]: every limit, with its reason
//! * `run`: the loop and the way out; `source`: which messages, from ClickHouse
//! * `desk`: one message's way through the limits; `cache`, `breaker`, `budget`: those limits
//! * `mask`: what does not leave; `prompt`: what is asked, and the answer's shape
//! * `provider`: a request and what became of it; `anthropic`, `openai`: as each spells it
//! * `log`: where verdicts go
//! * `observe`: what is counted

mod anthropic;
mod breaker;
mod budget;
mod cache;
pub mod config;
mod desk;
mod log;
mod mask;
mod observe;
mod openai;
mod prompt;
mod provider;
mod run;
mod source;

pub use config::{Config, Provider, section};
pub use log::{ConnectError, KafkaVerdicts, LogError, VerdictLog, topic};
pub use run::{Error, SettingOf, run};
