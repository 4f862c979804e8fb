//! `DescribeConfigs`, `AlterConfigs`, `IncrementalAlterConfigs`: topics' settings; the broker's own are read-only here.

use std::collections::HashSet;
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_protocol::messages::incremental_alter_configs_request::AlterableConfig;
use kafka_protocol::messages::incremental_alter_configs_response as incremental;
use kafka_protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};

use super::text;
use crate::broker::{Broker, NODE};
use crate::topic_config::{Kind, Overrides, SETTINGS};
use crate::topics::Refusal;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
/// Where a value comes from, by Kafka's numbers.
const SOURCE_TOPIC: i8 = 1;
const SOURCE_STATIC: i8 = 4;
const SOURCE_DEFAULT: i8 = 5;

/// The source of a topic's setting.
pub(super) fn source(set: bool) -> i8 {
    if set { SOURCE_TOPIC } else { SOURCE_DEFAULT }
}

/// Lists settings.
pub(super) fn describe(broker: &Broker, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let (synonyms, documentation) = (request.include_synonyms, request.include_documentation);
    let results = request.resources.into_iter().map(|resource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match settings_of(broker, &resource) {
            Ok(mut settings) => {
                let asked: Option<HashSet<_>> = resource.configuration_keys.map(|keys| keys.into_iter().collect());
                settings.retain(|setting| asked.as_ref().is_none_or(|asked| asked.contains(&setting.name)));
                for setting in &mut settings {
                    if !documentation {
                        setting.documentation = None;
                    }
                    if synonyms {
                        let synonym = DescribeConfigsSynonym::default().with_name(setting.name.clone());
                        setting.synonyms = vec![
                            synonym
                                .with_value(setting.value.clone())
                                .with_source(setting.config_source),
                        ];
                    }
                }
                result.with_configs(settings)
            }
            Err(refusal) => result
                .with_error_code(refusal.code.code())
                .with_error_message(Some(text(&refusal.why))),
        }
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn settings_of(
    broker: &Broker,
    resource: &DescribeConfigsResource,
) -> Result<Vec<DescribeConfigsResourceResult>, Refusal> {
    match resource.resource_type {
        TOPIC => {
            let name = resource.resource_name.as_str();
            let topic = broker.topics.get(name).ok_or_else(|| {
                Refusal::new(
                    ResponseError::UnknownTopicOrPartition,
                    format!("there is no topic {name}"),
                )
            })?;
            let one = |setting: &crate::topic_config::Setting| {
                let (value, set) = topic.config.value(setting);
                let result = DescribeConfigsResourceResult::default().with_name(text(setting.name));
                result
                    .with_value(Some(text(value)))
                    .with_config_source(source(set))
                    .with_config_type(setting.kind as i8)
                    .with_documentation(Some(text(setting.documentation)))
            };
            Ok(SETTINGS.iter().map(one).collect())
        }
        BROKER if resource.resource_name.as_str() == NODE.to_string() => Ok(own_settings(broker)),
        BROKER => Err(Refusal::new(
            ResponseError::InvalidRequest,
            format!("there is one node, number {NODE}"),
        )),
        _ => Err(Refusal::new(
            ResponseError::InvalidRequest,
            "only topics and the node have settings",
        )),
    }
}

fn own_settings(broker: &Broker) -> Vec<DescribeConfigsResourceResult> {
    let config = &broker.config;
    let settings = [
        ("auto.create.topics.enable", "false".to_owned(), Kind::Text),
        ("broker.id", NODE.to_string(), Kind::Int),
        ("default.replication.factor", "1".to_owned(), Kind::Int),
        ("fetch.max.bytes", config.max_fetch_bytes.to_string(), Kind::Int),
        ("log.dirs", config.data.display().to_string(), Kind::Text),
        ("max.connections", config.max_connections.to_string(), Kind::Int),
        ("num.partitions", "1".to_owned(), Kind::Int),
        (
            "socket.request.max.bytes",
            config.max_request_bytes.to_string(),
            Kind::Int,
        ),
    ];
    let one = |(name, value, kind): (&str, String, Kind)| {
        DescribeConfigsResourceResult::default()
            .with_name(text(name))
            .with_value(Some(text(&value)))
            .with_read_only(true)
            .with_config_source(SOURCE_STATIC)
            .with_config_type(kind as i8)
    };
    settings.into_iter().map(one).collect()
}

/// Replaces all settings of topics.
pub(super) async fn alter(broker: &Arc<Broker>, request: AlterConfigsRequest) -> AlterConfigsResponse {
    broker
        .blocking(move |broker| {
            let responses = request.resources.into_iter().map(|resource| {
                let named = resource.configs.iter();
                let overrides = named.filter_map(|set| Some((set.name.to_string(), set.value.as_ref()?.to_string())));
                let changed = only_topics(resource.resource_type).and_then(|()| {
                    broker.topics.configure(
                        resource.resource_name.as_str(),
                        overrides.collect(),
                        request.validate_only,
                    )
                });
                let response = AlterConfigsResourceResponse::default()
                    .with_resource_type(resource.resource_type)
                    .with_resource_name(resource.resource_name);
                match changed {
                    Ok(()) => response,
                    Err(refusal) => response
                        .with_error_code(refusal.code.code())
                        .with_error_message(Some(text(&refusal.why))),
                }
            });
            AlterConfigsResponse::default().with_responses(responses.collect())
        })
        .await
}

/// Changes some settings of topics.
pub(super) async fn alter_some(
    broker: &Arc<Broker>,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    broker
        .blocking(move |broker| {
            let responses = request.resources.into_iter().map(|resource| {
                let name = resource.resource_name.as_str();
                let changed = only_topics(resource.resource_type).and_then(|()| {
                    let topic = broker.topics.get(name).ok_or_else(|| {
                        Refusal::new(
                            ResponseError::UnknownTopicOrPartition,
                            format!("there is no topic {name}"),
                        )
                    })?;
                    let mut overrides = topic.config.overrides.clone();
                    for change in &resource.configs {
                        apply(&mut overrides, change)?;
                    }
                    broker.topics.configure(name, overrides, request.validate_only)
                });
                let response = incremental::AlterConfigsResourceResponse::default()
                    .with_resource_type(resource.resource_type)
                    .with_resource_name(resource.resource_name.clone());
                match changed {
                    Ok(()) => response,
                    Err(refusal) => response
                        .with_error_code(refusal.code.code())
                        .with_error_message(Some(text(&refusal.why))),
                }
            });
            IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
        })
        .await
}

fn only_topics(resource_type: i8) -> Result<(), Refusal> {
    if resource_type == TOPIC {
        return Ok(());
    }
    Err(Refusal::new(
        ResponseError::InvalidRequest,
        "only topics' settings can be changed while the broker runs",
    ))
}

/// One change: set, delete, append to a list, remove from a list.
fn apply(overrides: &mut Overrides, change: &AlterableConfig) -> Result<(), Refusal> {
    let name = change.name.to_string();
    let value = change.value.as_ref().map(ToString::to_string);
    let setting = SETTINGS.iter().find(|setting| setting.name == name);
    let missing = || Refusal::new(ResponseError::InvalidConfig, format!("{name} needs a value"));
    match change.config_operation {
        0 => {
            overrides.insert(name.clone(), value.ok_or_else(missing)?);
        }
        1 => {
            overrides.remove(&name);
        }
        operation @ (2 | 3) if setting.is_some_and(|setting| setting.kind == Kind::List) => {
            let value = value.ok_or_else(missing)?;
            let default = setting.map_or("", |setting| setting.default).to_owned();
            let current = overrides.get(&name).cloned().unwrap_or(default);
            let mut parts: Vec<_> = current
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .collect();
            parts.retain(|part| *part != value);
            if operation == 2 {
                parts.push(&value);
            }
            let joined = parts.join(",");
            overrides.insert(name, joined);
        }
        _ => {
            let why = format!("{name} cannot be changed in this way");
            return Err(Refusal::new(ResponseError::InvalidRequest, why));
        }
    }
    Ok(())
}
