//! Every section of the configuration, loaded once; each command takes what it needs.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use parlance_service::config::{ClickHouseConfig, ConfigError, KafkaConfig, Layers, Secret, Section};
use serde::{Deserialize, Serialize};

use crate::cli::{Global, LogFormat};
use crate::data::DataFolder;

/// Sections of the TOML file, and prefixes `PARLANCE_<NAME>_` of the environment.
const SECTIONS: &[&str] = &[
    "ingest",
    "pipeline",
    "api",
    "kafka",
    "clickhouse",
    "broker",
    "embedded_clickhouse",
    "whatsapp",
    "llm",
];
/// `PARLANCE_*` variables that are no section's.
const VARIABLES: &[&str] = &[
    "PARLANCE_CONFIG",
    "PARLANCE_DATA",
    "PARLANCE_LOG",
    "PARLANCE_LOG_FORMAT",
    "PARLANCE_CHDB_LIB",
    "PARLANCE_SUPERVISED",
];

/// The ClickHouse server that `parlance up` starts where none is configured. Section `embedded_clickhouse`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EmbeddedClickHouse {
    /// Where it listens (HTTP); 127.0.0.1 only. Port 0: a free one, kept over restarts while it is free.
    pub(crate) listen: SocketAddr,
    /// Most memory it may take, in bytes; queries beyond it are refused.
    pub(crate) memory_bytes: u64,
}

impl Default for EmbeddedClickHouse {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            memory_bytes: parlance_clickhouse::Config::MEMORY_BYTES,
        }
    }
}

/// Access to WhatsApp's Cloud API. Section `whatsapp`. Read by what sends messages; checked by `parlance check`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WhatsApp {
    /// Token of a system user (`WHATSAPP_ACCESS_TOKEN`).
    pub(crate) access_token: Secret,
    /// The number that sends (`WHATSAPP_PHONE_NUMBER_ID`).
    pub(crate) phone_number_id: String,
}

/// The whole configuration of this process.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) data: DataFolder,
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) log_format: LogFormat,
    pub(crate) kafka: KafkaConfig,
    pub(crate) clickhouse: ClickHouseConfig,
    pub(crate) ingest: parlance_ingest::Config,
    pub(crate) pipeline: parlance_pipeline::Config,
    pub(crate) api: parlance_query_api::Config,
    pub(crate) broker: parlance_broker::Config,
    pub(crate) embedded_clickhouse: EmbeddedClickHouse,
    pub(crate) whatsapp: WhatsApp,
    pub(crate) llm: parlance_sinks::opinion::Config,
    /// No app secret is configured and the data folder's own is used instead.
    pub(crate) webhook_secret_generated: bool,
}

impl Settings {
    /// Loads every section, so that a mistake in any of them is found whichever command runs.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        let local = PathBuf::from("parlance.toml");
        let config_file = global.config.clone().or_else(|| local.exists().then_some(local));
        let layers = Layers::read(config_file.clone(), std::env::vars())?;
        layers.refuse_unknown_sections(SECTIONS)?;
        layers.refuse_unknown_variables(SECTIONS, VARIABLES)?;
        Ok(Self {
            data: DataFolder::new(&std::path::absolute(&global.data)?),
            config_file: config_file.map(std::path::absolute).transpose()?,
            log_format: global.log_format,
            kafka: kafka(&layers)?,
            clickhouse: clickhouse(&layers)?,
            ingest: layers.section(&parlance_ingest::section())?,
            pipeline: layers.section(&section("pipeline", &[]))?,
            api: layers.section(&section("api", &[]))?,
            broker: layers.section(&section("broker", &[]))?,
            embedded_clickhouse: layers.section(&section("embedded_clickhouse", &[]))?,
            whatsapp: layers.section(&section(
                "whatsapp",
                &[
                    ("WHATSAPP_ACCESS_TOKEN", "access_token"),
                    ("WHATSAPP_PHONE_NUMBER_ID", "phone_number_id"),
                ],
            ))?,
            llm: layers.section(&parlance_sinks::opinion::section())?,
            webhook_secret_generated: false,
        })
    }

    /// Points at the embedded ClickHouse on `address`, with the data folder's credentials.
    pub(crate) fn use_embedded_clickhouse(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let credentials = self.data.credentials()?;
        self.clickhouse.url = format!("http://{address}");
        self.clickhouse.user = parlance_clickhouse::WRITER.to_owned();
        self.clickhouse.password = Secret::new(credentials.clickhouse_password);
        self.clickhouse.reader_user = parlance_clickhouse::READER.to_owned();
        self.clickhouse.reader_password = Secret::new(credentials.clickhouse_reader_password);
        Ok(())
    }

    /// Uses the data folder's secret and token where none are configured.
    pub(crate) fn fill_webhook_secrets(&mut self) -> anyhow::Result<()> {
        if self.ingest.secrets.iter().all(Secret::is_empty) {
            self.ingest.secrets = vec![Secret::new(self.data.credentials()?.webhook_secret)];
            self.webhook_secret_generated = true;
        }
        if self.ingest.verify_token.is_empty() {
            self.ingest.verify_token = Secret::new(self.data.credentials()?.verify_token);
        }
        Ok(())
    }

    /// What children need to know that the configuration does not say: addresses and generated secrets.
    pub(crate) fn for_children(&mut self) -> anyhow::Result<BTreeMap<String, String>> {
        self.fill_webhook_secrets()?;
        let secrets: Vec<&str> = self.ingest.secrets.iter().map(Secret::expose).collect();
        let (reader, reader_password) = self.clickhouse.reader();
        let pairs = [
            ("KAFKA_BROKERS", self.kafka.brokers.as_str()),
            ("CLICKHOUSE_URL", &self.clickhouse.url),
            ("CLICKHOUSE_USER", &self.clickhouse.user),
            ("CLICKHOUSE_PASSWORD", self.clickhouse.password.expose()),
            ("PARLANCE_CLICKHOUSE_READER_USER", reader),
            ("PARLANCE_CLICKHOUSE_READER_PASSWORD", reader_password.expose()),
            ("WHATSAPP_WEBHOOK_SECRET", &secrets.join(",")),
            ("WHATSAPP_WEBHOOK_VERIFY_TOKEN", self.ingest.verify_token.expose()),
        ];
        Ok(pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    /// The configured ClickHouse, or the embedded one that `parlance up` runs on this data folder.
    pub(crate) fn reachable_clickhouse(&self) -> anyhow::Result<ClickHouseConfig> {
        if !self.clickhouse.url.is_empty() {
            return Ok(self.clickhouse.clone());
        }
        let Some(address) = self
            .data
            .run()?
            .filter(|run| run.embedded_clickhouse)
            .and_then(|run| address(&run.clickhouse))
        else {
            bail!(
                "no ClickHouse: CLICKHOUSE_URL is not set and no `parlance up` has run on {}",
                self.data.path("").display()
            );
        };
        let mut with_embedded = self.clone();
        with_embedded.use_embedded_clickhouse(address)?;
        Ok(with_embedded.clickhouse)
    }

    /// The configured brokers, or the embedded one that `parlance up` runs on this data folder.
    pub(crate) fn reachable_kafka(&self) -> anyhow::Result<KafkaConfig> {
        let mut kafka = self.kafka.clone();
        if kafka.brokers.is_empty() {
            let Some(run) = self.data.run()?.filter(|run| run.embedded_kafka) else {
                bail!(
                    "no broker: KAFKA_BROKERS is not set and no `parlance up` has run on {}",
                    self.data.path("").display()
                );
            };
            kafka.brokers = run.kafka;
        }
        Ok(kafka)
    }

    /// Prints what is in force, secrets hidden, as a file that could be given back.
    pub(crate) fn print(&self) -> anyhow::Result<ExitCode> {
        #[derive(Serialize)]
        struct Printed<'a> {
            kafka: &'a KafkaConfig,
            clickhouse: &'a ClickHouseConfig,
            ingest: &'a parlance_ingest::Config,
            pipeline: &'a parlance_pipeline::Config,
            api: &'a parlance_query_api::Config,
            broker: &'a parlance_broker::Config,
            embedded_clickhouse: &'a EmbeddedClickHouse,
            whatsapp: &'a WhatsApp,
            llm: &'a parlance_sinks::opinion::Config,
        }
        let printed = Printed {
            kafka: &self.kafka,
            clickhouse: &self.clickhouse,
            ingest: &self.ingest,
            pipeline: &self.pipeline,
            api: &self.api,
            broker: &self.broker,
            embedded_clickhouse: &self.embedded_clickhouse,
            whatsapp: &self.whatsapp,
            llm: &self.llm,
        };
        print!("{}", toml::to_string_pretty(&printed)?);
        Ok(ExitCode::SUCCESS)
    }
}

fn section<T: Default>(name: &'static str, aliases: &'static [(&'static str, &'static str)]) -> Section<T> {
    Section {
        name,
        aliases,
        defaults: T::default(),
    }
}

fn kafka(layers: &Layers) -> Result<KafkaConfig, ConfigError> {
    layers.section(&section("kafka", &[("KAFKA_BROKERS", "brokers")]))
}

fn clickhouse(layers: &Layers) -> Result<ClickHouseConfig, ConfigError> {
    layers.section(&section(
        "clickhouse",
        &[
            ("CLICKHOUSE_URL", "url"),
            ("CLICKHOUSE_DATABASE", "database"),
            ("CLICKHOUSE_USER", "user"),
            ("CLICKHOUSE_PASSWORD", "password"),
        ],
    ))
}

fn address(url: &str) -> Option<SocketAddr> {
    url.strip_prefix("http://")?.parse().ok()
}
