//! Every limit of ingest, with its unit and its reason.

use std::net::SocketAddr;
use std::time::Duration;

use parlance_service::config::{Secret, Section};
use serde::{Deserialize, Serialize};

/// The configuration of ingest. Section `ingest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address that webhooks are received on (`PARLANCE_INGEST_LISTEN`). Port 0: any free one. Loopback by default:
    /// Meta demands TLS, so a proxy stands before it.
    pub listen: SocketAddr,
    /// The token given in the App Dashboard for the handshake (`WHATSAPP_WEBHOOK_VERIFY_TOKEN`). Empty: every
    /// handshake is refused.
    pub verify_token: Secret,
    /// App secrets, comma-separated in the environment (`WHATSAPP_WEBHOOK_SECRET`): one for each Meta app, and during
    /// a rotation the old and the new one. Without any, ingest does not start. At most 16, as each costs a hash of
    /// every body.
    pub secrets: Vec<Secret>,
    /// Largest body, in bytes; one byte more is answered 413. Meta sends up to "3 MB": the larger reading, 3 MiB.
    pub max_body_bytes: usize,
    /// Bytes of bodies held at once, over all requests; beyond it 503. Bounds memory whatever the brokers do. At
    /// least `max_body_bytes`.
    pub max_in_flight_bytes: usize,
    /// How long Kafka may take to acknowledge a POST before it is answered 503. Shorter than the 5 s after which
    /// senders give up, so that they hear it.
    #[serde(with = "humantime_serde")]
    pub ack_timeout: Duration,
    /// From waiting for a request's head until the head is complete; thus also how long a kept-alive connection may
    /// be idle. A client that holds half a head open is cut.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// The longest pause between two pieces of a body; beyond it 408.
    #[serde(with = "humantime_serde")]
    pub body_stall_timeout: Duration,
    /// The whole body, however busily it drips; beyond it 408.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// How long a client may take nothing of its answer.
    #[serde(with = "humantime_serde")]
    pub write_timeout: Duration,
    /// Connections open at once; those beyond wait in the accept backlog. Each costs a file descriptor and up to
    /// 64 KiB.
    pub max_connections: usize,
    /// Bodies larger than this many bytes are split away from the threads that serve connections: a small one takes
    /// less time than the way there.
    pub offload_bytes: usize,
    /// `Retry-After` of a 503.
    #[serde(with = "humantime_serde")]
    pub retry_after: Duration,
    /// At shutdown: `/readyz` says no for so long before connections are refused, for load balancers to notice.
    #[serde(with = "humantime_serde")]
    pub leave_timeout: Duration,
    /// At shutdown: how long requests in flight may go on. More than `ack_timeout`, so that each gets its answer.
    #[serde(with = "humantime_serde")]
    pub drain_timeout: Duration,
    /// At shutdown: how long records still queued may take. Nobody waits for them any more; sending them spares the
    /// sender's copies.
    #[serde(with = "humantime_serde")]
    pub flush_timeout: Duration,
    /// Check at start that the topics are as they must be. Off only where the cluster forbids describing topics.
    pub check_topics: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            verify_token: Secret::default(),
            secrets: Vec::new(),
            max_body_bytes: 3 * 1024 * 1024,
            max_in_flight_bytes: 64 * 1024 * 1024,
            ack_timeout: Duration::from_secs(4),
            header_timeout: Duration::from_secs(5),
            body_stall_timeout: Duration::from_secs(3),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(5),
            max_connections: 1024,
            offload_bytes: 32 * 1024,
            retry_after: Duration::from_secs(1),
            leave_timeout: Duration::ZERO,
            drain_timeout: Duration::from_secs(5),
            flush_timeout: Duration::from_secs(2),
            check_topics: true,
        }
    }
}

/// The most secrets that make sense: every body is hashed once for each.
const MAX_SECRETS: usize = 16;

impl Config {
    /// What is wrong with the values, by the names that a person would change. Called by `run` before anything else.
    pub fn validate(&self) -> Result<(), String> {
        if self.secrets.is_empty() || self.secrets.iter().any(Secret::is_empty) {
            return Err(
                "no app secret: set WHATSAPP_WEBHOOK_SECRET (or secrets in [ingest]) to the App Secret of your \
                        Meta app, found under App settings > Basic; without it anybody could post messages"
                    .to_owned(),
            );
        }
        if self.secrets.len() > MAX_SECRETS {
            return Err(format!(
                "secrets: at most {MAX_SECRETS}, as every body is hashed once for each"
            ));
        }
        if self.max_body_bytes == 0 || self.max_in_flight_bytes < self.max_body_bytes {
            return Err("max_in_flight_bytes must be at least max_body_bytes, and that at least 1".to_owned());
        }
        // Records must fit: Kafka's limits are made for this body and its envelope.
        let room = parlance_service::kafka::MAX_RECORD_BYTES - 1024 * 1024;
        if self.max_body_bytes > room {
            return Err(format!(
                "max_body_bytes: at most {room}, or its records do not fit into Kafka's"
            ));
        }
        if self.max_connections == 0 {
            return Err("max_connections must be at least 1".to_owned());
        }
        let timeouts = [
            ("ack_timeout", self.ack_timeout),
            ("header_timeout", self.header_timeout),
            ("body_stall_timeout", self.body_stall_timeout),
            ("body_timeout", self.body_timeout),
            ("write_timeout", self.write_timeout),
        ];
        match timeouts.iter().find(|(_, timeout)| timeout.is_zero()) {
            Some((name, _)) => Err(format!("{name} must be longer than nothing")),
            None => Ok(()),
        }
    }
}

/// Where the loader finds the values: `[ingest]`, `PARLANCE_INGEST_*`, and the names that are a contract with users.
pub fn section() -> Section<Config> {
    Section {
        name: "ingest",
        aliases: &[
            ("WHATSAPP_WEBHOOK_VERIFY_TOKEN", "verify_token"),
            ("WHATSAPP_WEBHOOK_SECRET", "secrets"),
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
    fn an_unsigned_door_is_refused_and_the_error_says_what_to_set() {
        let error = load(&[]).validate().unwrap_err();
        assert!(error.contains("WHATSAPP_WEBHOOK_SECRET"), "{error}");
        assert!(load(&[("WHATSAPP_WEBHOOK_SECRET", " , ")]).validate().is_err());
    }

    #[test]
    fn several_secrets_come_from_one_variable() {
        let config = load(&[
            ("WHATSAPP_WEBHOOK_SECRET", "old,new"),
            ("PARLANCE_INGEST_LISTEN", "127.0.0.1:0"),
            ("PARLANCE_INGEST_ACK_TIMEOUT", "250ms"),
        ]);
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.secrets, [Secret::new("old"), Secret::new("new")]);
        assert_eq!(config.listen.port(), 0);
        assert_eq!(config.ack_timeout, Duration::from_millis(250));
    }

    #[test]
    fn the_body_cap_is_three_mebibytes_and_fits_into_what_may_be_in_flight() {
        assert_eq!(Config::default().max_body_bytes, 3_145_728);
        let config = Config {
            max_in_flight_bytes: 1000,
            ..load(&[("WHATSAPP_WEBHOOK_SECRET", "s")])
        };
        assert!(config.validate().unwrap_err().contains("max_in_flight_bytes"));
    }
}
