//! `parlance settings`: what people decided about each integration, on the topic that everyone reads it from.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use parlance_schemas::settings::{self, Key, MAX_VALUE_BYTES};
use parlance_schemas::topics::SETTINGS;
use parlance_service::config::KafkaConfig;
use parlance_service::kafka::check_topics;
use parlance_service::kafka::settings::{Current, Store, Writer};

use crate::settings::Settings;
use crate::setup::topic_specs;

/// This client's name on the broker: `parlance-settings`.
const CLIENT: &str = "settings";
/// Longest that reading every setting may take.
const READ_WITHIN: Duration = Duration::from_secs(30);

const AFTER_HELP: &str = r#"A key is a kind, `/` and the integration's phone_number_id; a value is JSON.

  integration  the business's time zone, in which its customers' "tomorrow at nine" is meant
               {"time_zone":"Europe/Berlin"}
  patterns     words and regular expressions that force a label, make it likelier, or name an intent of the business's own
               {"patterns":[{"id":"seal","words":["broken seal"],"force":{"intent":"complaint","urgency":"high"}}]}
  opinion      when a language model is asked for a second opinion, and what that may cost in a day
               {"enabled":true,"below":0.6,"daily_cost_usd":5}
  hours        when the business is open, in its time zone: intervals of the week, and holidays; without it, always
               {"weekly":[{"days":["mon","fri"],"from":"09:00","to":"17:00"}],"holidays":[{"date":"2026-12-25"}]}
  sla          how soon customers are answered, in open hours or by the calendar: the first target that fits a turn
               {"targets":[{"urgencies":["urgent"],"within":"15m","clock":"calendar"},{"within":"4h","by":"human"}]}
  rules        what is done about what: for a start, `parlance rules template`
               {"rules":[{"id":"angry","mode":"dry_run","on":"message","when":{"sentiment":{"in":["angry"]}},"then":[{"escalate":{}}]}]}
  model        what was learned from corrections; whoever trains it writes it

Try it, beside a running `parlance up`:
  echo '{"time_zone":"Europe/Berlin"}' | parlance settings put integration/106540352242922
  parlance settings list
  parlance settings get integration/106540352242922 > zone.json
  parlance settings check integration/106540352242922 zone.json
  parlance settings remove integration/106540352242922

What is put is in force for the messages that come afterwards, within seconds. A value with a problem is refused with the
place of each, and nothing is written. Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong."#;

/// What to do with settings.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show what is in force: each key, the offset and time of its record, and the bytes of its value.
    List,
    /// Print the value of a key, as it was put.
    Get {
        /// Whose: kind/phone_number_id.
        key: Key,
    },
    /// Check a value and put it in force. The value that was in force is replaced whole.
    Put {
        /// Whose: kind/phone_number_id.
        key: Key,
        /// File of the value, JSON. `-` or nothing reads standard input.
        file: Option<PathBuf>,
    },
    /// Take a setting back: the integration is then as one that never had it.
    Remove {
        /// Whose: kind/phone_number_id.
        key: Key,
    },
    /// Say what is wrong with a value, as `put` does, and write nothing. Needs no server.
    Check {
        /// Whose: kind/phone_number_id. Only the kind matters.
        key: Key,
        /// File of the value, JSON. `-` or nothing reads standard input.
        file: Option<PathBuf>,
    },
}

/// Runs one of the actions.
pub(crate) async fn run(settings: &Settings, args: SettingsArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Check { key, file } => {
            if sound(&key, &value(file.as_deref())?) {
                println!("{key}: nothing is wrong with it");
                return Ok(ExitCode::SUCCESS);
            }
            Ok(ExitCode::FAILURE)
        }
        Action::Put { key, file } => {
            let value = value(file.as_deref())?;
            if !sound(&key, &value) {
                eprintln!("nothing was written");
                return Ok(ExitCode::FAILURE);
            }
            let topic = Topic::reach(settings).await?;
            let offset = topic.writer()?.put(&key.to_string(), Some(&value)).await?;
            println!("{key} is set, at offset {offset}");
            Ok(ExitCode::SUCCESS)
        }
        Action::Remove { key } => {
            let topic = Topic::reach(settings).await?;
            if topic.read().await?.get(&key.to_string()).is_none() {
                println!("{key} is not set");
                return Ok(ExitCode::SUCCESS);
            }
            let offset = topic.writer()?.put(&key.to_string(), None).await?;
            println!("{key} is taken back, at offset {offset}");
            Ok(ExitCode::SUCCESS)
        }
        Action::Get { key } => {
            let Some(current) = Topic::reach(settings).await?.read().await?.get(&key.to_string()) else {
                bail!("{key} is not set");
            };
            let mut value = current.value.to_vec();
            if !value.ends_with(b"\n") {
                value.push(b'\n');
            }
            print(&value)
        }
        Action::List => {
            let all = Topic::reach(settings).await?.read().await?.all();
            print(table(&all).as_bytes())
        }
    }
}

/// The topic of settings of an installation whose broker answers.
struct Topic {
    kafka: KafkaConfig,
    name: String,
}

impl Topic {
    /// Finds the broker, and the topic as it must be.
    async fn reach(settings: &Settings) -> anyhow::Result<Self> {
        let kafka = settings.reachable_kafka()?;
        let name = SETTINGS.full_name(&kafka.topic_prefix);
        let specs: Vec<_> = topic_specs(&kafka)
            .into_iter()
            .filter(|spec| spec.name == name)
            .collect();
        match check_topics(&kafka, &specs).await {
            Ok(()) => Ok(Self { kafka, name }),
            Err(error) if error.is_transient() => Err(error).context("is `parlance up` running?"),
            Err(error) => Err(error.into()),
        }
    }

    /// Everything that is in force.
    async fn read(&self) -> anyhow::Result<Store> {
        let store = Store::follow(&self.kafka, CLIENT, &self.name)?;
        let read = tokio::task::spawn_blocking(|| {
            let read = store.follower().wait_until_caught_up(READ_WITHIN);
            read.map(|in_time| in_time.then_some(store))
        });
        match read.await?? {
            Some(store) => Ok(store),
            None => bail!("topic {} could not be read within {READ_WITHIN:?}", self.name),
        }
    }

    fn writer(&self) -> anyhow::Result<Writer> {
        Ok(Writer::new(&self.kafka, CLIENT, &self.name, MAX_VALUE_BYTES)?)
    }
}

/// The bytes of a value, without the blanks around it. Of one that is too large enough for that to be said.
fn value(file: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let (name, mut input): (_, Box<dyn Read>) = match file.filter(|path| path.as_os_str() != "-") {
        None => ("standard input".to_owned(), Box::new(io::stdin().lock())),
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).with_context(|| name.clone())?;
            (name, Box::new(file))
        }
    };
    let mut bytes = Vec::new();
    let most = 2 * MAX_VALUE_BYTES as u64;
    input.by_ref().take(most).read_to_end(&mut bytes).context(name)?;
    Ok(bytes.trim_ascii().to_vec())
}

/// Whether a value may be put; says what is wrong with it.
fn sound(key: &Key, value: &[u8]) -> bool {
    let Err(problems) = settings::check(key.kind, value) else {
        return true;
    };
    for problem in problems {
        eprintln!("{problem}");
    }
    false
}

fn table(all: &[(String, Current)]) -> String {
    let width = all.iter().map(|(key, _)| key.len()).max().unwrap_or(0).max("KEY".len());
    let mut text = format!("{:<width$}  {:>8}  {:<20}  {:>8}\n", "KEY", "OFFSET", "TIME", "BYTES");
    for (key, current) in all {
        let millis = i64::try_from(current.log_time).unwrap_or(i64::MAX);
        let time = match Timestamp::from_millisecond(millis) {
            Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Err(_) => "?".to_owned(),
        };
        let (offset, bytes) = (current.offset, current.value.len());
        writeln!(text, "{key:<width$}  {offset:>8}  {time:<20}  {bytes:>8}").expect("a string takes everything");
    }
    text
}

/// Writes to standard output; a reader that has gone away is no error.
pub(crate) fn print(bytes: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // `parlance settings list | head` is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_of_the_help_is_sound() {
        let mut kind = "";
        let mut examples = 0;
        for line in AFTER_HELP.lines().take_while(|line| !line.starts_with("Try it")) {
            let text = line.trim_start();
            if text.starts_with('{') {
                let key: Key = format!("{kind}/1").parse().unwrap();
                settings::check(key.kind, text.as_bytes()).unwrap();
                examples += 1;
            } else if let Some((first, _)) = line.strip_prefix("  ").and_then(|line| line.split_once(' ')) {
                kind = first;
            }
        }
        assert_eq!(examples, settings::Kind::ALL.len() - 1, "all but `model` have one");
    }
}
