//! Measures a broker: produce and consume rate, one acknowledged record at a time, idle processor time.
//!
//! Measures its own embedded broker with each fsync policy, or the broker that `KAFKA_BROKERS` names:
//! `cargo run --release -p parlance-broker --features testing --example measure`

use std::time::{Duration, Instant};

use parlance_broker::Fsync;
use parlance_broker::testing::Broker;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

const PARTITIONS: i32 = 4;
const RECORDS: usize = 400_000;
const RECORD_BYTES: usize = 500;
const SINGLES: usize = 2_000;
const IDLE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::var("KAFKA_BROKERS").is_ok_and(|brokers| !brokers.is_empty()) {
        return measure("KAFKA_BROKERS", &Broker::start());
    }
    for fsync in [Fsync::Always, Fsync::Never] {
        measure(
            &format!("fsync {fsync:?}"),
            &Broker::own_with(|config| config.fsync = fsync),
        )?;
    }
    Ok(())
}

fn measure(what: &str, broker: &Broker) -> Result<(), Box<dyn std::error::Error>> {
    let topic = broker.topic("measure");
    create(broker, &topic)?;
    let payload = vec![b'x'; RECORD_BYTES];

    let bulk: BaseProducer = client(broker)
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("batch.size", "1000000")
        .create()?;
    let started = Instant::now();
    for number in 0..RECORDS {
        let partition = number as i32 % PARTITIONS;
        send(
            &bulk,
            BaseRecord::to(&topic)
                .key(&number.to_be_bytes())
                .payload(&payload)
                .partition(partition),
        )?;
        if number % 256 == 0 {
            bulk.poll(Duration::ZERO);
        }
    }
    bulk.flush(PATIENCE)?;
    report(what, "produce, acks=all", started.elapsed());

    let consumer: BaseConsumer = client(broker)
        .set("group.id", "measure")
        .set("fetch.wait.max.ms", "50")
        .create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(&topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let started = Instant::now();
    let mut read = 0;
    while read < RECORDS {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            message?;
            read += 1;
        }
    }
    report(what, "consume", started.elapsed());

    let single: BaseProducer = client(broker)
        .set("enable.idempotence", "true")
        .set("linger.ms", "0")
        .create()?;
    let mut took = Vec::with_capacity(SINGLES);
    for _ in 0..SINGLES {
        let started = Instant::now();
        send(
            &single,
            BaseRecord::to(&topic).key(&[0; 8]).payload(&payload).partition(0),
        )?;
        // `flush` and `poll` with a time look only every so often: too coarse here.
        while single.in_flight_count() > 0 {
            single.poll(Duration::ZERO);
            std::hint::spin_loop();
        }
        took.push(started.elapsed());
    }
    took.sort_unstable();
    let at = |share: usize| took[(SINGLES - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{what}: one acknowledged record, p50 {:.2} ms, p99 {:.2} ms",
        at(50),
        at(99)
    );

    drop((bulk, single, consumer));
    if broker.is_embedded() {
        let before = processor_time()?;
        // A program of its own, with nothing else to do.
        #[allow(clippy::disallowed_methods)]
        std::thread::sleep(IDLE);
        let used = (processor_time()? - before).as_secs_f64() / IDLE.as_secs_f64() * 100.0;
        println!("{what}: idle, {used:.2} % of one processor");
    }
    Ok(())
}

fn client(broker: &Broker) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", broker.brokers())
        .set("broker.address.family", "v4");
    config
}

fn create(broker: &Broker, topic: &str) -> Result<(), Box<dyn std::error::Error>> {
    let admin: AdminClient<DefaultClientContext> = client(broker).create()?;
    let new = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let results = runtime.block_on(admin.create_topics([&new], &AdminOptions::new()))?;
    results
        .into_iter()
        .next()
        .ok_or("no result")?
        .map_err(|(_, code)| code.to_string())?;
    Ok(())
}

fn send(producer: &BaseProducer, mut record: BaseRecord<'_, [u8; 8], Vec<u8>>) -> Result<(), KafkaError> {
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                record = back;
                producer.poll(Duration::from_millis(1));
            }
            Err((error, _)) => return Err(error),
        }
    }
}

fn report(what: &str, how: &str, took: Duration) {
    let rate = RECORDS as f64 / took.as_secs_f64();
    println!(
        "{what}: {how}, {:.0} records/s of {RECORD_BYTES} bytes ({:.0} MB/s)",
        rate,
        rate * RECORD_BYTES as f64 / 1e6
    );
}

/// What this process has used so far.
fn processor_time() -> Result<Duration, Box<dyn std::error::Error>> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF)?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    Ok(Duration::from_micros(u64::try_from(
        micros(usage.user_time()) + micros(usage.system_time()),
    )?))
}
