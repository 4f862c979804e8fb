//! What happens to messages that are wanted: masked, looked up, asked about within all limits, and the verdict written.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use lru::LruCache;
use parlance_schemas::labels::Judge;
use parlance_schemas::record::VERSION;
use parlance_schemas::rows::MessageRow;
use parlance_schemas::verdict::Verdict;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::breaker::Breaker;
use super::budget::{Budget, Prices};
use super::cache::{Cache, Key};
use super::config::{Config, Provider, Rules};
use super::log::{LogError, VerdictLog};
use super::prompt::{self, Opinion};
use super::provider::{Asker, Failure};
use super::run::{Error, SettingOf, now};
use super::{mask, observe};

/// Messages remembered as done with, so that one that is written anew is not asked about again; some 200 bytes each.
const REMEMBERED: usize = 100_000;
/// Requests for one message that may fail before it is given up.
const TRIES: u8 = 3;
/// Rejections in a row, without an answer between, after which it is not the messages' fault.
const REJECTIONS: u32 = 3;

/// A message: integration and id.
pub(crate) type MessageKey = (String, String);

/// How far a message is.
#[derive(Clone, Copy, Debug)]
enum Standing {
    Done,
    Failed(u8),
}

/// What every question looks at and changes.
struct State {
    cache: Cache,
    breaker: Breaker,
    budget: Budget,
    standing: LruCache<MessageKey, Standing>,
    rejections: u32,
}

/// Asks, within all limits, and writes.
pub(crate) struct Desk<L> {
    config: Config,
    provider: Provider,
    prices: Prices,
    asker: Asker,
    log: L,
    settings: SettingOf,
    shutdown: CancellationToken,
    /// One tick a request.
    pace: tokio::sync::Mutex<Interval>,
    state: Mutex<State>,
}

/// Messages whose masked texts are equal.
struct Group {
    key: Key,
    masked: String,
    rows: Vec<MessageRow>,
}

/// What a question came to.
enum Outcome {
    Opinion(Opinion),
    /// There will be none.
    Nothing(&'static str),
    /// Perhaps later.
    Later,
}

impl<L: VerdictLog> Desk<L> {
    pub(crate) fn new(
        config: Config,
        provider: Provider,
        log: L,
        settings: SettingOf,
        shutdown: CancellationToken,
    ) -> Result<Self, Error> {
        let prices = Prices::of(&config);
        let mut pace = interval(Duration::from_secs_f64(1.0 / config.requests_per_second));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let state = State {
            cache: Cache::new(config.cache_entries),
            breaker: Breaker::new(config.breaker_failures, config.breaker_pause),
            budget: Budget::new(prices),
            standing: LruCache::new(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN)),
            rejections: 0,
        };
        Ok(Self {
            asker: Asker::new(&config, provider).map_err(Error::Client)?,
            provider,
            prices,
            log,
            settings,
            shutdown,
            pace: tokio::sync::Mutex::new(pace),
            state: Mutex::new(state),
            config,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the state")
    }

    /// The rules of an integration, as they are now.
    pub(crate) fn rules(&self, integration: &str) -> Rules {
        self.config.rules((self.settings)(integration))
    }

    /// Takes over what an earlier run spent today.
    pub(crate) fn restore(&self, integration: &str, requests: u64) {
        self.state().budget.restore(now(), integration, requests);
    }

    /// Whether the provider may be asked, so that looking for messages is worth it.
    pub(crate) fn is_open(&self) -> bool {
        let open = self.state().breaker.is_open(Instant::now());
        observe::breaker(open);
        !open
    }

    /// True when nothing more will be done about a message.
    pub(crate) fn is_done(&self, key: &MessageKey) -> bool {
        matches!(self.state().standing.peek(key), Some(Standing::Done))
    }

    /// Deals with messages. True when all are done with; false when some are to come again.
    ///
    /// # Errors
    /// [`Error`] when no message can be dealt with any more.
    pub(crate) async fn deal(&self, rows: Vec<MessageRow>) -> Result<bool, Error> {
        let mut groups: HashMap<Key, Group> = HashMap::new();
        for row in rows {
            let masked = mask::mask(&row);
            let key = Key::of(&masked, &self.asker.model);
            let rows = Vec::new();
            groups.entry(key).or_insert(Group { key, masked, rows }).rows.push(row);
        }
        let mut dealt = stream::iter(groups.into_values())
            .map(|group| self.deal_with(group))
            .buffer_unordered(self.config.concurrency);
        let mut all = true;
        while let Some(done) = dealt.next().await {
            all &= done?;
        }
        Ok(all)
    }

    async fn deal_with(&self, group: Group) -> Result<bool, Error> {
        let remembered = self.state().cache.get(&group.key);
        let (opinion, source) = match remembered {
            Some(opinion) => (opinion, "cache"),
            None => match self.ask(&group).await? {
                Outcome::Opinion(opinion) => (opinion, "model"),
                Outcome::Later => return Ok(false),
                Outcome::Nothing(reason) => {
                    observe::skipped(reason, group.rows.len());
                    for row in &group.rows {
                        self.stand(row, Standing::Done);
                    }
                    return Ok(true);
                }
            },
        };
        let mut all = true;
        for row in group.rows {
            all &= self.write(row, opinion, source).await?;
        }
        Ok(all)
    }

    fn stand(&self, row: &MessageRow, standing: Standing) {
        let key = (row.phone_number_id.clone(), row.message_id.clone());
        self.state().standing.put(key, standing);
    }

    async fn ask(&self, group: &Group) -> Result<Outcome, Error> {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return Ok(Outcome::Later),
            _ = async { self.pace.lock().await.tick().await } => {}
        }
        let Some(integration) = self.reserve(group) else {
            return Ok(Outcome::Nothing("budget"));
        };
        let Some(integration) = integration else {
            return Ok(Outcome::Later);
        };
        let started = Instant::now();
        let asked = self.asker.ask(&group.masked).await;
        let failure = match asked {
            Err(failure) => failure,
            Ok(answer) => {
                let usd = self.prices.cost(answer.usage);
                observe::spent(self.provider, answer.usage, usd);
                let mut state = self.state();
                state.breaker.answered();
                state.rejections = 0;
                state.budget.settle(integration, usd);
                return Ok(match answer.opinion {
                    Ok(opinion) => {
                        observe::request(self.provider, "answered", started);
                        state.cache.put(group.key, opinion);
                        Outcome::Opinion(opinion)
                    }
                    Err(none) => {
                        observe::request(self.provider, none.outcome(), started);
                        info!(reason = %none, "a second opinion that says nothing");
                        Outcome::Nothing(none.outcome())
                    }
                });
            }
        };
        observe::request(self.provider, failure.outcome(), started);
        self.failed(group, integration, failure)
    }

    /// Reserves a request for the first of the group's integrations that can pay; `None` when none can, `Some(None)`
    /// when the provider is left alone.
    fn reserve<'a>(&self, group: &'a Group) -> Option<Option<&'a str>> {
        let rules: Vec<(&str, Rules)> = group
            .rows
            .iter()
            .map(|row| (row.phone_number_id.as_str(), self.rules(&row.phone_number_id)))
            .collect();
        let at = Instant::now();
        let mut state = self.state();
        // Together, under one lock: what is reserved is also admitted.
        if state.breaker.is_open(at) {
            return Some(None);
        }
        let time = now();
        let (integration, _) = rules
            .into_iter()
            .find(|(integration, rules)| state.budget.reserve(time, integration, rules))?;
        state.breaker.admits(at);
        Some(Some(integration))
    }

    fn failed(&self, group: &Group, integration: &str, failure: Failure) -> Result<Outcome, Error> {
        let mut state = self.state();
        // A request without an answer costs nothing, but counts.
        state.budget.settle(integration, 0.0);
        match failure {
            Failure::Setting { reason, setting } => Err(Error::Setting { reason, setting }),
            Failure::Rejected(reason) => {
                state.breaker.answered();
                state.rejections += 1;
                if state.rejections >= REJECTIONS {
                    let setting = format!("check model `{}` and effort `{}`", self.asker.model, self.config.effort);
                    return Err(Error::Setting { reason, setting });
                }
                warn!(reason, "the language model's provider did not take a request");
                Ok(Outcome::Nothing("rejected"))
            }
            Failure::Passing { outcome, reason, wait } => {
                let opened = state.breaker.failed(Instant::now(), wait, rand::random());
                drop(state);
                if opened {
                    observe::breaker(true);
                    warn!(outcome, reason, "second opinions pause: the provider fails");
                } else {
                    debug!(outcome, reason, "a request failed");
                }
                // What the provider's load or the network does is not the message's fault.
                if matches!(outcome, "failed" | "timeout") && self.tried_enough(group) {
                    return Ok(Outcome::Nothing("given_up"));
                }
                Ok(Outcome::Later)
            }
        }
    }

    /// Counts a failure for each message of a group; true when that was the last try.
    fn tried_enough(&self, group: &Group) -> bool {
        let mut state = self.state();
        let mut least = TRIES;
        for row in &group.rows {
            let key = (row.phone_number_id.clone(), row.message_id.clone());
            let tries = match state.standing.peek(&key) {
                Some(Standing::Failed(tries)) => tries.saturating_add(1),
                _ => 1,
            };
            least = least.min(tries);
            state.standing.put(key, Standing::Failed(tries));
        }
        least >= TRIES
    }

    async fn write(&self, row: MessageRow, opinion: Opinion, source: &'static str) -> Result<bool, Error> {
        let key = (row.phone_number_id.clone(), row.message_id.clone());
        let verdict = Verdict {
            v: VERSION,
            judge: Judge::Llm,
            author: format!("{} prompt {}", self.asker.model, prompt::VERSION),
            at: now(),
            intent: Some(opinion.intent),
            sentiment: Some(opinion.sentiment),
            urgency: Some(opinion.urgency),
            language: Some(opinion.language),
            confidence: opinion.confidence,
            message: Box::new(row),
        };
        match self.log.write(verdict).await {
            Ok(()) => {
                observe::verdict(source);
                self.state().standing.put(key, Standing::Done);
                Ok(true)
            }
            Err(LogError::Passing(reason)) => {
                observe::error("log");
                warn!(reason, "a second opinion could not be written yet");
                Ok(false)
            }
            Err(error) => Err(Error::Log(error)),
        }
    }
}
