//! WhatsApp's Graph API for one integration: messages, files, templates, the health of its numbers; and what has to be known
//! before a message is sent: the 24-hour window, Meta's pace, and who wants none.
//!
//! ```no_run
//! use parlance_service::config::Secret;
//! use parlance_whatsapp::message::{Message, Recipient, Text};
//! use parlance_whatsapp::pace::Pacer;
//! use parlance_whatsapp::window::Window;
//! use parlance_whatsapp::{Class, Client, Config, Error};
//!
//! # async fn example(started: std::time::Instant, now_ms: i64, last_inbound_ms: i64) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Config::new(Secret::new("EAAG…")))?;
//! let mut pacer = Pacer::default();
//!
//! let to = Recipient::Phone("+250788123200".to_owned());
//! let message = Message::new(to, Text::new("Your order is on its way."), "action-7");
//! Window::since(Some(last_inbound_ms)).check(&message.content, now_ms, "en", &[])?;
//! while let Err(ready) = pacer.take("106540352242922", "250788123200", started.elapsed()) {
//!     tokio::time::sleep(ready.saturating_sub(started.elapsed())).await;
//! }
//! match client.send("106540352242922", &message).await {
//!     Ok(sent) => println!("{} was accepted", sent.id),
//!     Err(Error::Refused(error)) if error.is_number_too_fast() => pacer.number_refused("106540352242922", started.elapsed()),
//!     Err(Error::Refused(error)) if error.class == Class::OptOut => println!("no more marketing: {}", error.advice),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here remembers between restarts and nothing repeats by itself: each method asks Meta once (a download, once more
//! when its URL has run out), and the error says what to do.
//!
//! # Metrics
//!
//! * `parlance_whatsapp_requests_total{what,outcome}`, `parlance_whatsapp_request_seconds{what}`: asks and how long they took
//! * `parlance_whatsapp_downloaded_bytes_total`: of files
//! * `parlance_whatsapp_paced_total`, `parlance_whatsapp_slowed_total`: messages told to wait; refusals for being too fast
//!
//! # Layout
//!
//! * [`Client`], [`Config`]: every ask; its time and its answer are bounded, and no redirect is followed
//! * [`message`]: messages as Meta wants them, and what it would refuse of them
//! * [`media`]: files, up and down
//! * [`templates`], [`lint`]: templates, and what Meta would refuse of them
//! * [`number`]: health, limits, subscriptions, tokens
//! * [`error`]: what went wrong, named by what to do
//! * [`window`], [`pace`], [`guard`]: whether a message may go, and when; without clocks and without I/O
#![forbid(unsafe_code)]

mod client;
pub mod config;
pub mod error;
pub mod guard;
pub mod lint;
pub mod media;
pub mod message;
pub mod number;
pub mod pace;
mod send;
pub mod templates;
pub mod window;

pub use client::Client;
pub use config::{Config, appsecret_proof};
pub use error::{Class, Error, MediaError, SendError};
pub use send::{Acceptance, Sent};
