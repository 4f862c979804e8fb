//! Configuration in layers: defaults < TOML file < environment; unknown keys are refused.
//!
//! A service's struct is a *section*: a table of the TOML file (`[ingest]`) and a prefix of the environment
//! (`PARLANCE_INGEST_`), followed by the field's name in capitals. Names that are a contract with users
//! (`WHATSAPP_WEBHOOK_SECRET`, `KAFKA_BROKERS`) are aliases of a field.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// A value that never prints: in `Debug`, in logs and in the printed configuration it is `***`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True when no secret was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(none)" } else { "***" })
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0.is_empty() { "" } else { "***" })
    }
}

/// Where the log is. Section `kafka`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaConfig {
    /// `host:port,…` of the brokers (`KAFKA_BROKERS`). Empty: `parlance up` starts the embedded broker.
    pub brokers: String,
    /// Put before every topic's name, so that installations can share a cluster.
    pub topic_prefix: String,
    /// Copies of each partition when `parlance topics` creates them. 1 on one broker, 3 on a cluster.
    pub replication: i32,
    /// Further settings for librdkafka, as it spells them (`security.protocol`, `sasl.username`, …).
    pub properties: BTreeMap<String, Secret>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: String::new(),
            topic_prefix: "parlance.".to_owned(),
            replication: 1,
            properties: BTreeMap::new(),
        }
    }
}

/// Where ClickHouse is. Section `clickhouse`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClickHouseConfig {
    /// HTTP interface, e.g. `http://127.0.0.1:8123` (`CLICKHOUSE_URL`). Empty: `parlance up` starts the embedded server.
    pub url: String,
    /// Database that holds Parlance's tables.
    pub database: String,
    /// User that creates tables and inserts.
    pub user: String,
    /// Password of `user`.
    pub password: Secret,
    /// User with read-only rights, for the query API and `parlance sql`. Empty: `user`.
    pub reader_user: String,
    /// Password of `reader_user`.
    pub reader_password: Secret,
}

impl Default for ClickHouseConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            database: "parlance".to_owned(),
            user: "default".to_owned(),
            password: Secret::default(),
            reader_user: String::new(),
            reader_password: Secret::default(),
        }
    }
}

impl ClickHouseConfig {
    /// The credentials to read with: the reader's, or the writer's when no reader is configured.
    pub fn reader(&self) -> (&str, &Secret) {
        if self.reader_user.is_empty() {
            (&self.user, &self.password)
        } else {
            (&self.reader_user, &self.reader_password)
        }
    }
}

/// Why a configuration was refused. Each says where the value came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}: {source}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// The file has a table no service reads.
    #[error("{}: unknown section [{section}], expected one of {expected}", path.display())]
    UnknownSection {
        /// The file.
        path: PathBuf,
        /// The section.
        section: String,
        /// Sections there are.
        expected: String,
    },
    /// A variable with Parlance's prefix that no service reads.
    #[error("environment: unknown variable {variable}{}", hint(.expected))]
    UnknownVariable {
        /// The variable.
        variable: String,
        /// Variables of the same section.
        expected: Vec<String>,
    },
    /// A value of the wrong kind.
    #[error("environment: {variable}: {reason}")]
    BadVariable {
        /// The variable.
        variable: String,
        /// What is wrong with its value (which is not repeated: it may be a secret).
        reason: String,
    },
    /// The layers together do not make a valid section.
    #[error("configuration [{section}]: {reason}")]
    Invalid {
        /// The section.
        section: &'static str,
        /// What is wrong, by key.
        reason: String,
    },
}

fn hint(expected: &[String]) -> String {
    if expected.is_empty() {
        String::new()
    } else {
        format!(", expected one of {}", expected.join(", "))
    }
}

/// One section of the configuration: its name, the struct behind it, its contract names.
pub struct Section<T> {
    /// Table in the TOML file; `PARLANCE_<NAME>_` in the environment.
    pub name: &'static str,
    /// Variable → field, for names that are a contract with users.
    pub aliases: &'static [(&'static str, &'static str)],
    /// What holds when nothing is said.
    pub defaults: T,
}

/// The raw layers above the defaults: the file's tables and the environment's variables.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    file: Option<(PathBuf, Table)>,
    environment: BTreeMap<String, String>,
}

impl Layers {
    /// Reads the file (when one is given) and takes the environment's variables.
    pub fn read(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let file = match file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
                let table = text.parse().map_err(|source| ConfigError::NotToml {
                    path: path.clone(),
                    source,
                })?;
                Some((path, table))
            }
        };
        Ok(Self {
            file,
            environment: environment.into_iter().collect(),
        })
    }

    /// Refuses tables of the file that none of `sections` names, so that a typo does not pass in silence.
    pub fn refuse_unknown_sections(&self, sections: &[&str]) -> Result<(), ConfigError> {
        let Some((path, table)) = &self.file else { return Ok(()) };
        match table.keys().find(|key| !sections.contains(&key.as_str())) {
            None => Ok(()),
            Some(section) => Err(ConfigError::UnknownSection {
                path: path.clone(),
                section: section.clone(),
                expected: sections.join(", "),
            }),
        }
    }

    /// Refuses `PARLANCE_*` variables that belong neither to one of `sections` nor to `others`.
    pub fn refuse_unknown_variables(&self, sections: &[&str], others: &[&str]) -> Result<(), ConfigError> {
        let prefixes: Vec<String> = sections.iter().map(|name| prefix(name)).collect();
        let unknown = self.environment.keys().find(|name| {
            name.starts_with("PARLANCE_")
                && !others.contains(&name.as_str())
                && !prefixes.iter().any(|prefix| name.starts_with(prefix))
        });
        match unknown {
            None => Ok(()),
            Some(variable) => {
                let expected = others.iter().map(|name| (*name).to_owned());
                let expected = expected
                    .chain(prefixes.iter().map(|prefix| format!("{prefix}…")))
                    .collect();
                Err(ConfigError::UnknownVariable {
                    variable: variable.clone(),
                    expected,
                })
            }
        }
    }

    /// The section with every layer applied.
    pub fn section<T: Serialize + DeserializeOwned>(&self, section: &Section<T>) -> Result<T, ConfigError> {
        let invalid = |reason: String| ConfigError::Invalid {
            section: section.name,
            reason,
        };
        let defaults = Table::try_from(&section.defaults).map_err(|error| invalid(error.to_string()))?;
        let mut merged = defaults.clone();
        if let Some((path, file)) = &self.file
            && let Some(value) = file.get(section.name)
        {
            let Value::Table(table) = value else {
                return Err(invalid(format!(
                    "{}: expected a table [{}]",
                    path.display(),
                    section.name
                )));
            };
            merged.extend(table.clone());
        }
        let prefix = prefix(section.name);
        for (variable, text) in &self.environment {
            let alias = section
                .aliases
                .iter()
                .find(|(name, _)| name == variable)
                .map(|(_, field)| (*field).to_owned());
            let field = alias.or_else(|| variable.strip_prefix(&prefix).map(str::to_lowercase));
            let Some(field) = field else { continue };
            let value = coerce(text, defaults.get(&field)).map_err(|reason| ConfigError::BadVariable {
                variable: variable.clone(),
                reason,
            })?;
            merged.insert(field, value);
        }
        merged
            .try_into()
            .map_err(|error: toml::de::Error| invalid(error.message().to_owned()))
    }
}

fn prefix(section: &str) -> String {
    format!("PARLANCE_{}_", section.to_uppercase())
}

/// An environment variable is text; the default's type says how to read it. A field without a default is text.
fn coerce(text: &str, like: Option<&Value>) -> Result<Value, String> {
    Ok(match like {
        Some(Value::Integer(_)) => Value::Integer(text.trim().parse().map_err(|_| "expected a whole number")?),
        Some(Value::Float(_)) => Value::Float(text.trim().parse().map_err(|_| "expected a number")?),
        Some(Value::Boolean(_)) => Value::Boolean(text.trim().parse().map_err(|_| "expected true or false")?),
        Some(Value::Array(_)) => Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| item.to_owned().into())
                .collect(),
        ),
        Some(Value::Table(_)) => Value::Table(
            text.split(',')
                .map(str::trim)
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').ok_or("expected key=value,key=value"))
                .map(|pair| pair.map(|(key, value)| (key.trim().to_owned(), Value::String(value.trim().to_owned()))))
                .collect::<Result<Table, _>>()?,
        ),
        _ => Value::String(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Demo {
        number: String,
        limit: u32,
        secrets: Vec<Secret>,
        #[serde(with = "humantime_serde")]
        timeout: std::time::Duration,
    }

    impl Default for Demo {
        fn default() -> Self {
            Self {
                number: String::new(),
                limit: 7,
                secrets: vec![],
                timeout: std::time::Duration::from_secs(5),
            }
        }
    }

    fn section() -> Section<Demo> {
        Section {
            name: "demo",
            aliases: &[("DEMO_NUMBER", "number"), ("DEMO_SECRET", "secrets")],
            defaults: Demo::default(),
        }
    }

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Demo, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("parlance.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let layers = Layers::read(Some(path), environment)?;
        layers.refuse_unknown_sections(&["demo"])?;
        layers.refuse_unknown_variables(&["demo"], &["PARLANCE_DATA"])?;
        layers.section(&section())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_defaults() {
        let demo = load("[demo]\nlimit = 8\ntimeout = \"1s\"", &[("PARLANCE_DEMO_LIMIT", "9")]).unwrap();
        assert_eq!((demo.limit, demo.timeout.as_secs()), (9, 1));
    }

    #[test]
    fn digits_stay_text_where_text_is_meant_and_lists_split_at_commas() {
        let demo = load("", &[("DEMO_NUMBER", "0123456789"), ("DEMO_SECRET", "old, new")]).unwrap();
        assert_eq!(demo.number, "0123456789");
        assert_eq!(demo.secrets, vec![Secret::new("old"), Secret::new("new")]);
    }

    #[test]
    fn unknown_keys_sections_and_variables_are_refused_by_name() {
        let error = load("[demo]\nlimt = 8", &[]).unwrap_err().to_string();
        assert!(error.contains("limt") && error.contains("[demo]"), "{error}");
        let error = load("[dmo]\nlimit = 8", &[]).unwrap_err().to_string();
        assert!(error.contains("[dmo]"), "{error}");
        let error = load("", &[("PARLANCE_DEMO_LIMT", "8")]).unwrap_err().to_string();
        assert!(error.contains("limt"), "{error}");
        let error = load("", &[("PARLANCE_DMO_LIMIT", "8")]).unwrap_err().to_string();
        assert!(error.contains("PARLANCE_DMO_LIMIT"), "{error}");
    }

    #[test]
    fn a_bad_value_names_its_variable_and_never_repeats_itself() {
        let error = load("", &[("PARLANCE_DEMO_LIMIT", "hunter2")]).unwrap_err().to_string();
        assert_eq!(error, "environment: PARLANCE_DEMO_LIMIT: expected a whole number");
    }

    #[test]
    fn secrets_do_not_print() {
        let demo = load("", &[("DEMO_SECRET", "hunter2")]).unwrap();
        assert!(!format!("{demo:?}").contains("hunter2"));
        assert!(!toml::to_string(&demo).unwrap().contains("hunter2"));
    }
}
