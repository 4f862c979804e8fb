//! The query string, read strictly: unknown, repeated and unreadable parameters are all refused, each by name.

use std::fmt::Display;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::error::{ParameterError, Refusal};
use crate::time::{Moment, Range, Step};

/// Values one parameter may be given, so that a filter stays a filter.
const VALUES_MAX: usize = 20;
/// Parameters in one request.
const PARAMETERS_MAX: usize = 200;
/// Longest range of time of a question about tallies, in days: a year and what is compared with it at its edges.
pub(crate) const RANGE_DAYS_MAX: i64 = 400;
/// Most buckets of one series.
const BUCKETS_MAX: usize = 1500;

/// The parameters of one request. Each reader takes what it reads; [`Params::finish`] refuses the rest.
pub(crate) struct Params {
    given: Vec<(String, String)>,
    errors: Vec<ParameterError>,
}

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        let mut params = Self {
            given: Vec::new(),
            errors: Vec::new(),
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if params.given.len() >= PARAMETERS_MAX {
                params.refuse("(all)", format!("more than {PARAMETERS_MAX} parameters"));
                break;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // In a query string, unlike in a path, a plus sign is a space.
            match (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " "))) {
                (Some(name), Some(value)) => params.given.push((name, value)),
                _ => params.refuse(shortened(name), "not percent-encoded UTF-8, or a control character"),
            }
        }
        params
    }

    /// Says that a parameter is wrong; the request is refused when all were read.
    pub(crate) fn refuse(&mut self, parameter: impl Into<String>, reason: impl Into<String>) {
        self.errors.push(ParameterError {
            parameter: parameter.into(),
            reason: reason.into(),
        });
    }

    /// Refuses what nobody read, and whatever was refused before.
    pub(crate) fn finish(mut self) -> Result<(), Refusal> {
        let mut unknown: Vec<String> = std::mem::take(&mut self.given)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        unknown.sort();
        unknown.dedup();
        for name in unknown {
            self.refuse(shortened(&name), "unknown parameter");
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Parameters(self.errors))
        }
    }

    fn take(&mut self, name: &str) -> Vec<String> {
        let taken = self.given.extract_if(.., |(given, _)| given == name);
        taken.map(|(_, value)| value).collect()
    }

    fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.take(name);
        if values.len() > 1 {
            self.refuse(name, "given more than once");
        }
        values.pop()
    }

    fn checked<T>(&mut self, name: &str, result: Result<T, impl Display>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(reason) => {
                self.refuse(name, reason.to_string());
                None
            }
        }
    }

    /// A text of 1 to `most` characters.
    pub(crate) fn text(&mut self, name: &str, most: usize) -> Option<String> {
        let value = self.one(name)?;
        self.checked(name, bounded(value, most))
    }

    /// Texts, each of 1 to `most` characters.
    pub(crate) fn texts(&mut self, name: &str, most: usize) -> Vec<String> {
        self.many(name, |value| bounded(value, most))
    }

    /// A value of a closed vocabulary, or of any other type that says why it cannot be read.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: Display,
    {
        let value = self.one(name)?;
        self.checked(name, value.parse::<T>().map_err(|error| clipped(&error)))
    }

    /// Values of a closed vocabulary, as the tables spell them.
    pub(crate) fn labels<T: FromStr + ToString>(&mut self, name: &str) -> Vec<String>
    where
        T::Err: Display,
    {
        self.many(name, |value| match value.parse::<T>() {
            Ok(label) => Ok(label.to_string()),
            Err(error) => Err(clipped(&error)),
        })
    }

    fn many(&mut self, name: &str, read: impl Fn(String) -> Result<String, String>) -> Vec<String> {
        let values = self.take(name);
        if values.len() > VALUES_MAX {
            self.refuse(name, format!("given more than {VALUES_MAX} times"));
        }
        let values = values.into_iter().take(VALUES_MAX);
        values
            .map(read)
            .filter_map(|result| self.checked(name, result))
            .collect()
    }

    /// An instant.
    pub(crate) fn moment(&mut self, name: &str) -> Option<Moment> {
        let value = self.one(name)?;
        self.checked(name, Moment::parse(&value))
    }

    /// `from` and `to`, either of which may be missing, in the right order.
    pub(crate) fn bounds(&mut self) -> (Option<Moment>, Option<Moment>) {
        let (from, to) = (self.moment("from"), self.moment("to"));
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            self.refuse("from", "must be before to");
        }
        (from, to)
    }

    /// `from` and `to` on whole minutes; by default the `days` up to now.
    pub(crate) fn range(&mut self, days: i64) -> Range {
        let (from, to) = self.bounds();
        let to = to.unwrap_or_else(Moment::now);
        let from = from.unwrap_or(Moment((to.0 - days * Moment::DAY_MS).max(0)));
        let fallback = Range::covering(Moment(to.0 - Moment::DAY_MS), to);
        if from >= to {
            if self.errors.is_empty() {
                self.refuse("from", "must be before to, which is now when not given");
            }
            return fallback;
        }
        let range = Range::covering(from, to);
        if range.length_ms() > RANGE_DAYS_MAX * Moment::DAY_MS {
            self.refuse("from", format!("the range is longer than {RANGE_DAYS_MAX} days"));
            return fallback;
        }
        range
    }

    /// `step`, or the one that suits the range.
    pub(crate) fn step(&mut self, range: Range) -> Step {
        let Some(step) = self.parsed::<Step>("step") else {
            return Step::picked_for(range);
        };
        if step.bucket_count(range) > BUCKETS_MAX {
            let reason = format!("gives more than {BUCKETS_MAX} buckets; take a wider step or a shorter range");
            self.refuse("step", reason);
        }
        step
    }

    /// `limit`, 1 to 200, by default 50.
    pub(crate) fn limit(&mut self) -> usize {
        let Some(text) = self.one("limit") else { return 50 };
        let limit = text.parse().ok().filter(|limit| (1..=200).contains(limit));
        self.checked("limit", limit.ok_or("expected a number from 1 to 200"))
            .unwrap_or(50)
    }
}

fn bounded(value: String, most: usize) -> Result<String, String> {
    if value.is_empty() || value.chars().count() > most {
        Err(format!("expected 1 to {most} characters"))
    } else {
        Ok(value)
    }
}

/// Strangers' texts must not fill answers.
fn clipped(error: &impl Display) -> String {
    shortened(&error.to_string())
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// A percent-encoded text. No control characters: no name has any, and none is worth searching for.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?.into_owned();
    (!decoded.chars().any(char::is_control)).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use parlance_schemas::labels::Intent;

    use super::*;

    fn errors(params: Params) -> Vec<(String, String)> {
        match params.finish() {
            Err(Refusal::Parameters(errors)) => errors.into_iter().map(|e| (e.parameter, e.reason)).collect(),
            _ => vec![],
        }
    }

    #[test]
    fn unknown_repeated_and_unreadable_parameters_are_all_named() {
        let mut params = Params::parse("q=a&q=b&limit=201&intent=nope&what=1&from=yesterday&%ff=1");
        assert_eq!(params.text("q", 10), Some("b".to_owned()));
        params.limit();
        params.labels::<Intent>("intent");
        params.bounds();
        let named: Vec<String> = errors(params).into_iter().map(|(name, _)| name).collect();
        assert_eq!(named, ["%ff", "q", "limit", "intent", "from", "what"]);
    }

    #[test]
    fn values_are_decoded_once() {
        let mut params = Params::parse("q=a%26b+c%2525");
        assert_eq!(params.text("q", 10).unwrap(), "a&b c%25");
        assert!(params.finish().is_ok());
    }

    #[test]
    fn a_range_beyond_the_cap_is_refused_and_the_default_is_not() {
        let mut params = Params::parse("from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z");
        params.range(1);
        assert_eq!(errors(params)[0].0, "from");
        let mut params = Params::parse("");
        let minutes = params.range(1).length_ms() / Moment::MINUTE_MS;
        assert!((24 * 60..=24 * 60 + 1).contains(&minutes), "{minutes}");
        assert!(params.finish().is_ok());
    }

    #[test]
    fn a_step_with_too_many_buckets_is_refused() {
        let mut params = Params::parse("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&step=1m");
        let range = params.range(1);
        params.step(range);
        assert_eq!(errors(params)[0].0, "step");
    }
}
