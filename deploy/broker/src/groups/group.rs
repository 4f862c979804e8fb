//! One consumer group as a state machine: time comes in as an argument, answers go out through one-shot channels.
//!
//! ```text
//!  Empty ──join──▶ Preparing ──all joined or time over──▶ Completing ──leader syncs──▶ Stable
//!    ▲                ▲  └── nobody left ──▶ Empty            │                          │
//!    └────────────────┴───────── join, leave, session over ───┴──────────────────────────┘
//! ```

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::member::{JoinReply, JoinRequest, Joined, Member, Refused, SyncReply, Synced};

/// How long a member id that was handed out may be unused.
const PENDING_MEMBER: Duration = Duration::from_secs(60);

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
    state: State,
    generation: i32,
    generation_is_new: bool,
    protocol_type: String,
    protocol: String,
    leader: String,
    members: BTreeMap<String, Member>,
    /// Member ids handed out and not used yet.
    pending: HashMap<String, Instant>,
    /// When joining (Preparing) or syncing (Completing) must be over.
    deadline: Option<Instant>,
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

    /// Takes a member in. Answers through `reply`, at the end of the rebalance.
    ///
    /// # Errors
    /// The request does not fit the group; then `reply` is not used.
    pub(crate) fn join(
        &mut self,
        request: JoinRequest,
        most: usize,
        now: Instant,
        reply: JoinReply,
    ) -> Result<(), Refused> {
        if request.protocols.is_empty() || request.protocol_type.is_empty() || !self.fits(&request) {
            return Err(Refused {
                code: ResponseError::InconsistentGroupProtocol,
                member: request.member,
            });
        }
        let id = self.member_id(&request, most, now)?;
        let member = self.members.get_mut(&id);
        if let Some(member) = member.filter(|member| member.protocols == request.protocols) {
            member.expires = now + member.session;
            // A repeated request, answered from what is already agreed. A stable leader that joins wants a rebalance.
            if self.state == State::Completing || (self.state == State::Stable && self.leader != id) {
                // Fails only when the client has gone; then its session will end.
                let _ = reply.send(Ok(self.joined(&id)));
                return Ok(());
            }
        }
        self.protocol_type.clone_from(&request.protocol_type);
        let assignment = self
            .members
            .get(&id)
            .map(|member| member.assignment.clone())
            .unwrap_or_default();
        let member = Member {
            instance: request.instance,
            client: request.client,
            protocols: request.protocols,
            session: request.session,
            rebalance: request.rebalance,
            expires: now + request.session,
            join: Some(reply),
            sync: None,
            assignment,
        };
        self.members.insert(id, member);
        self.prepare(now);
        Ok(())
    }

    /// A protocol type, and at least one protocol, that all members share with the new one.
    fn fits(&self, request: &JoinRequest) -> bool {
        let others: Vec<_> = self.members.iter().filter(|(id, _)| **id != request.member).collect();
        let shared = |name: &String| others.iter().all(|(_, member)| member.takes(name));
        others.is_empty()
            || (self.protocol_type == request.protocol_type && request.protocols.iter().any(|(name, _)| shared(name)))
    }

    fn member_id(&mut self, request: &JoinRequest, most: usize, now: Instant) -> Result<String, Refused> {
        let room = |group: &Self| {
            if group.members.len() + group.pending.len() < most {
                Ok(())
            } else {
                Err(Refused::because(ResponseError::GroupMaxSizeReached))
            }
        };
        if !request.member.is_empty() {
            let id = request.member.clone();
            if let Some(instance) = &request.instance {
                self.check_instance(&id, instance).map_err(Refused::because)?;
            }
            if self.members.contains_key(&id) || self.pending.remove(&id).is_some() {
                return Ok(id);
            }
            return Err(Refused {
                code: ResponseError::UnknownMemberId,
                member: id,
            });
        }
        let id = format!("{}-{}", request.client.id, Uuid::new_v4());
        if let Some(instance) = &request.instance {
            // A static member that comes back takes the place of its former self.
            if let Some(former) = self.id_of_instance(instance) {
                self.members.remove(&former);
                return Ok(id);
            }
            return room(self).map(|()| id);
        }
        room(self)?;
        if request.takes_member_id {
            self.pending.insert(id.clone(), now + PENDING_MEMBER);
            return Err(Refused {
                code: ResponseError::MemberIdRequired,
                member: id,
            });
        }
        Ok(id)
    }

    fn id_of_instance(&self, instance: &str) -> Option<String> {
        let found = self
            .members
            .iter()
            .find(|(_, member)| member.instance.as_deref() == Some(instance));
        found.map(|(id, _)| id.clone())
    }

    fn check_instance(&self, member: &str, instance: &str) -> Result<(), ResponseError> {
        match self.id_of_instance(instance) {
            Some(id) if id != member => Err(ResponseError::FencedInstanceId),
            _ => Ok(()),
        }
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
    fn prepare(&mut self, now: Instant) {
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

    fn joined(&self, id: &str) -> Joined {
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
