//! Every version that is offered is answered.

use super::*;

/// Every offered version of one request, each answered without an error.
fn each<R: Request>(
    wire: &mut Wire,
    offered: &ApiVersionsResponse,
    request: impl Fn(i16) -> R,
    error: impl Fn(&R::Response) -> i16,
) {
    let range = offered
        .api_keys
        .iter()
        .find(|range| range.api_key == R::KEY)
        .expect("offered");
    for version in range.min_version..=range.max_version {
        let response = wire.ask(version, &request(version));
        assert_eq!(error(&response), 0, "request {} version {version}", R::KEY);
    }
}

#[test]
fn every_offered_version_is_answered() {
    let broker = Broker::own();
    let mut wire = Wire::to(&broker);
    let offered = wire.ask(
        3,
        &ApiVersionsRequest::default().with_client_software_name(text("test")),
    );
    let w = &mut wire;
    create(w, "t", &[]);
    each(w, &offered, |_| ApiVersionsRequest::default(), |r| r.error_code);
    each(
        w,
        &offered,
        |_| produce("t", batch(-1, -1, 3, false)),
        |r| r.responses[0].partition_responses[0].error_code,
    );
    each(
        w,
        &offered,
        |_| fetch("t", 0),
        |r| r.responses[0].partitions[0].error_code,
    );
    for timestamp in [-1, -2, 0] {
        each(
            w,
            &offered,
            |_| list_offsets("t", timestamp),
            |r| r.topics[0].partitions[0].error_code,
        );
    }
    each(w, &offered, |_| MetadataRequest::default(), |r| r.error_code);
    each(w, &offered, |_| DescribeClusterRequest::default(), |r| r.error_code);
    let coordinator = |version| match version {
        0..4 => FindCoordinatorRequest::default().with_key(text("g")),
        _ => FindCoordinatorRequest::default().with_coordinator_keys(vec![text("g")]),
    };
    each(w, &offered, coordinator, |r| r.error_code);

    let join = |version: i16| {
        let protocol = JoinGroupRequestProtocol::default().with_name(text("p"));
        let group = GroupId(text(&format!("g{version}")));
        let request = JoinGroupRequest::default()
            .with_group_id(group)
            .with_session_timeout_ms(6_000);
        let request = request
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![protocol]);
        if version > 0 {
            request.with_rebalance_timeout_ms(6_000)
        } else {
            request
        }
    };
    let range = offered
        .api_keys
        .iter()
        .find(|range| range.api_key == JoinGroupRequest::KEY)
        .unwrap();
    let mut members = vec![];
    for version in range.min_version..=range.max_version {
        let mut joined = w.ask(version, &join(version));
        if joined.error_code == ResponseError::MemberIdRequired.code() {
            joined = w.ask(version, &join(version).with_member_id(joined.member_id));
        }
        assert_eq!(joined.error_code, 0, "join version {version}");
        members.push(joined.member_id);
    }
    let group = |version: i16| GroupId(text(&format!("g{version}")));
    let member = |version: i16| members[version as usize].clone();
    let sync = |v| {
        SyncGroupRequest::default()
            .with_group_id(group(v))
            .with_member_id(member(v))
            .with_generation_id(1)
    };
    each(w, &offered, sync, |r| r.error_code);
    let beat = |v| {
        HeartbeatRequest::default()
            .with_group_id(group(v))
            .with_member_id(member(v))
            .with_generation_id(1)
    };
    each(w, &offered, beat, |r| r.error_code);
    each(
        w,
        &offered,
        |_| DescribeGroupsRequest::default().with_groups(vec![group(1)]),
        |r| r.groups[0].error_code,
    );
    each(w, &offered, |_| ListGroupsRequest::default(), |r| r.error_code);
    let leave = |version: i16| {
        let request = LeaveGroupRequest::default().with_group_id(group(version));
        match version {
            0..3 => request.with_member_id(member(version)),
            _ => request.with_members(vec![MemberIdentity::default().with_member_id(member(version))]),
        }
    };
    each(w, &offered, leave, |r| {
        r.error_code
            .max(r.members.first().map_or(0, |member| member.error_code))
    });
    let commit = |_| {
        let partition = OffsetCommitRequestPartition::default().with_committed_offset(5);
        let topic = OffsetCommitRequestTopic::default()
            .with_name(topic_name("t"))
            .with_partitions(vec![partition]);
        let request = OffsetCommitRequest::default()
            .with_group_id(GroupId(text("c")))
            .with_topics(vec![topic]);
        request.with_generation_id_or_member_epoch(-1)
    };
    each(w, &offered, commit, |r| r.topics[0].partitions[0].error_code);
    let fetched = |version| match version {
        0..8 => {
            let topic = OffsetFetchRequestTopic::default()
                .with_name(topic_name("t"))
                .with_partition_indexes(vec![0]);
            OffsetFetchRequest::default()
                .with_group_id(GroupId(text("c")))
                .with_topics(Some(vec![topic]))
        }
        _ => {
            let group = OffsetFetchRequestGroup::default()
                .with_group_id(GroupId(text("c")))
                .with_topics(None);
            OffsetFetchRequest::default().with_groups(vec![group])
        }
    };
    each(w, &offered, fetched, |r| {
        let found = match r.groups.first() {
            Some(group) => group.topics[0].partitions[0].committed_offset,
            None => r.topics[0].partitions[0].committed_offset,
        };
        assert_eq!(found, 5);
        r.error_code
    });
    each(w, &offered, |_| idempotent(), |r| r.error_code);
    admin_versions(w, &offered);
    let gone = |_| DeleteGroupsRequest::default().with_groups_names(vec![]);
    each(w, &offered, gone, |_| 0);
}

fn admin_versions(w: &mut Wire, offered: &ApiVersionsResponse) {
    use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
    use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
    use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
    use kafka_protocol::messages::{alter_configs_request, incremental_alter_configs_request};

    let made = |version: i16| {
        let topic = CreatableTopic::default().with_name(topic_name(&format!("made{version}")));
        let topic = topic.with_num_partitions(1).with_replication_factor(1);
        CreateTopicsRequest::default().with_topics(vec![topic])
    };
    each(w, offered, made, |r| r.topics[0].error_code);
    let grow = |version: i16| {
        let topic = CreatePartitionsTopic::default()
            .with_name(topic_name("t"))
            .with_assignments(None);
        CreatePartitionsRequest::default().with_topics(vec![topic.with_count(i32::from(version) + 2)])
    };
    each(w, offered, grow, |r| r.results[0].error_code);
    let describe = |_| {
        let topic = DescribeConfigsResource::default()
            .with_resource_type(2)
            .with_resource_name(text("t"));
        let node = DescribeConfigsResource::default()
            .with_resource_type(4)
            .with_resource_name(text("1"));
        let all = |resource: DescribeConfigsResource| resource.with_configuration_keys(None);
        DescribeConfigsRequest::default().with_resources(vec![all(topic), all(node)])
    };
    each(w, offered, describe, |r| {
        assert!(r.results.iter().all(|result| result.configs.len() > 5));
        r.results[0].error_code.max(r.results[1].error_code)
    });
    let alter = |_| {
        let config = alter_configs_request::AlterableConfig::default().with_name(text("retention.ms"));
        let topic = alter_configs_request::AlterConfigsResource::default().with_resource_type(2);
        let topic = topic
            .with_resource_name(text("t"))
            .with_configs(vec![config.with_value(Some(text("5000")))]);
        AlterConfigsRequest::default().with_resources(vec![topic])
    };
    each(w, offered, alter, |r| r.responses[0].error_code);
    let append = |_| {
        let config = incremental_alter_configs_request::AlterableConfig::default().with_name(text("cleanup.policy"));
        let config = config.with_config_operation(2).with_value(Some(text("compact")));
        let topic = incremental_alter_configs_request::AlterConfigsResource::default().with_resource_type(2);
        let topic = topic.with_resource_name(text("t")).with_configs(vec![config]);
        IncrementalAlterConfigsRequest::default().with_resources(vec![topic])
    };
    each(w, offered, append, |r| r.responses[0].error_code);
    let described = w.ask(1, &describe(1));
    let value = |name: &str| {
        let found = described.results[0]
            .configs
            .iter()
            .find(|config| config.name.as_str() == name);
        found
            .and_then(|config| config.value.clone())
            .map(|value| value.to_string())
    };
    assert_eq!(value("cleanup.policy").as_deref(), Some("delete,compact"));
    assert_eq!(
        value("retention.ms").as_deref(),
        Some("5000"),
        "untouched by the later change"
    );
    let delete = |version: i16| match version {
        // Topics made in version 2 … 7 are deleted in version 1 … 6.
        0..6 => DeleteTopicsRequest::default().with_topic_names(vec![topic_name(&format!("made{}", version + 1))]),
        _ => {
            let topic = DeleteTopicState::default().with_name(Some(topic_name(&format!("made{}", version + 1))));
            DeleteTopicsRequest::default().with_topics(vec![topic])
        }
    };
    each(w, offered, delete, |r| r.responses[0].error_code);
}

#[test]
fn an_unknown_version_of_the_version_request_is_answered_in_the_first() {
    let broker = Broker::own();
    let mut wire = Wire::to(&broker);
    let mut frame = vec![0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7];
    frame.extend_from_slice(&[0, 0]);
    wire.0.write_all(&frame).unwrap();
    let response = wire.receive::<ApiVersionsRequest>(0);
    assert_eq!(response.error_code, ResponseError::UnsupportedVersion.code());
    assert!(response.api_keys.len() > 20);
}
