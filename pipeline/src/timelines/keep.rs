//! What a snapshot has of threads and people.

use std::sync::Arc;

use parlance_timeline::identity::Remembered;
use parlance_timeline::thread::Thread;
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Whose};
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
    pub(super) group_id: Option<Arc<str>>,
    pub(super) whose: Whose,
    pub(super) thread: Arc<Thread>,
    pub(super) due: Time,
    pub(super) forget_at: Time,
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
        let people = self.people().clone();
        let threads: Vec<KeptThread> = self.kept().collect();
        Box::new(move |sheets: &mut Sheets| {
            for remembered in people.remembered() {
                let entry = Entry::Remembered(remembered);
                sheets.put(Self::route(&entry), &entry);
            }
            for thread in threads {
                let entry = Entry::Thread(Box::new(thread));
                sheets.put(Self::route(&entry), &entry);
            }
        })
    }

    fn take_back(&mut self, entry: Entry) {
        match entry {
            Entry::Remembered(remembered) => self.remember(remembered),
            Entry::Thread(thread) => self.keep_again(*thread),
        }
    }
}
