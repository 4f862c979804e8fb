//! What a business decides by its own words and expressions: which of its patterns a text matches, and what follows for the
//! labels.
//!
//! ```text
//! setting ── compile ─▶ Patterns ── find(text) ─▶ Matches ── decide(task, probabilities) ─▶ labels
//! ```
//!
//! All words of all patterns are found in one pass over the text, however many there are; each regular expression costs a pass
//! of its own, in time linear in the text. Nothing is read for an integration without patterns.

mod words;

use parlance_schemas::labels::{Intent, Sentiment, Urgency};
use parlance_schemas::settings::{Labels, Pattern, PatternsSetting, Problem};
use regex::Regex;

use crate::model::softmax;
use crate::weights::Task;
use words::Words;

/// Of a longer text this many bytes are searched, so that the cost of a message is bounded. WhatsApp's longest text, 4,096
/// characters, never has more.
const MAX_BYTES: usize = 16 * 1024;

/// The patterns of one integration, ready to be looked for; made anew for each setting. By default there are none.
///
/// Words are compared without case, accents, vowel marks, width and invisible characters, as whole words in scripts that put
/// spaces between them: in Korean whatever particle follows, in Arabic also behind `و ف ب ل ال`. Chinese, Japanese and Thai
/// words and signs are found anywhere. Regular expressions see the text as it was written, and match whatever its case. Of
/// a text longer than 16 KiB only the beginning is searched, and for `$` it ends there.
///
/// Memory: some 10 bytes for each letter of a word; 80 KiB for each regular expression, and in each thread that uses it a
/// cache of what it came across: 20 KiB, for a complicated one up to the limit that [`Pattern::expression`] sets.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// The enabled ones, in the setting's order.
    patterns: Vec<Consequence>,
    words: Option<Words>,
    /// Expressions, and the numbers of their patterns.
    expressions: Vec<(usize, Regex)>,
}

/// What follows when a pattern matches.
#[derive(Clone, Debug)]
struct Consequence {
    id: String,
    force: Labels,
    nudge: Labels,
    strength: f32,
    custom_intent: Option<String>,
}

impl Patterns {
    /// Makes the patterns of a setting ready. Takes about a millisecond for each regular expression, and half a second for a
    /// megabyte of words.
    ///
    /// # Errors
    /// Everything for which the setting is refused when it is saved: [`PatternsSetting::problems`].
    pub fn compile(setting: &PatternsSetting) -> Result<Self, Vec<Problem>> {
        let problems = setting.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut compiled = Self::default();
        let mut words = Vec::new();
        for (place, pattern) in setting
            .patterns
            .iter()
            .enumerate()
            .filter(|(_, pattern)| pattern.enabled)
        {
            let number = compiled.patterns.len();
            words.extend(pattern.words.iter().map(|word| (word.as_str(), number)));
            let expression = pattern
                .expression()
                .map_err(|what| vec![Problem::new(format!("patterns[{place}].regex"), what)])?;
            compiled
                .expressions
                .extend(expression.map(|expression| (number, expression)));
            compiled.patterns.push(Consequence::of(pattern));
        }
        compiled.words = Words::new(&words).map_err(|error| vec![Problem::new("patterns", error.to_string())])?;
        Ok(compiled)
    }

    /// Which patterns a text matches, and what follows.
    pub fn find(&self, text: &str) -> Matches<'_> {
        let mut matches = Matches::default();
        if self.patterns.is_empty() {
            return matches;
        }
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        let mut matched = vec![false; self.patterns.len()];
        if let Some(words) = &self.words {
            words.find(text, |number| matched[number] = true);
        }
        for (number, expression) in &self.expressions {
            matched[*number] = expression.is_match(text);
        }
        for (pattern, matched) in self.patterns.iter().zip(matched) {
            if matched {
                matches.add(pattern);
            }
        }
        matches
    }
}

impl Consequence {
    fn of(pattern: &Pattern) -> Self {
        Self {
            id: pattern.id.clone(),
            force: pattern.force,
            nudge: pattern.nudge,
            strength: pattern.strength,
            custom_intent: pattern.custom_intent.clone(),
        }
    }
}

/// The patterns that a text matches, and what follows from all of them. By default none, and nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches<'a> {
    /// Their ids, in the setting's order.
    pub ids: Vec<&'a str>,
    /// The labels that the message has: of each task, the first that a pattern forces.
    pub forced: Labels,
    /// The labels that become likelier, and by how much: the odds are multiplied by e to this power. Those of one label add up.
    pub nudges: Vec<(Labels, f32)>,
    /// The business's own intents, each once, in the setting's order.
    pub custom_intents: Vec<&'a str>,
}

impl<'a> Matches<'a> {
    fn add(&mut self, pattern: &'a Consequence) {
        self.ids.push(&pattern.id);
        let forced = &mut self.forced;
        forced.intent = forced.intent.or(pattern.force.intent);
        forced.sentiment = forced.sentiment.or(pattern.force.sentiment);
        forced.urgency = forced.urgency.or(pattern.force.urgency);
        if !pattern.nudge.is_empty() {
            self.nudges.push((pattern.nudge, pattern.strength));
        }
        let custom = pattern.custom_intent.as_deref();
        self.custom_intents
            .extend(custom.filter(|intent| !self.custom_intents.contains(intent)));
    }

    /// Whether no pattern matched.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Changes the probabilities of a task's classes, in the order of its vocabulary, to what they are by the patterns. A
    /// forced label gets 1 and the others 0; nudged ones become likelier, and all still add up to 1. They stay as they
    /// are, to the bit, when no pattern is about the task.
    ///
    /// True when the patterns decided the label: they forced it, or nudged another to the top. A nudge that only made the
    /// likeliest label more so decided nothing.
    pub fn decide(&self, task: Task, probabilities: &mut [f32]) -> bool {
        if let Some(forced) = class(self.forced, task) {
            probabilities.fill(0.0);
            if let Some(probability) = probabilities.get_mut(forced) {
                *probability = 1.0;
            }
            return true;
        }
        let nudges = self
            .nudges
            .iter()
            .filter_map(|(labels, strength)| Some((class(*labels, task)?, *strength)));
        let before = best(probabilities);
        nudge(probabilities, nudges);
        best(probabilities) != before
    }
}

/// The class of a task that labels name.
fn class(labels: Labels, task: Task) -> Option<usize> {
    match task {
        Task::Intent => labels.intent.map(|label: Intent| label as usize),
        Task::Sentiment => labels.sentiment.map(|label: Sentiment| label as usize),
        Task::Urgency => labels.urgency.map(|label: Urgency| label as usize),
        Task::Language => None,
    }
}

/// Multiplies the odds of classes by e to a strength each. The order of the nudges does not matter.
fn nudge(probabilities: &mut [f32], nudges: impl Iterator<Item = (usize, f32)>) {
    let mut nudges = nudges.peekable();
    if nudges.peek().is_none() {
        return;
    }
    // The logarithm of a probability is its logit, but for a constant that softmax takes out again. Nudges add up there before
    // anything is normalised, for two large ones after one another would leave nothing of the first.
    probabilities
        .iter_mut()
        .for_each(|probability| *probability = probability.ln());
    for (class, strength) in nudges {
        if let Some(logit) = probabilities.get_mut(class) {
            *logit += strength;
        }
    }
    softmax(probabilities);
}

/// The likeliest class, the first of equals.
fn best(probabilities: &[f32]) -> usize {
    (1..probabilities.len()).fold(0, |best, class| {
        if probabilities[class] > probabilities[best] {
            class
        } else {
            best
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odds(probability: f32) -> f32 {
        probability / (1.0 - probability)
    }

    fn nudged(probabilities: [f32; 3], nudges: &[(usize, f32)]) -> [f32; 3] {
        let mut nudged = probabilities;
        nudge(&mut nudged, nudges.iter().copied());
        nudged
    }

    fn close(one: [f32; 3], other: [f32; 3]) -> bool {
        one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-4)
    }

    #[test]
    fn a_nudge_multiplies_odds_and_keeps_the_others_in_proportion() {
        let after = nudged([0.2, 0.5, 0.3], &[(0, 2.0)]);
        assert!((odds(after[0]) / odds(0.2) - 2.0_f32.exp()).abs() < 1e-4);
        assert!((after[1] / after[2] - 5.0 / 3.0).abs() < 1e-4);
        assert!((after.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn nudges_add_in_any_order_however_large() {
        let before = [0.2, 0.5, 0.3];
        assert!(close(
            nudged(before, &[(0, 1.0), (0, 0.5)]),
            nudged(before, &[(0, 1.5)])
        ));
        assert!(close(
            nudged(before, &[(0, 1.0), (1, 2.0)]),
            nudged(before, &[(1, 2.0), (0, 1.0)])
        ));
        assert!(close(
            nudged(before, &[(0, 2_000.0), (1, 2_000.0)]),
            [2.0 / 7.0, 5.0 / 7.0, 0.0]
        ));
    }

    #[test]
    fn what_is_impossible_or_certain_stays_so() {
        assert_eq!(nudged([0.0, 1.0, 0.0], &[(0, 10.0)]), [0.0, 1.0, 0.0]);
        assert_eq!(nudged([0.0, 1.0, 0.0], &[(1, 10.0)]), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn without_a_nudge_not_a_bit_changes() {
        let before = [0.1, 0.200_000_1, 0.699_999_9];
        assert_eq!(nudged(before, &[]), before);
    }

    #[test]
    fn labels_name_the_classes_of_their_tasks() {
        let labels = Labels {
            intent: Some(Intent::Spam),
            sentiment: Some(Sentiment::Angry),
            urgency: Some(Urgency::Critical),
        };
        let named = [Task::Intent, Task::Sentiment, Task::Urgency]
            .map(|task| class(labels, task).map(|class| task.label(class)));
        assert_eq!(named, [Some("spam"), Some("angry"), Some("critical")]);
        assert_eq!(class(labels, Task::Language), None);
    }
}
