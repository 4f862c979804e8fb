//! What Parlance expects of a log, whoever keeps it: the embedded broker or, with `KAFKA_BROKERS`, Apache Kafka.

mod admin;
mod compaction;
mod groups;
mod reading;
mod records;
mod time;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
