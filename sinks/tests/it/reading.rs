//! What those who judge and those who learn read back.

use parlance_schemas::labels::{Direction, Judge, MessageType};
use parlance_schemas::rows::{Interval, MessageRow, RowWriter};
use parlance_sinks::clickhouse::Reader;

use crate::rows::{START, message};
use crate::server::{migrated, shared, taken, wait};

fn said(number: u64, text: &str, judge: Judge) -> MessageRow {
    MessageRow {
        phone_number_id: "100".to_owned(),
        direction: Direction::Inbound,
        r#type: MessageType::Text,
        text: text.to_owned(),
        language_by: Judge::Model,
        intent_by: judge,
        sentiment_by: Judge::Model,
        urgency_by: Judge::Model,
        ..message(number, START)
    }
}

#[test]
fn corrected_texts_and_others_are_told_apart_and_each_is_read_once() {
    let config = migrated(shared());
    let (_, factory) = taken(&config, 1);
    let other = MessageRow {
        phone_number_id: "200".to_owned(),
        ..said(7, "of another number", Judge::Person)
    };
    let outbound = MessageRow {
        direction: Direction::Outbound,
        ..said(8, "from us", Judge::Person)
    };
    let mut messages = vec![
        said(1, "twice", Judge::Person),
        said(2, "twice", Judge::Person),
        said(3, "once", Judge::Person),
        said(4, "nobody said anything", Judge::Context),
        said(5, "", Judge::Model),
        other.clone(),
        outbound,
    ];
    messages.sort_by(|a, b| (&a.phone_number_id, &a.message_id).cmp(&(&b.phone_number_id, &b.message_id)));
    let interval = Interval {
        through: START,
        messages,
        ..Interval::default()
    };
    factory.writer().write(&interval).unwrap();

    let reader = Reader::new(&config);
    let texts = |corrected| {
        let found = wait(reader.labelled("100", corrected, 10)).unwrap();
        let mut texts: Vec<_> = found.into_iter().map(|found| found.text).collect();
        texts.sort();
        texts
    };
    assert_eq!(texts(true), ["once", "twice"]);
    assert_eq!(texts(false), ["nobody said anything"]);
    assert_eq!(wait(reader.labelled("100", true, 1)).unwrap().len(), 1);

    let key = |row: &MessageRow| (row.phone_number_id.clone(), row.message_id.clone());
    let unknown = ("100".to_owned(), "wamid.unknown".to_owned());
    let found = wait(reader.messages(&[key(&other), unknown])).unwrap();
    assert_eq!(found, [other]);
}
