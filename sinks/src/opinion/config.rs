//! Every limit of second opinions, with its unit and its reason.

use std::time::Duration;

use parlance_schemas::labels::Intent;
use parlance_schemas::settings::OpinionSetting;
use parlance_service::config::{Secret, Section};
use serde::{Deserialize, Serialize};

/// Whose language models are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Provider {
    /// By which key is set; of both, Anthropic's.
    #[default]
    #[serde(rename = "")]
    ByKey,
    /// Anthropic's Messages API.
    #[serde(rename = "anthropic")]
    Anthropic,
    /// OpenAI's Chat Completions API, or one that speaks it (`base_url`).
    #[serde(rename = "openai")]
    OpenAi,
}

impl Provider {
    /// As it stands in the configuration and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByKey => "",
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
        }
    }

    /// The model that is asked when none is configured: the provider's own choice for classifying much, cheaply. The
    /// prices in [`Config::default`] are these models'.
    pub const fn default_model(self) -> &'static str {
        match self {
            Self::OpenAi => "gpt-6-luna",
            Self::Anthropic | Self::ByKey => "claude-haiku-5-5",
        }
    }

    /// Where the provider's API is.
    pub const fn default_base_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com",
            Self::Anthropic | Self::ByKey => "https://api.anthropic.com",
        }
    }

    /// The setting that holds its key, as error messages name it.
    pub(crate) const fn key_setting(self) -> &'static str {
        match self {
            Self::OpenAi => "openai_api_key (OPENAI_API_KEY)",
            Self::Anthropic | Self::ByKey => "anthropic_api_key (ANTHROPIC_API_KEY)",
        }
    }
}

/// The configuration of second opinions. Section `llm`. Without a key nothing is asked and nothing leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whose models: `anthropic`, `openai`, or empty for the one whose key is set (of both, Anthropic).
    pub provider: Provider,
    /// Key of Anthropic's API (`ANTHROPIC_API_KEY`).
    pub anthropic_api_key: Secret,
    /// Key of OpenAI's API (`OPENAI_API_KEY`).
    pub openai_api_key: Secret,
    /// Where the API is, without `/v1`: a gateway, or a server of your own that speaks one of the two. Empty: the
    /// provider's. Over `http` the key and the texts travel in the clear.
    pub base_url: String,
    /// The model, as the provider spells it; it must know structured output. Empty: `claude-haiku-5-5` or
    /// `gpt-6-luna`. Whoever sets it sets the two prices too.
    pub model: String,
    /// How much the model may think first: `low`, `medium` and so on, as the provider spells it. Empty: not said, for
    /// models that do not know it.
    pub effort: String,
    /// Asked about when the intent's confidence is below this, 0 to 1.
    pub below: f32,
    /// Asked about whenever the intent is one of these, however sure.
    pub intents: Vec<Intent>,
    /// Requests a day (UTC) for each integration. 0: none.
    pub daily_requests: u32,
    /// What a day's (UTC) requests may cost for each integration, in US dollars. Requests under way are counted at
    /// what they usually cost, so it is passed at most by what a few are dearer than that.
    pub daily_cost_usd: f64,
    /// Price of a million input tokens in US dollars, by which cost is counted. The default is that of the default
    /// models (published in November 2026).
    pub usd_per_million_input_tokens: f64,
    /// Price of a million output tokens in US dollars, as above; thinking is output.
    pub usd_per_million_output_tokens: f64,
    /// Requests a second, over all integrations.
    pub requests_per_second: f64,
    /// Requests under way at once.
    pub concurrency: usize,
    /// The longest wait for a whole answer. Thinking takes seconds.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Pause between two looks for new messages.
    #[serde(with = "humantime_serde")]
    pub poll_every: Duration,
    /// Messages sent longer ago are not asked about: who would have acted on them has.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// Answers remembered, so that equal texts cost once; some 150 bytes each.
    pub cache_entries: usize,
    /// Failures in a row after which nothing is asked for `breaker_pause`.
    pub breaker_failures: u32,
    /// The first such pause; doubles each time it did not help, up to 5 minutes.
    #[serde(with = "humantime_serde")]
    pub breaker_pause: Duration,
    /// At shutdown: how long questions under way may take to be answered and written.
    #[serde(with = "humantime_serde")]
    pub drain_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            provider: Provider::ByKey,
            anthropic_api_key: Secret::default(),
            openai_api_key: Secret::default(),
            base_url: String::new(),
            model: String::new(),
            effort: "low".to_owned(),
            below: 0.5,
            intents: Vec::new(),
            daily_requests: 1000,
            daily_cost_usd: 1.0,
            usd_per_million_input_tokens: 0.10,
            usd_per_million_output_tokens: 0.50,
            requests_per_second: 5.0,
            concurrency: 4,
            timeout: Duration::from_secs(20),
            poll_every: Duration::from_secs(5),
            max_age: Duration::from_secs(15 * 60),
            cache_entries: 10_000,
            breaker_failures: 5,
            breaker_pause: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

/// More at once than any tier of a provider lets through.
const MAX_CONCURRENCY: usize = 64;
/// Some 150 MB.
const MAX_CACHE_ENTRIES: usize = 1_000_000;
/// The look-back reads every row of that time at start.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

impl Config {
    /// The provider in force, or `None` when there is no key and so nothing to do.
    pub fn chosen(&self) -> Option<Provider> {
        let keys = [Provider::Anthropic, Provider::OpenAi];
        let mut with_key = keys.into_iter().filter(|provider| !self.key(*provider).is_empty());
        match self.provider {
            Provider::ByKey => with_key.next(),
            chosen => with_key.find(|provider| *provider == chosen),
        }
    }

    /// The key of a provider.
    pub(crate) fn key(&self, provider: Provider) -> &Secret {
        match provider {
            Provider::OpenAi => &self.openai_api_key,
            Provider::Anthropic | Provider::ByKey => &self.anthropic_api_key,
        }
    }

    /// The model in force.
    pub fn model(&self, provider: Provider) -> &str {
        if self.model.is_empty() {
            provider.default_model()
        } else {
            &self.model
        }
    }

    /// Where requests go, without a slash or `/v1` at the end.
    pub(crate) fn base_url(&self, provider: Provider) -> &str {
        let url = self.base_url.trim().trim_end_matches('/');
        let url = url.strip_suffix("/v1").unwrap_or(url);
        if url.is_empty() {
            provider.default_base_url()
        } else {
            url
        }
    }

    /// What is wrong with the values, by the name that a person would change. Called by `run` before anything else.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        if self.provider != Provider::ByKey && self.key(self.provider).is_empty() {
            return Err(format!(
                "provider is {}, so set {}",
                self.provider.as_str(),
                self.provider.key_setting()
            ));
        }
        let url = self.base_url.trim();
        if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
            return Err("base_url must begin with https:// or http://".to_owned());
        }
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let not_negative = |value: f64| value.is_finite() && value >= 0.0;
        let checks = [
            ((0.0..=1.0).contains(&self.below), "below is a probability, 0 to 1"),
            (
                not_negative(self.daily_cost_usd),
                "daily_cost_usd is a sum of US dollars, 0 or more",
            ),
            (
                not_negative(self.usd_per_million_input_tokens),
                "usd_per_million_input_tokens is a price, 0 or more",
            ),
            (
                not_negative(self.usd_per_million_output_tokens),
                "usd_per_million_output_tokens is a price, 0 or more",
            ),
            (
                positive(self.requests_per_second) && self.requests_per_second <= 1000.0,
                "requests_per_second must be more than 0 and at most 1000",
            ),
            (
                (1..=MAX_CONCURRENCY).contains(&self.concurrency),
                "concurrency must be 1 to 64",
            ),
            (!self.timeout.is_zero(), "timeout must be longer than nothing"),
            (!self.poll_every.is_zero(), "poll_every must be longer than nothing"),
            (
                !self.max_age.is_zero() && self.max_age <= MAX_AGE,
                "max_age must be longer than nothing and at most a day",
            ),
            (
                (1..=MAX_CACHE_ENTRIES).contains(&self.cache_entries),
                "cache_entries must be 1 to 1000000",
            ),
            (self.breaker_failures > 0, "breaker_failures must be at least 1"),
            (
                !self.breaker_pause.is_zero(),
                "breaker_pause must be longer than nothing",
            ),
        ];
        match checks.iter().find(|(sound, _)| !sound) {
            Some((_, wrong)) => Err((*wrong).to_owned()),
            None => Ok(()),
        }
    }

    /// What holds for one integration: its own setting over the service's.
    pub(crate) fn rules(&self, setting: OpinionSetting) -> Rules {
        Rules {
            enabled: setting.enabled.unwrap_or(true),
            below: setting.below.unwrap_or(self.below),
            intents: setting.intents.unwrap_or_else(|| self.intents.clone()),
            daily_requests: setting.daily_requests.unwrap_or(self.daily_requests),
            daily_cost_usd: setting.daily_cost_usd.unwrap_or(self.daily_cost_usd),
        }
    }
}

/// When one integration's messages are asked about, and how often.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rules {
    pub(crate) enabled: bool,
    pub(crate) below: f32,
    pub(crate) intents: Vec<Intent>,
    pub(crate) daily_requests: u32,
    pub(crate) daily_cost_usd: f64,
}

impl Rules {
    /// Whether a message with this intent is asked about.
    pub(crate) fn want(&self, intent: Intent, confidence: f32) -> bool {
        self.enabled && (confidence < self.below || self.intents.contains(&intent))
    }
}

/// Where the loader finds the values: `[llm]`, `PARLANCE_LLM_*`, and the names that are a contract with users.
pub fn section() -> Section<Config> {
    Section {
        name: "llm",
        aliases: &[
            ("OPENAI_API_KEY", "openai_api_key"),
            ("ANTHROPIC_API_KEY", "anthropic_api_key"),
        ],
        defaults: Config::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_service::config::Layers;

    fn load(environment: &[(&str, &str)]) -> Config {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let layers = Layers::read(None, environment).unwrap();
        layers.section(&section()).unwrap()
    }

    #[test]
    fn the_key_that_is_set_chooses_the_provider() {
        assert_eq!(load(&[]).chosen(), None);
        assert_eq!(load(&[("OPENAI_API_KEY", "k")]).chosen(), Some(Provider::OpenAi));
        let both = [("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "k")];
        assert_eq!(load(&both).chosen(), Some(Provider::Anthropic));
        let named = [both[0], both[1], ("PARLANCE_LLM_PROVIDER", "openai")];
        assert_eq!(load(&named).chosen(), Some(Provider::OpenAi));
        let keyless = load(&[both[0], ("PARLANCE_LLM_PROVIDER", "anthropic")]);
        assert_eq!(keyless.chosen(), None);
        assert!(keyless.validate().unwrap_err().contains("ANTHROPIC_API_KEY"));
    }

    #[test]
    fn every_value_comes_from_the_environment_and_a_wrong_one_is_named() {
        let config = load(&[
            ("PARLANCE_LLM_INTENTS", "complaint, spam"),
            ("PARLANCE_LLM_BELOW", "0.7"),
            ("PARLANCE_LLM_TIMEOUT", "3s"),
            ("PARLANCE_LLM_BASE_URL", "http://127.0.0.1:9/v1/"),
        ]);
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.intents, [Intent::Complaint, Intent::Spam]);
        assert_eq!(config.base_url(Provider::OpenAi), "http://127.0.0.1:9");
        for (variable, value, named) in [
            ("PARLANCE_LLM_BELOW", "1.5", "below"),
            ("PARLANCE_LLM_DAILY_COST_USD", "nan", "daily_cost_usd"),
            ("PARLANCE_LLM_REQUESTS_PER_SECOND", "0", "requests_per_second"),
            ("PARLANCE_LLM_CONCURRENCY", "0", "concurrency"),
            ("PARLANCE_LLM_MAX_AGE", "2days", "max_age"),
            ("PARLANCE_LLM_BASE_URL", "api.example.com", "base_url"),
            ("PARLANCE_LLM_CACHE_ENTRIES", "0", "cache_entries"),
        ] {
            let error = load(&[(variable, value)]).validate().unwrap_err();
            assert!(error.starts_with(named), "{variable}: {error}");
        }
    }

    #[test]
    fn an_integrations_own_setting_wins_field_by_field() {
        let config = Config::default();
        let rules = config.rules(OpinionSetting {
            below: Some(0.9),
            ..OpinionSetting::default()
        });
        assert!(rules.want(Intent::Other, 0.8) && !rules.want(Intent::Other, 0.9));
        assert_eq!(rules.daily_requests, config.daily_requests);
        let off = config.rules(OpinionSetting {
            enabled: Some(false),
            intents: Some(vec![Intent::Spam]),
            ..OpinionSetting::default()
        });
        assert!(!off.want(Intent::Spam, 0.0));
    }
}
