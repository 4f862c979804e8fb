//! A running ingest, and a client that can misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use parlance_broker::testing::Broker;
use parlance_ingest::{Config, Error, run, topics};
use parlance_service::config::{KafkaConfig, Secret};
use parlance_service::kafka::ensure_topics;
use parlance_service::telemetry;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The secret of the first app.
pub(crate) const SECRET: &str = "the app's secret";
/// The secret it had before.
pub(crate) const OLD_SECRET: &str = "the app's old secret";
/// The verify token.
pub(crate) const TOKEN: &str = "a token";

/// All tests of this binary count into one registry: who compares counters goes alone.
static COUNTERS: RwLock<()> = RwLock::const_new(());

enum Turn {
    Shared(#[allow(dead_code, reason = "held, not read")] RwLockReadGuard<'static, ()>),
    Alone(#[allow(dead_code, reason = "held, not read")] RwLockWriteGuard<'static, ()>),
}

/// A running ingest on a broker of its own (or on the shared one, under a prefix of its own).
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) broker: Broker,
    pub(crate) kafka: KafkaConfig,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<Result<(), Error>>,
    _turn: Turn,
}

/// A configuration with both secrets and the token.
pub(crate) fn config() -> Config {
    Config {
        verify_token: Secret::new(TOKEN),
        secrets: vec![Secret::new(OLD_SECRET), Secret::new(SECRET)],
        ..Config::default()
    }
}

/// Starts ingest beside the other tests.
pub(crate) async fn open(adjust: impl FnOnce(&mut Config)) -> Door {
    let turn = Turn::Shared(COUNTERS.read().await);
    start(Broker::start(), turn, adjust).await
}

/// Starts ingest on a broker that may be stopped.
pub(crate) async fn open_on_own_broker(adjust: impl FnOnce(&mut Config)) -> Door {
    let turn = Turn::Shared(COUNTERS.read().await);
    start(Broker::own(), turn, adjust).await
}

/// Starts ingest while no other test runs, so that counters can be compared.
pub(crate) async fn open_alone(adjust: impl FnOnce(&mut Config)) -> Door {
    let turn = Turn::Alone(COUNTERS.write().await);
    start(Broker::start(), turn, adjust).await
}

/// The Kafka configuration for a broker, under its own prefix.
pub(crate) fn kafka(broker: &Broker) -> KafkaConfig {
    KafkaConfig {
        brokers: broker.brokers(),
        topic_prefix: broker.prefix().to_owned(),
        ..KafkaConfig::default()
    }
}

async fn start(broker: Broker, turn: Turn, adjust: impl FnOnce(&mut Config)) -> Door {
    telemetry::init("ingest", telemetry::Format::Text).unwrap();
    let kafka = kafka(&broker);
    ensure_topics(&kafka, &topics(&kafka.topic_prefix)).await.unwrap();
    let mut config = config();
    adjust(&mut config);
    let (address, shutdown, running) = launch(config, kafka.clone()).await;
    let door = Door {
        address,
        broker,
        kafka,
        shutdown,
        running,
        _turn: turn,
    };
    door.until_ready().await;
    door
}

/// Starts ingest and nothing else.
pub(crate) async fn launch(
    config: Config,
    kafka: KafkaConfig,
) -> (SocketAddr, CancellationToken, JoinHandle<Result<(), Error>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(run(config, kafka, listener, shutdown.clone()));
    (address, shutdown, running)
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }
}

impl Door {
    /// Waits until `/readyz` says yes.
    pub(crate) async fn until_ready(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let answer = ask(self.address, "GET", "/readyz", &[], b"").await;
            if answer.status == 200 {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{answer:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Any request with a body of known length.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.address, method, path, headers, body).await
    }

    /// A POST signed with [`SECRET`].
    pub(crate) async fn post(&self, body: &[u8]) -> Answer {
        let signature = sign(SECRET, body);
        self.ask("POST", PATH, &[("X-Hub-Signature-256", &signature)], body)
            .await
    }

    /// A connection for those who want to send by hand.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Ends ingest in an orderly way.
    pub(crate) async fn close(self) -> Result<(), Error> {
        self.shutdown.cancel();
        self.running.await.unwrap()
    }
}

/// The webhook's path.
pub(crate) const PATH: &str = "/webhooks/whatsapp";

/// `sha256=…` of a body.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(body);
    format!("sha256={}", hex::encode(hmac.finalize().into_bytes()))
}

/// The head of a request, without `Content-Length`.
pub(crate) fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: door\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head
}

/// Sends a request as a naive client does: all of it, and only then reads.
pub(crate) async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = head(method, path, headers);
    let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    read_answer(&mut stream).await
}

/// Reads one answer, up to the end of the connection.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes)).await;
    let ended = read.expect("an answer within 30 s");
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {ended:?} {text:?}"));
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// A webhook with one text message for each `(from, id)`.
pub(crate) fn messages(messages: &[(&str, &str)]) -> String {
    let messages: Vec<String> = messages
        .iter()
        .map(|(from, id)| {
            format!(r#"{{"from":"{from}","id":"{id}","timestamp":"1764000000","type":"text","text":{{"body":"hi"}}}}"#)
        })
        .collect();
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"waba","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"1555","phone_number_id":"number"}},"messages":[{}]}}}}]}}]}}"#,
        messages.join(",")
    )
}

/// The value of a counter, gauge or histogram's line; 0 when there is none yet.
pub(crate) fn metric(name: &str) -> f64 {
    let page = telemetry::render();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

/// Requests that ended as `outcome`.
pub(crate) fn ended(outcome: &str) -> f64 {
    metric(&format!("ingest_requests_total{{outcome=\"{outcome}\"}}"))
}
