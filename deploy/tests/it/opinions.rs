//! Second opinions on the whole product: a message is put to a language model, masked; its answer corrects the message's row and
//! the windows that count it; a person's word stands against it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::house::House;

const ASKED: &str = "106540352242922";
const NOT_ASKED: &str = "106540352242933";
const ANSWER: &str =
    r#"{"intent":"complaint","sentiment":"frustrated","urgency":"high","language":"en","confidence":0.75}"#;

/// A server on loopback that answers every request as Anthropic's Messages API does; and what it was asked.
fn model() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, seen) = (stream.expect("loopback works"), seen.clone());
            std::thread::spawn(move || while answer(&stream, &seen).is_some() {});
        }
    });
    (url, asked)
}

/// Answers one request; nothing when the connection is over.
fn answer(mut stream: &TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.lock()
        .expect("no test panics here")
        .push(String::from_utf8_lossy(&body).into_owned());
    let message = serde_json::json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
        "content": [{"type": "text", "text": ANSWER}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 900, "output_tokens": 60},
    })
    .to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        message.len()
    );
    stream.write_all((head + &message).as_bytes()).ok()
}

fn send(house: &House, number: &str, id: &str, text: &str) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is after 1970")
        .as_secs();
    let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
    "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4930901820", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ada Lovelace"}, "wa_id": "4915112345678"}],
        "messages": [{"id": id, "from": "4915112345678", "timestamp": now.to_string(), "type": "text",
            "text": {"body": text}}]
    }}]}]});
    assert_eq!(house.post(body.to_string().as_bytes()), 200);
    house.wait_for_sql(
        &format!("SELECT count() > 0 FROM messages WHERE message_id = '{id}'"),
        "1",
    );
}

#[test]
fn a_language_models_answer_corrects_a_message_and_a_person_corrects_that() {
    let (url, asked) = model();
    let house = House::start(&[
        ("ANTHROPIC_API_KEY", "a key of nobody"),
        ("PARLANCE_LLM_BASE_URL", &url),
        ("PARLANCE_LLM_BELOW", "1"),
        ("PARLANCE_LLM_POLL_EVERY", "500ms"),
    ]);
    let off = house.scratch("opinion.json");
    std::fs::write(&off, r#"{"enabled": false}"#).expect("the folder is ours");
    house.parlance(&[
        "settings",
        "put",
        &format!("opinion/{NOT_ASKED}"),
        off.to_str().expect("a path of ours"),
    ]);
    send(&house, NOT_ASKED, "wamid.other", "Ada here, call me on +49 30 901821");
    send(&house, ASKED, "wamid.1", "Ada here, call me on +49 30 901820 please");

    let stands = "SELECT intent, intent_by, urgency, round(intent_confidence, 2) FROM messages FINAL \
                  WHERE message_id = 'wamid.1'";
    house.wait_for_sql(stands, "complaint\tllm\thigh\t0.75");
    let windows = format!(
        "SELECT sum(by_intent['complaint']), sum(by_intent['other']) FROM metrics_1h FINAL WHERE phone_number_id = '{ASKED}' AND direction = 'inbound'"
    );
    house.wait_for_sql(&windows, "1\t0");
    let verdict = "SELECT judge, startsWith(author, 'claude-haiku-5-5'), intent FROM verdicts FINAL";
    assert_eq!(house.sql(verdict), "llm\t1\tcomplaint");

    let line = format!(r#"{{"phone_number_id":"{ASKED}","message_id":"wamid.1","intent":"other"}}"#);
    let file = house.scratch("corrections.jsonl");
    std::fs::write(&file, line).expect("the folder is ours");
    house.parlance(&["correct", file.to_str().expect("a path of ours"), "--author", "ana"]);
    house.wait_for_sql(stands, "other\tperson\thigh\t1");
    house.wait_for_sql(&windows, "0\t1");

    // Long enough for the next looks: nobody is asked about what has been answered, or was not to be asked about.
    std::thread::sleep(Duration::from_secs(2));
    let asked = asked.lock().expect("no test panics here").clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        !asked[0].contains("901820") && !asked[0].contains("Ada"),
        "{}",
        asked[0]
    );
}
