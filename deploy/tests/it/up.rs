//! `parlance up`: one command, a webhook becomes a row and a page, everything stops in time and starts again.

use std::time::{Duration, Instant};

use crate::house::{House, get};

fn text_message(id: &str, text: &str) -> Vec<u8> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    serde_json::json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "900100", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "15550100", "phone_number_id": "700100" },
            "contacts": [{ "profile": { "name": "Amal" }, "wa_id": "201005550100" }],
            "messages": [{ "from": "201005550100", "id": id, "timestamp": now.to_string(), "type": "text",
                "text": { "body": text } }],
        }}]}],
    })
    .to_string()
    .into_bytes()
}

#[test]
fn a_signed_webhook_is_a_row_and_an_api_answer_within_seconds_and_survives_a_restart() {
    let mut house = House::start(&[]);
    let began = Instant::now();
    assert_eq!(
        house.post(&text_message("wamid.first", "Where is my order? I am really angry!")),
        200
    );
    house.wait_for_sql(
        "SELECT count() FROM messages FINAL WHERE message_id = 'wamid.first'",
        "1",
    );
    let page = format!("{}/v1/messages/700100/wamid.first", house.run().api);
    while get(&page) != Some(200) {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the API does not show the message"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let stopped_in = house.interrupt();
    assert!(stopped_in < Duration::from_secs(10), "stopping took {stopped_in:?}");

    house.start_again();
    assert_eq!(
        house.sql("SELECT contact_name, direction FROM messages FINAL"),
        "Amal\tinbound"
    );
    assert_eq!(house.post(&text_message("wamid.second", "thank you")), 200);
    house.wait_for_sql("SELECT count() FROM messages FINAL", "2");
    house.wait_for_sql("SELECT sum(messages) FROM metrics_1d FINAL", "2");
}

#[test]
fn one_folder_serves_one_supervisor() {
    let house = House::start(&[]);
    let second = house.command(&["up"]).output().expect("the binary runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("in use by another"), "{said}");
}

#[test]
fn check_names_what_is_wrong_and_config_hides_secrets() {
    let house = House::start(&[]);
    let checked = house.parlance(&["check"]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains("topics") && said.contains("ClickHouse"), "{said}");

    let wrong = house
        .command(&["check"])
        .env("CLICKHOUSE_URL", "http://127.0.0.1:9")
        .output()
        .expect("the binary runs");
    assert!(!wrong.status.success());
    let said = String::from_utf8_lossy(&wrong.stdout).into_owned();
    assert!(said.contains("127.0.0.1:9"), "{said}");

    let printed = house
        .command(&["config"])
        .env("WHATSAPP_WEBHOOK_SECRET", "hunter2")
        .output()
        .expect("the binary runs");
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(
        printed.contains("[ingest]") && !printed.contains("hunter2"),
        "{printed}"
    );

    let refused = house
        .command(&["config"])
        .env("PARLANCE_INGEST_LISTN", "x")
        .output()
        .expect("the binary runs");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("listn"));
}

#[test]
fn the_query_command_cannot_write() {
    let house = House::start(&[]);
    for query in [
        "INSERT INTO sink_progress VALUES (1)",
        "DROP TABLE messages",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    ] {
        let output = house.command(&["sql", query]).output().expect("the binary runs");
        assert!(!output.status.success(), "{query} was allowed");
    }
    assert_eq!(house.sql("SELECT count() FROM messages"), "0");
}
