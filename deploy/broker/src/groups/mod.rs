//! Consumer groups, classic protocol: members in memory (they rejoin after a restart), offsets and generations on disk.
//!
//! # Layout
//! * `group`, `join`, `member`: one group's members and rebalances, as a state machine without clock or I/O
//! * `offsets`: committed offsets and generations in a journal
//! * here: all groups behind one lock, and the task that ends waiting

pub(crate) mod group;
mod join;
pub(crate) mod member;
pub(crate) mod offsets;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{Config, Error};
use group::{Group, State};
use member::{JoinRequest, Joined, Refused, Synced};
use offsets::{Committed, Entry, Offsets};

/// All groups.
#[derive(Debug)]
pub(crate) struct Groups {
    config: Arc<Config>,
    groups: Mutex<HashMap<String, Group>>,
    pub(crate) offsets: Offsets,
    /// A deadline may have come nearer.
    changed: Notify,
}

/// What a commit is made with.
#[derive(Debug)]
pub(crate) struct Committer<'a> {
    pub(crate) group: &'a str,
    pub(crate) member: &'a str,
    pub(crate) instance: Option<&'a str>,
    pub(crate) generation: i32,
}

impl Groups {
    /// Opens the journal of the data folder.
    pub(crate) fn open(config: &Arc<Config>) -> Result<Self, Error> {
        let offsets = Offsets::open(config.data.join("groups.journal"), config)?;
        Ok(Self {
            config: Arc::clone(config),
            groups: Mutex::default(),
            offsets,
            changed: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins; answers when the rebalance is over.
    pub(crate) async fn join(&self, id: &str, request: JoinRequest) -> Result<Joined, Refused> {
        let session = request.session;
        if session < self.config.min_session_timeout || session > self.config.max_session_timeout {
            return Err(Refused::because(ResponseError::InvalidSessionTimeout));
        }
        if id.is_empty() {
            return Err(Refused::because(ResponseError::InvalidGroupId));
        }
        let (reply, joined) = oneshot::channel();
        {
            let mut groups = self.lock();
            if !groups.contains_key(id) && groups.len() >= self.config.max_groups {
                tracing::warn!(limit = self.config.max_groups, "too many consumer groups");
                return Err(Refused::because(ResponseError::GroupMaxSizeReached));
            }
            let group = groups
                .entry(id.to_owned())
                .or_insert_with(|| Group::new(self.offsets.generation(id)));
            group.join(request, self.config.max_group_members, Instant::now(), reply)?;
            self.note_generation(id, group);
        }
        self.changed.notify_one();
        joined
            .await
            .unwrap_or_else(|_| Err(Refused::because(ResponseError::RebalanceInProgress)))
    }

    /// Hands in (leader) or waits for the assignment.
    pub(crate) async fn sync(
        &self,
        committer: &Committer<'_>,
        assignments: Vec<(String, Bytes)>,
    ) -> Result<Synced, ResponseError> {
        let (reply, synced) = oneshot::channel();
        self.with(committer.group, |group| {
            group.check(committer.member, committer.instance, committer.generation)?;
            group.sync(committer.member, assignments, Instant::now(), reply)
        })?;
        self.changed.notify_one();
        synced.await.unwrap_or(Err(ResponseError::RebalanceInProgress))
    }

    /// A sign of life.
    pub(crate) fn heartbeat(&self, committer: &Committer<'_>) -> Result<(), ResponseError> {
        self.with(committer.group, |group| {
            group.check(committer.member, committer.instance, committer.generation)?;
            group.heartbeat(committer.member, Instant::now())
        })
    }

    /// Leaves at once instead of by timeout.
    pub(crate) fn leave(&self, id: &str, member: &str, instance: Option<&str>) -> Result<(), ResponseError> {
        let left = self.with(id, |group| {
            let left = group.leave(member, instance, Instant::now());
            self.note_generation(id, group);
            left
        });
        self.changed.notify_one();
        left
    }

    /// Stores offsets when the committer may; durable when the returned wait is over.
    pub(crate) fn commit(
        &self,
        committer: &Committer<'_>,
        offsets: Vec<(String, i32, Committed)>,
    ) -> Result<i64, ResponseError> {
        let mut groups = self.lock();
        let simple = committer.member.is_empty() && committer.generation < 0;
        match groups.get_mut(committer.group) {
            None if simple => (),
            None if committer.generation < 0 => return Err(ResponseError::UnknownMemberId),
            None => return Err(ResponseError::IllegalGeneration),
            Some(group) if simple && group.state() == State::Empty => (),
            Some(group) => {
                group.check(committer.member, committer.instance, committer.generation)?;
                if group.state() == State::Completing {
                    return Err(ResponseError::RebalanceInProgress);
                }
                group.seen(committer.member, Instant::now());
            }
        }
        self.offsets.commit(committer.group, offsets)
    }

    /// Every group with members or offsets: name, protocol type, state.
    pub(crate) fn list(&self) -> Vec<(String, String, State)> {
        let groups = self.lock();
        let mut list: HashMap<_, _> = self
            .offsets
            .groups()
            .into_iter()
            .map(|id| (id, (String::new(), State::Empty)))
            .collect();
        list.extend(
            groups
                .iter()
                .map(|(id, group)| (id.clone(), (group.protocol_type().to_owned(), group.state()))),
        );
        list.into_iter()
            .map(|(id, (protocol_type, state))| (id, protocol_type, state))
            .collect()
    }

    /// Looks at one group; `None` when nobody knows it.
    pub(crate) fn describe<T>(&self, id: &str, look: impl FnOnce(&Group) -> T) -> Option<T> {
        let groups = self.lock();
        match groups.get(id) {
            Some(group) => Some(look(group)),
            None => self.offsets.knows(id).then(|| look(&Group::new(0))),
        }
    }

    /// Deletes a group without members, with its offsets.
    pub(crate) fn delete(&self, id: &str) -> Result<i64, ResponseError> {
        let mut groups = self.lock();
        match groups.get(id) {
            Some(group) if group.state() != State::Empty => return Err(ResponseError::NonEmptyGroup),
            None if !self.offsets.knows(id) => return Err(ResponseError::GroupIdNotFound),
            _ => groups.remove(id),
        };
        self.offsets.forget(&Entry::GroupGone { group: id.to_owned() })
    }

    /// Ends sessions and rebalances whose time is over, until `shutdown`.
    pub(crate) async fn watch_deadlines(&self, shutdown: CancellationToken) {
        loop {
            let next = self.lock().values().filter_map(Group::next_deadline).min();
            let deadline = async {
                match next {
                    // Not more often than every few milliseconds, however many deadlines there are.
                    Some(at) => tokio::time::sleep_until((at + Duration::from_millis(5)).into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.changed.notified() => (),
                () = deadline => (),
            }
            let now = Instant::now();
            let mut groups = self.lock();
            for (id, group) in groups.iter_mut() {
                group.expire(now);
                self.note_generation(id, group);
            }
            groups.retain(|id, group| {
                let stays = !group.is_forgettable();
                if !stays && !self.offsets.knows(id) {
                    self.offsets.forget_generation(id);
                }
                stays
            });
        }
    }

    fn with<T>(&self, id: &str, act: impl FnOnce(&mut Group) -> Result<T, ResponseError>) -> Result<T, ResponseError> {
        self.lock().get_mut(id).map_or(Err(ResponseError::UnknownMemberId), act)
    }

    /// Keeps generations growing over restarts, so that an old member's generation never means anything again.
    fn note_generation(&self, id: &str, group: &mut Group) {
        if let Some(generation) = group.take_new_generation() {
            self.offsets.note_generation(id, generation);
        }
    }
}
