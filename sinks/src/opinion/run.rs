//! The loop: look, ask, write, wait; and the way out.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::clickhouse::error::Error as ClientError;
use parlance_schemas::settings::OpinionSetting;
use parlance_service::config::ClickHouseConfig;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::budget::Budget;
use super::config::Config;
use super::desk::{Desk, MessageKey};
use super::log::{LogError, VerdictLog};
use super::observe;
use super::source::{Candidate, KEYS_MAX, Place, ROWS_MAX, Source};
use crate::clickhouse::reason;

/// What people decided about an integration (`phone_number_id`), asked anew for each message; the default where nobody
/// decided anything. Called often: answer from memory.
pub type SettingOf = Arc<dyn Fn(&str) -> OpinionSetting + Send + Sync>;

/// Why second opinions ended before they were asked to. None passes by waiting.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be run with: mend it.
    #[error("configuration [llm]: {0}")]
    Config(String),
    /// The provider takes no request as configured: a key, a right, a model or an address is wrong, or credit is gone.
    #[error("{reason}: {setting} in [llm]")]
    Setting {
        /// The provider's answer.
        reason: String,
        /// Which setting to look at.
        setting: String,
    },
    /// No HTTP client can be made; as a rule the system has no CA certificates (package `ca-certificates`).
    #[error("cannot make an HTTP client: {0:?}")]
    Client(#[source] reqwest::Error),
    /// The log of verdicts cannot go on.
    #[error(transparent)]
    Log(LogError),
}

/// The longest pause while ClickHouse does not answer.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Unix milliseconds by this machine's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Asks for second opinions until `shutdown`, then lets questions under way end, within `drain_timeout`.
///
/// Without a key it says so once and waits for `shutdown`: nothing is read, nothing leaves. Run it once for an
/// installation: two would ask about the same messages, and each have the whole budget.
///
/// A message is asked about once. What was done is remembered in memory and, across restarts, by the table `verdicts`:
/// a verdict that was written just before a restart, and is not in the table yet, is asked for again, and so is a message
/// that got no opinion (refused, given up) if it is still younger than `max_age`.
///
/// ClickHouse may come and go: it is tried again for ever.
///
/// # Errors
/// At once when `config` cannot be run with; later when the provider takes no request as configured, or the log of
/// verdicts cannot go on.
pub async fn run<L: VerdictLog>(
    config: Config,
    clickhouse: ClickHouseConfig,
    verdicts: L,
    settings: SettingOf,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    config.validate().map_err(Error::Config)?;
    let Some(provider) = config.chosen() else {
        info!("no key of a language model is set: no second opinions are asked for");
        shutdown.cancelled().await;
        return Ok(());
    };
    if clickhouse.url.is_empty() {
        return Err(Error::Config("no ClickHouse: set CLICKHOUSE_URL".to_owned()));
    }
    observe::describe();
    warn_of(&config);
    let model = config.model(provider).to_owned();
    info!(provider = provider.as_str(), model, "asking for second opinions");
    let drain_timeout = config.drain_timeout;
    let looker = Looker {
        source: Source::new(&clickhouse),
        place: Place::default(),
        max_age: i64::try_from(config.max_age.as_millis()).unwrap_or(i64::MAX),
        poll_every: config.poll_every,
        restored: false,
        shutdown: shutdown.clone(),
        desk: Desk::new(config, provider, verdicts, settings, shutdown.clone())?,
    };
    let drained = async {
        shutdown.cancelled().await;
        tokio::time::sleep(drain_timeout).await;
    };
    tokio::select! {
        biased;
        ended = Box::pin(looker.look_on()) => ended,
        () = drained => {
            warn!("questions under way at the drain deadline were dropped");
            Ok(())
        }
    }
}

/// What may be meant, and often is not.
fn warn_of(config: &Config) {
    let default = Config::default();
    #[expect(clippy::float_cmp, reason = "whether it was changed at all")]
    let prices_kept = config.usd_per_million_input_tokens == default.usd_per_million_input_tokens
        && config.usd_per_million_output_tokens == default.usd_per_million_output_tokens;
    if !config.model.is_empty() && prices_kept {
        warn!("[llm] model is set and its prices are not: daily_cost_usd counts by the default model's");
    }
    if config.base_url.starts_with("http://") {
        warn!("[llm] base_url is http: the key and the texts travel in the clear");
    }
}

/// Looks for messages, in the order of log time.
struct Looker<L> {
    source: Source,
    desk: Desk<L>,
    place: Place,
    max_age: i64,
    poll_every: Duration,
    /// What was spent today is known.
    restored: bool,
    shutdown: CancellationToken,
}

/// Why a look ended early.
enum Stop {
    /// ClickHouse did not answer.
    Source(ClientError),
    /// No message can be dealt with any more.
    Ended(Error),
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        Self::Source(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Ended(error)
    }
}

impl<L: VerdictLog> Looker<L> {
    /// Looks again and again until shutdown.
    async fn look_on(mut self) -> Result<(), Error> {
        let mut pause = self.poll_every;
        while !self.shutdown.is_cancelled() {
            match self.look().await {
                Ok(()) => pause = self.poll_every,
                Err(Stop::Ended(error)) => return Err(error),
                Err(Stop::Source(error)) => {
                    observe::error("clickhouse");
                    warn!(
                        reason = reason(&error),
                        wait_ms = pause.as_millis(),
                        "cannot look for messages to ask about"
                    );
                    pause = (pause * 2).min(MAX_PAUSE.max(self.poll_every));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Deals with everything there is now, or with as much as the provider takes.
    async fn look(&mut self) -> Result<(), Stop> {
        if !self.restored {
            self.restore().await?;
        }
        let through = self.source.complete_through().await?;
        let since = now().saturating_sub(self.max_age);
        // Whoever was away for long does not catch up with what is too old to ask about.
        self.place = std::mem::take(&mut self.place).later(Place::before(since));
        while self.desk.is_open() && !self.shutdown.is_cancelled() {
            let candidates = self.source.candidates(&self.place, through, since).await?;
            let Some(last) = candidates.last().map(Place::after) else {
                break;
            };
            let full = candidates.len() >= KEYS_MAX;
            let wanted = self.wanted(candidates);
            for some in wanted.chunks(ROWS_MAX) {
                let rows = self.source.rows(some, since).await?;
                // Of a row that was written anew since, what it says now counts.
                let rows = rows.into_iter().filter(|row| {
                    let rules = self.desk.rules(&row.phone_number_id);
                    rules.want(row.intent, row.intent_confidence)
                });
                if !self.desk.deal(rows.collect()).await? {
                    // The place stays, so that they come again; those that are done with do not.
                    return Ok(());
                }
                if let Some(last) = some.last() {
                    self.place = Place::after(last);
                }
            }
            self.place = last;
            if !full {
                break;
            }
        }
        Ok(())
    }

    /// The candidates that the rules want and that are not done with, each message once.
    fn wanted(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let mut seen: std::collections::HashSet<MessageKey> = std::collections::HashSet::new();
        let wanted = candidates.into_iter().filter(|candidate| {
            let rules = self.desk.rules(&candidate.phone_number_id);
            let key = (candidate.phone_number_id.clone(), candidate.message_id.clone());
            rules.want(candidate.intent, candidate.intent_confidence) && !self.desk.is_done(&key) && seen.insert(key)
        });
        wanted.collect()
    }

    async fn restore(&mut self) -> Result<(), Stop> {
        for given in self.source.given_since(Budget::day_start(now())).await? {
            self.desk.restore(&given.phone_number_id, given.verdicts);
        }
        self.restored = true;
        Ok(())
    }
}
