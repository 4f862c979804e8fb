//! What the broker is started with. Every bound of the crate is a field here, with its unit and its reason.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When an acknowledgement means that the record is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fsync {
    /// Before every acknowledgement (of `acks` 1 and -1): nothing acknowledged is lost, not even when the power
    /// fails. Requests that wait at the same time share one fsync. Readers see only what has been synced.
    #[default]
    Always,
    /// Whenever the operating system likes: survives a killed process, not a lost machine. For benches.
    Never,
}

/// Settings of the embedded broker. Section `broker`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address to listen on. Loopback only: the broker has neither TLS nor authentication. Port 0: any free port.
    pub listen: SocketAddr,
    /// Folder of the log, the committed offsets and the lock file; created when missing.
    pub data: PathBuf,
    /// When records are forced to the disk.
    pub fsync: Fsync,
    /// Connections served at once. One more is closed at once, so that clients back off. With `max_partitions` below
    /// the 1,024 open files that a process usually may have.
    pub max_connections: usize,
    /// Largest request in bytes; a larger one closes its connection. Kafka calls it `socket.request.max.bytes`.
    pub max_request_bytes: usize,
    /// Bytes of requests held in memory at once over all connections; further requests wait in the socket.
    pub request_memory_bytes: usize,
    /// Requests of one connection that may wait for their acknowledgement at once; further ones wait in the socket.
    pub max_pipelined_requests: usize,
    /// Most bytes in one fetch response (a single larger batch is still sent). Kafka calls it `fetch.max.bytes`.
    pub max_fetch_bytes: usize,
    /// Longest wait of one fetch, whatever the client asks for.
    #[serde(with = "humantime_serde")]
    pub max_fetch_wait: Duration,
    /// A connection without a request for this long is closed. Kafka's default.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// A request whose bytes stop coming, or a response that is not taken, for this long closes its connection.
    #[serde(with = "humantime_serde")]
    pub stall_timeout: Duration,
    /// On shutdown: how long requests under way may take before their connections are closed.
    #[serde(with = "humantime_serde")]
    pub shutdown_deadline: Duration,
    /// Partitions of all topics together: each costs an open file and an index in memory.
    pub max_partitions: usize,
    /// Consumer groups with members or committed offsets.
    pub max_groups: usize,
    /// Members of one consumer group.
    pub max_group_members: usize,
    /// Committed offsets (group × partition) of all groups together.
    pub max_committed_offsets: usize,
    /// Longest committed metadata in bytes. Kafka calls it `offset.metadata.max.bytes`.
    pub max_offset_metadata_bytes: usize,
    /// Shortest session timeout that a group member may ask for.
    #[serde(with = "humantime_serde")]
    pub min_session_timeout: Duration,
    /// Longest session timeout that a group member may ask for.
    #[serde(with = "humantime_serde")]
    pub max_session_timeout: Duration,
    /// Idempotent producers remembered per partition; beyond it the one that wrote longest ago is forgotten.
    pub max_producers_per_partition: usize,
    /// An idempotent producer that wrote nothing for this long is forgotten. Kafka's default.
    #[serde(with = "humantime_serde")]
    pub producer_expiry: Duration,
    /// How often old segments are looked for (`retention.ms`, `retention.bytes`). Kafka's default.
    #[serde(with = "humantime_serde")]
    pub retention_interval: Duration,
    /// How often compacted topics are looked at. Kafka's default.
    #[serde(with = "humantime_serde")]
    pub compaction_interval: Duration,
    /// Largest decompressed size of one batch in bytes when the broker must look inside it (compaction, offsets by
    /// time). A batch beyond it is kept whole and found by its first record.
    pub max_decompressed_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9092)),
            data: PathBuf::from("data/broker"),
            fsync: Fsync::Always,
            max_connections: 400,
            max_request_bytes: 32 << 20,
            request_memory_bytes: 256 << 20,
            max_pipelined_requests: 64,
            max_fetch_bytes: 32 << 20,
            max_fetch_wait: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(600),
            stall_timeout: Duration::from_secs(30),
            shutdown_deadline: Duration::from_secs(5),
            max_partitions: 500,
            max_groups: 1_000,
            max_group_members: 1_000,
            max_committed_offsets: 100_000,
            max_offset_metadata_bytes: 4_096,
            min_session_timeout: Duration::from_millis(500),
            max_session_timeout: Duration::from_secs(1_800),
            max_producers_per_partition: 10_000,
            producer_expiry: Duration::from_secs(86_400),
            retention_interval: Duration::from_secs(300),
            compaction_interval: Duration::from_secs(15),
            max_decompressed_bytes: 64 << 20,
        }
    }
}

impl Config {
    /// Refuses what cannot work, naming the field.
    pub(crate) fn check(&self) -> Result<(), crate::Error> {
        let positive = [
            ("max_connections", self.max_connections),
            ("max_pipelined_requests", self.max_pipelined_requests),
            ("max_fetch_bytes", self.max_fetch_bytes),
            ("max_partitions", self.max_partitions),
            ("max_producers_per_partition", self.max_producers_per_partition),
        ];
        for (field, value) in positive {
            if value == 0 {
                return Err(crate::Error::Config(format!("{field} must not be 0")));
            }
        }
        if self.max_request_bytes > self.request_memory_bytes {
            return Err(crate::Error::Config(
                "max_request_bytes must not exceed request_memory_bytes".to_owned(),
            ));
        }
        for (field, value) in [
            ("retention_interval", self.retention_interval),
            ("compaction_interval", self.compaction_interval),
        ] {
            if value.is_zero() {
                return Err(crate::Error::Config(format!("{field} must not be 0")));
            }
        }
        Ok(())
    }
}
