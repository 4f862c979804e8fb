//! What a snapshot has of threads and people.

use std::sync::Arc;

use parlance_timeline::identity::{Key, Remembered};
use parlance_timeline::packed::Packed;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::fact::Fact;
use crate::event::Time;
use crate::snapshot::{Frozen, Keep, Sheets};

/// One thing that is remembered.
#[derive(Serialize, Deserialize)]
pub(crate) enum Entry {
    Remembered(Remembered),
    Thread(Box<KeptThread>),
}

/// A thread, by names that mean the same to every worker.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptThread {
    pub(super) waba_id: Arc<str>,
    pub(super) phone_number_id: Arc<str>,
    pub(super) name: Name,
    pub(super) packed: Packed,
    pub(super) due: Time,
    pub(super) forget_at: Time,
}

/// Whose thread.
#[derive(Serialize, Deserialize)]
pub(super) enum Name {
    /// Of the person who has this identifier.
    Person(Key),
    /// Of a group: what it is known by, and its id.
    Group(u128, Arc<str>),
}

impl Keep for Desk {
    type Entry = Entry;

    fn route(entry: &Entry) -> u64 {
        Fact::home(match entry {
            Entry::Remembered(remembered) => remembered.waba_id(),
            Entry::Thread(thread) => &thread.waba_id,
        })
    }

    fn freeze(&self, _at: Time) -> Frozen {
        let copied = self.copied();
        Box::new(move |sheets: &mut Sheets| {
            // Persons before their threads: both are of an account, and so in the same section.
            for remembered in copied.people() {
                let entry = Entry::Remembered(remembered);
                sheets.put(Self::route(&entry), &entry);
            }
            for thread in copied.threads() {
                let entry = Entry::Thread(Box::new(thread));
                sheets.put(Self::route(&entry), &entry);
            }
        })
    }

    fn take_back(&mut self, entry: Entry) {
        match entry {
            Entry::Remembered(remembered) => self.remember(remembered),
            Entry::Thread(thread) => self.keep_again(&thread),
        }
    }
}
