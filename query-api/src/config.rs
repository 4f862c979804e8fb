//! The service's section of the configuration, and its limits.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the query API. Section `api`, so that `listen` is `PARLANCE_API_LISTEN`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address of the API and the dashboard. Loopback by default: there is no sign-in yet. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Further names under which people reach this server (`parlance.example.com`), without port. On a loopback
    /// listener, requests whose `Host` is neither loopback nor one of these are refused, because a foreign page
    /// may have its own name point here (DNS rebinding). On other listeners, empty means any name.
    pub allowed_hosts: Vec<String>,
    /// Where the pipeline's `/metrics` are, e.g. `http://127.0.0.1:9102`, for `/v1/system`. Empty: it says nothing of the
    /// pipeline's insides. `parlance up` fills it in.
    pub pipeline_url: String,
    /// Connections open at once; live streams count among them. Those beyond wait in the accept backlog.
    pub connections: usize,
    /// Live streams open at once; those beyond are answered 503.
    pub live_streams: usize,
    /// How often the one poller behind all live streams asks ClickHouse whether there is more. 50 ms to 10 s.
    #[serde(with = "humantime_serde")]
    pub live_poll: Duration,
    /// Silence after which a live stream gets a comment, so that proxies keep the line open. 1 s to 5 min.
    #[serde(with = "humantime_serde")]
    pub live_heartbeat: Duration,
    /// Longest a question may take in ClickHouse; beyond it the answer is 422. At most a minute.
    #[serde(with = "humantime_serde")]
    pub query_timeout: Duration,
    /// Questions asked of ClickHouse at once; those beyond wait two seconds, then are answered 503.
    pub queries: usize,
    /// From the first byte of a request's head to its last; also how long a kept-alive connection may be idle.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// How long a client may take nothing of an answer before it is cut.
    #[serde(with = "humantime_serde")]
    pub write_timeout: Duration,
    /// After shutdown began: how long answers in flight may go on. Live streams end at once.
    #[serde(with = "humantime_serde")]
    pub drain_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            allowed_hosts: Vec::new(),
            pipeline_url: String::new(),
            connections: 1024,
            live_streams: 256,
            live_poll: Duration::from_millis(300),
            live_heartbeat: Duration::from_secs(15),
            query_timeout: Duration::from_secs(10),
            queries: 16,
            header_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

impl Config {
    /// What is out of bounds, by field, or nothing.
    pub fn validate(&self) -> Result<(), String> {
        let seconds = Duration::from_secs;
        let bounded = [
            ("live_poll", self.live_poll, Duration::from_millis(50), seconds(10)),
            ("live_heartbeat", self.live_heartbeat, seconds(1), seconds(300)),
            (
                "query_timeout",
                self.query_timeout,
                Duration::from_millis(100),
                seconds(60),
            ),
            (
                "header_timeout",
                self.header_timeout,
                Duration::from_millis(100),
                seconds(600),
            ),
            (
                "write_timeout",
                self.write_timeout,
                Duration::from_millis(100),
                seconds(600),
            ),
            ("drain_timeout", self.drain_timeout, Duration::ZERO, seconds(60)),
        ];
        for (field, value, least, most) in bounded {
            if value < least || value > most {
                return Err(format!("{field} must be between {least:?} and {most:?}, not {value:?}"));
            }
        }
        let counted = [
            ("connections", self.connections, 65_536),
            ("live_streams", self.live_streams, 65_536),
            ("queries", self.queries, 1_024),
        ];
        for (field, value, most) in counted {
            if value < 1 || value > most {
                return Err(format!("{field} must be between 1 and {most}, not {value}"));
            }
        }
        if !self.pipeline_url.is_empty() && !self.pipeline_url.starts_with("http://") {
            return Err(format!(
                "pipeline_url must be an http:// URL, not {}",
                self.pipeline_url
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_a_bad_value_is_named() {
        Config::default().validate().unwrap();
        let config = Config {
            queries: 0,
            ..Config::default()
        };
        assert!(config.validate().unwrap_err().contains("queries"));
    }
}
