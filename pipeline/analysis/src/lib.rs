//! What a message says: intent, sentiment, urgency and language with calibrated probabilities, the words that weighed most, and
//! the numbers, addresses, sums and dates in it.
//!
//! ```text
//! text ─ words ─ features ─ one table row each ─ sums ─ probabilities ─▶ labels, signals
//!    └─ entities
//! ```
//!
//! The classifiers are linear in hashed pieces of the text, all tasks in one table: a feature costs one look-up and an
//! addition of 32 bytes, whatever the number of labels. Their weights are trained by [`train`] from the corpus in this folder
//! and public data, and ship in `weights/`, with a model card that says how good they are and on what.
//!
//! # Layout
//!
//! * [`Analyser`], [`Analysis`], [`Context`], [`Custom`]: the door; [`Trained`]: what stands behind it
//! * `text`, `features`: reading a text; [`Weights`], `model`: scoring it; [`Signal`]: why
//! * [`Adaptation`]: what one business's corrections add to the weights
//! * [`conversation`]: what a message means after those before it
//! * [`Patterns`]: what a business's own words and expressions decide
//! * [`region_of`]: where a business is
//! * [`entities`]: phone numbers, addresses, money, dates, order numbers
//! * [`train`]: from labelled messages to weights
#![forbid(unsafe_code)]

pub mod conversation;
pub mod entities;
pub mod train;

mod adapted;
mod analyser;
mod analysis;
mod business;
mod custom;
mod features;
mod file;
mod model;
mod patterns;
mod replies;
mod signals;
mod text;
mod weights;

pub use adapted::Adaptation;
pub use analyser::{Analyser, Probabilities, Trained};
pub use analysis::{Analysis, Context, Labels};
pub use business::region_of;
pub use custom::Custom;
pub use patterns::{Matches, Patterns};
pub use signals::Signal;
pub use weights::{Error as WeightsError, Task, Weights};
