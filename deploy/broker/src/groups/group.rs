//! One consumer group as a state machine: time comes in as an argument, answers go out through one-shot channels.
//!
//! ```text
//!  Empty ──join──▶ Preparing ──all joined or time over──▶ Completing ──leader syncs──▶ Stable
//!    ▲                ▲  └── nobody left ──▶ Empty            │                          │
//!    └────────────────┴───────── join, leave, session over ───┴──────────────────────────┘
//! ```

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

use super::member::{Joined, Member, SyncReply, Synced};

/// Where the group is in the picture above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Empty,
    Preparing,
    Completing,
    Stable,
}

impl State {
    /// Kafka's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Preparing => "PreparingRebalance",
            Self::Completing => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// A consumer group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(super) state: State,
    pub(super) generation: i32,
    pub(super) generation_is_new: bool,
    pub(super) protocol_type: String,
    pub(super) protocol: String,
    pub(super) leader: String,
    pub(super) members: BTreeMap<String, Member>,
    /// Member ids handed out and not used yet.
    pub(super) pending: HashMap<String, Instant>,
    /// When joining (Preparing) or syncing (Completing) must be over.
    pub(super) deadline: Option<Instant>,
}

impl Group {
    /// A group without members whose last generation was `generation`.
    pub(crate) fn new(generation: i32) -> Self {
        Self {
            state: State::Empty,
            generation,
            generation_is_new: false,
            protocol_type: String::new(),
            protocol: String::new(),
            leader: String::new(),
            members: BTreeMap::new(),
            pending: HashMap::new(),
            deadline: None,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn protocol_type(&self) -> &str {
        &self.protocol_type
    }

    pub(crate) fn protocol(&self) -> &str {
        &self.protocol
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.members.iter()
    }

    /// Nobody is in it or about to be.
    pub(crate) fn is_forgettable(&self) -> bool {
        self.state == State::Empty && self.pending.is_empty()
    }

    /// The generation, if a rebalance has ended since the last call.
    pub(crate) fn take_new_generation(&mut self) -> Option<i32> {
        std::mem::take(&mut self.generation_is_new).then_some(self.generation)
    }

    /// Whether a request of a member may be served.
    pub(crate) fn check(&self, member: &str, instance: Option<&str>, generation: i32) -> Result<(), ResponseError> {
        if let Some(instance) = instance {
            self.check_instance(member, instance)?;
        }
        if !self.members.contains_key(member) {
            return Err(ResponseError::UnknownMemberId);
        }
        if generation == self.generation {
            Ok(())
        } else {
            Err(ResponseError::IllegalGeneration)
        }
    }

    /// A sign of life.
    pub(crate) fn seen(&mut self, member: &str, now: Instant) {
        if let Some(member) = self.members.get_mut(member) {
            member.expires = now + member.session;
        }
    }

    /// A sign of life, answered with whether to rejoin.
    pub(crate) fn heartbeat(&mut self, member: &str, now: Instant) -> Result<(), ResponseError> {
        self.seen(member, now);
        if self.state == State::Preparing {
            Err(ResponseError::RebalanceInProgress)
        } else {
            Ok(())
        }
    }

    /// Takes the leader's assignments and answers everybody who waits for theirs.
    pub(crate) fn sync(
        &mut self,
        id: &str,
        assignments: Vec<(String, Bytes)>,
        now: Instant,
        reply: SyncReply,
    ) -> Result<(), ResponseError> {
        self.seen(id, now);
        match self.state {
            State::Empty => return Err(ResponseError::UnknownMemberId),
            State::Preparing => return Err(ResponseError::RebalanceInProgress),
            State::Completing | State::Stable => (),
        }
        let member = self.members.get_mut(id).ok_or(ResponseError::UnknownMemberId)?;
        member.sync = Some(reply);
        if self.state == State::Completing && self.leader == id {
            for (member, assignment) in assignments {
                if let Some(member) = self.members.get_mut(&member) {
                    member.assignment = assignment;
                }
            }
            self.state = State::Stable;
            self.deadline = None;
        }
        if self.state == State::Stable {
            for member in self.members.values_mut() {
                if let Some(reply) = member.sync.take() {
                    member.expires = now + member.session;
                    let synced = Synced {
                        protocol_type: self.protocol_type.clone(),
                        protocol: self.protocol.clone(),
                        assignment: member.assignment.clone(),
                    };
                    // Fails only when the client has gone; then its session will end.
                    let _ = reply.send(Ok(synced));
                }
            }
        }
        Ok(())
    }

    /// Removes a member at its own wish.
    pub(crate) fn leave(&mut self, member: &str, instance: Option<&str>, now: Instant) -> Result<(), ResponseError> {
        if self.pending.remove(member).is_some() {
            return Ok(());
        }
        let id = match instance {
            Some(instance) if member.is_empty() => self.id_of_instance(instance),
            Some(instance) => self
                .check_instance(member, instance)
                .map(|()| Some(member.to_owned()))?,
            None => Some(member.to_owned()),
        };
        let id = id
            .filter(|id| self.members.contains_key(id))
            .ok_or(ResponseError::UnknownMemberId)?;
        self.members.remove(&id);
        self.prepare(now);
        Ok(())
    }

    /// The next moment at which [`Group::expire`] may have something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let sessions = self
            .members
            .values()
            .filter(|member| !member.waits())
            .map(|member| member.expires);
        sessions
            .chain(self.deadline)
            .chain(self.pending.values().copied())
            .min()
    }

    /// Ends what has lasted too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        self.pending.retain(|_, until| *until > now);
        let before = self.members.len();
        self.members.retain(|_, member| member.waits() || member.expires > now);
        let late = self.deadline.is_some_and(|deadline| deadline <= now);
        if late && self.state == State::Completing {
            self.members.retain(|_, member| member.sync.is_some());
        }
        if self.members.len() != before {
            self.prepare(now);
        } else if late {
            match self.state {
                State::Preparing => self.complete_if_ready(now),
                // All wait for the assignment, the leader too: it cannot have been lost. Start over.
                State::Completing => self.prepare(now),
                State::Empty | State::Stable => self.deadline = None,
            }
        }
    }

    /// Begins a rebalance (or goes on with the one under way).
    pub(super) fn prepare(&mut self, now: Instant) {
        if self.state != State::Preparing {
            for member in self.members.values_mut() {
                if let Some(reply) = member.sync.take() {
                    member.expires = now + member.session;
                    // Fails only when the client has gone.
                    let _ = reply.send(Err(ResponseError::RebalanceInProgress));
                }
            }
            self.state = State::Preparing;
            let longest = self
                .members
                .values()
                .map(|member| member.rebalance)
                .max()
                .unwrap_or_default();
            self.deadline = Some(now + longest);
        }
        self.complete_if_ready(now);
    }

    fn complete_if_ready(&mut self, now: Instant) {
        let late = self.deadline.is_some_and(|deadline| deadline <= now);
        if !late && self.members.values().any(|member| member.join.is_none()) {
            return;
        }
        self.members.retain(|_, member| member.join.is_some());
        self.generation = self.generation.wrapping_add(1).max(1);
        self.generation_is_new = true;
        if self.members.is_empty() {
            (self.state, self.deadline) = (State::Empty, None);
            self.leader.clear();
            self.protocol.clear();
            return;
        }
        if !self.members.contains_key(&self.leader) {
            self.leader = self.members.keys().next().cloned().unwrap_or_default();
        }
        self.protocol = self.elect_protocol();
        self.state = State::Completing;
        let longest = self
            .members
            .values()
            .map(|member| member.rebalance)
            .max()
            .unwrap_or_default();
        self.deadline = Some(now + longest);
        let ids: Vec<_> = self.members.keys().cloned().collect();
        for id in ids {
            let joined = self.joined(&id);
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            member.expires = now + member.session;
            member.assignment = Bytes::new();
            if let Some(reply) = member.join.take() {
                // Fails only when the client has gone; then its session will end.
                let _ = reply.send(Ok(joined));
            }
        }
    }

    /// The protocol most members prefer among those all take.
    fn elect_protocol(&self) -> String {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let shared = |name: &&String| self.members.values().all(|other| other.takes(name));
            if let Some(name) = member.protocols.iter().map(|(name, _)| name).find(shared) {
                *votes.entry(name).or_default() += 1;
            }
        }
        votes
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(name, _)| name.to_owned())
            .unwrap_or_default()
    }

    pub(super) fn joined(&self, id: &str) -> Joined {
        let all = || {
            let member = |(id, member): (&String, &Member)| {
                (id.clone(), member.instance.clone(), member.metadata(&self.protocol))
            };
            self.members.iter().map(member).collect()
        };
        Joined {
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            member: id.to_owned(),
            members: if id == self.leader { all() } else { Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests;
