//! `parlance opinions`: second opinions by a language model, under what people decided about each integration.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use parlance_schemas::settings::{Key, Kind, OpinionSetting};
use parlance_schemas::topics::SETTINGS;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::settings::Store;
use parlance_service::telemetry;
use parlance_sinks::opinion::{self, KafkaVerdicts, SettingOf};
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// How long reading the settings may take.
const SETTINGS_READ_WITHIN: Duration = Duration::from_secs(60);

/// Asks until `shutdown`. Without a key it only waits.
pub(crate) async fn opinions(settings: Settings, shutdown: CancellationToken) -> anyhow::Result<ExitCode> {
    telemetry::init("opinions", settings.log_format.into())?;
    let kafka = settings.reachable_kafka()?;
    let clickhouse = settings.reachable_clickhouse()?;
    let verdicts = KafkaVerdicts::connect(&kafka).await?;
    let decided = decided(&kafka).await?;
    opinion::run(settings.llm, clickhouse, verdicts, decided, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// What people decided about an integration's second opinions, from memory.
async fn decided(kafka: &KafkaConfig) -> anyhow::Result<SettingOf> {
    let store = Store::follow(kafka, "opinions-settings", &SETTINGS.full_name(&kafka.topic_prefix))?;
    let read = tokio::task::spawn_blocking(move || {
        let read = store.follower().wait_until_caught_up(SETTINGS_READ_WITHIN);
        (store, read)
    });
    let (store, read) = read.await.context("reading the settings")?;
    if !read.context("reading the settings")? {
        bail!("the settings are not read within {SETTINGS_READ_WITHIN:?}");
    }
    Ok(Arc::new(move |integration: &str| of(&store, integration)))
}

fn of(store: &Store, integration: &str) -> OpinionSetting {
    let key = Key {
        kind: Kind::Opinion,
        id: integration.to_owned(),
    };
    let Some(current) = store.get(&key.to_string()) else {
        return OpinionSetting::default();
    };
    serde_json::from_slice(&current.value).unwrap_or_else(|error| {
        // Whoever wrote it past `parlance settings put` meant something: better nothing is asked than what nobody wanted.
        tracing::warn!(%key, %error, "a setting cannot be read: no second opinions for this integration");
        OpinionSetting {
            enabled: Some(false),
            ..OpinionSetting::default()
        }
    })
}
