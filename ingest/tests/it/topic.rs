//! What a topic holds, read by an ordinary consumer.

use std::time::Duration;

use parlance_service::config::KafkaConfig;
use parlance_service::kafka::{Client, consumer_settings};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

/// One record of a topic.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) partition: i32,
    pub(crate) key: Option<String>,
    pub(crate) payload: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
}

/// Everything in `topic` (a name without prefix) now, in order within partitions.
pub(crate) async fn stored(kafka: &KafkaConfig, topic: &str) -> Vec<Stored> {
    let kafka = kafka.clone();
    let topic = format!("{}{topic}", kafka.topic_prefix);
    tokio::task::spawn_blocking(move || read(&kafka, &topic)).await.unwrap()
}

fn read(kafka: &KafkaConfig, topic: &str) -> Vec<Stored> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let consumer: BaseConsumer<Client> = consumer_settings(kafka, "test")
        .create_with_context(Client::new("test"))
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
    let mut expected = 0;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        let (low, high) = consumer.fetch_watermarks(topic, partition.id(), PATIENCE).unwrap();
        expected += high - low;
        list.add_partition_offset(topic, partition.id(), Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut stored = Vec::new();
    while i64::try_from(stored.len()).unwrap() < expected {
        let message = consumer.poll(PATIENCE).expect("a record within 20 s").unwrap();
        let headers = message
            .headers()
            .map(|headers| headers.iter().collect::<Vec<_>>())
            .unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        stored.push(Stored {
            partition: message.partition(),
            key: message.key().map(text),
            payload: message.payload().unwrap_or_default().to_vec(),
            headers: headers
                .iter()
                .map(|h| (h.key.to_owned(), text(h.value.unwrap_or_default())))
                .collect(),
        });
    }
    stored
}
