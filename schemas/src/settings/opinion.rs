//! When a language model is asked for a second opinion on an integration's messages.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::labels::Intent;

/// Second opinions for one integration. Kind `opinion`. Fields left out are as the service is configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpinionSetting {
    /// False: none is asked for.
    pub enabled: Option<bool>,
    /// Asked for when the intent's confidence is below this, 0 to 1.
    pub below: Option<f32>,
    /// Asked for whenever the intent is one of these, however sure.
    pub intents: Option<Vec<Intent>>,
    /// Requests a day (UTC).
    pub daily_requests: Option<u32>,
    /// What a day's (UTC) requests may cost, in US dollars.
    pub daily_cost_usd: Option<f64>,
}

impl OpinionSetting {
    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.below.is_some_and(|below| !(0.0..=1.0).contains(&below)) {
            problems.push(Problem::new("below", "is a probability, 0 to 1"));
        }
        if self.daily_cost_usd.is_some_and(|cost| !cost.is_finite() || cost < 0.0) {
            problems.push(Problem::new("daily_cost_usd", "is a sum of US dollars, 0 or more"));
        }
        problems
    }
}
