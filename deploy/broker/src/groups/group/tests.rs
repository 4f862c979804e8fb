use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::super::member::{Client, JoinRequest, Refused};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn request(member: &str, protocols: &[&str]) -> JoinRequest {
    JoinRequest {
        member: member.to_owned(),
        instance: None,
        client: Client {
            id: "client".to_owned(),
            host: String::new(),
        },
        protocol_type: "consumer".to_owned(),
        protocols: protocols
            .iter()
            .map(|name| ((*name).to_owned(), Bytes::from((*name).to_owned())))
            .collect(),
        session: 10 * SECOND,
        rebalance: 30 * SECOND,
        takes_member_id: false,
    }
}

type Waiting = oneshot::Receiver<Result<Joined, Refused>>;

fn join(group: &mut Group, request: JoinRequest, now: Instant) -> Waiting {
    let (reply, joined) = oneshot::channel();
    group.join(request, 10, now, reply).unwrap();
    joined
}

fn refusal(group: &mut Group, request: JoinRequest) -> Refused {
    group
        .join(request, 10, Instant::now(), oneshot::channel().0)
        .unwrap_err()
}

fn answer(mut waiting: Waiting) -> Joined {
    waiting.try_recv().expect("answered").expect("accepted")
}

/// A stable group of two; returns it with the leader's and the other's ids.
fn two(now: Instant) -> (Group, String, String) {
    let mut group = Group::new(0);
    let first = answer(join(&mut group, request("", &["range"]), now));
    let mut second = join(&mut group, request("", &["range"]), now);
    assert!(second.try_recv().is_err(), "the first has not rejoined");
    let again = answer(join(&mut group, request(&first.member, &["range"]), now));
    let second = answer(second);
    assert_eq!(
        (again.generation, second.generation),
        (first.generation + 1, first.generation + 1)
    );
    assert_eq!(again.leader, first.member);
    assert_eq!((again.members.len(), second.members.len()), (2, 0));

    let (reply, mut waits) = oneshot::channel();
    group.sync(&second.member, vec![], now, reply).unwrap();
    assert!(waits.try_recv().is_err(), "the leader has not assigned");
    let assignments = vec![
        (first.member.clone(), Bytes::from("1")),
        (second.member.clone(), Bytes::from("2")),
    ];
    let (reply, mut leads) = oneshot::channel();
    group.sync(&first.member, assignments, now, reply).unwrap();
    assert_eq!(leads.try_recv().unwrap().unwrap().assignment, "1");
    assert_eq!(waits.try_recv().unwrap().unwrap().assignment, "2");
    assert_eq!(group.state(), State::Stable);
    (group, first.member, second.member)
}

#[test]
fn two_members_share_and_the_one_left_takes_over() {
    let now = Instant::now();
    let (mut group, first, second) = two(now);
    group.leave(&first, None, now).unwrap();
    assert_eq!(group.heartbeat(&second, now), Err(ResponseError::RebalanceInProgress));
    let alone = answer(join(&mut group, request(&second, &["range"]), now));
    assert_eq!((alone.leader.as_str(), alone.members.len()), (second.as_str(), 1));
    group.leave(&second, None, now).unwrap();
    assert_eq!(group.state(), State::Empty);
    assert_eq!(group.leave(&second, None, now), Err(ResponseError::UnknownMemberId));
}

#[test]
fn a_silent_member_is_dropped_at_the_end_of_its_session() {
    let now = Instant::now();
    let (mut group, first, second) = two(now);
    group.heartbeat(&first, now + 6 * SECOND).unwrap();
    assert_eq!(group.next_deadline(), Some(now + 10 * SECOND));
    group.expire(now + 11 * SECOND);
    let generation = group.generation;
    assert_eq!(
        group.check(&second, None, generation),
        Err(ResponseError::UnknownMemberId)
    );
    assert_eq!(
        group.heartbeat(&first, now + 11 * SECOND),
        Err(ResponseError::RebalanceInProgress)
    );
}

#[test]
fn who_does_not_rejoin_in_time_is_left_out() {
    let now = Instant::now();
    let (mut group, first, second) = two(now);
    let third = join(&mut group, request("", &["range"]), now);
    let mut rejoined = join(&mut group, request(&first, &["range"]), now);
    group.heartbeat(&second, now + 29 * SECOND).unwrap_err();
    group.expire(now + 29 * SECOND);
    assert!(rejoined.try_recv().is_err());
    group.expire(now + 31 * SECOND);
    assert_eq!(answer(rejoined).members.len(), 2);
    answer(third);
}

#[test]
fn a_leader_that_never_assigns_is_replaced() {
    let now = Instant::now();
    let (mut group, first, second) = two(now);
    let rejoin = join(&mut group, request(&second, &["range", "other"]), now);
    answer(join(&mut group, request(&first, &["range"]), now));
    answer(rejoin);
    let (reply, mut waits) = oneshot::channel();
    group.sync(&second, vec![], now, reply).unwrap();
    for later in 1..=31 {
        group.seen(&first, now + later * SECOND);
        group.expire(now + later * SECOND);
    }
    assert_eq!(
        waits.try_recv().unwrap().unwrap_err(),
        ResponseError::RebalanceInProgress
    );
    let alone = answer(join(
        &mut group,
        request(&second, &["range", "other"]),
        now + 32 * SECOND,
    ));
    assert_eq!(alone.leader, second);
}

#[test]
fn members_must_share_a_protocol() {
    let now = Instant::now();
    let mut group = Group::new(7);
    let first = answer(join(&mut group, request("", &["a", "b"]), now));
    assert_eq!(first.generation, 8, "generations go on");
    assert_eq!(
        refusal(&mut group, request("", &["c"])).code,
        ResponseError::InconsistentGroupProtocol
    );
    let second = join(&mut group, request("", &["c", "b"]), now);
    let first = answer(join(&mut group, request(&first.member, &["a", "b"]), now));
    assert_eq!(first.protocol, "b");
    answer(second);
}

#[test]
fn strangers_and_former_selves_are_refused() {
    let now = Instant::now();
    let mut group = Group::new(0);
    assert_eq!(
        refusal(&mut group, request("stranger", &["a"])).code,
        ResponseError::UnknownMemberId
    );

    let modern = JoinRequest {
        takes_member_id: true,
        ..request("", &["a"])
    };
    let told = refusal(&mut group, modern.clone());
    assert_eq!(told.code, ResponseError::MemberIdRequired);
    answer(join(
        &mut group,
        JoinRequest {
            member: told.member.clone(),
            ..modern
        },
        now,
    ));

    let fixed = |member: &str| JoinRequest {
        instance: Some("fixed".to_owned()),
        ..request(member, &["a"])
    };
    let mut group = Group::new(0);
    let before = answer(join(&mut group, fixed(""), now));
    let after = answer(join(&mut group, fixed(""), now));
    assert_eq!(after.members.len(), 1);
    assert_eq!(
        refusal(&mut group, fixed(&before.member)).code,
        ResponseError::FencedInstanceId
    );
    let fenced = group.check(&before.member, Some("fixed"), before.generation);
    assert_eq!(fenced, Err(ResponseError::FencedInstanceId));
}

#[test]
fn a_full_group_takes_nobody() {
    let now = Instant::now();
    let mut group = Group::new(0);
    let _all: Vec<_> = (0..10).map(|_| join(&mut group, request("", &["a"]), now)).collect();
    assert_eq!(
        refusal(&mut group, request("", &["a"])).code,
        ResponseError::GroupMaxSizeReached
    );
}
