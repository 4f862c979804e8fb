//! What was learned from one integration's corrections, published as a setting: small enough to travel in it, so that
//! every process has it without a file, and a replay finds the one that was in force.

use serde::{Deserialize, Serialize};

/// An adaptation of the shipped weights. Kind `model`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSetting {
    /// Its name, stored with each message it labels, after that of the weights it stands on.
    pub version: String,
    /// The version of the weights it was trained on; with others it is not used.
    pub base: String,
    /// The adaptation's file, base64.
    pub adaptation: String,
    /// Messages it learned from.
    pub learned_from: u64,
    /// Accuracy on the part held back, 0 to 1, by task: without it and with it.
    pub measured: Vec<Measured>,
}

/// What an adaptation did for one task, on corrected messages it had not learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// `intent`, `sentiment`, `urgency` or `language`.
    pub task: String,
    /// Messages held back that have a verdict on the task.
    pub messages: u64,
    /// Share labelled right without the adaptation, 0 to 1.
    pub before: f64,
    /// Share labelled right with it, 0 to 1.
    pub after: f64,
}
