//! Who may join a group, and under which member id.

use std::time::{Duration, Instant};

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::group::{Group, State};
use super::member::{JoinReply, JoinRequest, Member, Refused};

/// How long a member id that was handed out may be unused.
const PENDING_MEMBER: Duration = Duration::from_secs(60);

impl Group {
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

    pub(super) fn id_of_instance(&self, instance: &str) -> Option<String> {
        let found = self
            .members
            .iter()
            .find(|(_, member)| member.instance.as_deref() == Some(instance));
        found.map(|(id, _)| id.clone())
    }

    pub(super) fn check_instance(&self, member: &str, instance: &str) -> Result<(), ResponseError> {
        match self.id_of_instance(instance) {
            Some(id) if id != member => Err(ResponseError::FencedInstanceId),
            _ => Ok(()),
        }
    }
}
