//! A rule from end to end: the template is put live as people do, a customer complains, and there is one complaint to file,
//! whatever Meta posts again, whatever else they write, and whoever is started again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parlance_schemas::action::{ACTION_ID, ActionRecord};
use parlance_schemas::labels::Intent;
use parlance_schemas::settings::rules::{Action, Priority, RulesSetting, TEMPLATE};
use parlance_schemas::topics::ACTIONS;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::effectively_once::wait_until_complete;
use crate::house::{House, PATIENCE};

const NUMBER: &str = "700100";
const CUSTOMER: &str = "4915112345678";
const TRIGGERS: &str = "SELECT count() FROM triggers FINAL";

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}

fn webhook(customer: &str, id: &str, text: &str) -> Vec<u8> {
    let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": "900100", "changes": [{
        "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Ada"}, "wa_id": customer}],
            "messages": [{"id": id, "from": customer, "timestamp": now_s().to_string(), "type": "text",
                "text": {"body": text}}]
    }}]}]});
    body.to_string().into_bytes()
}

/// What lies in the topic of actions, by id; of one that was written again, that it says the same.
fn actions(house: &House) -> BTreeMap<String, ActionRecord> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", house.run().kafka)
        .set("group.id", "test")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer can be made");
    let name = ACTIONS.full_name(&house.topic_prefix());
    let mut partitions = TopicPartitionList::new();
    let mut left = 0;
    for partition in 0..ACTIONS.partitions {
        let (low, high) = consumer
            .fetch_watermarks(&name, partition, PATIENCE)
            .expect("the broker says where a partition ends");
        left += high - low;
        partitions
            .add_partition_offset(&name, partition, Offset::Beginning)
            .expect("an offset");
    }
    consumer.assign(&partitions).expect("partitions of the topic");
    let mut found = BTreeMap::new();
    let deadline = Instant::now() + PATIENCE;
    while left > 0 {
        assert!(Instant::now() < deadline, "{left} records do not come");
        let Some(message) = consumer.poll(Duration::from_secs(1)) else {
            continue;
        };
        let message = message.expect("a record").detach();
        left -= 1;
        let json = message.payload().expect("a record has a value");
        let record: ActionRecord = serde_json::from_slice(json).expect("an action");
        assert_eq!(message.key(), Some(record.key().as_bytes()));
        let header = message.headers().expect("it has one").get(0);
        assert_eq!(
            (header.key, header.value),
            (ACTION_ID, Some(record.action_id.as_bytes()))
        );
        if let Some(before) = found.insert(record.action_id.clone(), record.clone()) {
            assert_eq!(before, record);
        }
    }
    found
}

#[test]
fn an_angry_conversation_is_filed_once_whatever_is_posted_again_or_started_again() {
    let mut house = House::start(&[]);
    assert_eq!(
        house.post(&webhook("4915100000001", "wamid.hello", "Good morning")),
        200
    );
    house.wait_for_sql("SELECT count() FROM messages FINAL", "1");
    let file = house.scratch("rules.json");
    std::fs::write(&file, house.parlance(&["rules", "template"]).stdout).expect("the folder is ours");
    let key = format!("rules/{NUMBER}");
    house.parlance(&["settings", "put", &key, file.to_str().expect("a plain name")]);
    // From when on the rules are in force, they say what they would have made of what was before.
    let in_force = "SELECT count() FROM rule_reports FINAL WHERE rule_id = 'complaint'";
    house.wait_for_sql(in_force, "1");
    assert_eq!(house.sql(TRIGGERS), "0");

    let before = now_s();
    let angry = webhook(
        CUSTOMER,
        "wamid.angry",
        "My new lamp arrived broken and nobody answers me, this is unacceptable!",
    );
    assert_eq!(house.post(&angry), 200);
    house.wait_for_sql(TRIGGERS, "1");
    let row = "SELECT rule_id, reacts_to, mode, message_id, conversation_id, why, length(actions) FROM triggers FINAL";
    let stored = house.sql(row);
    assert_eq!(
        stored,
        "complaint\tmessage\tlive\twamid.angry\twamid.angry\t['when.intent']\t3"
    );
    let first = actions(&house);
    let mut steps: Vec<&ActionRecord> = first.values().collect();
    steps.sort_by_key(|record| record.step);
    let setting: RulesSetting = serde_json::from_str(TEMPLATE).expect("the template is sound");
    let rule = setting
        .rules
        .iter()
        .find(|rule| rule.id == "complaint")
        .expect("it has one");
    assert_eq!(steps.len(), rule.then.len());
    for (place, (record, action)) in (0..).zip(steps.iter().zip(&rule.then)) {
        assert_eq!((record.v, record.step, &record.action), (1, place, action));
        assert_eq!((&*record.rule_id, &record.rule_version), ("complaint", &rule.version()));
        assert_eq!(
            [
                &record.phone_number_id,
                &record.waba_id,
                &record.contact_id,
                &record.contact_name
            ],
            [NUMBER, "900100", CUSTOMER, "Ada"]
        );
        assert_eq!(
            [
                &record.group_id,
                &record.conversation_id,
                &record.message_id,
                &record.reacts_to
            ],
            ["", "wamid.angry", "wamid.angry", "message"]
        );
        assert_eq!(record.intent, Intent::Complaint);
        let said = u64::try_from(record.at).expect("after 1970") / 1_000;
        assert!((before..=now_s()).contains(&said), "{record:?}");
        assert!(record.created_at >= record.at, "{record:?}");
        assert_eq!(record.expires_at, record.at + rule.max_age.millis());
    }
    assert!(matches!(&steps[0].action, Action::Complaint(complaint) if complaint.priority == Priority::High));
    let in_row = house.sql("SELECT arrayJoin(actions) FROM triggers FINAL");
    for record in &steps {
        assert!(in_row.contains(&record.action_id), "{in_row}");
    }

    let again = "Still nobody answers, this is unacceptable, the lamp is broken!";
    assert_eq!(house.post(&angry), 200);
    assert_eq!(house.post(&webhook(CUSTOMER, "wamid.again", again)), 200);
    house.wait_for_sql(
        "SELECT count() FROM messages FINAL WHERE message_id = 'wamid.again' AND intent = 'complaint'",
        "1",
    );
    wait_until_complete(&house);
    assert_eq!(house.sql(row), stored);
    assert_eq!(actions(&house), first);

    house.interrupt();
    house.start_again();
    let third = "This is unacceptable! My new lamp arrived broken and nobody answers me!";
    assert_eq!(house.post(&angry), 200);
    assert_eq!(house.post(&webhook(CUSTOMER, "wamid.third", third)), 200);
    house.wait_for_sql(
        "SELECT count() FROM messages FINAL WHERE message_id = 'wamid.third' AND intent = 'complaint'",
        "1",
    );
    wait_until_complete(&house);
    assert_eq!(house.sql(row), stored);
    assert_eq!(actions(&house), first);

    // Somebody else's complaint is another: the rule is still asked.
    assert_eq!(house.post(&webhook("4915100000002", "wamid.other", again)), 200);
    house.wait_for_sql(TRIGGERS, "2");
}
