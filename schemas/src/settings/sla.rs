//! What a business promises its customers: how soon they are answered, and by whom.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::labels::{Intent, Urgency};

/// Targets of one integration: as many as there are intents and urgencies to tell apart, about.
const MAX_TARGETS: usize = 50;
/// Less than a second nobody can keep, and timers do not tell apart.
const SHORTEST: Duration = Duration::from_secs(1);
/// What is longer is no promise for a conversation.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// After a customer's message a business may write freely for so long.
const SERVICE_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// What one integration's business promises. Kind `sla`. Lengths of time are written as `15m`, `1h 30m`, `2days`. What would come
/// due later than two days and the pipeline's lateness after a conversation's last message is not told: the conversation is final
/// by then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlaSetting {
    /// How soon a customer's turn is answered. The first that fits a turn is its promise; a turn that none fits has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// How long before the 24-hour service window of an unanswered customer closes to tell, by the calendar: 1 second to
    /// less than 24 hours. Left out: it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_notice: Option<String>,
    /// How long a customer is silent after the business's answer before a follow-up is due, by the calendar: 1 second to
    /// 30 days. Left out: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_after: Option<String>,
}

/// A promise, and the turns it is made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The turns with one of these intents; left out: with any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intents: Option<Vec<Intent>>,
    /// And one of these urgencies; left out: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgencies: Option<Vec<Urgency>>,
    /// How soon they are answered: 1 second to 30 days.
    pub within: String,
    /// What that time is measured by.
    #[serde(default)]
    pub clock: Clock,
    /// Whose answers keep the promise.
    #[serde(default)]
    pub by: Series,
}

/// What a promised time is measured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The time in which the business is open, by the setting of kind `hours`.
    #[default]
    Business,
    /// All time.
    Calendar,
}

/// Which answers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Series {
    /// Everyone's, a bot's too.
    #[default]
    Any,
    /// People's.
    Human,
}

impl Target {
    /// Whether it is made for turns of an intent and an urgency.
    pub fn fits(&self, intent: Intent, urgency: Urgency) -> bool {
        let fits_intent = self.intents.as_ref().is_none_or(|intents| intents.contains(&intent));
        fits_intent
            && self
                .urgencies
                .as_ref()
                .is_none_or(|urgencies| urgencies.contains(&urgency))
    }

    /// The promised time, in whole milliseconds; nothing when it cannot be meant.
    pub fn within_ms(&self) -> Option<i64> {
        millis(&self.within, LONGEST).ok()
    }
}

impl SlaSetting {
    /// How long before the service window closes to tell, in milliseconds; nothing when it is not told or cannot be meant.
    pub fn closing_notice_ms(&self) -> Option<i64> {
        millis(self.closing_notice.as_deref()?, before_window()).ok()
    }

    /// How long a customer is silent before a follow-up is due, in milliseconds; nothing when none is or it cannot be meant.
    pub fn follow_up_after_ms(&self) -> Option<i64> {
        millis(self.follow_up_after.as_deref()?, LONGEST).ok()
    }

    /// Everything that is wrong with it, each with its place; empty when it is sound. Of a list that is too long only that is
    /// said.
    ///
    /// * at most 50 targets, each of them the first that fits some turn
    /// * intents and urgencies, where they are given, are one at least and none twice
    /// * lengths of time are 1 second to 30 days, the closing notice less than 24 hours
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.targets.len() > MAX_TARGETS {
            let what = format!("are {}, and at most {MAX_TARGETS} are kept", self.targets.len());
            problems.push(Problem::new("targets", what));
        } else {
            self.problems_of_targets(&mut problems);
        }
        for (at, text, longest) in [
            ("closing_notice", &self.closing_notice, before_window()),
            ("follow_up_after", &self.follow_up_after, LONGEST),
        ] {
            if let Some(Err(what)) = text.as_ref().map(|text| millis(text, longest)) {
                problems.push(Problem::new(at, what));
            }
        }
        problems
    }

    fn problems_of_targets(&self, problems: &mut Vec<Problem>) {
        let mut left: Vec<(Intent, Urgency)> = Intent::ALL
            .iter()
            .flat_map(|intent| Urgency::ALL.iter().map(|urgency| (*intent, *urgency)))
            .collect();
        for (number, target) in self.targets.iter().enumerate() {
            let at = |field: &str| format!("targets[{number}]{field}");
            let lists = [
                (".intents", target.intents.as_deref().map(fault)),
                (".urgencies", target.urgencies.as_deref().map(fault)),
            ];
            let faults: Vec<_> = lists
                .into_iter()
                .filter_map(|(field, fault)| Some((field, fault??)))
                .collect();
            let before = left.len();
            left.retain(|(intent, urgency)| !target.fits(*intent, *urgency));
            if faults.is_empty() && left.len() == before {
                problems.push(Problem::new(at(""), "fits no turn that those before it leave"));
            }
            for (field, what) in faults {
                problems.push(Problem::new(at(field), what));
            }
            if let Err(what) = millis(&target.within, LONGEST) {
                problems.push(Problem::new(at(".within"), what));
            }
        }
    }
}

/// The longest closing notice.
fn before_window() -> Duration {
    SERVICE_WINDOW - Duration::from_millis(1)
}

/// What is wrong with a list of labels.
fn fault<T: PartialEq + std::fmt::Display>(labels: &[T]) -> Option<String> {
    if labels.is_empty() {
        return Some("is empty, so that no turn fits: left out, every one does".to_owned());
    }
    let repeated = labels
        .iter()
        .enumerate()
        .find(|(number, label)| labels[..*number].contains(label));
    repeated.map(|(_, label)| format!("names `{label}` twice"))
}

/// A length of time in whole milliseconds, or what is wrong with it.
fn millis(text: &str, longest: Duration) -> Result<i64, String> {
    let length = humantime::parse_duration(text)
        .map_err(|error| format!("`{text}` is not a length of time such as 15m or 1h 30m: {error}"))?;
    let refused = || {
        let longest = humantime::format_duration(longest);
        format!(
            "is {text}, and takes {} to {longest}",
            humantime::format_duration(SHORTEST)
        )
    };
    if !(SHORTEST..=longest).contains(&length) {
        return Err(refused());
    }
    i64::try_from(length.as_millis()).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn setting(value: &Value) -> SlaSetting {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn said(value: &Value) -> Vec<String> {
        setting(value).problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sound_promises_have_no_problems() {
        for value in [
            json!({}),
            json!({"targets": [{"within": "15m"}]}),
            json!({"targets": [
                {"intents": ["complaint", "none"], "urgencies": ["high"], "within": "1s", "clock": "calendar", "by": "human"},
                {"intents": ["complaint"], "within": "30days"},
                {"within": "1h 30m"}], "closing_notice": "23h 59m 59s 999ms", "follow_up_after": "2days"}),
        ] {
            assert_eq!(said(&value), [""; 0], "{value}");
        }
        let unlike = json!({"targets": [{"within": "15m"}]});
        let target = &setting(&unlike).targets[0];
        assert_eq!((target.clock, target.by), (Clock::Business, Series::Any));
        assert_eq!(target.within_ms(), Some(900_000));
    }

    #[test]
    fn every_problem_names_its_place() {
        let wrong = json!({"targets": [
            {"intents": [], "within": "soon"},
            {"intents": ["spam", "spam"], "urgencies": ["low", "high", "low"], "within": "999ms"},
            {"urgencies": ["low"], "within": "31days"}], "closing_notice": "24h", "follow_up_after": "0s"});
        assert_eq!(
            said(&wrong),
            [
                "targets[0].intents: is empty, so that no turn fits: left out, every one does",
                "targets[0].within: `soon` is not a length of time such as 15m or 1h 30m: expected number at 0",
                "targets[1].intents: names `spam` twice",
                "targets[1].urgencies: names `low` twice",
                "targets[1].within: is 999ms, and takes 1s to 30days",
                "targets[2].within: is 31days, and takes 1s to 30days",
                "closing_notice: is 24h, and takes 1s to 23h 59m 59s 999ms",
                "follow_up_after: is 0s, and takes 1s to 30days"
            ]
        );
        let many = json!({"targets": vec![json!({"within": "?"}); 51], "closing_notice": "?"});
        let places: Vec<_> = setting(&many)
            .problems()
            .into_iter()
            .map(|problem| problem.at)
            .collect();
        assert_eq!(places, ["targets", "closing_notice"]);
    }

    #[test]
    fn a_target_that_can_never_be_the_first_is_refused() {
        let urgencies: Vec<_> = Urgency::ALL.iter().map(|urgency| urgency.as_str()).collect();
        let (most, last) = urgencies.split_at(urgencies.len() - 1);
        let hidden = json!({"targets": [
            {"intents": ["spam"], "urgencies": most, "within": "1h"},
            {"intents": ["spam"], "within": "2h"},
            {"intents": ["spam"], "urgencies": last, "within": "3h"},
            {"within": "4h"}, {"intents": ["complaint"], "within": "5m"}]});
        let what = "fits no turn that those before it leave";
        assert_eq!(
            said(&hidden),
            [format!("targets[2]: {what}"), format!("targets[4]: {what}")]
        );
    }
}
