//! Reading one object member by member, so that a member of the wrong shape harms no other.
//!
//! What could not be understood is noted, what was never asked for is counted: both end in [`Remarks`].

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::json::{self, Member, Members};
use super::time;

/// Notes kept per object; more of the same say nothing new.
const NOTES: usize = 8;

/// What a parser saw beside what it understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Keys that this code does not know, at any level of the item (those below an unknown key not counted again).
    pub unknown_keys: u32,
    /// Which members had an unexpected shape, and how, at most eight. Holds keys and types, never a customer's words
    /// beyond what serde quotes of a wrongly typed value.
    pub notes: Vec<String>,
}

impl Remarks {
    /// Takes over what was remarked of a part.
    pub(crate) fn absorb(&mut self, part: Self) {
        self.unknown_keys += part.unknown_keys;
        part.notes.into_iter().for_each(|note| self.note(note));
    }

    fn note(&mut self, note: String) {
        if self.notes.len() < NOTES {
            self.notes.push(note);
        }
    }
}

/// The members of an object, each to be asked for by name.
pub(crate) struct Object<'a> {
    members: Vec<Member<'a>>,
    asked: Vec<bool>,
    remarks: Remarks,
}

impl<'a> Object<'a> {
    /// An error when `json` is not JSON or not an object.
    pub(crate) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        let Members(members) = serde_json::from_str(json)?;
        Ok(Self {
            asked: vec![false; members.len()],
            members,
            remarks: Remarks::default(),
        })
    }

    /// True when there is such a member, without asking for it.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(name, _)| name == key)
    }

    /// The first member of that name; `null` is as good as none.
    pub(crate) fn raw(&mut self, key: &str) -> Option<&'a RawValue> {
        let index = self.members.iter().position(|(name, _)| name == key)?;
        self.asked[index] = true;
        Some(self.members[index].1).filter(|raw| raw.get() != "null")
    }

    /// A string, or a number as it is written.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, "a string", |raw| json::text_or_number(raw).map(String::from))
    }

    /// As [`Self::text`]; an empty one is none.
    pub(crate) fn id(&mut self, key: &str) -> Option<String> {
        self.text(key).filter(|id| !id.is_empty())
    }

    /// An instant in Unix milliseconds.
    pub(crate) fn millis(&mut self, key: &str) -> Option<i64> {
        self.read(key, "a time", time::millis)
    }

    /// An integer, or one in quotes.
    pub(crate) fn integer(&mut self, key: &str) -> Option<i64> {
        self.read(key, "an integer", |raw| json::text_or_number(raw)?.trim().parse().ok())
    }

    /// A finite number, or one in quotes.
    pub(crate) fn number(&mut self, key: &str) -> Option<f64> {
        let finite = |raw| {
            json::text_or_number(raw)?
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
        };
        self.read(key, "a number", finite)
    }

    /// A member that is an object with a type of its own.
    pub(crate) fn part<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let raw = self.raw(key)?;
        self.decode(key, raw)
    }

    /// A list of such; an item of the wrong shape is noted and left out.
    pub(crate) fn parts<T: DeserializeOwned>(&mut self, key: &str) -> Vec<T> {
        let Some(raw) = self.raw(key) else { return Vec::new() };
        let Some(items) = json::items(raw) else {
            self.remarks.note(format!("{key}: not a list"));
            return Vec::new();
        };
        items.into_iter().filter_map(|item| self.decode(key, item)).collect()
    }

    /// A member that is read member by member in turn. Hand its [`Self::finish`] to [`Self::absorb`].
    pub(crate) fn object(&mut self, key: &str) -> Option<Object<'a>> {
        let raw = self.raw(key)?;
        match Object::parse(raw.get()) {
            Ok(object) => Some(object),
            Err(error) => {
                self.remarks.note(format!("{key}: {error}"));
                None
            }
        }
    }

    /// Takes over what was remarked of a part.
    pub(crate) fn absorb(&mut self, remarks: Remarks) {
        self.remarks.absorb(remarks);
    }

    /// What was noted, and how many members nobody asked for.
    pub(crate) fn finish(self) -> Remarks {
        let unasked = self.asked.iter().filter(|asked| !**asked).count();
        let mut remarks = self.remarks;
        remarks.unknown_keys += u32::try_from(unasked).unwrap_or(u32::MAX);
        remarks
    }

    fn read<T>(&mut self, key: &str, what: &str, read: impl FnOnce(&'a RawValue) -> Option<T>) -> Option<T> {
        let raw = self.raw(key)?;
        let value = read(raw);
        if value.is_none() {
            self.remarks.note(format!("{key}: not {what}"));
        }
        value
    }

    fn decode<T: DeserializeOwned>(&mut self, key: &str, raw: &RawValue) -> Option<T> {
        // serde would also read a struct from a list, by position.
        if !raw.get().starts_with('{') {
            self.remarks.note(format!("{key}: not an object"));
            return None;
        }
        let mut unknown = 0;
        let mut read = |json: &str| {
            unknown = 0;
            let mut deserializer = serde_json::Deserializer::from_str(json);
            serde_ignored::deserialize(&mut deserializer, |_| unknown += 1)
        };
        let value = read(raw.get()).or_else(|error| match json::mended(raw.get()) {
            Some(mended) => read(&mended),
            None => Err(error),
        });
        match value {
            Ok(value) => {
                self.remarks.unknown_keys += unknown;
                Some(value)
            }
            Err(error) => {
                self.remarks.note(format!("{key}: {error}"));
                None
            }
        }
    }
}
