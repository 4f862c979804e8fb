//! Seeking, waiting, and records of any size.

use std::time::Duration;

use parlance_broker::testing::Broker;
use rdkafka::Offset;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::*;

#[test]
fn every_offset_can_be_sought_and_those_outside_are_out_of_range() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("seek"));
    create(&brokers, &topic, 1, &[]);
    let mut producer = Producer::new(&brokers, &[("linger.ms", "20")]);
    for number in 0..300 {
        producer.send(
            &topic,
            Send {
                value: Some(number.to_string().as_bytes()),
                ..Send::default()
            },
        );
    }
    producer.acknowledged();
    for offset in [0, 1, 150, 299] {
        let consumer = consumer(&brokers, &[]);
        assign(&consumer, &topic, 1, Offset::Offset(offset));
        let got = take(&consumer, 300 - offset as usize);
        assert_eq!(got[0].offset, offset);
        assert_eq!(got[0].value, Some(offset.to_string().into_bytes()));
        assert!(
            poll(&consumer, Duration::from_millis(300)).is_none(),
            "nothing after the end"
        );
    }
    let last_two = consumer(&brokers, &[]);
    assign(&last_two, &topic, 1, Offset::OffsetTail(2));
    assert_eq!(take(&last_two, 2)[0].offset, 298);

    let lost = consumer(&brokers, &[("auto.offset.reset", "error")]);
    assign(&lost, &topic, 1, Offset::Offset(301));
    let code = eventually("an error", || match lost.poll(Duration::from_millis(100)) {
        Some(Err(error)) => error.rdkafka_error_code(),
        Some(Ok(_)) => panic!("there is no such record"),
        None => None,
    });
    assert!(
        matches!(
            code,
            RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange
        ),
        "{code:?}"
    );
    let reset = consumer(&brokers, &[]);
    assign(&reset, &topic, 1, Offset::Offset(100_000));
    assert_eq!(take(&reset, 1)[0].offset, 0, "back to the start, as configured");
}

#[test]
fn a_waiting_consumer_is_woken_by_a_record_not_by_its_timeout() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("wait"));
    // One partition: with two, librdkafka may be waiting for only one of them.
    create(&brokers, &topic, 1, &[]);
    let waiting = consumer(
        &brokers,
        &[("fetch.wait.max.ms", "60000"), ("socket.timeout.ms", "90000")],
    );
    assign(&waiting, &topic, 1, Offset::Beginning);
    assert!(poll(&waiting, Duration::from_secs(1)).is_none());
    let mut producer = Producer::new(&brokers, &[]);
    for number in 0..5 {
        producer.send(
            &topic,
            Send {
                value: Some(b"v"),
                ..Send::default()
            },
        );
        producer.acknowledged();
        // `take` gives up long before the fetch's own minute is over.
        assert_eq!(take(&waiting, 1)[0].offset, number);
    }
}

#[test]
fn large_records_pass_and_too_large_ones_are_refused() {
    let broker = Broker::start();
    let (brokers, topic) = (broker.brokers(), broker.topic("large"));
    create(&brokers, &topic, 1, &[]);
    let mut producer = Producer::new(&brokers, &[("message.max.bytes", "4000000")]);
    let values: Vec<Vec<u8>> = (0..5).map(|number| vec![number; 900_000]).collect();
    for value in &values {
        producer.send(
            &topic,
            Send {
                value: Some(value),
                ..Send::default()
            },
        );
        producer.acknowledged();
    }
    producer.send(
        &topic,
        Send {
            value: Some(&vec![9; 1_200_000]),
            ..Send::default()
        },
    );
    assert_eq!(producer.finish()[0].1, Err(RDKafkaErrorCode::MessageSizeTooLarge));
    let got: Vec<_> = read_all(&brokers, &topic, 1)
        .into_iter()
        .map(|record| record.value.unwrap())
        .collect();
    assert!(got == values, "five large records come back whole");

    let small = consumer(
        &brokers,
        &[("max.partition.fetch.bytes", "1000"), ("fetch.max.bytes", "4000000")],
    );
    assign(&small, &topic, 1, Offset::Beginning);
    assert_eq!(take(&small, 5).len(), 5, "a batch above the fetch limits still comes");
}
