//! What rules that react once for each turn or conversation have reacted to.
//!
//! Keeps true: of each reaction, in which turn or conversation its message stands, whatever became of that since. So that a rule
//! lets pass what is in one with a message it has reacted to: [`Reactions::knows`].

use std::collections::{BTreeMap, HashMap};

use parlance_schemas::settings::rules::Per;
use parlance_timeline::reading::LONGEST_MS;
use serde::{Deserialize, Serialize};

use super::FIRED_FOR;
use crate::event::Time;

/// For how long a reaction is remembered, in milliseconds of log time: whatever is in one conversation with it was not said later
/// than the longest conversation goes on, and nobody reacts to what was said longer ago than [`FIRED_FOR`].
const KEPT_FOR: Time = FIRED_FOR + LONGEST_MS as Time;

/// A reaction to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reaction {
    /// The message, as [`parlance_rules::Subject::id`].
    pub(super) message: u128,
    /// The rule, its version and its mode, in a number.
    pub(super) rule: u128,
    /// What it reacts to once.
    pub(super) per: Per,
    /// The turn or conversation when it reacted: a name under which it does not react again.
    pub(super) name: u64,
    /// The one in which the message stands now.
    pub(super) group: u64,
    /// When it reacted, log time.
    pub(super) at: Time,
}

/// The reactions of an integration's rules.
#[derive(Default)]
pub(super) struct Reactions {
    by_message: HashMap<u128, Vec<Reaction>>,
    /// How many reactions of a rule have a group, as their name or as where they stand.
    groups: HashMap<(u128, u64), u32>,
    /// Messages by when a reaction to them may be forgotten.
    ends: BTreeMap<Time, Vec<u128>>,
}

impl Reactions {
    /// Whether a rule has reacted in a turn or conversation, or under its name.
    pub(super) fn knows(&self, rule: u128, group: u64) -> bool {
        self.groups.contains_key(&(rule, group))
    }

    pub(super) fn add(&mut self, reaction: Reaction) {
        for group in [reaction.name, reaction.group] {
            *self.groups.entry((reaction.rule, group)).or_default() += 1;
        }
        let ends = reaction.at.saturating_add(KEPT_FOR);
        self.ends.entry(ends).or_default().push(reaction.message);
        self.by_message.entry(reaction.message).or_default().push(reaction);
    }

    /// Where a message stands now.
    pub(super) fn stands(&mut self, message: u128, thread: u64, turn: u64) {
        let Some(reactions) = self.by_message.get_mut(&message) else {
            return;
        };
        for reaction in reactions {
            let group = match reaction.per {
                Per::Conversation => thread,
                Per::Turn | Per::Message => turn,
            };
            if group != reaction.group {
                less(&mut self.groups, (reaction.rule, reaction.group));
                *self.groups.entry((reaction.rule, group)).or_default() += 1;
                reaction.group = group;
            }
        }
    }

    /// Forgets what nothing depends on any more. This comes before anything of a tick.
    pub(super) fn forget(&mut self, time: Time) {
        while let Some(entry) = self.ends.first_entry()
            && *entry.key() <= time
        {
            for message in entry.remove() {
                let Some(reactions) = self.by_message.get_mut(&message) else {
                    continue;
                };
                reactions.retain(|reaction| {
                    let stays = reaction.at.saturating_add(KEPT_FOR) > time;
                    if !stays {
                        less(&mut self.groups, (reaction.rule, reaction.name));
                        less(&mut self.groups, (reaction.rule, reaction.group));
                    }
                    stays
                });
                if reactions.is_empty() {
                    self.by_message.remove(&message);
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_message.is_empty()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = Reaction> + '_ {
        self.by_message.values().flatten().copied()
    }
}

fn less(groups: &mut HashMap<(u128, u64), u32>, group: (u128, u64)) {
    if let Some(count) = groups.get_mut(&group) {
        *count -= 1;
        if *count == 0 {
            groups.remove(&group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(message: u128, name: u64, at: Time) -> Reaction {
        Reaction {
            message,
            rule: 7,
            per: Per::Conversation,
            name,
            group: name,
            at,
        }
    }

    #[test]
    fn a_reaction_goes_with_its_message_and_its_name_is_taken_all_the_same() {
        let mut reactions = Reactions::default();
        reactions.add(reaction(1, 100, 0));
        assert!(reactions.knows(7, 100) && !reactions.knows(8, 100) && !reactions.knows(7, 200));
        reactions.stands(1, 200, 9);
        reactions.stands(2, 300, 9);
        assert!(reactions.knows(7, 200) && reactions.knows(7, 100) && !reactions.knows(7, 300));
        reactions.stands(1, 100, 9);
        assert!(!reactions.knows(7, 200) && reactions.knows(7, 100));
    }

    #[test]
    fn what_is_forgotten_leaves_nothing() {
        let mut reactions = Reactions::default();
        reactions.add(reaction(1, 100, 0));
        reactions.add(reaction(1, 100, 50));
        reactions.stands(1, 200, 9);
        reactions.forget(KEPT_FOR - 1);
        assert!(reactions.knows(7, 200));
        reactions.forget(KEPT_FOR);
        assert_eq!(reactions.all().count(), 1);
        reactions.forget(KEPT_FOR + 50);
        let Reactions {
            by_message,
            groups,
            ends,
        } = reactions;
        assert!(by_message.is_empty() && groups.is_empty() && ends.is_empty());
    }
}
