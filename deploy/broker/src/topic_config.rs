//! Settings of a topic, with Kafka's names, values and (except the segment size) defaults.

use std::collections::BTreeMap;

/// Names and values as clients gave them.
pub(crate) type Overrides = BTreeMap<String, String>;

/// Kafka's numbers for the types of settings, as `DescribeConfigs` reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub(crate) enum Kind {
    Text = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}

/// A setting the broker knows.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) kind: Kind,
    pub(crate) documentation: &'static str,
}

const fn setting(name: &'static str, default: &'static str, kind: Kind, documentation: &'static str) -> Setting {
    Setting {
        name,
        default,
        kind,
        documentation,
    }
}

/// Every setting a topic may have.
pub(crate) const SETTINGS: &[Setting] = &[
    setting("cleanup.policy", "delete", Kind::List, "delete, compact or both"),
    setting(
        "compression.type",
        "producer",
        Kind::Text,
        "always producer: batches are stored as they came",
    ),
    setting(
        "delete.retention.ms",
        "86400000",
        Kind::Long,
        "how long compaction keeps a tombstone",
    ),
    setting(
        "max.compaction.lag.ms",
        "9223372036854775807",
        Kind::Long,
        "longest a record may stay uncompacted",
    ),
    setting("max.message.bytes", "1048588", Kind::Int, "largest record batch"),
    setting(
        "message.timestamp.type",
        "CreateTime",
        Kind::Text,
        "CreateTime or LogAppendTime",
    ),
    setting(
        "min.cleanable.dirty.ratio",
        "0.5",
        Kind::Double,
        "share of new bytes that starts a compaction",
    ),
    setting(
        "min.compaction.lag.ms",
        "0",
        Kind::Long,
        "shortest a record stays uncompacted",
    ),
    setting("min.insync.replicas", "1", Kind::Int, "always 1: there is one node"),
    setting(
        "retention.bytes",
        "-1",
        Kind::Long,
        "bytes of a partition to keep, -1: all",
    ),
    setting(
        "retention.ms",
        "604800000",
        Kind::Long,
        "age of records to keep, -1: any",
    ),
    // Smaller than Kafka's 1 GiB: a start reads the last segment, so this bounds how long a start takes.
    setting("segment.bytes", "134217728", Kind::Int, "size of a segment's file"),
    setting(
        "segment.ms",
        "604800000",
        Kind::Long,
        "age at which a segment is sealed though not full",
    ),
];

/// A topic's settings, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TopicConfig {
    pub(crate) compact: bool,
    pub(crate) delete: bool,
    pub(crate) delete_retention_ms: i64,
    pub(crate) log_append_time: bool,
    pub(crate) max_compaction_lag_ms: i64,
    pub(crate) max_message_bytes: usize,
    pub(crate) min_compaction_lag_ms: i64,
    pub(crate) min_dirty_ratio: f64,
    /// `None`: any size.
    pub(crate) retention_bytes: Option<u64>,
    /// `None`: any age.
    pub(crate) retention_ms: Option<i64>,
    pub(crate) segment_bytes: u64,
    pub(crate) segment_ms: i64,
    /// What was set, for `DescribeConfigs` and for saving.
    pub(crate) overrides: Overrides,
}

impl TopicConfig {
    /// Understands a topic's settings.
    ///
    /// # Errors
    /// A sentence for the client: which setting is unknown or has a value that cannot work.
    pub(crate) fn new(overrides: Overrides) -> Result<Self, String> {
        if let Some(name) = overrides
            .keys()
            .find(|name| !SETTINGS.iter().any(|setting| setting.name == *name))
        {
            return Err(format!("the embedded broker does not know the topic setting {name}"));
        }
        let values = Values(&overrides);
        let (mut compact, mut delete) = (false, false);
        for policy in values.text("cleanup.policy").split(',').map(str::trim) {
            match policy {
                "compact" => compact = true,
                "delete" => delete = true,
                other => return Err(format!("cleanup.policy is delete, compact or both, not {other:?}")),
            }
        }
        let log_append_time = match values.text("message.timestamp.type") {
            "CreateTime" => false,
            "LogAppendTime" => true,
            other => {
                return Err(format!(
                    "message.timestamp.type is CreateTime or LogAppendTime, not {other:?}"
                ));
            }
        };
        for (name, only) in [("compression.type", "producer"), ("min.insync.replicas", "1")] {
            if values.text(name) != only {
                return Err(format!("the embedded broker knows {name}={only} only"));
            }
        }
        let min_dirty_ratio: f64 = values.number("min.cleanable.dirty.ratio")?;
        if !(0.0..=1.0).contains(&min_dirty_ratio) {
            return Err("min.cleanable.dirty.ratio lies between 0 and 1".to_owned());
        }
        Ok(Self {
            compact,
            delete,
            delete_retention_ms: values.at_least("delete.retention.ms", 0)?,
            log_append_time,
            max_compaction_lag_ms: values.at_least("max.compaction.lag.ms", 1)?,
            max_message_bytes: values.int("max.message.bytes", 0)? as usize,
            min_compaction_lag_ms: values.at_least("min.compaction.lag.ms", 0)?,
            min_dirty_ratio,
            retention_bytes: u64::try_from(values.at_least("retention.bytes", -1)?).ok(),
            retention_ms: Some(values.at_least("retention.ms", -1)?).filter(|ms| *ms >= 0),
            segment_bytes: u64::from(values.int("segment.bytes", 14)?),
            segment_ms: values.at_least("segment.ms", 1)?,
            overrides,
        })
    }

    /// A setting's value and whether it was set (rather than the default).
    pub(crate) fn value(&self, setting: &Setting) -> (&str, bool) {
        match self.overrides.get(setting.name) {
            Some(value) => (value, true),
            None => (setting.default, false),
        }
    }
}

struct Values<'a>(&'a Overrides);

impl<'a> Values<'a> {
    fn text(&self, name: &str) -> &'a str {
        let default = || {
            SETTINGS
                .iter()
                .find(|setting| setting.name == name)
                .map_or("", |setting| setting.default)
        };
        self.0.get(name).map_or_else(default, |value| value.trim())
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Result<N, String> {
        let text = self.text(name);
        text.parse().map_err(|_| format!("{name} is a number, not {text:?}"))
    }

    fn at_least(&self, name: &str, least: i64) -> Result<i64, String> {
        let number: i64 = self.number(name)?;
        if number >= least {
            Ok(number)
        } else {
            Err(format!("{name} is at least {least}, not {number}"))
        }
    }

    /// A number that Kafka keeps in 32 bits.
    fn int(&self, name: &str, least: i32) -> Result<u32, String> {
        let number: i32 = self.number(name)?;
        match u32::try_from(number) {
            Ok(value) if number >= least => Ok(value),
            _ => Err(format!("{name} is at least {least}, not {number}")),
        }
    }
}

impl Default for TopicConfig {
    fn default() -> Self {
        Self::new(Overrides::new()).expect("the defaults are valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<TopicConfig, String> {
        TopicConfig::new(Overrides::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn values_are_understood_or_refused_by_name() {
        let both = one("cleanup.policy", "compact, delete").unwrap();
        assert!(both.compact && both.delete);
        assert_eq!(one("retention.ms", "-1").unwrap().retention_ms, None);
        for (name, bad) in [
            ("cleanup.policy", "shred"),
            ("retention.ms", "soon"),
            ("retention.ms", "-2"),
            ("max.message.bytes", "3000000000"),
            ("min.cleanable.dirty.ratio", "1.5"),
            ("compression.type", "zstd"),
            ("message.timestamp.type", "logappendtime"),
            ("no.such.setting", "1"),
        ] {
            assert!(one(name, bad).unwrap_err().contains(name), "{name}={bad}");
        }
    }
}
