//! What a subject is called that there is no bit for: patterns, teams, codes. Kept as small hashes, since they are only compared.

use parlance_schemas::failures::{Cause, failure};
use parlance_schemas::fingerprint::identity;
use serde::{Deserialize, Serialize};

/// A name of some kind, as a hash of both. Two names of one integration are taken for each other once in four thousand million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(u32);

impl Name {
    /// A pattern that matched, by its id.
    pub fn pattern(id: &str) -> Self {
        Self::of("pattern", id)
    }

    /// An intent of the business's own.
    pub fn custom_intent(intent: &str) -> Self {
        Self::of("custom_intent", intent)
    }

    /// The team the conversation is assigned to.
    pub fn team(team: &str) -> Self {
        Self::of("team", team)
    }

    /// The agent the conversation is assigned to.
    pub fn agent(agent: &str) -> Self {
        Self::of("agent", agent)
    }

    /// Both names of a delivery's failure by Meta's code: the code, and its [`Cause`].
    pub fn failure(code: i64) -> [Self; 2] {
        [Self::failure_code(code), Self::cause(failure(code).cause)]
    }

    pub(crate) fn failure_code(code: i64) -> Self {
        Self::of("failure_code", &code.to_string())
    }

    pub(crate) fn cause(cause: Cause) -> Self {
        Self::of("failure", cause.as_str())
    }

    fn of(kind: &str, name: &str) -> Self {
        // The lowest bits of a hash are as good as any.
        Self(identity(kind, &[name]).0 as u32)
    }
}

/// The names of a subject, or those that a condition asks for: sorted, each once. Most subjects have none, and then nothing is
/// allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Names(Box<[Name]>);

impl Names {
    /// All of them, in their order.
    pub fn as_slice(&self) -> &[Name] {
        &self.0
    }

    /// Whether one of some sorted names is among these.
    pub(crate) fn any_of(&self, asked: &[Name]) -> bool {
        self.0.iter().any(|name| asked.binary_search(name).is_ok())
    }
}

impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut names: Vec<Name> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_different_kinds_are_different() {
        let all: Names = [
            Name::pattern("sales"),
            Name::team("sales"),
            Name::agent("sales"),
            Name::custom_intent("sales"),
            Name::team("sales"),
        ]
        .into_iter()
        .chain(Name::failure(131_047))
        .collect();
        assert_eq!(all.as_slice().len(), 6);
        assert!(all.as_slice().is_sorted());
    }

    #[test]
    fn names_do_not_change_between_releases() {
        // Subjects are kept in snapshots.
        assert_eq!(Name::team("sales"), Name(2_673_893_950));
    }
}
