//! What people decided about each integration, and since when: the settings an analysis needs, each with its place in the
//! settings' topic.
//!
//! Which of them are in force for a record follows from the log: heartbeats say "settings up to here from now on". So a
//! replay finds what was in force then, though it knows already what came after. Holds every version of every setting that
//! the topic still has; settings are few and small.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::tz::TimeZone;
use parlance_analysis::{Adaptation, Custom, Patterns, Trained};
use parlance_rules::Rules;
use parlance_schemas::settings::{
    HoursSetting, IntegrationSetting, Key, Kind, ModelSetting, PatternsSetting, RulesSetting, SlaSetting,
};
use parlance_timeline::terms::Terms;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::event::{Time, tick_of};
use crate::stop::Stop;

/// How long a setting that the log says to be in force may take to be read.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rules of integrations that have none.
static NO_RULES: LazyLock<Arc<Rules>> = LazyLock::new(Arc::default);

/// The terms of integrations about which nothing was decided.
static DEFAULT_TERMS: LazyLock<Arc<Terms>> = LazyLock::new(Arc::default);

/// The settings of an installation with their past. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct History(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    read: Mutex<Read>,
    moved: Condvar,
    integrations: RwLock<HashMap<String, Versions>>,
}

/// How far the topic has been read.
#[derive(Debug, Default)]
struct Read {
    /// The next offset.
    position: i64,
    /// Offset and log time of every record, in order.
    logged: Vec<(i64, u64)>,
}

/// The versions of one integration's settings, by offset.
#[derive(Clone, Debug, Default)]
struct Versions {
    zone: Vec<(i64, Option<TimeZone>)>,
    integration: Option<IntegrationSetting>,
    hours: Option<HoursSetting>,
    sla: Option<SlaSetting>,
    /// What follows from the newest of the three above.
    terms: Vec<(i64, Option<Arc<Terms>>)>,
    rules: Vec<(i64, Option<Arc<Rules>>)>,
    patterns: Vec<(i64, Option<Arc<Patterns>>)>,
    adaptation: Vec<(i64, Option<Arc<Adaptation>>)>,
}

impl History {
    /// Takes a record of the settings' topic, in order of offsets. One that cannot be read is as if it were taken back, and
    /// is named in the log; settings of kinds that no analysis needs are let go.
    pub fn take(&self, offset: i64, log_time: u64, key: &str, value: Option<&[u8]>) {
        if let Err(problem) = self.apply(offset, key, value) {
            metrics::counter!("pipeline_settings_unreadable_total").increment(1);
            tracing::warn!(key, offset, problem, "a setting cannot be read and is not applied");
        }
        let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.position = read.position.max(offset + 1);
        read.logged.push((offset, log_time));
        drop(read);
        self.0.moved.notify_all();
    }

    /// Notes that everything before an offset has been read, or was compacted away.
    pub fn advance(&self, position: i64) {
        let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.position = read.position.max(position);
        drop(read);
        self.0.moved.notify_all();
    }

    /// The offset after the last setting that was read.
    pub(crate) fn position(&self) -> i64 {
        self.0.read.lock().unwrap_or_else(PoisonError::into_inner).position
    }

    /// The offset after the last setting logged before a time.
    pub(crate) fn position_at(&self, log_time: u64) -> i64 {
        let read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        let before = read.logged.iter().take_while(|(_, logged)| *logged < log_time);
        before.last().map_or(0, |(offset, _)| offset + 1)
    }

    /// When after a time which settings came into force: the ticks, and the offsets before which they stand.
    pub(crate) fn changes(&self, after: u64) -> Vec<(Time, i64)> {
        let read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        let later = read.logged.iter().filter(|(_, logged)| *logged >= after);
        later.map(|(offset, logged)| (tick_of(*logged), offset + 1)).collect()
    }

    /// A history in which the oldest version of everything had been in force for ever: what was before it the topic may have
    /// compacted away.
    pub(crate) fn as_if_always(&self) -> Self {
        let read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        let integrations = self.0.integrations.read().unwrap_or_else(PoisonError::into_inner);
        let always = integrations
            .iter()
            .map(|(id, versions)| (id.clone(), versions.as_if_always()));
        Self(Arc::new(Inner {
            read: Mutex::new(Read {
                position: read.position,
                logged: read.logged.clone(),
            }),
            moved: Condvar::new(),
            integrations: RwLock::new(always.collect()),
        }))
    }

    /// Waits until everything before an offset has been read, or the end is asked for.
    pub(crate) fn wait_for(&self, position: i64, stop: &Stop) -> Result<(), Error> {
        let since = Instant::now();
        let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        while read.position < position && !stop.requested() {
            if since.elapsed() > PATIENCE {
                return Err(Error::LogRefused(format!(
                    "settings up to offset {position} are in force, but only {} could be read in {} s: the settings' topic \
                     has lost records, or is another one",
                    read.position,
                    PATIENCE.as_secs()
                )));
            }
            let waited = self.0.moved.wait_timeout(read, Duration::from_millis(50));
            (read, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// What is in force for an integration under the settings before an offset.
    pub(crate) fn as_of(&self, integration: &str, settings: i64) -> Custom {
        let integrations = self.0.integrations.read().unwrap_or_else(PoisonError::into_inner);
        let Some(versions) = integrations.get(integration) else {
            return Custom::default();
        };
        Custom {
            zone: in_force(&versions.zone, settings).unwrap_or(TimeZone::UTC),
            patterns: in_force(&versions.patterns, settings),
            adaptation: in_force(&versions.adaptation, settings),
        }
    }

    /// The terms under which threads of an integration are read, under the settings before an offset. The same until one of
    /// the settings they follow from changes.
    pub(crate) fn terms(&self, integration: &str, settings: i64) -> Arc<Terms> {
        let integrations = self.0.integrations.read().unwrap_or_else(PoisonError::into_inner);
        let versions = integrations.get(integration);
        let terms = versions.and_then(|versions| in_force(&versions.terms, settings));
        terms.unwrap_or_else(|| DEFAULT_TERMS.clone())
    }

    /// The rules of an integration under the settings before an offset. The same until they change.
    pub(crate) fn rules(&self, integration: &str, settings: i64) -> Arc<Rules> {
        let integrations = self.0.integrations.read().unwrap_or_else(PoisonError::into_inner);
        let versions = integrations.get(integration);
        let rules = versions.and_then(|versions| in_force(&versions.rules, settings));
        rules.unwrap_or_else(|| NO_RULES.clone())
    }

    fn apply(&self, offset: i64, key: &str, value: Option<&[u8]>) -> Result<(), String> {
        let key: Key = key
            .parse()
            .map_err(|error: parlance_schemas::settings::NoKey| error.to_string())?;
        let mut integrations = self.0.integrations.write().unwrap_or_else(PoisonError::into_inner);
        let versions = integrations.entry(key.id).or_default();
        match key.kind {
            Kind::Integration => {
                let zone = push(&mut versions.zone, offset, value, zone);
                let read = value.map(of_json).transpose();
                versions.integration = read.unwrap_or_default().filter(|_| zone.is_ok());
                versions.come_to_terms(offset);
                zone
            }
            Kind::Hours => {
                let read = value.map(of_json).transpose();
                let outcome = read.as_ref().map(|_| ()).map_err(String::clone);
                versions.hours = read.unwrap_or_default();
                versions.come_to_terms(offset);
                outcome
            }
            Kind::Sla => {
                let read = value.map(of_json).transpose();
                let outcome = read.as_ref().map(|_| ()).map_err(String::clone);
                versions.sla = read.unwrap_or_default();
                versions.come_to_terms(offset);
                outcome
            }
            Kind::Patterns => push(&mut versions.patterns, offset, value, patterns),
            Kind::Model => push(&mut versions.adaptation, offset, value, adaptation),
            Kind::Rules => push(&mut versions.rules, offset, value, rules),
            Kind::Opinion => Ok(()),
        }
    }
}

impl Versions {
    fn as_if_always(&self) -> Self {
        let mut always = self.clone();
        first_for_ever(&mut always.zone);
        first_for_ever(&mut always.terms);
        first_for_ever(&mut always.rules);
        first_for_ever(&mut always.patterns);
        first_for_ever(&mut always.adaptation);
        always
    }

    fn come_to_terms(&mut self, offset: i64) {
        let integration = self.integration.clone().unwrap_or_default();
        let terms = Terms::of(&integration, self.hours.as_ref(), self.sla.as_ref());
        self.terms.push((offset, Some(Arc::new(terms))));
    }
}

fn of_json<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|error| error.to_string())
}

/// Adds a version: what the value says, nothing when it is taken back or cannot be read.
fn push<T>(
    versions: &mut Vec<(i64, Option<T>)>,
    offset: i64,
    value: Option<&[u8]>,
    read: fn(&[u8]) -> Result<T, String>,
) -> Result<(), String> {
    let read = value.map(read).transpose();
    let (version, outcome) = match read {
        Ok(version) => (version, Ok(())),
        Err(problem) => (None, Err(problem)),
    };
    versions.push((offset, version));
    outcome
}

fn first_for_ever<T>(versions: &mut [(i64, Option<T>)]) {
    if let Some((offset, _)) = versions.first_mut() {
        *offset = i64::MIN;
    }
}

fn in_force<T: Clone>(versions: &[(i64, Option<T>)], settings: i64) -> Option<T> {
    let after = versions.partition_point(|(offset, _)| *offset < settings);
    versions[..after].last().and_then(|(_, version)| version.clone())
}

fn zone(value: &[u8]) -> Result<TimeZone, String> {
    let setting: IntegrationSetting = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    let problem = || format!("`{}` is no time zone that is known", setting.time_zone);
    setting.zone().ok_or_else(problem)
}

fn patterns(value: &[u8]) -> Result<Arc<Patterns>, String> {
    let setting: PatternsSetting = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    let compiled = Patterns::compile(&setting).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        problems.join("; ")
    })?;
    Ok(Arc::new(compiled))
}

fn rules(value: &[u8]) -> Result<Arc<Rules>, String> {
    let setting: RulesSetting = of_json(value)?;
    let compiled = Rules::compile(&setting).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        problems.join("; ")
    })?;
    Ok(Arc::new(compiled))
}

/// Of other weights than the program's it is no use: those it was learned on top of were replaced.
fn adaptation(value: &[u8]) -> Result<Arc<Adaptation>, String> {
    let setting: ModelSetting = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    let bytes = BASE64.decode(&setting.adaptation).map_err(|error| error.to_string())?;
    let shipped = Trained::shipped();
    let adaptation = Adaptation::from_bytes(&bytes, shipped.weights()).map_err(|error| error.to_string())?;
    Ok(Arc::new(adaptation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin(history: &History, offset: i64, log_time: u64) {
        history.take(
            offset,
            log_time,
            "integration/1",
            Some(br#"{"time_zone":"Europe/Berlin"}"#),
        );
    }

    fn zone_of(history: &History, settings: i64) -> String {
        let zone = history.as_of("1", settings).zone;
        zone.iana_name().expect("zones here have names").to_owned()
    }

    #[test]
    fn each_record_of_the_log_has_the_settings_of_its_time() {
        let history = History::default();
        berlin(&history, 3, 1_000);
        history.take(5, 2_000, "integration/1", None);
        assert_eq!([0, 3].map(|at| zone_of(&history, at)), ["UTC", "UTC"]);
        assert_eq!(
            [4, 5].map(|at| zone_of(&history, at)),
            ["Europe/Berlin", "Europe/Berlin"]
        );
        assert_eq!(zone_of(&history, 6), "UTC", "taken back");
        assert_eq!(history.as_of("2", 6).zone, TimeZone::UTC);
        assert_eq!((history.position(), history.position_at(1_500)), (6, 4));
    }

    #[test]
    fn what_cannot_be_read_is_not_in_force_and_harms_nothing_else() {
        let history = History::default();
        berlin(&history, 0, 1);
        history.take(1, 2, "integration/1", Some(b"{\"time_zone\":\"Europe/Nowhere\"}"));
        history.take(2, 3, "nonsense", Some(b"{}"));
        berlin(&history, 3, 4);
        assert_eq!(zone_of(&history, 2), "UTC");
        assert_eq!(zone_of(&history, 4), "Europe/Berlin");
    }

    #[test]
    fn waiting_ends_when_the_offset_is_reached_or_the_end_is_asked_for() {
        let (history, stop) = (History::default(), Stop::default());
        let waiting = {
            let (history, stop) = (history.clone(), stop.clone());
            std::thread::spawn(move || history.wait_for(7, &stop))
        };
        history.advance(7);
        waiting.join().unwrap().unwrap();
        stop.request();
        history.wait_for(8, &stop).unwrap();
    }
}
