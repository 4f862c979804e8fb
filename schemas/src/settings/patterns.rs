//! Patterns: words, phrases and regular expressions by which a business decides what a message is.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::labels::{Intent, Sentiment, Urgency};

/// Patterns of one integration.
const MAX_PATTERNS: usize = 200;
/// Of them with a regular expression: each is matched by itself, so that a text of 4,096 letters takes 50 of the worst that
/// were found half a second, and of usual ones some microseconds.
const MAX_REGEXES: usize = 50;
/// Words and phrases of one pattern.
const MAX_WORDS: usize = 200;
/// Characters of a word, of an id, of a custom intent.
const MAX_WORD_CHARS: usize = 200;
pub(super) const MAX_NAME_CHARS: usize = 64;
/// A nudge of 10 multiplies odds by 22,026: more is a force.
const MAX_STRENGTH: f32 = 10.0;
/// A regular expression as it is written, in bytes.
const MAX_REGEX_BYTES: usize = 1_000;
/// And compiled, in bytes: five Unicode `\w` or 250 `.`. What matching costs at most is in proportion to this and to the
/// length of the text: some 3 µs a byte for the worst expression that was found.
const MAX_COMPILED_BYTES: usize = 256 * 1024;
/// Memory in which matching keeps what it found out about an expression, in bytes for each thread. With less than the
/// compiled size, expressions with large repetitions are matched a hundred times slower.
const MAX_CACHE_BYTES: usize = 256 * 1024;

/// A character of a word that can be looked for. The letters, digits and symbols taken out are blank, or no more than a
/// variant of the character before.
static VISIBLE: LazyLock<Regex> = LazyLock::new(|| {
    let class = r"[\p{L}\p{N}\p{P}\p{S}--[\x{640}\x{115f}\x{1160}\x{2800}\x{3164}\x{ffa0}\x{1f3fb}-\x{1f3ff}]]";
    Regex::new(class).expect("a test of this file compiles it")
});

/// The patterns of one integration. Kind `patterns`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternsSetting {
    /// In order: of two that force the same task the first wins.
    pub patterns: Vec<Pattern>,
}

impl PatternsSetting {
    /// Everything for which it is refused when it is saved, each with its place; empty when it is sound. Disabled patterns
    /// are held to the same. Of a list that is too long only that is said.
    ///
    /// * at most 200 patterns, 50 of them with regular expressions, each with an id of its own, 1 to 64 of `a-z`, `0-9`, `_`, `-`
    /// * each has 1 to 200 words, of 1 to 200 characters that are not all blank; or a regular expression, at most 1,000 bytes
    ///   long, not too large when compiled, and not one that matches the empty text
    /// * each forces, nudges or names an intent, and none of its labels is `none`
    /// * a strength is above 0 and at most 10
    /// * a custom intent is 1 to 64 of `a-z`, `0-9`, `_` and not the name of an [`Intent`]
    pub fn problems(&self) -> Vec<Problem> {
        if self.patterns.len() > MAX_PATTERNS {
            let what = format!("are {}, and at most {MAX_PATTERNS} are kept", self.patterns.len());
            return vec![Problem::new("patterns", what)];
        }
        let mut problems = Vec::new();
        let regexes = self.patterns.iter().filter(|pattern| pattern.regex.is_some()).count();
        if regexes > MAX_REGEXES {
            let what = format!("have {regexes} regular expressions, and at most {MAX_REGEXES} are kept");
            problems.push(Problem::new("patterns", what));
        }
        let mut first_with = HashMap::new();
        for (number, pattern) in self.patterns.iter().enumerate() {
            pattern.problems(|place, what| problems.push(Problem::new(format!("patterns[{number}]{place}"), what)));
            let first = *first_with.entry(pattern.id.as_str()).or_insert(number);
            if first != number {
                let what = format!("`{}` is the id of patterns[{first}] already", pattern.id);
                problems.push(Problem::new(format!("patterns[{number}].id"), what));
            }
        }
        problems
    }
}

/// One pattern: what to find, and what follows. It has `words` or a `regex`, and at least one of `force`, `nudge` and
/// `custom_intent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Its name, stored with each message it matches; unique among the integration's patterns.
    pub id: String,
    /// Words and phrases, any of which is enough; whole words in scripts that have them, whatever their case and accents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// A regular expression (the syntax of the `regex` crate: no look-around, no back-references), whatever the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// The labels a message then has, whatever else it says.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub force: Labels,
    /// The labels that become likelier.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub nudge: Labels,
    /// By how much a nudge does that: the label's odds are multiplied by e to this power. 0 to 10.
    #[serde(default = "Pattern::strength")]
    pub strength: f32,
    /// An intent of the business's own that the message then has, beside the one of the eight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_intent: Option<String>,
    /// False: kept, but not used.
    #[serde(default = "Pattern::enabled")]
    pub enabled: bool,
}

impl Pattern {
    fn strength() -> f32 {
        2.0
    }

    fn enabled() -> bool {
        true
    }

    /// Its regular expression as it is matched: whatever the case, in time linear in the text. `None` when it has words.
    ///
    /// # Errors
    /// What is wrong with the expression: it is too long, does not compile (with the place in it), is too large when
    /// compiled, or matches the empty text.
    pub fn expression(&self) -> Result<Option<Regex>, String> {
        let Some(source) = &self.regex else { return Ok(None) };
        if source.len() > MAX_REGEX_BYTES {
            return Err(format!("is {} bytes long, of at most {MAX_REGEX_BYTES}", source.len()));
        }
        let compiled = RegexBuilder::new(source)
            .case_insensitive(true)
            .size_limit(MAX_COMPILED_BYTES)
            .dfa_size_limit(MAX_CACHE_BYTES)
            .build();
        match compiled {
            Ok(regex) if regex.is_match("") => Err("matches the empty text, and so every message".to_owned()),
            Ok(regex) => Ok(Some(regex)),
            Err(regex::Error::CompiledTooBig(_)) => Err(format!(
                "takes more than {MAX_COMPILED_BYTES} bytes when compiled: repeat less, or [a-z] and [0-9] instead of \\w and \\d"
            )),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Tells each problem, with its place within the pattern.
    fn problems(&self, mut tell: impl FnMut(String, String)) {
        if !is_name(&self.id, |byte| byte == b'-') {
            tell(
                ".id".into(),
                format!("takes 1 to {MAX_NAME_CHARS} of a-z, 0-9, `_` and `-`"),
            );
        }
        match (self.words.is_empty(), &self.regex) {
            (true, None) => tell(String::new(), "has neither words nor a regex".into()),
            (false, Some(_)) => tell(String::new(), "has both words and a regex: it takes one of them".into()),
            _ => {}
        }
        self.problems_of_words(&mut tell);
        if let Err(what) = self.expression() {
            tell(".regex".into(), what);
        }
        if self.force.is_empty() && self.nudge.is_empty() && self.custom_intent.is_none() {
            tell(
                String::new(),
                "does nothing: it takes a force, a nudge or a custom_intent".into(),
            );
        }
        for (field, labels) in [("force", self.force), ("nudge", self.nudge)] {
            for task in labels.of_nothing() {
                tell(
                    format!(".{field}.{task}"),
                    "`none` is for messages without a text".into(),
                );
            }
        }
        // Written so that NaN is refused too.
        if !(self.strength > 0.0 && self.strength <= MAX_STRENGTH) {
            tell(
                ".strength".into(),
                format!("is a number above 0 and at most {MAX_STRENGTH}"),
            );
        }
        if let Some(intent) = &self.custom_intent {
            if !is_name(intent, |_| false) {
                tell(
                    ".custom_intent".into(),
                    format!("takes 1 to {MAX_NAME_CHARS} of a-z, 0-9 and `_`"),
                );
            } else if intent.parse::<Intent>().is_ok() {
                tell(
                    ".custom_intent".into(),
                    format!("`{intent}` is an intent already: force it instead"),
                );
            }
        }
    }

    fn problems_of_words(&self, tell: &mut impl FnMut(String, String)) {
        if self.words.len() > MAX_WORDS {
            let what = format!("are {}, and a pattern has at most {MAX_WORDS}", self.words.len());
            return tell(".words".into(), what);
        }
        for (number, word) in self.words.iter().enumerate() {
            let length = word.chars().count();
            if length > MAX_WORD_CHARS {
                let what = format!("is {length} characters long, of at most {MAX_WORD_CHARS}");
                tell(format!(".words[{number}]"), what);
            } else if !VISIBLE.is_match(word) {
                tell(
                    format!(".words[{number}]"),
                    "has no letter, digit or symbol to look for".into(),
                );
            }
        }
    }
}

/// Whether a text is 1 to 64 lower-case letters, digits, underscores and what else is allowed.
pub(super) fn is_name(text: &str, or: impl Fn(u8) -> bool) -> bool {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || or(byte);
    (1..=MAX_NAME_CHARS).contains(&text.len()) && text.bytes().all(sound)
}

/// Labels of some tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// What the sender wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// How the sender feels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Sentiment>,
    /// How soon someone must act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
}

impl Labels {
    /// True when it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The tasks whose label is `none`.
    fn of_nothing(self) -> impl Iterator<Item = &'static str> {
        let tasks = [
            ("intent", self.intent == Some(Intent::None)),
            ("sentiment", self.sentiment == Some(Sentiment::None)),
            ("urgency", self.urgency == Some(Urgency::None)),
        ];
        tasks.into_iter().filter(|(_, is_none)| *is_none).map(|(task, _)| task)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn setting(patterns: &[Value]) -> PatternsSetting {
        serde_json::from_value(json!({ "patterns": patterns })).unwrap()
    }

    /// A sound pattern with some fields replaced, or taken out by `null`.
    fn with(fields: &Value) -> Value {
        let mut pattern = json!({"id": "seal", "words": ["broken seal"], "force": {"intent": "complaint"}});
        for (field, value) in fields.as_object().unwrap() {
            match value {
                Value::Null => pattern.as_object_mut().unwrap().remove(field),
                value => pattern.as_object_mut().unwrap().insert(field.clone(), value.clone()),
            };
        }
        pattern
    }

    fn places(patterns: &[Value]) -> Vec<String> {
        setting(patterns)
            .problems()
            .into_iter()
            .map(|problem| problem.at)
            .collect()
    }

    #[test]
    fn sound_patterns_have_no_problems() {
        let patterns = [
            with(&json!({})),
            with(&json!({"id": "0_a-b", "words": null, "regex": r"\bVIP-\d+\b"})),
            with(&json!({"id": "x".repeat(64), "words": vec!["字".repeat(200); 200], "strength": 10.0})),
            with(&json!({"id": "n", "force": null, "nudge": {"urgency": "high"}, "strength": 0.01})),
            with(&json!({"id": "c", "force": null, "custom_intent": "warranty_2"})),
            with(&json!({"id": "s", "words": ["😡", "?!", "$", " 1 "], "enabled": false})),
        ];
        assert_eq!(setting(&patterns).problems(), []);
        let many: Vec<Value> = (0..200).map(|n| with(&json!({"id": n.to_string()}))).collect();
        assert_eq!(setting(&many).problems(), []);
    }

    #[test]
    fn every_problem_names_its_place() {
        let long = "x".repeat(65);
        let refused = [
            (json!({"id": ""}), ".id"),
            (json!({"id": "Seal"}), ".id"),
            (json!({"id": "a b"}), ".id"),
            (json!({"id": long}), ".id"),
            (json!({"words": null}), ""),
            (json!({"words": []}), ""),
            (json!({"regex": "seal"}), ""),
            (json!({"words": vec!["a"; 201]}), ".words"),
            (json!({"words": ["a", ""]}), ".words[1]"),
            (json!({"words": ["a", "b", " \t\u{3000}"]}), ".words[2]"),
            (json!({"words": ["\u{200d}\u{fe0f}"]}), ".words[0]"),
            (json!({"words": ["\u{3164}"]}), ".words[0]"),
            (json!({"words": ["字".repeat(201)]}), ".words[0]"),
            (json!({"words": null, "regex": ""}), ".regex"),
            (json!({"words": null, "regex": "a*"}), ".regex"),
            (json!({"words": null, "regex": "(?:x|$)"}), ".regex"),
            (json!({"words": null, "regex": "(a"}), ".regex"),
            (json!({"words": null, "regex": "(?=a)"}), ".regex"),
            (json!({"words": null, "regex": "x".repeat(1_001)}), ".regex"),
            (json!({"words": null, "regex": "((a{1000}){1000}){1000}"}), ".regex"),
            (json!({"words": null, "regex": r"\w{50}"}), ".regex"),
            (json!({"force": null}), ""),
            (json!({"force": {}}), ""),
            (json!({"force": {"intent": "none"}}), ".force.intent"),
            (json!({"force": {"sentiment": "none"}}), ".force.sentiment"),
            (json!({"nudge": {"urgency": "none"}}), ".nudge.urgency"),
            (json!({"strength": 0.0}), ".strength"),
            (json!({"strength": -1.0}), ".strength"),
            (json!({"strength": 10.1}), ".strength"),
            (json!({"strength": 1e300}), ".strength"),
            (json!({"custom_intent": ""}), ".custom_intent"),
            (json!({"custom_intent": "a-b"}), ".custom_intent"),
            (json!({"custom_intent": long}), ".custom_intent"),
            (json!({"custom_intent": "complaint"}), ".custom_intent"),
        ];
        for (fields, place) in refused {
            let found = places(&[with(&json!({"id": "first"})), with(&fields)]);
            assert_eq!(found, [format!("patterns[1]{place}")], "{fields}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused_too() {
        let mut setting = setting(&[with(&json!({}))]);
        for strength in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            setting.patterns[0].strength = strength;
            assert_eq!(setting.problems()[0].at, "patterns[0].strength");
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let broken = json!({"id": "", "words": null, "regex": "(", "force": {"intent": "none"}, "strength": 0.0});
        let found = places(&[with(&broken), with(&json!({})), with(&json!({}))]);
        let expected = [
            "patterns[0].id",
            "patterns[0].regex",
            "patterns[0].force.intent",
            "patterns[0].strength",
        ];
        assert_eq!(found, [expected.as_slice(), &["patterns[2].id"]].concat());
        assert_eq!(places(&vec![with(&json!({"id": ""})); 201]), ["patterns"]);
        let regexes: Vec<Value> = (0..51)
            .map(|n| with(&json!({"id": n.to_string(), "words": null, "regex": "a"})))
            .collect();
        assert_eq!(places(&regexes), ["patterns"]);
        assert!(places(&regexes[1..]).is_empty());
    }

    #[test]
    fn an_expression_that_does_not_compile_shows_where() {
        let setting = setting(&[with(&json!({"words": null, "regex": "seal(s"}))]);
        let what = &setting.problems()[0].what;
        assert!(what.contains("    seal(s\n        ^\nerror: unclosed group"), "{what}");
    }
}
