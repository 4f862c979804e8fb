//! What a setting must be to be taken: the one door through which every value goes before it is written.

use serde::de::DeserializeOwned;

use super::{
    HoursSetting, IntegrationSetting, Kind, MAX_VALUE_BYTES, ModelSetting, OpinionSetting, PatternsSetting, Problem,
    RulesSetting, SlaSetting,
};

/// Tasks for which an adaptation is measured.
const TASKS: [&str; 4] = ["intent", "sentiment", "urgency", "language"];

/// The value of a setting, read and found sound.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Of kind `integration`.
    Integration(IntegrationSetting),
    /// Of kind `patterns`.
    Patterns(PatternsSetting),
    /// Of kind `model`.
    Model(ModelSetting),
    /// Of kind `opinion`.
    Opinion(OpinionSetting),
    /// Of kind `hours`.
    Hours(HoursSetting),
    /// Of kind `sla`.
    Sla(SlaSetting),
    /// Of kind `rules`.
    Rules(RulesSetting),
}

impl Setting {
    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Integration(setting) => setting.problems(),
            Self::Patterns(setting) => setting.problems(),
            Self::Model(setting) => model(setting),
            Self::Opinion(setting) => setting.problems(),
            Self::Hours(setting) => setting.problems(),
            Self::Sla(setting) => setting.problems(),
            Self::Rules(setting) => setting.problems(),
        }
    }
}

/// Reads the value of a setting of a kind, strictly: JSON of the kind's own fields and no others, within
/// [`MAX_VALUE_BYTES`], each value one that can be meant.
///
/// # Errors
/// Everything that is wrong, each with its place: a field's path (`patterns[2].strength`), or a line and column where the
/// bytes are no JSON. Of what cannot be read only the first problem is known.
pub fn check(kind: Kind, json: &[u8]) -> Result<Setting, Vec<Problem>> {
    if json.len() > MAX_VALUE_BYTES {
        let what = format!("has {} bytes, and a setting has at most {MAX_VALUE_BYTES}", json.len());
        return Err(vec![Problem::new("the value", what)]);
    }
    let read = match kind {
        Kind::Integration => read(json).map(Setting::Integration),
        Kind::Patterns => read(json).map(Setting::Patterns),
        Kind::Model => read(json).map(Setting::Model),
        Kind::Opinion => read(json).map(Setting::Opinion),
        Kind::Hours => read(json).map(Setting::Hours),
        Kind::Sla => read(json).map(Setting::Sla),
        Kind::Rules => read(json).map(Setting::Rules),
    };
    let setting = read.map_err(|problem| vec![problem])?;
    let problems = setting.problems();
    if problems.is_empty() {
        Ok(setting)
    } else {
        Err(problems)
    }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        // Where a field is missing or the JSON ends, the path is that of what surrounds it, or `.` for the whole.
        if error.is_data() && path != "." {
            Problem::new(path, said(&error))
        } else {
            Problem::new(place(&error), said(&error))
        }
    })?;
    reader
        .end()
        .map_err(|error| Problem::new(place(&error), said(&error)))?;
    Ok(value)
}

fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// What serde says, without the place that it adds.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn model(setting: &ModelSetting) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, text) in [
        ("version", &setting.version),
        ("base", &setting.base),
        ("adaptation", &setting.adaptation),
    ] {
        if text.is_empty() {
            problems.push(Problem::new(at, "is empty"));
        }
    }
    for (number, measured) in setting.measured.iter().enumerate() {
        let at = |field: &str| format!("measured[{number}].{field}");
        if !TASKS.contains(&measured.task.as_str()) {
            let what = format!("`{}` is none of {}", measured.task, TASKS.join(", "));
            problems.push(Problem::new(at("task"), what));
        }
        for (field, share) in [("before", measured.before), ("after", measured.after)] {
            if !(0.0..=1.0).contains(&share) {
                problems.push(Problem::new(at(field), "is a share, 0 to 1"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(kind: Kind, json: &str) -> Vec<String> {
        let problems = check(kind, json.as_bytes()).unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sound_values_of_every_kind_are_read() {
        for (kind, json) in [
            (Kind::Integration, r#"{"time_zone":"Europe/Berlin"}"#),
            (Kind::Integration, "{}"),
            (
                Kind::Patterns,
                r#"{"patterns":[{"id":"seal","words":["broken seal"],"force":{"intent":"complaint"}}]}"#,
            ),
            (
                Kind::Model,
                r#"{"version":"a1","base":"w1","adaptation":"AAAA","learned_from":90,
                    "measured":[{"task":"intent","messages":20,"before":0.5,"after":0.75}]}"#,
            ),
            (Kind::Opinion, r#"{"enabled":true,"below":0.6,"intents":["complaint"]}"#),
            (
                Kind::Hours,
                r#"{"weekly":[{"days":["fri","sat"],"from":"22:00","to":"04:00"}],
                    "holidays":[{"date":"2026-12-25","name":"Christmas"},
                        {"date":"2026-12-31","open":[{"from":"10:00","to":"14:00"}]}]}"#,
            ),
            (Kind::Hours, "{}"),
            (
                Kind::Sla,
                r#"{"targets":[{"urgencies":["urgent"],"within":"15m","clock":"calendar"},{"within":"4h","by":"human"}],
                    "closing_notice":"2h","follow_up_after":"1day"}"#,
            ),
        ] {
            check(kind, json.as_bytes()).unwrap();
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_path_or_line() {
        let wrong = r#"{"patterns":[{"id":"a","words":["x"]},{"id":"b","words":["x"],"force":{"intent":"angry"}}]}"#;
        let said = problems(Kind::Patterns, wrong);
        assert_eq!(said.len(), 1);
        assert!(
            said[0].starts_with("patterns[1].force.intent: unknown intent `angry`"),
            "{said:?}"
        );
        assert!(!said[0].contains("at line"), "{said:?}");
        let said = problems(Kind::Patterns, r#"{"patterns":[{"id":"a","wrods":[]}]}"#);
        assert!(
            said[0].starts_with("patterns[0].wrods: unknown field `wrods`"),
            "{said:?}"
        );
        let said = problems(Kind::Integration, "{\n\"time_zone\": Berlin}");
        assert!(said[0].starts_with("line 2, column 14: expected value"), "{said:?}");
        let said = problems(Kind::Integration, "{} {}");
        assert_eq!(said, ["line 1, column 4: trailing characters"]);
        let said = problems(Kind::Patterns, "{}");
        assert_eq!(said, ["line 1, column 2: missing field `patterns`"]);
        let said = problems(Kind::Opinion, r#"{"below":0.5,"below":0.6}"#);
        assert!(said[0].contains("duplicate field"), "{said:?}");
        assert!(problems(Kind::Opinion, "")[0].contains("EOF"));
        let said = problems(
            Kind::Hours,
            r#"{"weekly":[{"days":["mon","someday"],"from":"09:00","to":"17:00"}]}"#,
        );
        assert!(
            said[0].starts_with("weekly[0].days[1]: unknown variant `someday`"),
            "{said:?}"
        );
        let said = problems(
            Kind::Sla,
            r#"{"targets":[{"within":"15m"},{"within":"1h","by":"bot"}]}"#,
        );
        assert!(said[0].starts_with("targets[1].by: unknown variant `bot`"), "{said:?}");
        assert!(check(Kind::Integration, b"{\"time_zone\":\"\xff\"}").is_err());
    }

    #[test]
    fn what_cannot_be_meant_is_told_all_at_once() {
        assert_eq!(
            problems(Kind::Opinion, r#"{"below":1.5,"daily_cost_usd":-1}"#),
            [
                "below: is a probability, 0 to 1",
                "daily_cost_usd: is a sum of US dollars, 0 or more"
            ]
        );
        let twice = r#"{"patterns":[{"id":"a","words":["x"],"force":{"intent":"complaint"}},
            {"id":"a","words":["y"],"force":{"intent":"complaint"}}]}"#;
        let said = problems(Kind::Patterns, twice);
        assert!(said.iter().any(|said| said.starts_with("patterns[1].id: ")), "{said:?}");
        let said = problems(
            Kind::Model,
            r#"{"version":"","base":"w1","adaptation":"AAAA","learned_from":90,
                "measured":[{"task":"mood","messages":20,"before":0.5,"after":75}]}"#,
        );
        assert_eq!(
            said,
            [
                "version: is empty",
                "measured[0].task: `mood` is none of intent, sentiment, urgency, language",
                "measured[0].after: is a share, 0 to 1"
            ]
        );
        assert_eq!(
            problems(
                Kind::Hours,
                r#"{"weekly":[{"days":["mon"],"from":"9","to":"17:00"}],"holidays":[{"date":"2026-02-30"}]}"#
            ),
            [
                "weekly[0].from: `9` is not a time HH:MM, 00:00 to 23:59",
                "holidays[0].date: `2026-02-30` is not a date YYYY-MM-DD of the years 2000 to 2099"
            ]
        );
        assert_eq!(
            problems(
                Kind::Sla,
                r#"{"targets":[{"within":"60days"}],"closing_notice":"1day"}"#
            ),
            [
                "targets[0].within: is 60days, and takes 1s to 30days",
                "closing_notice: is 1day, and takes 1s to 23h 59m 59s 999ms"
            ]
        );
    }

    #[test]
    fn a_value_too_large_is_not_even_read() {
        let said = problems(Kind::Patterns, &" ".repeat(MAX_VALUE_BYTES + 1));
        assert!(said[0].starts_with("the value: has 1048577 bytes"), "{said:?}");
    }
}
