//! Committed offsets and shared partitions.

use std::collections::BTreeSet;
use std::time::Duration;

use parlance_broker::testing::Broker;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::client::*;

#[test]
fn committed_offsets_come_back_with_their_metadata() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("commit"));
    create(&brokers, &topic, 2, &[]);
    let group = broker.topic("committers");
    {
        let consumer = consumer(&brokers, &[("group.id", &group)]);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&topic, 0, Offset::Offset(123)).unwrap();
        consumer.commit(&list, CommitMode::Sync).expect("committed");
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&topic, 0, Offset::Offset(124)).unwrap();
        list.find_partition(&topic, 0).unwrap().set_metadata("where we were");
        consumer.commit(&list, CommitMode::Sync).expect("committed again");
    }
    let later = consumer(&brokers, &[("group.id", &group)]);
    let mut list = TopicPartitionList::new();
    list.add_partition(&topic, 0);
    list.add_partition(&topic, 1);
    let found = later.committed_offsets(list, PATIENCE).expect("committed offsets");
    assert_eq!(found.find_partition(&topic, 0).unwrap().offset(), Offset::Offset(124));
    assert_eq!(found.find_partition(&topic, 0).unwrap().metadata(), "where we were");
    assert_eq!(
        found.find_partition(&topic, 1).unwrap().offset(),
        Offset::Invalid,
        "never committed"
    );

    let listed = later
        .fetch_group_list(Some(&group), PATIENCE)
        .expect("the group is known");
    assert_eq!(listed.groups().len(), 1);
    drop(found); // must go before its consumer
    drop(later);
    let deleted = block_on(admin(&brokers).delete_groups(&[&group], &options())).unwrap();
    deleted[0].as_ref().expect("the group is deleted");
    let fresh = consumer(&brokers, &[("group.id", &group)]);
    let mut list = TopicPartitionList::new();
    list.add_partition(&topic, 0);
    let found = fresh.committed_offsets(list, PATIENCE).expect("committed offsets");
    assert_eq!(
        found.find_partition(&topic, 0).unwrap().offset(),
        Offset::Invalid,
        "forgotten with the group"
    );
}

#[test]
fn a_group_shares_partitions_and_goes_on_where_a_member_stopped() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("group"));
    create(&brokers, &topic, 4, &[]);
    let mut producer = Producer::new(&brokers, &[]);
    let mut send = |numbers: std::ops::Range<i32>| {
        for number in numbers {
            let value = number.to_string();
            let send = Send {
                partition: number % 4,
                value: Some(value.as_bytes()),
                ..Send::default()
            };
            producer.send(&topic, send);
        }
        producer.acknowledged();
    };
    let group = broker.topic("sharers");
    let member = || {
        let member = consumer(&brokers, &[("group.id", &group)]);
        member.subscribe(&[&topic]).unwrap();
        member
    };
    let mut seen = BTreeSet::new();
    let mut note = |got: Option<Got>| {
        if let Some(value) = got.and_then(|got| got.value) {
            seen.insert(String::from_utf8(value).unwrap().parse::<i32>().unwrap());
        }
        seen.len()
    };

    send(0..100);
    let first = member();
    eventually("the first member reads all", || {
        (note(poll(&first, Duration::from_millis(50))) == 100).then_some(())
    });
    first.commit_consumer_state(CommitMode::Sync).expect("committed");
    let second = member();
    eventually("two members have two partitions each", || {
        note(poll(&first, Duration::from_millis(50)));
        note(poll(&second, Duration::from_millis(50)));
        let counts = [&first, &second].map(|member| member.assignment().unwrap().count());
        (counts == [2, 2]).then_some(())
    });
    send(100..200);
    eventually("both read on", || {
        note(poll(&first, Duration::from_millis(50)));
        (note(poll(&second, Duration::from_millis(50))) == 200).then_some(())
    });
    second.commit_consumer_state(CommitMode::Sync).expect("committed");
    drop(second);
    send(200..300);
    eventually("the member that is left reads everything", || {
        let count = note(poll(&first, Duration::from_millis(50)));
        (count == 300 && first.assignment().unwrap().count() == 4).then_some(())
    });
}
