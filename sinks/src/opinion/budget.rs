//! What may be spent: requests and US dollars for each integration and UTC day.
//!
//! A request is reserved at what it usually costs before it is made, and settled by what it did cost, so that many
//! under way at once do not pass the cap together. At start the day's verdicts are counted as requests: at least those
//! were made, at about the usual cost. It is an approximation: answers from the cache count too, requests that failed
//! or were refused do not.

use std::collections::HashMap;

use super::config::{Config, Rules};
use super::prompt::{USUAL, Usage};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What tokens cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prices {
    usd_per_input_token: f64,
    usd_per_output_token: f64,
}

impl Prices {
    /// As configured.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            usd_per_input_token: config.usd_per_million_input_tokens / 1e6,
            usd_per_output_token: config.usd_per_million_output_tokens / 1e6,
        }
    }

    /// What a request cost, in US dollars.
    #[expect(clippy::cast_precision_loss, reason = "tokens of one request are far below 2^52")]
    pub(crate) fn cost(&self, usage: Usage) -> f64 {
        usage.input_tokens as f64 * self.usd_per_input_token + usage.output_tokens as f64 * self.usd_per_output_token
    }

    /// What a request usually costs, in US dollars.
    pub(crate) fn usual(&self) -> f64 {
        self.cost(USUAL)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    requests: u64,
    usd: f64,
}

/// What was spent today. Holds one entry for each integration that was asked about.
#[derive(Debug)]
pub(crate) struct Budget {
    prices: Prices,
    /// Days since 1970.
    day: i64,
    spent: HashMap<String, Spent>,
}

impl Budget {
    /// Nothing spent.
    pub(crate) fn new(prices: Prices) -> Self {
        Self {
            prices,
            day: 0,
            spent: HashMap::new(),
        }
    }

    /// Start of the UTC day of an instant; both Unix milliseconds.
    pub(crate) fn day_start(now: i64) -> i64 {
        now.div_euclid(DAY_MS) * DAY_MS
    }

    /// Takes over what an earlier run spent today: at least so many requests.
    pub(crate) fn restore(&mut self, now: i64, integration: &str, requests: u64) {
        self.turn(now);
        #[expect(clippy::cast_precision_loss, reason = "a day's requests are far below 2^52")]
        let usd = requests as f64 * self.prices.usual();
        let spent = self.spent.entry(integration.to_owned()).or_default();
        spent.requests = spent.requests.max(requests);
        spent.usd = spent.usd.max(usd);
    }

    /// Reserves one request, or says that the day's is spent. `now` in Unix milliseconds.
    pub(crate) fn reserve(&mut self, now: i64, integration: &str, rules: &Rules) -> bool {
        self.turn(now);
        let usual = self.prices.usual();
        let spent = self.spent.entry(integration.to_owned()).or_default();
        if spent.requests >= u64::from(rules.daily_requests) || spent.usd + usual > rules.daily_cost_usd {
            return false;
        }
        spent.requests += 1;
        spent.usd += usual;
        true
    }

    /// Replaces the usual cost of a reserved request by what it did cost.
    pub(crate) fn settle(&mut self, integration: &str, usd: f64) {
        let usual = self.prices.usual();
        // A request made before midnight and settled after it belongs to the day that is gone.
        if let Some(spent) = self.spent.get_mut(integration) {
            spent.usd = (spent.usd + usd - usual).max(0.0);
        }
    }

    fn turn(&mut self, now: i64) {
        let day = now.div_euclid(DAY_MS);
        // A clock that was set back does not give the day anew.
        if day > self.day {
            self.day = day;
            self.spent.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_schemas::settings::OpinionSetting;

    fn rules(requests: u32, usd: f64) -> Rules {
        Config::default().rules(OpinionSetting {
            daily_requests: Some(requests),
            daily_cost_usd: Some(usd),
            ..OpinionSetting::default()
        })
    }

    fn budget() -> Budget {
        Budget::new(Prices::of(&Config {
            usd_per_million_input_tokens: 1000.0,
            usd_per_million_output_tokens: 1000.0,
            ..Config::default()
        }))
    }

    #[test]
    fn requests_are_counted_by_integration_and_day() {
        let (mut budget, rules) = (budget(), rules(2, 1e9));
        assert!(budget.reserve(5, "a", &rules) && budget.reserve(5, "a", &rules));
        assert!(!budget.reserve(DAY_MS - 1, "a", &rules));
        assert!(budget.reserve(5, "b", &rules));
        assert!(budget.reserve(DAY_MS, "a", &rules));
        assert_eq!(Budget::day_start(DAY_MS + 77), DAY_MS);
    }

    #[test]
    fn cost_is_reserved_before_and_settled_after() {
        // The usual request costs 1.5 dollars here.
        let (mut budget, rules) = (budget(), rules(1000, 3.0));
        assert!(budget.reserve(5, "a", &rules) && budget.reserve(5, "a", &rules));
        assert!(!budget.reserve(5, "a", &rules));
        budget.settle("a", 0.0);
        assert!(budget.reserve(5, "a", &rules));
        budget.settle("a", 30.0);
        assert!(!budget.reserve(5, "a", &rules));
    }

    #[test]
    fn an_earlier_run_is_not_forgotten() {
        let (mut budget, rules) = (budget(), rules(10, 1e9));
        budget.restore(5, "a", 10);
        assert!(!budget.reserve(6, "a", &rules));
        assert!(budget.reserve(6, "b", &rules));
        let mut dear = self::budget();
        dear.restore(5, "a", 10);
        assert!(!dear.reserve(6, "a", &self::rules(1000, 15.0)));
        assert!(dear.reserve(6, "a", &self::rules(1000, 17.0)));
    }
}
